/** A host with domain 0, typed at as a person would. */
import { expect } from 'vitest';
import { SECTOR_BYTES } from '../../../devices/disk/disk.ts';
import { VirtioBlock } from '../../../devices/virtio/block.ts';
import { loadCore } from '../../../ui/lab/core-node.ts';
import type { HostDisk } from '../../../ui/lab/host-devices.ts';
import { Lab } from '../../../ui/lab/lab.ts';
import { cpio } from '../../toolchain/cpio.ts';
import type { Entry } from '../../toolchain/cpio.ts';
import { dom0Images } from '../../toolchain/mote-node.ts';

const PATIENCE_NS = 20e9;
const MOMENT_SECONDS = 0.05;
const SLICE_TICKS = 50_000_000;
const PROMPT = /(?:^|\n)\/\S* \$ $/;
const CTRL_RIGHT_BRACKET = '\x1d';

interface Sizes {
  readonly memoryMb?: number;
  readonly hostMb?: number;
  readonly disks?: readonly HostDisk[];
  readonly files?: ReadonlyMap<string, Uint8Array>;
  readonly cpus?: number;
  readonly xenCommandLine?: string;
}

/** A host whose console is typed at. */
export class Host {
  readonly lab: Lab;
  screen = '';

  private constructor(lab: Lab) {
    this.lab = lab;
    lab.onConsole((bytes) => (this.screen += new TextDecoder('latin1').decode(bytes).replaceAll('\r', '')));
  }

  /** `files`: what its ramdisk has besides, by path. */
  static async boot(files: Readonly<Record<string, Uint8Array>> = {}, sizes: Sizes = {}): Promise<Host> {
    const options = {
      commandLine: '',
      memoryMb: 64,
      vcpus: 1,
      isDom0: true,
      hostMb: 256,
      ...sizes,
    };
    const { kernel, ramdisk } = await dom0Images();
    const more = cpio(entriesOf(files));
    const images = { kernel, ramdisk: Buffer.concat([ramdisk, more]) };
    const host = new Host(await Lab.boot(loadCore(), { ...images, ...options }));
    host.until(PROMPT);
    return host;
  }

  /** Lets the host run until the screen ends so. */
  until(wanted: RegExp): void {
    const ns = this.lab.ns + PATIENCE_NS;
    while (!wanted.test(this.screen)) {
      const stop = this.lab.run({ text: wanted, ns }, SLICE_TICKS);
      expect(stop === undefined || stop.kind === 'text', this.screen).toBe(true);
    }
  }

  /** Lets so much of the host's time pass. */
  wait(seconds: number): void {
    const ns = this.lab.ns + seconds * 1e9;
    // A domain that ends stops a run.
    while (this.lab.ns < ns) {
      this.lab.run({ ns }, SLICE_TICKS);
      expect(this.lab.domain.shutdown, this.screen).toBe(null);
    }
  }

  type(keys: string): void {
    this.screen = '';
    this.lab.type(new TextEncoder().encode(keys));
  }

  /** What a command prints. */
  run(command: string): string {
    this.type(`${command}\r`);
    this.until(/\n\/\S* \$ $/);
    return this.screen.replace(/^[^\n]*\n/, '').replace(PROMPT, '');
  }

  /** What a command prints at the console of a domain, which is at its prompt. */
  inside(name: string, command: string): string {
    // Whoever comes back to a console sees no prompt until there is a new one.
    this.type(`xm console ${name}\recho here\r`);
    this.until(/\nhere\n\/ \$ $/);
    const text = this.run(command);
    this.leaveConsole();
    return text;
  }

  /** What is on a disk of the machine now. */
  disk(index: number): Uint8Array {
    const { devices } = this.lab.hypervisor.platform;
    const { disk } = devices.filter((device) => device instanceof VirtioBlock)[index]!;
    const bytes = new Uint8Array(disk.sectors * SECTOR_BYTES);
    disk.read(0, bytes);
    return bytes;
  }

  /** Leaves a domain's console. By the time that a person has typed more, the domain has done what it was at. */
  leaveConsole(): void {
    this.type(CTRL_RIGHT_BRACKET);
    this.until(/\n\/ \$ $/);
    this.wait(MOMENT_SECONDS);
  }

  /** The domains that xm lists: name, id, memory, vcpus, state. */
  list(): string[] {
    const lines = this.run('xm list').split('\n');
    expect(lines[0]).toBe(`Name${' '.repeat(40)}ID   Mem VCPUs      State  Time(s)`);
    return lines.slice(1).map((line) => line.trim().split(/ +/).slice(0, 5).join(' '));
  }

  free(): string {
    return /free_memory +: (\d+)/.exec(this.run('xm info'))![1]!;
  }
}

/** Files, and before each the directory that it is in. */
function entriesOf(files: Readonly<Record<string, Uint8Array>>): Entry[] {
  return Object.entries(files).flatMap(([path, data]): Entry[] => [
    { type: 'directory', path: path.replace(/\/[^/]*$/, '') },
    { type: 'file', path, data },
  ]);
}
