/** Processes and bridges of a Mote kernel, by the table that it has for that (guests/mote/inside.ts). */
import { KERNEL_DATA, KERNEL_WINDOW, PAGE_BYTES } from '../../../guests/toolchain/link/layout.ts';
import { NotMapped } from './memory.ts';
import type { KernelMemory } from './memory.ts';
import type { BridgeView, InsideView, ProcessView } from './view.ts';

/** What the table begins with. AssemblyScript aligns objects to this. */
const TITLE = 'Xenoscope inside';
const ALIGNMENT = 16;
/** Static data of a kernel reach so far at most. */
const MOST_PAGES = 1024;

/** What follows it, a 32-bit number each: addresses, offsets and counts. */
const FIELDS = [
  'processes',
  'processSlots',
  'pid',
  'parent',
  'state',
  'processName',
  'cpuNs',
  'space',
  'root',
  'interfaces',
  'nextInterface',
  'interfaceName',
  'hardware',
  'bridgeClass',
  'firstPort',
  'nextPort',
  'learned',
  'learnedSlots',
  'learnedHardware',
  'learnedPort',
  'learnedDeadline',
] as const;
type Table = Readonly<Record<(typeof FIELDS)[number], number>>;

/** Before an object of AssemblyScript: the number of its class, and its bytes. */
const CLASS = -8;
const BYTES = -4;
const NAME_BYTES = 32;
const HARDWARE_BYTES = 6;
const STATES = ['alive', 'stopped', 'ended'] as const;
/** An entry of a bridge lives so long (bridge.ts). */
const LIFETIME_NS = 300e9;
/** A list that is longer goes in a circle, and no table has more places: a guest may have put anything there. */
const LONGEST_LIST = 1024;

/** Where a Mote kernel has its table; null: this is none. */
export function findMote(memory: KernelMemory): number | null {
  for (let n = 0; n < MOST_PAGES; n++) {
    const address = KERNEL_WINDOW + KERNEL_DATA + n * PAGE_BYTES;
    const page = memory.page(address);
    if (page === null) return null;
    for (let at = 0; at < PAGE_BYTES; at += ALIGNMENT)
      if (page[at] === TITLE.charCodeAt(0) && isTitle(page, at)) return address + at;
  }
  return null;
}

function isTitle(page: Uint8Array, at: number): boolean {
  return String.fromCharCode(...page.subarray(at, at + TITLE.length)) === TITLE;
}

/** What is inside it; null: it is not that far yet. Throws NotMapped where a list is just being changed. */
export function insideMote(
  memory: KernelMemory,
  at: number,
  loaded: ReadonlySet<number>,
  nowNs: number,
): InsideView | null {
  const kernel = new Mote(memory, tableAt(memory, at));
  return kernel.table.processes === 0
    ? null
    : { processes: kernel.processes(loaded), bridges: kernel.bridges(nowNs) };
}

function tableAt(memory: KernelMemory, at: number): Table {
  const words = FIELDS.map((name, n) => [name, memory.u32(at + TITLE.length + 4 * n)] as const);
  return Object.fromEntries(words) as Table;
}

class Mote {
  private readonly memory: KernelMemory;
  readonly table: Table;

  constructor(memory: KernelMemory, table: Table) {
    this.memory = memory;
    this.table = table;
  }

  /** `loaded`: L4 tables that vcpus have loaded, as machine frames. */
  processes(loaded: ReadonlySet<number>): ProcessView[] {
    const { processes, processSlots, pid, parent, state, processName, space, root } = this.table;
    return this.pointers(processes, processSlots)
      .map((process) => {
        const itsParent = this.word(process + parent);
        const itsSpace = this.word(process + space);
        const itsRoot = itsSpace === 0 ? 0 : this.word(itsSpace + root);
        return {
          pid: this.word(process + pid),
          parent: itsParent === 0 ? 0 : this.word(itsParent + pid),
          name: this.memory.text(KERNEL_WINDOW + this.word(process + processName), NAME_BYTES),
          state: STATES[this.word(process + state)] ?? 'alive',
          isLoaded: itsRoot !== 0 && loaded.has(this.memory.frame(KERNEL_WINDOW + itsRoot)),
        };
      })
      .sort((one, other) => one.pid - other.pid);
  }

  bridges(nowNs: number): BridgeView[] {
    const { interfaces, nextInterface, bridgeClass } = this.table;
    return this.list(interfaces, nextInterface)
      .filter((each) => this.word(each + CLASS) === bridgeClass)
      .map((bridge) => this.bridge(bridge, nowNs));
  }

  private bridge(bridge: number, nowNs: number): BridgeView {
    const { firstPort, nextPort, learned, learnedSlots, learnedHardware, learnedPort, learnedDeadline } =
      this.table;
    const entries = this.pointers(this.word(bridge + learned), learnedSlots).flatMap((entry) => {
      const left = this.memory.i64(KERNEL_WINDOW + entry + learnedDeadline) - nowNs;
      const port = this.word(entry + learnedPort);
      if (left <= 0 || port === 0) return [];
      return [
        {
          address: this.hardware(this.word(entry + learnedHardware)),
          port: this.nameOf(port),
          seconds: Math.max(0, LIFETIME_NS - left) / 1e9,
        },
      ];
    });
    return {
      name: this.nameOf(bridge),
      ports: this.list(this.word(bridge + firstPort), nextPort).map((port) => this.nameOf(port)),
      learned: entries.sort((one, other) => (one.port + one.address < other.port + other.address ? -1 : 1)),
    };
  }

  private nameOf(of: number): string {
    const text = this.word(of + this.table.interfaceName);
    // A string of AssemblyScript: UTF-16.
    return new TextDecoder('utf-16le').decode(
      this.memory.bytes(KERNEL_WINDOW + text, this.word(text + BYTES)),
    );
  }

  private hardware(at: number): string {
    return [...this.memory.bytes(KERNEL_WINDOW + at, HARDWARE_BYTES)]
      .map((byte) => byte.toString(16).padStart(2, '0'))
      .join(':');
  }

  /** Those of an array that are not null. */
  private pointers(at: number, count: number): number[] {
    if (count > LONGEST_LIST) throw new NotMapped(`a table of the kernel has ${String(count)} places`);
    return Array.from({ length: count }, (_, n) => this.word(at + 4 * n)).filter((each) => each !== 0);
  }

  private list(first: number, next: number): number[] {
    const all: number[] = [];
    for (let each = first; each !== 0; each = this.word(each + next)) {
      if (all.length === LONGEST_LIST) throw new NotMapped('a list of the kernel goes in a circle');
      all.push(each);
    }
    return all;
  }

  /** At an address of its linear memory. */
  private word(at: number): number {
    return this.memory.u32(KERNEL_WINDOW + at);
  }
}
