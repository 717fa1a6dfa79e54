/** A host whose domain 0 is Debian, typed at as a person would who is logged in at its console. */
import { readFileSync } from 'node:fs';
import { expect } from 'vitest';
import { checkFrameTable } from '../../../hypervisor/state/check.ts';
import { booted } from '../../../ui/lab/booted-testing.ts';
import { loadCore } from '../../../ui/lab/core-node.ts';
import type { Lab } from '../../../ui/lab/lab.ts';
import { withMote } from '../../debian/dom0.ts';
import type { DebianDom0 } from '../../debian/dom0.ts';
import { moteImages } from '../../toolchain/mote-node.ts';

/** A minute of guest time: far more than anything here takes. */
const PATIENCE_NS = 60e9;
const SLICE_TICKS = 50_000_000;
const MEMORY_MB = 512;
/** Not a whole GiB: the M2P has pieces that are not full. */
const HOST_MB = 840;
const LOGIN = /dom0 login: $/;
const CTRL_RIGHT_BRACKET = '\x1d';
const PROMPT = /root@dom0:\S* $/;
/** What a shell tells a terminal about pasting, and the terminal about the cursor. */
const TERMINAL = /\r|\x1b\[\?2004[hl]/g;

export class DebianHost {
  readonly lab: Lab;
  private printed: string;

  constructor(lab: Lab, printed = '') {
    this.lab = lab;
    this.printed = printed;
    const decoder = new TextDecoder();
    lab.onConsole((bytes) => {
      this.printed += decoder.decode(bytes, { stream: true });
    });
  }

  /** What the console has printed since something was typed last. */
  get screen(): string {
    return this.printed.replace(TERMINAL, '');
  }

  /** At its login, Mote's images in its root: a copy of the one that the first who asked in this run of the tests has booted. */
  static async booted(debian: DebianDom0): Promise<DebianHost> {
    const request = {
      kernel: readFileSync(debian.kernel),
      ramdisk: withMote(readFileSync(debian.root), await moteImages()),
      commandLine: 'console=hvc0',
      memoryMb: MEMORY_MB,
      vcpus: 1,
      isDom0: true,
      hostMb: HOST_MB,
    };
    const { lab, log } = await booted(loadCore(), request, LOGIN);
    return new DebianHost(lab, log);
  }

  /** Lets the host run until the screen says so. */
  until(wanted: RegExp): void {
    const ns = this.lab.ns + PATIENCE_NS;
    while (!wanted.test(this.screen)) {
      const stop = this.lab.run({ ns }, SLICE_TICKS);
      expect(
        stop === undefined || stop.kind === 'text',
        `waiting for ${String(wanted)}: ${this.screen}`,
      ).toBe(true);
    }
  }

  type(keys: string): void {
    this.printed = '';
    this.lab.type(new TextEncoder().encode(keys));
  }

  /** From then on the kernel says on the console only what is wrong: what it says of its devices comes at any time. */
  logIn(): void {
    this.type('root\r');
    this.until(PROMPT);
    this.run('dmesg --console-level warn; stty columns 200');
  }

  /** What a command prints. */
  run(command: string): string {
    this.type(`${command}\r`);
    this.until(/\nroot@dom0:\S* $/);
    return this.screen.slice(this.screen.indexOf('\n') + 1, this.screen.lastIndexOf('root@dom0')).trimEnd();
  }

  /** What a command prints at the console of a domain of Mote, which is at its prompt. */
  inside(name: string, command: string): string {
    // Whoever comes back to a console sees no prompt until there is a new one.
    this.type(`xl console ${name}\recho here\r`);
    this.until(/\nhere\n\/ \$ $/);
    this.type(`${command}\r`);
    this.until(/\n\/ \$ $/);
    const printed = this.screen
      .replace(/^[^\n]*\n/, '')
      .replace(/\/ \$ $/, '')
      .trimEnd();
    this.type(CTRL_RIGHT_BRACKET);
    this.until(PROMPT);
    return printed;
  }

  /** The domains that xl lists, but for the time that they have run: name, id, memory, vcpus, state. */
  list(): string[] {
    const [, ...lines] = this.run('xl list').split('\n');
    return lines.map((line) => line.trim().split(/\s+/).slice(0, 5).join(' '));
  }

  invariant(): string[] {
    return checkFrameTable(this.lab.hypervisor.frames, this.lab.hypervisor.domains);
  }
}
