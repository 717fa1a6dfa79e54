/** The lanes of a span, and the arrows between them, of what was recorded of a host. */
import type { TraceEvent } from '../../../hypervisor/trace/event.ts';
import { traceWords } from '../../../hypervisor/trace/text.ts';
import { nameOfVcpu } from './record.ts';
import type { Instant, Record, Recorded, RunstateChange } from './record.ts';
import type { Arrow, Lane, LaneItem, LaneOf, Place } from './view.ts';

export interface Lanes {
  readonly lanes: readonly Lane[];
  readonly arrows: readonly Arrow[];
  /** Where a recorded event is drawn; undefined: nowhere. */
  readonly placeOf: (index: number) => Place | undefined;
}

/** What runs, waits or sleeps by its RUNSTATE_*. */
const RUNSTATES = ['run', 'runnable', 'blocked', 'offline'] as const;
const VCPU = /^d(\d+)v(\d+)$/;
const ORDER: readonly LaneOf[] = ['processor', 'xen', 'vcpu', 'store'];

/** An item on its way into a lane, and the recorded event that it is of; -1: of none. */
interface Draft {
  readonly item: LaneItem;
  readonly index: number;
}

class LaneDraft {
  readonly drafts: Draft[] = [];
  rows = 1;
  readonly of: LaneOf;
  readonly name: string;
  readonly domain: number;
  readonly rank: number;

  constructor(of: LaneOf, name: string, domain: number, rank: number) {
    this.of = of;
    this.name = name;
    this.domain = domain;
    this.rank = rank;
  }

  add(item: LaneItem, index = -1): void {
    this.drafts.push({ item, index });
    this.rows = Math.max(this.rows, item.row + 1);
  }
}

interface Running {
  readonly name: string;
  readonly fromNs: number;
  readonly index: number;
}

/** A request of the store. */
interface Asked {
  readonly recorded: Recorded;
  readonly index: number;
}

class Builder {
  private readonly lanes = new Map<string, LaneDraft>();
  private readonly record: Record;
  private readonly periodNs: number;
  private readonly fromNs: number;
  private readonly toNs: number;
  /** Requests of the store that have no answer yet, the oldest first. */
  private readonly asked: Asked[] = [];

  constructor(record: Record, periodNs: number, fromNs: number, toNs: number) {
    this.record = record;
    this.periodNs = periodNs;
    this.fromNs = fromNs;
    this.toNs = toNs;
  }

  build(): Lanes {
    const { record } = this;
    for (const processor of record.processors.keys()) this.processor(processor);
    this.runs();
    this.runstates();
    for (const [index, recorded] of record.events.entries()) this.event(recorded, index);
    for (const asked of this.asked) this.request(asked, this.toNs, '');
    return this.finished();
  }

  private ns({ ticks, place }: Instant): number {
    return (ticks + place / this.record.placesOf(ticks)) * this.periodNs;
  }

  private lane(of: LaneOf, name: string, domain: number, rank: number): LaneDraft {
    let lane = this.lanes.get(name);
    if (lane === undefined) {
      lane = new LaneDraft(of, name, domain, rank);
      this.lanes.set(name, lane);
    }
    return lane;
  }

  private processor(id: number): LaneDraft {
    return this.lane('processor', `cpu${String(id)}`, -1, id);
  }

  private vcpu(domain: number, vcpu: number): LaneDraft {
    return this.lane('vcpu', nameOfVcpu(domain, vcpu), domain, domain * 1000 + vcpu);
  }

  /** Who has each processor. */
  private runs(): void {
    const running: Running[] = this.record.processors.map((name) => ({
      name,
      fromNs: this.fromNs,
      index: -1,
    }));
    for (const [index, { event, at }] of this.record.events.entries()) {
      const { detail } = event;
      if (detail.kind !== 'schedule') continue;
      const fromNs = this.ns(at);
      this.run(detail.processor, running[detail.processor], fromNs);
      running[detail.processor] = { name: detail.to, fromNs, index };
    }
    for (const [processor, run] of running.entries()) this.run(processor, run, this.toNs);
  }

  private run(processor: number, run: Running | undefined, toNs: number): void {
    const domain = run === undefined ? null : VCPU.exec(run.name);
    if (run === undefined || domain === null) return;
    const { name, fromNs, index } = run;
    this.processor(processor).add(
      { fromNs, toNs, row: 0, kind: 'run', domain: Number(domain[1]), name, args: '', result: '' },
      index,
    );
  }

  /** How each vcpu is: its lane's first row. */
  private runstates(): void {
    const last = new Map<string, RunstateChange>();
    for (const change of this.record.runstates) {
      const name = nameOfVcpu(change.domain, change.vcpu);
      this.runstate(last.get(name), this.since(change));
      last.set(name, change);
    }
    for (const change of last.values()) this.runstate(change, this.toNs);
  }

  private runstate(change: RunstateChange | undefined, toNs: number): void {
    const kind = RUNSTATES[change?.runstate ?? -1];
    if (change === undefined || kind === undefined) return;
    const { domain, vcpu } = change;
    const fromNs = this.since(change);
    if (toNs <= fromNs) return;
    const name = nameOfVcpu(domain, vcpu);
    this.vcpu(domain, vcpu).add({ fromNs, toNs, row: 0, kind, domain, name, args: '', result: '' });
  }

  /** In the tick in which it was seen it is right behind what has changed it. */
  private since({ at, sinceNs }: RunstateChange): number {
    const ns = sinceNs === Math.floor(at.ticks * this.periodNs) ? this.ns(at) : sinceNs;
    return Math.max(ns, this.fromNs);
  }

  private event(recorded: Recorded, index: number): void {
    const { event, at, end } = recorded;
    if (event.detail.kind === 'schedule') return;
    if (event.detail.kind === 'xenstore') {
      this.message(recorded, index);
      return;
    }
    const { domain, vcpu, depth } = event;
    const isOfVcpu = domain >= 0;
    const lane = isOfVcpu ? this.vcpu(domain, vcpu) : this.lane('xen', 'Xen', -1, 0);
    const row = isOfVcpu ? depth + 1 : depth;
    const fromNs = this.ns(at);
    lane.add(itemOf(event, row, fromNs, end === null ? fromNs : this.ns(end)), index);
  }

  /** A message of the store: with its answer a request is a span. */
  private message(recorded: Recorded, index: number): void {
    const { event, at } = recorded;
    const { detail } = event;
    if (detail.kind !== 'xenstore') return;
    if (detail.way === 'request') this.asked.push({ recorded, index });
    else if (detail.way === 'watch') this.store().add(itemOf(event, 1, this.ns(at), this.ns(at)), index);
    else {
      const asked = this.asked.findIndex((each) => isAnswer(detail, each.recorded.event));
      const [request] = asked < 0 ? [] : this.asked.splice(asked, 1);
      if (request === undefined) this.store().add(itemOf(event, 0, this.ns(at), this.ns(at)), index);
      else this.request(request, this.ns(at), detail.text);
    }
  }

  private request({ recorded: { event, at }, index }: Asked, toNs: number, result: string): void {
    this.store().add({ ...itemOf(event, 0, this.ns(at), toNs), result }, index);
  }

  private store(): LaneDraft {
    return this.lane('store', 'store', -1, 0);
  }

  private finished(): Lanes {
    const all = [...this.lanes.values()].sort(
      (a, b) => ORDER.indexOf(a.of) - ORDER.indexOf(b.of) || a.rank - b.rank,
    );
    const places = new Map<number, Place>();
    const lanes = all.map(({ of, name, domain, rows, drafts }, lane): Lane => {
      drafts.sort((a, b) => a.item.fromNs - b.item.fromNs || a.item.row - b.item.row);
      for (const [item, { index }] of drafts.entries()) if (index >= 0) places.set(index, { lane, item });
      return { of, name, domain, rows, items: drafts.map(({ item }) => item) };
    });
    const placeOf = (index: number): Place | undefined => places.get(index);
    return { lanes, arrows: arrowsOf(this.record.events, placeOf), placeOf };
  }
}

/** Whose an event is: of the domain that it is about, where it names one. */
function itemOf({ domain, detail }: TraceEvent, row: number, fromNs: number, toNs: number): LaneItem {
  const { kind } = detail;
  const whose = domain < 0 && 'domain' in detail ? detail.domain : domain;
  return { fromNs, toNs, row, kind, domain: whose, ...traceWords(detail) };
}

type Message = Extract<TraceEvent['detail'], { kind: 'xenstore' }>;

function isAnswer({ domain, message, path, transaction }: Message, { detail }: TraceEvent): boolean {
  return (
    detail.kind === 'xenstore' &&
    detail.domain === domain &&
    detail.message === message &&
    detail.path === path &&
    detail.transaction === transaction
  );
}

/** From what raised a port to the upcall that tells of it; from who wakes a vcpu to where it gets a processor. */
function arrowsOf(events: readonly Recorded[], placeOf: (index: number) => Place | undefined): Arrow[] {
  const arrows: Arrow[] = [];
  const woken = new Map<string, number>();
  const draw = (why: Arrow['why'], cause: number, effect: number): void => {
    const [from, to] = [placeOf(cause), placeOf(effect)];
    if (from !== undefined && to !== undefined) arrows.push({ why, from, to });
  };
  for (const [index, { event, causes }] of events.entries()) {
    const { detail } = event;
    for (const cause of causes) draw('notified', cause, index);
    if (detail.kind === 'vcpu' && detail.change === 'wake')
      woken.set(nameOfVcpu(detail.domain, detail.vcpu), index);
    if (detail.kind !== 'schedule') continue;
    const cause = woken.get(detail.to);
    if (cause !== undefined) draw('woken', cause, index);
    woken.delete(detail.to);
  }
  return arrows;
}

/** `periodNs`: ns per tick. */
export function lanesOf(record: Record, periodNs: number, fromNs: number, toNs: number): Lanes {
  return new Builder(record, periodNs, fromNs, toNs).build();
}
