/** What a timeline shows of a span of the past: asked for while the world stands, which it still does as it did. */
import { passes, parseFilter } from '../event-filter.ts';
import type { EventFilter } from '../event-filter.ts';
import type { Lab } from '../lab.ts';
import { again } from './again.ts';
import type { Stretch } from './again.ts';
import { lanesOf } from './lanes.ts';
import { Recorder } from './record.ts';
import type { Place, TimelineView } from './view.ts';

export interface SpanRequest {
  readonly fromNs: number;
  readonly toNs: number;
  /** Events at most. */
  readonly limit: number;
  /** Events that are looked for, as a person types them (event-filter.ts); null: none are. */
  readonly filter: string | null;
}

/** No answer is larger, whatever is asked for. */
const MOST_EVENTS = 100_000;

/** `labs`: all hosts of the world. Undefined: it was aborted. Rejects as `again` does, and with RangeError for what is no filter. */
export async function timelineOf(
  lab: Lab,
  labs: readonly Lab[],
  { fromNs, toNs, limit, filter }: SpanRequest,
  signal: AbortSignal,
): Promise<TimelineView | undefined> {
  const { periodNs, hypervisor } = lab;
  const wanted = filter === null ? null : filterOf(filter);
  const stretch = within(lab, {
    fromTicks: Math.floor(fromNs / periodNs),
    toTicks: Math.ceil(toNs / periodNs),
  });
  const watch = (): Recorder => new Recorder(hypervisor, Math.min(limit, MOST_EVENTS));
  const seen = await again(lab, labs, stretch, watch, signal);
  if (seen === undefined) return undefined;
  const { watching: record, reachedTicks } = seen;
  const endTicks = record.isFull ? record.events.at(-1)!.at.ticks : reachedTicks;
  const span = { fromNs: stretch.fromTicks * periodNs, toNs: endTicks * periodNs };
  const { lanes, arrows, placeOf } = lanesOf(record, periodNs, span.fromNs, span.toNs);
  const found = record.events.flatMap(({ event }, index): Place[] => {
    const place = wanted !== null && passes(wanted, event) ? placeOf(index) : undefined;
    return place === undefined ? [] : [place];
  });
  return { ...span, isCut: record.isFull, events: record.events.length, lanes, arrows, found };
}

/** What of a stretch can be gone to. */
function within(lab: Lab, { fromTicks, toTicks }: Stretch): Stretch {
  const [first] = lab.past.moments;
  const beginTicks = first === undefined ? Infinity : lab.placeIn(first).ticks;
  return { fromTicks: Math.max(beginTicks, fromTicks), toTicks: Math.min(lab.endTicks, toTicks) };
}

function filterOf(text: string): EventFilter {
  const filter = parseFilter(text);
  if (filter === null) throw new RangeError(`${text}: it is no event`);
  return filter;
}
