/** Where events go. When nobody watches, a trace costs the branch on `on` at the place that would make the event. */
import type { TraceDetail, TraceEvent } from './event.ts';

/** Takes events as they happen. The same object may be changed later: a span's result comes at its end. */
export interface TraceSink {
  event(event: TraceEvent): void;
  /** A span's end: the event that `event` was called with. */
  end(event: TraceEvent): void;
}

/**
 * Hears every event before the sinks do, while there are any, and makes events of its own of what it then finds elsewhere, such
 * as in a ring between two domains.
 */
export interface Observer {
  event(event: TraceEvent): void;
  /** Somebody watches from now on: what was before is not to be told. */
  begin(): void;
}

export class Tracer {
  /** Somebody watches. Ask before making an event: `if (trace.on) trace.emit(...)`. */
  on = false;
  private sinks: readonly TraceSink[] = [];
  private readonly observers: Observer[] = [];
  private readonly open: TraceEvent[] = [];
  /** Ticks, domain and vcpu of the next events; kept by the run loop. */
  ticks = 0;
  domain = -1;
  vcpu = -1;

  add(sink: TraceSink): void {
    this.watch([...this.sinks, sink]);
  }
  remove(sink: TraceSink): void {
    this.watch(this.sinks.filter((each) => each !== sink));
  }

  /** Has this one, too, for as long as the tracer is there. */
  observe(observer: Observer): void {
    this.observers.push(observer);
  }

  /** Does something that nobody hears of. */
  quietly<T>(work: () => T): T {
    const { sinks } = this;
    this.watch([]);
    try {
      return work();
    } finally {
      this.watch(sinks);
    }
  }

  private watch(sinks: readonly TraceSink[]): void {
    const wasOn = this.on;
    this.sinks = sinks;
    this.on = sinks.length > 0;
    if (!this.on) this.open.length = 0;
    if (this.on && !wasOn) for (const observer of this.observers) observer.begin();
  }

  emit(detail: TraceDetail): TraceEvent {
    const { ticks, domain, vcpu } = this;
    const event = { ticks, domain, vcpu, depth: this.open.length, detail };
    for (const observer of this.observers) observer.event(event);
    for (const sink of this.sinks) sink.event(event);
    return event;
  }
  /**
   * A check says no: `error` is a negative errno or status, which this gives. Who watches hears why, each `{}` of the text being
   * one of the values; numbers of frames and bits are given as text.
   */
  refuse(error: number, why: string, ...values: (number | string)[]): number {
    if (!this.on) return error;
    const told = values.reduce<string>((text, value) => text.replace('{}', () => String(value)), why);
    const call = this.open.findLast(({ detail }) => detail.kind === 'hypercall');
    if (call?.detail.kind === 'hypercall') call.detail.refusal = told;
    this.emit({ kind: 'refusal', error, why: told });
    return error;
  }
  /** An event that encloses those up to the matching `end`. */
  begin(detail: TraceDetail): TraceEvent {
    const event = this.emit(detail);
    this.open.push(event);
    return event;
  }
  /** Ends a span and all that it encloses. */
  end(event: TraceEvent): void {
    while (this.open.length > 0 && this.open.pop() !== event);
    for (const sink of this.sinks) sink.end(event);
  }
}
