/** Debian's kernels in a lab, for the tests that boot them. */
import { readFileSync } from 'node:fs';
import { expect } from 'vitest';
import { debianImages } from '../../guests/debian/fetch.ts';
import { checkFrameTable } from '../../hypervisor/state/check.ts';
import { booted } from './booted-testing.ts';
import { loadCore } from './core-node.ts';
import type { DomainRequest } from './host.ts';
import { Lab } from './lab.ts';

/** Undefined where there is no package client to fetch them. */
export const images = await debianImages();
const core = loadCore();
export const SLICE_TICKS = 100_000_000;
const COMMAND_LINE = 'console=hvc0 rdinit=/init';
/** A minute of guest time: far more than anything here takes. */
const PATIENCE_NS = 60e9;
/** Its shell's first prompt. */
const PROMPT = /INIT-REACHED[^]*# /;

function request(kernel: string, vcpus: number, cpus: number, hotEntries?: number): DomainRequest {
  return {
    kernel: readFileSync(kernel),
    ramdisk: readFileSync(images!.initrd),
    commandLine: COMMAND_LINE,
    memoryMb: 128,
    vcpus,
    cpus,
    ...(hotEntries === undefined ? {} : { hotEntries }),
  };
}

interface BootOptions {
  readonly cpus?: number;
  readonly hotEntries?: number;
  /** Before it runs. */
  readonly watch?: (lab: Lab) => void;
}

export class Guest {
  readonly lab: Lab;
  log: string;

  private constructor(lab: Lab, log = '') {
    this.lab = lab;
    this.log = log;
    const decoder = new TextDecoder();
    lab.onConsole((bytes) => {
      this.log += decoder.decode(bytes, { stream: true });
    });
  }

  /** At its prompt: a copy of the one that the first who asked for it has booted, translated (booted-testing.ts). */
  static async booted(kernel: string, vcpus: number, cpus = 1): Promise<Guest> {
    const { lab, log } = await booted(core, request(kernel, vcpus, cpus), PROMPT);
    return new Guest(lab, log);
  }

  /** Booted up to its prompt by the caller: `hotEntries` as in MachineOptions. */
  static async boot(
    kernel: string,
    vcpus: number,
    { cpus = 1, hotEntries, watch }: BootOptions = {},
  ): Promise<Guest> {
    const guest = new Guest(await Lab.boot(core, request(kernel, vcpus, cpus, hotEntries)));
    watch?.(guest.lab);
    guest.until(PROMPT);
    return guest;
  }

  /** Runs until the console has printed `text`. */
  until(text: RegExp): void {
    const ns = this.lab.ns + PATIENCE_NS;
    for (;;) {
      const stop = this.lab.run({ text, ns }, SLICE_TICKS);
      if (stop === undefined) continue;
      expect(stop.kind, `waiting for ${String(text)}; the console ends with ${this.log.slice(-300)}`).toBe(
        'text',
      );
      return;
    }
  }

  /** Types a command and gives what it prints. The quotes keep the echo of what is typed from being the marks. */
  shell(command: string): string {
    this.lab.type(new TextEncoder().encode(`echo S''TART; ${command}; echo E''ND\n`));
    this.until(/END\r?\n/);
    const printed = this.log.replaceAll('\r', '');
    return printed.slice(printed.lastIndexOf('START\n') + 6, printed.lastIndexOf('END\n')).trim();
  }

  /** Types a command that ends the domain. */
  end(command: string): void {
    this.lab.type(new TextEncoder().encode(`${command}\n`));
    const ns = this.lab.ns + PATIENCE_NS;
    while (this.lab.domain.shutdown === null) {
      const stop = this.lab.run({ ns }, SLICE_TICKS);
      if (stop !== undefined) expect(stop.kind).toBe('ended');
    }
  }

  invariant(): string[] {
    return checkFrameTable(this.lab.hypervisor.frames, this.lab.hypervisor.domains);
  }
}
