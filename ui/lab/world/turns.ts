/** How a world goes on, turn by turn, wherever its hosts run. */
import type { Stop } from '../stop.ts';
import { LEAST_SLOTS } from './exchange.ts';
import type { Exchange, Job, Jobs, Turn } from './exchange.ts';
import type { Report } from './host.ts';
import type { Stretch } from './stretch.ts';

/** When a world is to stop; several conditions: whichever comes first. */
export interface WorldUntil {
  /** The console of a host, of any unless one is named, has printed this. */
  readonly text?: { readonly host?: number; readonly pattern: RegExp };
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

/** What a host is to do, and what it looks for on its console meanwhile. */
export interface Work {
  readonly job: Job;
  readonly text: RegExp | undefined;
  /** The job goes over many slots, with others at once. */
  readonly stretch?: Stretch | undefined;
}

/** What hosts do in a turn, at once or in any order. */
export type Round = readonly (Work | undefined)[];
export type Reports = readonly (Report | undefined)[];

/** So many turns are taken before it is seen whether hosts that have just sent something do so no more. */
const TURNS_OF_TALK = 16;
const NOTHING: Turn = { endNs: 0, jobs: [] };

/**
 * The turns of a run of about `ns`: each is to be done by the hosts, and ended at the exchange, before the next is asked for
 * with what they report. Undefined: it can go on. `apart`: hosts can do whole stretches at once.
 */
export function* takeTurns(
  exchange: Exchange,
  until: WorldUntil,
  ns: number,
  apart = false,
): Generator<Round, WorldStop | undefined, Reports> {
  const limitNs = until.ns ?? Infinity;
  const pauseNs = exchange.horizonNs + ns;
  const watched = (jobs: Jobs, stretch?: Stretch): Round =>
    jobs.map((job, host) =>
      job === undefined ? undefined : { job, text: patternFor(host, until), stretch },
    );
  const printed = watched(exchange.look()).map((work) => (work?.text === undefined ? undefined : work));
  const before = stopsOf(yield printed);
  if (before.length > 0) return { kind: 'host', stops: before };
  for (let talk = 0; ; talk--) {
    if (exchange.progress.every(({ isOff }) => isOff)) return { kind: 'ended' };
    const isIdle = Math.min(limitNs, pauseNs, exchange.activityNs) === Infinity;
    // Where somebody stops at a text, all others are to be where a turn leaves them.
    const isLong = apart && talk <= 0 && until.text === undefined;
    const long = isLong && !isIdle ? exchange.beginStretch(limitNs, pauseNs) : undefined;
    const { endNs, jobs, stretch } = isIdle ? NOTHING : (long ?? exchange.begin(limitNs, pauseNs));
    const stops = stopsOf(yield watched(jobs, stretch));
    if (stretch !== undefined) talk = isShort(stretch, exchange.horizonNs) ? TURNS_OF_TALK : 0;
    if (isIdle || stops.length > 0) {
      // Who has nothing to do is where the others are, too.
      yield watched(exchange.catchUp());
      return isIdle ? { kind: 'idle' } : { kind: 'host', stops };
    }
    if (endNs === limitNs) return { kind: 'time' };
    if (endNs >= pauseNs) return undefined;
  }
}

/** Somebody has sent something soon. */
function isShort({ beginNs, slotNs }: Stretch, reachedNs: number): boolean {
  return reachedNs < beginNs + LEAST_SLOTS * slotNs;
}

function patternFor(host: number, { text }: WorldUntil): RegExp | undefined {
  return text === undefined || (text.host ?? host) !== host ? undefined : text.pattern;
}

/** A host that is off is no reason to stop. */
function stopsOf(reports: Reports): HostStop[] {
  return reports.flatMap((report, host) => {
    const stop = report?.stop ?? null;
    return stop === null || stop.kind === 'ended' ? [] : [{ host, stop }];
  });
}
