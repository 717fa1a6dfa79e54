/**
 * The way of one request through a device in two halves, from the slot that the front fills to the upcall by which it hears of
 * the answer: the stretch of the past in which that was is run again, and what belongs to the request is picked from it.
 */
import { ECS_INTERDOMAIN } from '../../../hypervisor/state/event-channels.ts';
import type { Hypervisor } from '../../../hypervisor/state/hypervisor.ts';
import type { TraceDetail, TraceEvent } from '../../../hypervisor/trace/event.ts';
import type { TraceSink } from '../../../hypervisor/trace/tracer.ts';
import { sentenceOf } from '../explain/explain.ts';
import type { Lab } from '../lab.ts';
import { again } from './again.ts';
import type { Watching } from './again.ts';

type RingDetail = Extract<TraceDetail, { kind: 'ring' }>;

/** An entry of a ring, as the stage shows it. */
export interface RingEntry {
  readonly domain: number;
  /** The device's number in the store. */
  readonly device: number;
  readonly ring: 'block' | 'transmit' | 'receive';
  /** The frontend's event channel of this ring. */
  readonly port: number;
  readonly way: 'request' | 'response';
  /** Counted since the ring was made. */
  readonly index: number;
}

/** What a step of the way is. */
export type WayPart = 'asks' | 'tells' | 'wakes' | 'data' | 'device' | 'answers' | 'told' | 'hears';

export interface WayStep {
  readonly part: WayPart;
  /** When, in ns of the host. */
  readonly ns: number;
  /** The event in a sentence. */
  readonly says: string;
}

export interface WayView {
  /** The entries of the request and of its answer, by their indices; null: it has none yet. */
  readonly request: number;
  readonly response: number | null;
  readonly steps: readonly WayStep[];
}

/** How far ahead of where the host stands the answer is looked for, where the host has ever been there. */
const AHEAD_TICKS = 20_000_000;
/** Nobody waits longer than it takes to run so much of the past again. */
const FAR_INSTRUCTIONS = 400_000_000;
const MOST_EVENTS = 200_000;

/** Which events may belong to requests of a ring. */
class Belongings implements TraceSink, Watching {
  readonly events: TraceEvent[] = [];
  private readonly hypervisor: Hypervisor;
  private readonly concerns: (event: TraceEvent) => boolean;

  /** To be made where the stretch begins. */
  constructor(hypervisor: Hypervisor, concerns: (event: TraceEvent) => boolean) {
    this.hypervisor = hypervisor;
    this.concerns = concerns;
    hypervisor.trace.add(this);
  }

  get isFull(): boolean {
    return this.events.length >= MOST_EVENTS;
  }

  event(event: TraceEvent): void {
    if (!this.isFull && this.concerns(event)) this.events.push(event);
  }

  end(): void {
    // What belongs to a request has no end of its own.
  }

  leave(): void {
    this.hypervisor.trace.remove(this);
  }
}

/** The two ends of a ring's channel. */
export interface Ends {
  readonly frontend: number;
  readonly frontPort: number;
  readonly backend: number;
  readonly backPort: number;
}

/**
 * The way of the request that is in an entry, or that the answer in it is to. Undefined: it was aborted. Rejects as `again` does,
 * and with RangeError where it is not to be found.
 */
export async function wayOf(
  lab: Lab,
  labs: readonly Lab[],
  entry: RingEntry,
  signal: AbortSignal,
): Promise<WayView | undefined> {
  const { hypervisor, past, periodNs } = lab;
  const ends = endsOf(hypervisor, entry);
  const now = lab.place;
  const toTicks = Math.min(lab.endTicks, now.ticks + AHEAD_TICKS);
  const concerns = concernsOf(entry, ends);
  const begins = past.moments.map((moment) => lab.placeIn(moment)).filter(({ ticks }) => ticks <= now.ticks);
  for (const { ticks: fromTicks, instructions } of begins.reverse()) {
    if (now.instructions - instructions > FAR_INSTRUCTIONS) break;
    const watch = (): Belongings => new Belongings(hypervisor, concerns);
    const seen = await again(lab, labs, { fromTicks, toTicks }, watch, signal);
    if (seen === undefined) return undefined;
    const way = wayIn(seen.watching.events, entry, ends);
    if (way === null) continue;
    const { names } = lab.witness;
    return {
      request: indexAt(way, 'asks')!,
      response: indexAt(way, 'answers'),
      steps: way.map(({ part, event }) => ({
        part,
        ns: event.ticks * periodNs,
        says: sentenceOf(event, names),
      })),
    };
  }
  throw new RangeError('it was asked before anything that is remembered, or too long ago to look for it');
}

/** Of the entry by which a part of the way is. */
function indexAt(way: readonly WayEvent[], wanted: WayPart): number | null {
  const detail = way.find(({ part }) => part === wanted)?.event.detail;
  return detail?.kind === 'ring' ? detail.index : null;
}

/** Throws RangeError: there is no such channel now. */
function endsOf({ domains }: Hypervisor, { domain, port }: RingEntry): Ends {
  const channel = domains.get(domain)?.events.at(port) ?? null;
  if (channel?.state !== ECS_INTERDOMAIN)
    throw new RangeError(`port ${String(port)} of domain ${String(domain)} leads to no backend now`);
  return {
    frontend: domain,
    frontPort: port,
    backend: channel.remoteDomain,
    backPort: channel.remotePort,
  };
}

function isOf(detail: TraceDetail, { ring, domain, device }: RingEntry): detail is RingDetail {
  return (
    detail.kind === 'ring' && detail.ring === ring && detail.domain === domain && detail.device === device
  );
}

function concernsOf(entry: RingEntry, ends: Ends): (event: TraceEvent) => boolean {
  return ({ domain, detail }) => {
    if (detail.kind === 'upcall') return domain === ends.frontend || domain === ends.backend;
    if (detail.kind === 'port') return raises(detail, ends, 'front') || raises(detail, ends, 'back');
    if (detail.kind === 'grant') return detail.granter === ends.frontend;
    if (detail.kind === 'device') return entry.ring === 'block' && detail.device === 'disk';
    return isOf(detail, entry);
  };
}

function raises(detail: TraceDetail, ends: Ends, whose: 'front' | 'back'): boolean {
  const [domain, port] = whose === 'front' ? [ends.frontend, ends.frontPort] : [ends.backend, ends.backPort];
  return detail.kind === 'port' && detail.domain === domain && detail.port === port;
}

export interface WayEvent {
  readonly part: WayPart;
  readonly event: TraceEvent;
}

/** Of events in their order, those that belong to the request of an entry; null: it is not among them. */
export function wayIn(events: readonly TraceEvent[], entry: RingEntry, ends: Ends): WayEvent[] | null {
  const asks = requestAt(events, entry);
  if (asks < 0) return null;
  const { id, refs } = events[asks]!.detail as RingDetail;
  const find = (from: number, is: (event: TraceEvent) => boolean): number =>
    from < 0 ? -1 : events.findIndex((event, n) => n > from && is(event));
  const answers = find(
    asks,
    ({ detail }) => isOf(detail, entry) && detail.way === 'response' && detail.id === id,
  );
  const until = answers < 0 ? events.length : answers;
  const raised = find(asks, ({ detail }) => raises(detail, ends, 'back'));
  const tells = raised < until ? raised : -1;
  const woken = find(tells, isUpcallOf(ends.backend));
  const data = events.flatMap(({ detail }, n) =>
    n > asks && n < until && usesOneOf(detail, refs) ? [n] : [],
  );
  const told = noticeOf(events, answers, entry, ends);
  const picked: readonly (readonly [WayPart, number])[] = [
    ['asks', asks],
    ['tells', tells],
    ['wakes', woken < until ? woken : -1],
    ...data.map((at) => ['data', at] as const),
    ...diskWorks(events, Math.max(asks, tells), until).map((at) => ['device', at] as const),
    ['answers', answers],
    ['told', told],
    ['hears', find(told, isUpcallOf(ends.frontend))],
  ];
  return picked
    .filter(([, at]) => at >= 0)
    .sort(([, one], [, other]) => one - other)
    .map(([part, at]) => ({ part, event: events[at]! }));
}

/** What the machine's disk has done between notice and answer. A packet is domain 0's own, once it has been copied. */
function diskWorks(events: readonly TraceEvent[], from: number, until: number): number[] {
  return events.flatMap(({ detail }, n) => (detail.kind === 'device' && n > from && n < until ? [n] : []));
}

/** Where the front is told of an answer. Who asks for no notice is given none: what is raised after its next request is for another. */
function noticeOf(events: readonly TraceEvent[], answers: number, entry: RingEntry, ends: Ends): number {
  if (answers < 0) return -1;
  const at = events.findIndex(
    ({ detail }, n) =>
      n > answers && (raises(detail, ends, 'front') || (isOf(detail, entry) && detail.way === 'request')),
  );
  return at >= 0 && events[at]!.detail.kind === 'port' ? at : -1;
}

/** Where the request is: the entry's own, or the last before its answer that has the same id. */
function requestAt(events: readonly TraceEvent[], entry: RingEntry): number {
  const at = events.findIndex(
    ({ detail }) => isOf(detail, entry) && detail.way === entry.way && detail.index === entry.index,
  );
  if (at < 0 || entry.way === 'request') return at;
  const { id } = events[at]!.detail as RingDetail;
  return events.findLastIndex(
    ({ detail }, n) => n < at && isOf(detail, entry) && detail.way === 'request' && detail.id === id,
  );
}

function usesOneOf(detail: TraceDetail, refs: readonly number[]): boolean {
  return detail.kind === 'grant' && refs.includes(detail.ref);
}

function isUpcallOf(domain: number): (event: TraceEvent) => boolean {
  return (event) => event.detail.kind === 'upcall' && event.domain === domain;
}
