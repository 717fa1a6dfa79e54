/** The events that wait to be shown: the newest of them, numbered, and a count of those that nobody will see. */
import type { TraceEvent } from '../../hypervisor/trace/event.ts';
import { traceWords } from '../../hypervisor/trace/text.ts';
import type { TraceSink } from '../../hypervisor/trace/tracer.ts';
import type { TraceLine } from './protocol.ts';

/** Lines taken at once; more are dropped, oldest first, and counted. */
const BATCH_LINES = 400;

export class TraceBatch implements TraceSink {
  private readonly periodNs: number;
  private events: TraceEvent[] = [];
  private dropped = 0;
  /** The number of the next line; those that were dropped have had theirs. */
  private sequence = 0;

  /** `periodNs`: ns per tick. */
  constructor(periodNs: number) {
    this.periodNs = periodNs;
  }

  event(event: TraceEvent): void {
    this.events.push(event);
    if (this.events.length >= 2 * BATCH_LINES) this.drop();
  }

  end(): void {
    // The event that is kept has its result now.
  }

  /** What has come since the last time, told in lines. */
  take(): { readonly lines: readonly TraceLine[]; readonly dropped: number } {
    this.drop();
    const { events, dropped } = this;
    this.events = [];
    this.dropped = 0;
    return { lines: events.map((event) => this.line(event)), dropped };
  }

  private drop(): void {
    const count = Math.max(0, this.events.length - BATCH_LINES);
    this.events = this.events.slice(count);
    this.dropped += count;
    this.sequence += count;
  }

  private line({ ticks, domain, vcpu, depth, detail }: TraceEvent): TraceLine {
    const { kind } = detail;
    const ns = ticks * this.periodNs;
    return { sequence: this.sequence++, ns, domain, vcpu, depth, kind, ...traceWords(detail) };
  }
}
