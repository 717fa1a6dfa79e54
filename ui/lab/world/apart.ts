/**
 * Hosts of a world in threads of their own while the world runs freely: the one in front stays, the others are lent (lent-host.ts),
 * and come home whenever somebody looks. What happens is the same, to the bit, wherever they are.
 */
import { HostCrash } from '../host-crash.ts';
import type { AwayTrace } from './away-trace.ts';
import type { WorldDescription } from './description.ts';
import type { HostThread } from './far-host.ts';
import type { Report, WorldHost } from './host.ts';
import type { WorldImages } from './images.ts';
import { canBeLent, LentHost } from './lent-host.ts';
import { Board } from './stretch.ts';
import type { Round } from './turns.ts';

/** Hears what was traced of a host while it was away. */
export type OnTrace = (host: number, trace: AwayTrace) => void;

/** What hosts are made from again. */
interface Made {
  readonly core: WebAssembly.Module;
  readonly description: WorldDescription;
  readonly images: WorldImages;
}

export class Apart {
  readonly board: Board;
  private readonly made: Made;
  private readonly hosts: readonly WorldHost[];
  private readonly start: () => HostThread;
  private readonly onTrace: OnTrace;
  private readonly lent: (LentHost | undefined)[];
  /** Where the newest state of a host is: here, in its thread, or the same in both. */
  private readonly newest: ('here' | 'there' | 'both')[];
  /** Who have been told what to do, and have not been asked what they did. */
  private readonly working = new Set<number>();
  private readonly crashes = new Map<number, HostCrash>();
  /** The host that is in front while the others are lent; null: all are at home. */
  front: number | null = null;

  private constructor(made: Made, hosts: readonly WorldHost[], start: () => HostThread, onTrace: OnTrace) {
    this.made = made;
    this.hosts = hosts;
    this.start = start;
    this.onTrace = onTrace;
    this.board = new Board(hosts.length);
    this.lent = hosts.map(() => undefined);
    this.newest = hosts.map(() => 'here');
  }

  /** Null: these hosts have to stay together. */
  static of(
    made: Made,
    hosts: readonly WorldHost[],
    start: () => HostThread,
    onTrace: OnTrace,
  ): Apart | null {
    return canBeLent(made.images) ? new Apart(made, hosts, start, onTrace) : null;
  }

  /** Some are away. */
  get isApart(): boolean {
    return this.front !== null;
  }

  /** Whether a host is worked for elsewhere. */
  isAway(host: number): boolean {
    return this.front !== null && host !== this.front;
  }

  /** Lends all but this one, or those that are not lent yet; false: their threads are not ready. Throws SnapshotError. */
  lend(front: number): boolean {
    if (this.front === front) return true;
    if (this.lent.some((each) => each?.hasFailed === true)) return false;
    const others = [...this.hosts.keys()].filter((host) => host !== front);
    const lent = others.map((host) => this.thread(host));
    if (!lent.every(({ isReady }) => isReady)) return false;
    for (const [n, host] of others.entries()) {
      if (this.newest[host] === 'here') lent[n]!.give(this.hosts[host]!.save());
      this.newest[host] = 'both';
    }
    this.front = front;
    return true;
  }

  private thread(host: number): LentHost {
    const { core, description, images } = this.made;
    return (this.lent[host] ??= new LentHost(this.start(), core, description, host, images, this.board));
  }

  /** A host goes on here, or becomes another. */
  touch(host: number): void {
    this.newest[host] = 'here';
  }

  /** Who is away begins what it is to do. */
  begin(round: Round): void {
    if (this.front === null) return;
    this.board.clear();
    for (const [host, work] of round.entries()) {
      if (work === undefined || !this.isAway(host)) continue;
      this.lent[host]!.begin(work);
      this.working.add(host);
      this.newest[host] = 'there';
    }
  }

  /** Who is away has done it: what, by host. Throws what the first that has failed has thrown, once all are at rest. */
  finish(): ReadonlyMap<number, Report> {
    const reports = new Map<number, Report>();
    const problems: unknown[] = [];
    for (const host of this.working)
      try {
        const { report, printed } = this.lent[host]!.finish();
        reports.set(host, report);
        const { witness } = this.hosts[host]!.lab;
        for (const { domain, bytes } of printed) witness.printedAway(domain, bytes);
      } catch (error) {
        if (error instanceof HostCrash) this.crashes.set(host, error);
        problems.push(error);
      }
    this.working.clear();
    if (problems.length > 0) throw problems[0];
    return reports;
  }

  /** All are at home, as they are. Throws an Error where a thread has died. */
  gather(): void {
    if (this.front === null) return;
    this.front = null;
    const away = [...this.hosts.keys()].filter((host) => this.newest[host] === 'there');
    for (const host of away) this.lent[host]!.ask();
    for (const host of away) {
      const { host: saved, trace } = this.lent[host]!.returned();
      // Who counts what was traced counts up to where it is by then.
      this.onTrace(host, trace);
      const { lab } = this.hosts[host]!;
      this.hosts[host]!.restore(saved);
      lab.crash = this.crashes.get(host) ?? null;
      this.newest[host] = 'both';
    }
    this.crashes.clear();
  }

  /** Ends the threads. */
  end(): void {
    for (const lent of this.lent) lent?.end();
  }
}
