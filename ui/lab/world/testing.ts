/** Worlds of Mote for tests and long runs: typed at as a person would. */
import { expect } from 'vitest';
import { dom0Images } from '../../../guests/toolchain/mote-node.ts';
import { loadCore } from '../core-node.ts';
import type { HostDescription, WorldDescription } from './description.ts';
import type { WorldImages } from './images.ts';
import type { Input, LanInput } from './inputs.ts';
import { World } from './world.ts';

const PATIENCE_NS = 600e9;
/** Of Mote's shell. */
export const PROMPT = /(^|\n)\/ \$ $/;
/** Lets other hosts' domains in. */
const LETS_IN = ['(xend-relocation-server yes)', "(xend-relocation-hosts-allow '')"];

/** A host with Mote. */
export function mote(name: string, more: Partial<HostDescription> = {}): HostDescription {
  return { name, kernel: 'mote', ramdisk: 'dom0', hostMb: 128, memoryMb: 64, ...more };
}

/** What `mote` needs. */
export async function moteFiles(): Promise<WorldImages> {
  const { kernel, ramdisk } = await dom0Images();
  return { mote: kernel, dom0: ramdisk };
}

export async function moteWorld(
  description: WorldDescription,
  images: WorldImages = {},
  inputs: readonly Input[] = [],
  lanInputs: readonly LanInput[] = [],
  core = loadCore(),
): Promise<World> {
  return World.make(core, description, { ...(await moteFiles()), ...images }, inputs, lanInputs);
}

/** Consoles that somebody types on. */
export class Consoles {
  readonly world: World;
  readonly screens: string[];
  /** How far the world is let run at once, in ns. */
  sliceNs = Infinity;

  constructor(world: World) {
    this.world = world;
    this.screens = world.hosts.map(() => '');
    for (const [index, { lab }] of world.hosts.entries())
      lab.onConsole((bytes) => {
        this.screens[index] += new TextDecoder('latin1').decode(bytes).replaceAll('\r', '');
      });
  }

  /** Lets the world run until a host has printed this. */
  until(host: number, pattern: RegExp): void {
    const until = { text: { host, pattern }, ns: this.world.ns + PATIENCE_NS };
    let stop;
    while (stop === undefined) stop = this.world.run(until, this.sliceNs);
    expect(stop.kind, this.screens[host]).toBe('host');
  }

  /** Lets all clocks come to a time. */
  to(ns: number): void {
    let stop;
    while (stop === undefined) stop = this.world.run({ ns }, this.sliceNs);
    expect(stop).toEqual({ kind: 'time' });
  }

  type(host: number, keys: string): void {
    this.screens[host] = '';
    this.world.type(host, new TextEncoder().encode(keys));
  }

  /** What a command prints on a host that is at its prompt. */
  run(host: number, command: string): string {
    this.type(host, `${command}\r`);
    this.until(host, PROMPT);
    return this.screens[host]!.replace(/^[^\n]*\n/, '').replace(/\/ \$ $/, '');
  }

  /** What commands print at the console of a domain of Mote's on a host. */
  inside(host: number, domain: string, ...commands: readonly string[]): string[] {
    this.type(host, `xm console ${domain}\recho here\r`);
    this.until(host, /\nhere\r?\n\/ \$ $/);
    const printed = commands.map((command) => this.run(host, command));
    this.type(host, '\x1d');
    this.until(host, PROMPT);
    return printed;
  }

  /** The domains of a host, but domain 0: names and states, as xm lists them. */
  guests(host: number): string[] {
    return this.run(host, 'xm list')
      .split('\n')
      .slice(2, -1)
      .map((line) => line.replace(/^(\S+) +\d+ +\d+ +\d+ +(\S+) .*$/, '$1 $2'));
  }

  /** A host takes in domains from now on, whoever sends them. */
  letIn(host: number): void {
    for (const line of LETS_IN) this.run(host, `echo "${line}" >> /etc/xen/xend-config.sxp`);
    this.run(host, 'xend restart');
  }
}
