/** A span of the past as a timeline shows it: plain data, which survives structured cloning. */

/**
 * Something in a lane. What Xen does takes no guest time: the steps of one tick stand side by side within it, in their order, so
 * that times are fractions of a tick, and an item that encloses others encloses their times, too.
 */
export interface LaneItem {
  /** In ns. Alike: it has no end of its own. */
  readonly fromNs: number;
  readonly toNs: number;
  /** From the lane's top, from 0. */
  readonly row: number;
  /** A kind of the trace's; `run`: a vcpu on a processor; a run state: `runnable`, `blocked`, `offline`. */
  readonly kind: string;
  /** Whose it is; below 0: Xen's. */
  readonly domain: number;
  readonly name: string;
  readonly args: string;
  readonly result: string;
}

/** What a lane is of. */
export type LaneOf = 'processor' | 'xen' | 'vcpu' | 'store';

export interface Lane {
  readonly of: LaneOf;
  /** `cpu0`, `d1v0`, `Xen`, `store`; behind the name of its host, where there are several. */
  readonly name: string;
  /** Whose vcpu; below 0: of no domain. */
  readonly domain: number;
  readonly rows: number;
  /** In the order of `fromNs`. */
  readonly items: readonly LaneItem[];
}

/** Where an arrow begins or ends: an item of a lane, by their places. */
export interface Place {
  readonly lane: number;
  readonly item: number;
}

/** Of cause and effect: a notification and its upcall, a vcpu that wakes and gets a processor, a frame that another host receives. */
export interface Arrow {
  readonly why: 'notified' | 'woken' | 'sent';
  readonly from: Place;
  readonly to: Place;
}

export interface TimelineView {
  readonly fromNs: number;
  /** How far it has been gone through: less than was asked for where there was too much, or where the host ended. */
  readonly toNs: number;
  /** It has as many events as it may have: what is behind `toNs` is left out. */
  readonly isCut: boolean;
  readonly events: number;
  readonly lanes: readonly Lane[];
  readonly arrows: readonly Arrow[];
  /** Those that were looked for. */
  readonly found: readonly Place[];
}
