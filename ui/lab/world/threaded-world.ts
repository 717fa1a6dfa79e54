/**
 * A world whose hosts run at once: the first in this thread, each other in a thread of its own; what lies between them is here.
 * It is the same world as one in a single thread (world.ts), to the bit.
 */
import { plainHash } from '../state-hash.ts';
import { checkDescription } from './description.ts';
import type { WorldDescription } from './description.ts';
import { Exchange } from './exchange.ts';
import { FarHost } from './far-host.ts';
import type { HostThread } from './far-host.ts';
import type { HostFacts } from './host-messages.ts';
import type { WorldImages } from './images.ts';
import { InputLog } from './inputs.ts';
import type { Input, LanInput } from './inputs.ts';
import { LocalHost } from './local-host.ts';
import type { HostAtWork, Worked } from './local-host.ts';
import { Board } from './stretch.ts';
import { takeTurns } from './turns.ts';
import type { Reports, Round, WorldStop, WorldUntil } from './turns.ts';

export class ThreadedWorld {
  readonly description: WorldDescription;
  readonly exchange: Exchange;
  /** What came from outside. */
  readonly inputs: InputLog;
  private readonly hosts: readonly HostAtWork[];
  private readonly board: Board;
  /** What consoles have printed and nobody has heard, and who hears it, by host. */
  private readonly printed: Uint8Array[][];
  private readonly listeners: ((bytes: Uint8Array) => void)[][];

  private constructor(
    description: WorldDescription,
    hosts: readonly HostAtWork[],
    images: WorldImages,
    board: Board,
  ) {
    this.description = description;
    this.hosts = hosts;
    this.board = board;
    this.inputs = new InputLog(hosts.length);
    const progress = hosts.map(({ begun }) => begun.progress);
    this.exchange = new Exchange(description, progress, images, this.inputs);
    this.printed = hosts.map(({ begun }) => begun.printed.map(({ bytes }) => bytes));
    this.listeners = hosts.map(() => []);
  }

  /** As World.make; `start` starts a thread. */
  static async make(
    core: WebAssembly.Module,
    description: unknown,
    images: WorldImages,
    start: () => HostThread,
    inputs: readonly Input[] = [],
    lanInputs: readonly LanInput[] = [],
  ): Promise<ThreadedWorld> {
    const checked = checkDescription(description);
    const board = new Board(checked.hosts.length);
    const booted = await Promise.allSettled<HostAtWork>(
      checked.hosts.map((_, index) =>
        index === 0
          ? LocalHost.boot(core, checked, index, images, board)
          : FarHost.boot(start(), core, checked, index, images, board),
      ),
    );
    const hosts = booted.flatMap((each) => (each.status === 'fulfilled' ? [each.value] : []));
    const failed = booted.find(({ status }) => status === 'rejected');
    try {
      if (failed?.status === 'rejected') throw failed.reason;
      const world = new ThreadedWorld(checked, hosts, images, board);
      for (const input of inputs) world.inputs.add(input);
      for (const input of lanInputs) world.inputs.addOfLans(input);
      return world;
    } catch (error) {
      for (const host of hosts) host.end();
      throw error;
    }
  }

  /** As World.ns. */
  get ns(): number {
    return this.exchange.horizonNs;
  }

  /** Hears what a host's console prints from now on, and what it has printed if nobody has heard that. */
  onConsole(host: number, listener: (bytes: Uint8Array) => void): void {
    this.listeners[host]!.push(listener);
    for (const bytes of this.printed[host]!.splice(0)) listener(bytes);
  }

  /** Types on the console of a host, now. */
  type(host: number, keys: Uint8Array): void {
    this.inputs.add({ host, ticks: this.exchange.instantFor(host), keys: keys.slice() });
  }

  /** As World.run. */
  async run(until: WorldUntil, ns = Infinity): Promise<WorldStop | undefined> {
    const turns = takeTurns(this.exchange, until, ns, true);
    try {
      for (let turn = turns.next(); ; turn = turns.next(await this.round(turn.value)))
        if (turn.done === true) return turn.value;
    } finally {
      for (const host of this.hosts) host.pause();
    }
  }

  private async round(round: Round): Promise<Reports> {
    this.board.clear();
    for (const [index, host] of this.hosts.entries()) {
      const work = round[index];
      if (work !== undefined) host.begin(work);
    }
    const done = await this.finish(round);
    const reports = done.map((each) => each?.report);
    this.exchange.end(reports);
    for (const [host, each] of done.entries())
      this.print(host, each?.printed.map(({ bytes }) => bytes) ?? []);
    return reports;
  }

  /** What all have done. Throws what the first that has failed has thrown, once all are at rest. */
  private async finish(round: Round): Promise<readonly (Worked | undefined)[]> {
    const done: (Worked | undefined)[] = round.map(() => undefined);
    const problems: unknown[] = [];
    for (const [index, host] of this.hosts.entries())
      try {
        if (round[index] !== undefined) done[index] = await host.finish();
      } catch (error) {
        problems.push(error);
      }
    if (problems.length > 0) throw problems[0];
    return done;
  }

  private print(host: number, printed: readonly Uint8Array[]): void {
    const listeners = this.listeners[host]!;
    if (listeners.length === 0) this.printed[host]!.push(...printed);
    for (const bytes of printed) for (const listener of listeners) listener(bytes);
  }

  /** Brings what disks wait for. Rejects with DiskUnavailable. */
  async fetch({ stops }: Extract<WorldStop, { kind: 'host' }>): Promise<void> {
    for (const { host, stop } of stops) if (stop.kind === 'waiting') await this.hosts[host]!.fetch();
  }

  /** As World.hash. */
  async hash(): Promise<string> {
    const { lans, stores } = this.exchange;
    return plainHash({ hosts: await Promise.all(this.hosts.map((host) => host.hash())), lans, stores });
  }

  facts(host: number): Promise<HostFacts> {
    return this.hosts[host]!.facts();
  }

  /** Ends the threads. */
  close(): void {
    for (const host of this.hosts) host.end();
  }
}
