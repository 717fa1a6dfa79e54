/** What a timeline shows of a span of the past: asked for while the world stands, which it still does as it did. */
import { passes, parseFilter } from '../event-filter.ts';
import type { EventFilter } from '../event-filter.ts';
import type { Lab } from '../lab.ts';
import { again } from './again.ts';
import type { Stretch, Watching } from './again.ts';
import { frameEvent, journeys } from './frames.ts';
import type { FrameEvent } from './frames.ts';
import { lanesOf } from './lanes.ts';
import { Recorder, Room } from './record.ts';
import type { Arrow, Lane, Place, TimelineView } from './view.ts';

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

/** A host of the world. */
export interface NamedHost {
  readonly name: string;
  readonly lab: Lab;
}

/** Records all hosts of a world at once, from where it stands on. */
class WorldRecorder implements Watching {
  readonly records: readonly Recorder[];
  private readonly room: Room;

  constructor(hosts: readonly NamedHost[], limit: number) {
    this.room = new Room(limit, () => Math.min(...hosts.map(({ lab }) => lab.ns)));
    this.records = hosts.map(({ lab }) => new Recorder(lab.hypervisor, this.room));
  }

  get isFull(): boolean {
    return this.room.fullNs !== null;
  }

  leave(): void {
    for (const record of this.records) record.leave();
  }

  /** Up to when it has all that was, in ns, where it went on until `reachedNs`. */
  endNs(reachedNs: number): number {
    return Math.min(reachedNs, this.room.fullNs ?? reachedNs);
  }
}

/**
 * `lab`: whose ticks the span is in; `hosts`: all of the world, each with lanes of its own. Undefined: it was aborted. Rejects as
 * `again` does, and with RangeError for what is no filter.
 */
export async function timelineOf(
  lab: Lab,
  hosts: readonly NamedHost[],
  { fromNs, toNs, limit, filter }: SpanRequest,
  signal: AbortSignal,
): Promise<TimelineView | undefined> {
  const { periodNs } = lab;
  const wanted = filter === null ? null : filterOf(filter);
  const stretch = within(lab, {
    fromTicks: Math.floor(fromNs / periodNs),
    toTicks: Math.ceil(toNs / periodNs),
  });
  const labs = hosts.map((host) => host.lab);
  const watch = (): WorldRecorder => new WorldRecorder(hosts, Math.min(limit, MOST_EVENTS));
  const seen = await again(lab, labs, stretch, watch, signal);
  if (seen === undefined) return undefined;
  const { watching, reachedTicks } = seen;
  const span = {
    fromNs: stretch.fromTicks * periodNs,
    toNs: watching.endNs(reachedTicks * periodNs),
  };
  const { records, isFull } = watching;
  const drawn = hosts.map((host, n) => drawnOf(host, n, records[n]!, span, wanted));
  const events = records.reduce((sum, record) => sum + record.events.length, 0);
  return { ...span, isCut: isFull, events, ...together(hosts, drawn) };
}

type Together = Pick<TimelineView, 'lanes' | 'arrows' | 'found'>;

interface Drawn extends Together {
  readonly frames: readonly FrameEvent[];
}

function drawnOf(
  { lab }: NamedHost,
  host: number,
  record: Recorder,
  { fromNs, toNs }: Pick<TimelineView, 'fromNs' | 'toNs'>,
  wanted: EventFilter | null,
): Drawn {
  const { lanes, arrows, placeOf } = lanesOf(record, lab.periodNs, fromNs, toNs);
  const found = record.events.flatMap(({ event }, index): Place[] => {
    const place = wanted !== null && passes(wanted, event) ? placeOf(index) : undefined;
    return place === undefined ? [] : [place];
  });
  const frames = record.events.flatMap(({ event, at }, index): FrameEvent[] => {
    const place = placeOf(index);
    const frame = place === undefined ? null : frameEvent(host, at.ticks * lab.periodNs, event, place);
    return frame === null ? [] : [frame];
  });
  return { lanes, arrows, found, frames };
}

/** The hosts below each other, with what goes from one to another; a lane says of which it is, where there are several. */
function together(hosts: readonly NamedHost[], drawn: readonly Drawn[]): Together {
  const [only] = drawn;
  if (drawn.length === 1) return { lanes: only!.lanes, arrows: only!.arrows, found: only!.found };
  const all = { lanes: [] as Lane[], arrows: [] as Arrow[], found: [] as Place[] };
  const travelling: FrameEvent[] = [];
  for (const [n, { lanes, arrows, found, frames }] of drawn.entries()) {
    const first = all.lanes.length;
    const below = ({ lane, item }: Place): Place => ({ lane: lane + first, item });
    all.lanes.push(...lanes.map((lane) => ({ ...lane, name: `${hosts[n]!.name} ${lane.name}` })));
    for (const { why, from, to } of arrows) all.arrows.push({ why, from: below(from), to: below(to) });
    all.found.push(...found.map(below));
    travelling.push(...frames.map((frame) => ({ ...frame, place: below(frame.place) })));
  }
  all.arrows.push(...journeys(travelling, hosts[0]!.lab.course.frameNs));
  return all;
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
