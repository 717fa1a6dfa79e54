/** Where events go. When nobody watches, a trace costs the branch on `on` at the place that would make the event. */
import type { TraceDetail, TraceEvent } from './event.ts';

/** Takes events as they happen. The same object may be changed later: a span's result comes at its end. */
export interface TraceSink {
  event(event: TraceEvent): void;
  /** A span's end: the event that `event` was called with. */
  end(event: TraceEvent): void;
}

export class Tracer {
  /** Somebody watches. Ask before making an event: `if (trace.on) trace.emit(...)`. */
  on = false;
  private readonly sinks: TraceSink[] = [];
  private readonly open: TraceEvent[] = [];
  /** Ticks, domain and vcpu of the next events; kept by the run loop. */
  ticks = 0;
  domain = -1;
  vcpu = -1;

  add(sink: TraceSink): void {
    this.sinks.push(sink);
    this.on = true;
  }
  remove(sink: TraceSink): void {
    const at = this.sinks.indexOf(sink);
    if (at >= 0) this.sinks.splice(at, 1);
    this.on = this.sinks.length > 0;
    if (!this.on) this.open.length = 0;
  }

  emit(detail: TraceDetail): TraceEvent {
    const { ticks, domain, vcpu } = this;
    const event = { ticks, domain, vcpu, depth: this.open.length, detail };
    for (const sink of this.sinks) sink.event(event);
    return event;
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
