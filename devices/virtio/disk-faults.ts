/** What makes a disk's requests take time, and what makes them fail: a disk without this does everything at once, and well. */
import type { Chance } from '../chance.ts';
import type { MachineClock } from '../machine.ts';
import { nowNs } from '../machine.ts';
import type { Chain } from './chain.ts';

/** How long a request may take where things vary: a disk that turns. */
const MOST_DELAY_NS = 5_000_000;

/** More than any driver has on their way whose ring is no larger: who has cheats, and is served at once. */
const MOST_LATE = 256;

/** A request that is served later than it came. */
interface LateRequest {
  readonly atNs: number;
  readonly chain: Chain;
}

export class DiskFaults {
  /** How many of the next requests fail. */
  failing = 0;
  /** How long all requests take, in ns. */
  delayNs = 0;
  private readonly clock: MachineClock;
  private readonly chance: Chance | undefined;
  /** Whether the first of the late requests waits for the disk's bytes. */
  waits = false;
  /** By the times when they are served. */
  private readonly late: LateRequest[] = [];

  constructor(clock: MachineClock, chance?: Chance) {
    this.clock = clock;
    this.chance = chance;
  }

  get nowNs(): number {
    return nowNs(this.clock);
  }

  /** When the first of the late requests is served, in ns. */
  nextNs(): number {
    return this.late[0]?.atNs ?? Infinity;
  }

  get first(): Chain | undefined {
    return this.late[0]?.chain;
  }

  /** The first of them is done with. */
  served(): void {
    this.late.shift();
  }

  forget(): void {
    this.waits = false;
    this.late.length = 0;
  }

  /** Whether a request that has come is to be served later; it is kept until then. Those that take no longer pass it. */
  holdsUp(chain: Chain): boolean {
    const now = this.nowNs;
    const delayNs = this.delayNs + (this.chance?.draw('disk delay', MOST_DELAY_NS, now) ?? 0);
    if (delayNs === 0 || this.late.length >= MOST_LATE) return false;
    const atNs = now + delayNs;
    const later = this.late.findIndex((other) => other.atNs > atNs);
    this.late.splice(later < 0 ? this.late.length : later, 0, { atNs, chain });
    return true;
  }

  /** Whether a request fails that is served now. */
  fails(): boolean {
    if (this.failing === 0) return false;
    this.failing--;
    return true;
  }
}
