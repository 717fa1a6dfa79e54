/**
 * The other end of a domain's console ring (xen/include/public/io/console.h), as xenconsoled would be: what the guest
 * prints is taken when it raises the port, so that draining the ring lands on the same instruction in every run; keys go
 * in while there is room, the rest waits for the guest to read.
 */
import { xencons_interface, XENCONS_IN_BYTES, XENCONS_OUT_BYTES } from '../../hypervisor/abi/console.ts';
import type { Domain } from '../../hypervisor/state/domain.ts';
import type { Hypervisor } from '../../hypervisor/state/hypervisor.ts';
import { notify } from '../../hypervisor/events/send.ts';

const PAGE_BYTES = 4096;
const { offset } = xencons_interface;

export class ConsoleRing {
  private readonly hypervisor: Hypervisor;
  private readonly domain: Domain;
  private waiting: number[] = [];
  /** Takes what the guest prints. */
  private readonly print: (bytes: Uint8Array) => void;

  constructor(hypervisor: Hypervisor, domain: Domain, print: (bytes: Uint8Array) => void) {
    this.hypervisor = hypervisor;
    this.domain = domain;
    this.print = print;
  }

  /** The guest raised the port: it has printed, or read. */
  serve(): void {
    const printed = this.drain();
    const typed = this.fill();
    if (printed || typed) this.notify();
  }

  /** Keys for the guest. */
  type(bytes: Uint8Array): void {
    this.waiting.push(...bytes);
    if (this.fill()) this.notify();
  }

  private notify(): void {
    notify(this.hypervisor, this.domain, this.domain.consolePort);
  }

  private index(at: number): number {
    return this.hypervisor.machine.words[(this.domain.consoleMfn * PAGE_BYTES + at) / 4]!;
  }
  private setIndex(at: number, value: number): void {
    this.hypervisor.machine.words[(this.domain.consoleMfn * PAGE_BYTES + at) / 4] = value;
  }

  /** The guest owns the indices and may write nonsense: at most a ringful is taken. */
  private drain(): boolean {
    const producer = this.index(offset.out_prod);
    const consumer = this.index(offset.out_cons);
    const count = (producer - consumer) >>> 0;
    if (count === 0 || count > XENCONS_OUT_BYTES) return false;
    const ring = this.domain.consoleMfn * PAGE_BYTES + offset.out;
    const bytes = new Uint8Array(count);
    for (let i = 0; i < count; i++)
      bytes[i] = this.hypervisor.machine.bytes[ring + ((consumer + i) % XENCONS_OUT_BYTES)]!;
    this.setIndex(offset.out_cons, producer);
    this.print(bytes);
    return true;
  }

  private fill(): boolean {
    let producer = this.index(offset.in_prod);
    const used = (producer - this.index(offset.in_cons)) >>> 0;
    const room = used > XENCONS_IN_BYTES ? 0 : XENCONS_IN_BYTES - used;
    const keys = this.waiting.splice(0, room);
    if (keys.length === 0) return false;
    const ring = this.domain.consoleMfn * PAGE_BYTES + offset.in;
    for (const key of keys) {
      this.hypervisor.machine.bytes[ring + (producer % XENCONS_IN_BYTES)] = key;
      producer = (producer + 1) >>> 0;
    }
    this.setIndex(offset.in_prod, producer);
    return true;
  }
}
