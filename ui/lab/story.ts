/**
 * What has happened on a host, for whoever reads: the newest events, numbered, of which windows are told. Nothing is put into
 * words before somebody looks at it. Where somebody has gone to an instant before which nothing is kept, that can be told of
 * afterwards (`recall`), as the past is run again (timeline/recalled.ts).
 */
import type { TraceEvent } from '../../hypervisor/trace/event.ts';
import { traceWords } from '../../hypervisor/trace/text.ts';
import type { TraceSink } from '../../hypervisor/trace/tracer.ts';
import { explain, isFailure, sentenceOf } from './explain/explain.ts';
import type { Explanation } from './explain/explanation.ts';
import type { DomainNames } from './explain/words.ts';
import type { StoryFilter, StoryView, StoryWindow, TraceLine } from './protocol.ts';

/** Events that are kept: a power of two. What came before them the past has: it can be run again. */
const KEPT_EVENTS = 65_536;
/** Of those that pass a filter, so many may be gone before the list is made shorter. */
const SLACK = 4096;

const ALL: StoryFilter = { without: [], domain: null, folds: false };

/** Events that are told in one row: the first and the last of them by number, and how many. */
interface Row {
  first: number;
  readonly last: number;
  readonly times: number;
}

export class Story implements TraceSink {
  private readonly periodNs: number;
  private readonly names: () => DomainNames;
  private readonly kept = new Array<TraceEvent | undefined>(KEPT_EVENTS);
  /** Events that have come; the number of the next. */
  private seen = 0;
  /** The number of the first that is kept. */
  private first = 0;
  private filter = ALL;
  private without: ReadonlySet<string> = new Set();
  /** Those that pass the filter, in order; those before `head` are not kept any more. */
  private passing: Row[] = [];
  private head = 0;
  /** The instant that somebody has gone to, until something happens. */
  private rewoundTo: number | null = null;
  /** The instant up to which it has been told, when nobody tells it. */
  private toldTicks = 0;
  /** Nothing is kept of what came before this instant, in ticks, though something may have; null: nobody lacks it. */
  private lackedTicks: number | null = null;
  /** Nothing has been before the first that is kept, since the host was there. */
  private isWhole = true;
  /** Up to here the filter has been asked. */
  private filtered = 0;

  /** `periodNs`: ns per tick. `names`: what domains are called, as far as is known. */
  constructor(periodNs: number, names: () => DomainNames) {
    this.periodNs = periodNs;
    this.names = names;
  }

  event(event: TraceEvent): void {
    if (this.rewoundTo !== null) this.meet(event);
    this.kept[this.seen % KEPT_EVENTS] = event;
    this.seen++;
  }

  end(): void {
    // The event that is kept has its result now.
  }

  /** The end of what is lacked, in ticks; null: nothing is, or it has been recalled. */
  get lacks(): number | null {
    return this.lackedTicks;
  }

  /** It is not told of what happens from this instant on. */
  leave(ticks: number): void {
    this.toldTicks = ticks;
  }

  /** It is told again, or looked at, at this instant: what came later has not happened, of what came since nobody has told. */
  resume(ticks: number): void {
    const fromTicks = this.toldTicks;
    this.toldTicks = ticks;
    if (ticks === fromTicks) return;
    this.drop();
    while (this.seen > this.first && this.at(this.seen - 1).ticks > ticks) this.seen--;
    if (ticks > fromTicks || (this.seen === this.first && !this.isWhole)) this.lack(ticks);
    this.begin(this.filter);
    this.rewoundTo = ticks;
  }

  /** Nothing is kept any more: what is recalled will have the numbers before the next. */
  private lack(ticks: number): void {
    this.seen += KEPT_EVENTS;
    this.first = this.seen;
    this.isWhole = false;
    this.lackedTicks = ticks;
  }

  /** The last events before what is kept, the oldest first: all that were lacked, or as many as there is room for. `isAll`: nothing was before. */
  recall(events: readonly TraceEvent[], isAll: boolean): void {
    this.drop();
    this.lackedTicks = null;
    const then = this.seen > this.first ? this.at(this.first) : undefined;
    const again = then === undefined ? -1 : firstAgain(events, then);
    const before = again < 0 ? events : events.slice(0, again);
    const room = KEPT_EVENTS - (this.seen - this.first);
    const told = before.slice(Math.max(0, before.length - room));
    this.first -= told.length;
    for (const [n, event] of told.entries()) this.kept[(this.first + n) % KEPT_EVENTS] = event;
    this.isWhole = isAll && told.length === before.length;
    this.begin(this.filter);
  }

  /** The first event after that: of those of the same instant, which may come again, the ones from this one on do. */
  private meet(event: TraceEvent): void {
    const { rewoundTo } = this;
    this.rewoundTo = null;
    let again = this.seen;
    for (let n = this.seen - 1; n >= this.first && this.at(n).ticks === rewoundTo; n--)
      if (isAlike(this.at(n), event)) again = n;
    this.seen = again;
    this.begin(this.filter);
  }

  /** A window of the events that pass a filter. */
  look({ filter, from, count }: StoryWindow): StoryView {
    if (!isSame(filter, this.filter)) this.begin(filter);
    this.follow();
    const passing = this.passing.length - this.head;
    const start = Math.max(0, from === null ? passing - count : Math.min(from, passing - 1));
    const rows = this.passing.slice(this.head + start, this.head + start + count);
    return {
      seen: this.seen,
      kept: this.seen - this.first,
      isWhole: this.isWhole,
      passing,
      from: start,
      lines: rows.map((row) => this.line(row)),
    };
  }

  /** All that is to be told of an event; null: it is not kept any more. */
  explain(number: number): Explanation | null {
    this.drop();
    return number >= this.first && number < this.seen ? explain(this.at(number), this.names()) : null;
  }

  private at(number: number): TraceEvent {
    return this.kept[number % KEPT_EVENTS]!;
  }

  private begin(filter: StoryFilter): void {
    this.filter = filter;
    this.without = new Set(filter.without);
    this.passing = [];
    this.head = 0;
    this.filtered = this.first;
  }

  /** What was overwritten is gone. */
  private drop(): void {
    if (this.seen - this.first <= KEPT_EVENTS) return;
    this.first = this.seen - KEPT_EVENTS;
    this.isWhole = false;
  }

  /** Asks the filter of what has come since. */
  private follow(): void {
    this.drop();
    const { first, passing } = this;
    // The newest stands alone, as it may not have had its result: by now it may be like the one before it.
    if (passing.length > this.head && passing.at(-1)!.last === this.filtered - 1)
      this.filtered = passing.pop()!.first;
    for (let number = Math.max(this.filtered, first); number < this.seen; number++)
      if (this.passes(this.at(number))) this.pass(number);
    this.filtered = this.seen;
    while (this.head < this.passing.length && this.passing[this.head]!.last < first) this.head++;
    const oldest = this.passing[this.head];
    if (oldest !== undefined) oldest.first = Math.max(oldest.first, first);
    if (this.head < SLACK) return;
    this.passing = this.passing.slice(this.head);
    this.head = 0;
  }

  private passes({ domain, detail }: TraceEvent): boolean {
    const wanted = this.filter.domain;
    return !this.without.has(detail.kind) && (wanted === null || domain === wanted);
  }

  /** One that is like the one before it is told with that. */
  private pass(number: number): void {
    const { passing, filter, first } = this;
    const before = passing.at(-1);
    const isAgain =
      filter.folds &&
      number < this.seen - 1 &&
      before !== undefined &&
      before.last >= first &&
      this.isRepeated(before.last, number);
    if (!isAgain) passing.push({ first: number, last: number, times: 1 });
    else passing[passing.length - 1] = { first: before.first, last: number, times: before.times + 1 };
  }

  private isRepeated(number: number, next: number): boolean {
    const [one, other] = [this.at(number), this.at(next)];
    return (
      one.domain === other.domain &&
      one.vcpu === other.vcpu &&
      one.depth === other.depth &&
      one.detail.kind === other.detail.kind &&
      sentenceOf(one, this.names()) === sentenceOf(other, this.names())
    );
  }

  private line({ first: sequence, last, times }: Row): TraceLine {
    const event = this.at(sequence);
    const { ticks, domain, vcpu, depth, detail } = event;
    return {
      ...{ sequence, ns: ticks * this.periodNs, domain, vcpu, depth, kind: detail.kind },
      ...traceWords(detail),
      sentence: sentenceOf(event, this.names()),
      failed: isFailure(event),
      times,
      lastNs: this.at(last).ticks * this.periodNs,
    };
  }
}

/** Which of the last events, all of one instant, this one is; negative: none, or another instant's. */
function firstAgain(events: readonly TraceEvent[], then: TraceEvent): number {
  let again = -1;
  for (let n = events.length - 1; n >= 0 && events[n]!.ticks === then.ticks; n--)
    if (isAlike(events[n]!, then)) again = n;
  return again;
}

function isAlike(one: TraceEvent, other: TraceEvent): boolean {
  if (one.detail.kind !== other.detail.kind || one.ticks !== other.ticks || one.depth !== other.depth)
    return false;
  return traceWords(one.detail).args === traceWords(other.detail).args;
}

function isSame(one: StoryFilter, other: StoryFilter): boolean {
  return (
    one.domain === other.domain && one.folds === other.folds && one.without.join() === other.without.join()
  );
}
