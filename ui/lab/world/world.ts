/**
 * A world: one to eight hosts, what lies between them, and the log of what came from outside. All that it is, is plain data
 * reachable from here. Hosts take turns in this thread.
 */
import { plainHash, stateHash } from '../state-hash.ts';
import type { Stop } from '../lab.ts';
import { checkDescription } from './description.ts';
import type { WorldDescription } from './description.ts';
import { Exchange } from './exchange.ts';
import type { Job } from './exchange.ts';
import { WorldHost } from './host.ts';
import type { Report, WorldImages } from './host.ts';
import type { Input } from './inputs.ts';

/** When a world is to stop; several conditions: whichever comes first. */
export interface WorldUntil {
  /** The console of a host has printed this. */
  readonly text?: { readonly host: number; readonly pattern: RegExp };
  /** All clocks have reached so many ns. */
  readonly ns?: number;
}

/** Why a world has stopped. */
export type WorldStop =
  /** These hosts have stopped, at their instants; all others have done what they do until then. */
  | { readonly kind: 'host'; readonly stops: readonly HostStop[] }
  | { readonly kind: 'time' }
  /** Nothing can happen any more but by input. */
  | { readonly kind: 'idle' }
  /** All hosts are off. */
  | { readonly kind: 'ended' };

export interface HostStop {
  readonly host: number;
  readonly stop: Stop;
}

export class World {
  readonly description: WorldDescription;
  readonly hosts: readonly WorldHost[];
  readonly exchange: Exchange;
  /** What came from outside, in the order in which it came. */
  readonly inputs: Input[] = [];
  /** In which order hosts take their turns: whichever it is, the same happens. */
  order: readonly number[];

  private constructor(description: WorldDescription, hosts: readonly WorldHost[]) {
    this.description = description;
    this.hosts = hosts;
    this.order = [...hosts.keys()];
    this.exchange = new Exchange(description);
  }

  /**
   * Boots the hosts of a description, each stopped at its first instruction. `inputs`: the log of another run, which this one
   * is to repeat. Throws DescriptionError for what cannot be, which names the field; ImageError, RangeError as Lab.boot.
   */
  static async make(
    core: WebAssembly.Module,
    description: unknown,
    images: WorldImages,
    inputs: readonly Input[] = [],
  ): Promise<World> {
    const checked = checkDescription(description);
    const hosts: WorldHost[] = [];
    for (const index of checked.hosts.keys()) hosts.push(await WorldHost.boot(core, checked, index, images));
    const world = new World(checked, hosts);
    for (const input of inputs) world.input(input);
    return world;
  }

  /** The time that every host has reached, in ns; one that has stopped on its way there may be behind. */
  get ns(): number {
    return this.exchange.horizonNs;
  }

  /** Types on the console of a host, now. */
  type(host: number, keys: Uint8Array): void {
    this.input({ host, ticks: this.hosts[host]!.lab.hypervisor.ticks(), keys: keys.slice() });
  }

  private input(input: Input): void {
    this.inputs.push(input);
    const host = this.hosts[input.host]!;
    host.take(input);
    this.exchange.progress[input.host] = host.progress;
  }

  /** Runs for about `ns`; undefined: it can go on. */
  run(until: WorldUntil, ns = Infinity): WorldStop | undefined {
    const { exchange } = this;
    const printed = this.printed(until);
    if (printed !== null) return printed;
    const limitNs = until.ns ?? Infinity;
    const pauseNs = exchange.horizonNs + ns;
    for (;;) {
      if (exchange.progress.every(({ isOff }) => isOff)) return { kind: 'ended' };
      if (Math.min(limitNs, pauseNs) === Infinity && exchange.activityNs === Infinity)
        return this.end({ kind: 'idle' });
      const { endNs, jobs } = exchange.begin(limitNs, pauseNs);
      const stops = this.turn(jobs, until);
      if (stops.length > 0) return this.end({ kind: 'host', stops });
      if (endNs === limitNs) return { kind: 'time' };
      if (endNs >= pauseNs) return undefined;
    }
  }

  /** What is waited for may be there already. */
  private printed({ text }: WorldUntil): WorldStop | null {
    if (text === undefined) return null;
    const stop = this.hosts[text.host]!.lab.run({ text: text.pattern }, 0);
    return stop?.kind === 'text' ? { kind: 'host', stops: [{ host: text.host, stop }] } : null;
  }

  private turn(jobs: readonly (Job | undefined)[], { text }: WorldUntil): HostStop[] {
    const reports: (Report | undefined)[] = [];
    for (const index of this.order) {
      const job = jobs[index];
      if (job !== undefined)
        reports[index] = this.hosts[index]!.run(job, text?.host === index ? text.pattern : undefined);
    }
    this.exchange.end(reports);
    return reports.flatMap((report, host) =>
      report === undefined || report.stop === null || report.stop.kind === 'ended'
        ? []
        : [{ host, stop: report.stop }],
    );
  }

  /** Who has nothing to do is where the others are, too. */
  private end(stop: WorldStop): WorldStop {
    this.turn(this.exchange.catchUp(), {});
    return stop;
  }

  /** Brings what disks wait for. Rejects with DiskUnavailable. */
  async fetch(): Promise<void> {
    for (const { lab } of this.hosts) if (lab.hypervisor.platform.waiting) await lab.fetch();
  }

  /** One hash of all that goes on depends on. */
  async hash(): Promise<string> {
    const hosts: string[] = [];
    for (const { lab } of this.hosts) hosts.push(await stateHash(lab.hypervisor));
    return plainHash({ hosts, lans: this.exchange.lans });
  }
}
