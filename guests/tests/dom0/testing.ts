/** A host with domain 0, typed at as a person would. */
import { expect } from 'vitest';
import { SECTOR_BYTES } from '../../../devices/disk/disk.ts';
import { VirtioBlock } from '../../../devices/virtio/block.ts';
import { brought } from '../../../ui/lab/booted-testing.ts';
import { loadCore } from '../../../ui/lab/core-node.ts';
import type { DomainRequest } from '../../../ui/lab/host.ts';
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

/** By path. */
export type Files = Readonly<Record<string, Uint8Array>>;

export interface Sizes {
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
  screen: string;

  private constructor(lab: Lab, screen = '') {
    this.lab = lab;
    this.screen = screen;
    lab.onConsole((bytes) => (this.screen += new TextDecoder('latin1').decode(bytes).replaceAll('\r', '')));
  }

  /** `files`: what its ramdisk has besides, by path. */
  static async boot(files: Files = {}, sizes: Sizes = {}): Promise<Host> {
    return Host.of(await Lab.boot(loadCore(), await requestOf(files, sizes)));
  }

  /** One that was made elsewhere, and stands at its first instruction, brought to its prompt. */
  static of(lab: Lab): Host {
    const host = new Host(lab);
    host.until(PROMPT);
    return host;
  }

  /**
   * A copy of one that was booted and then brought somewhere, which is kept by `name` and all that decides about it
   * (ui/lab/booted-testing.ts); and what `bring` gave, which is to be what JSON can say.
   */
  static async brought<Told>(
    name: string,
    files: Files,
    sizes: Sizes,
    bring: (host: Host) => Told,
  ): Promise<{ readonly host: Host; readonly told: Told }> {
    const { lab, told } = await brought(loadCore(), name, await requestOf(files, sizes), (booting) => {
      const host = new Host(booting);
      host.until(PROMPT);
      const given = bring(host);
      return { screen: host.screen, given };
    });
    return { host: new Host(lab, told.screen), told: told.given };
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

async function requestOf(files: Files, sizes: Sizes): Promise<DomainRequest> {
  const { kernel, ramdisk } = await dom0Images();
  const usual = { commandLine: '', memoryMb: 64, vcpus: 1, isDom0: true, hostMb: 256 };
  return { kernel, ramdisk: Buffer.concat([ramdisk, cpio(entriesOf(files))]), ...usual, ...sizes };
}

/** Files, and before each the directory that it is in. */
function entriesOf(files: Files): Entry[] {
  return Object.entries(files).flatMap(([path, data]): Entry[] => [
    { type: 'directory', path: path.replace(/\/[^/]*$/, '') },
    { type: 'file', path, data },
  ]);
}
