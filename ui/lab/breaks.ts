/** What stops a lab's run, besides what the run is asked to stop at: lines of the sources, and events of the trace. */
import type { TraceEvent } from '../../hypervisor/trace/event.ts';
import type { TraceSink } from '../../hypervisor/trace/tracer.ts';
import type { Xen } from '../../hypervisor/xen.ts';
import type { Code, Line, WantedLine } from './code.ts';
import { passes } from './event-filter.ts';
import type { EventFilter } from './event-filter.ts';
import { eventOf } from './stop.ts';
import type { EventPlace, Stop } from './stop.ts';
import type { SourcePlace } from './symbols.ts';

/** Whose run is stopped. */
interface Stopped {
  readonly hypervisor: Xen;
  readonly code: Code;
  here(): SourcePlace | null;
}

export class Breaks {
  private readonly lab: Stopped;
  /** Lines that a run stops before, and their addresses. */
  lines: readonly Line[] = [];
  addresses: readonly number[] = [];
  /** Events that it stops at. */
  private events: readonly EventFilter[] = [];
  /** The one that has stopped it. */
  event: EventPlace | null = null;
  private readonly sink: TraceSink = {
    event: (event) => {
      if (!this.fits(event)) return;
      const { hypervisor } = this.lab;
      this.event ??= eventOf(event, hypervisor.current);
      hypervisor.requestStop('event');
    },
    end: () => undefined,
  };

  constructor(lab: Stopped) {
    this.lab = lab;
  }

  /**
   * Stops a run before the first instruction of any of these lines, in the kernel and in all programs. The lines that they
   * are for: those of them with code, or the next one of the function that has; text: why there is none.
   */
  setLines(lines: readonly WantedLine[]): (Line | string)[] {
    const found = lines.map((line) => this.lab.code.find(line));
    const places = found.filter((each) => typeof each !== 'string');
    this.addresses = [...new Set(places.flatMap(({ addresses }) => addresses))];
    this.watch(this.addresses);
    this.lines = places.map(({ line }) => line);
    return found.map((each) => (typeof each === 'string' ? each : each.line));
  }

  /** A run stops at every event that passes one of these: behind a hypercall, whoever makes it. */
  setEvents(events: readonly EventFilter[]): void {
    this.events = events;
    this.disarmEvents();
    this.armEvents();
  }

  /** Whether it stops at an event. */
  fits(event: TraceEvent): boolean {
    return this.events.some((each) => passes(each, event));
  }

  arm(): void {
    this.watch(this.addresses);
    this.armEvents();
  }

  disarm(): void {
    this.watch([]);
    this.disarmEvents();
  }

  private armEvents(): void {
    if (this.events.length > 0) this.lab.hypervisor.trace.add(this.sink);
  }

  private disarmEvents(): void {
    this.lab.hypervisor.trace.remove(this.sink);
  }

  private watch(addresses: readonly number[]): void {
    this.lab.hypervisor.processor.setBreakpoints(addresses);
  }

  /** Stops at these addresses besides the breakpoints' (`Lab.runBetween`). */
  watchAlso(addresses: readonly number[]): void {
    this.watch([...new Set([...this.addresses, ...addresses])]);
    this.leave();
  }

  /** Whoever goes on from a breakpoint, however it was come to, goes past it. */
  leave(): void {
    if (this.lab.hypervisor.current !== null) this.lab.hypervisor.processor.passBreakpoint();
  }

  get isHere(): boolean {
    return this.addresses.includes(this.lab.hypervisor.processor.rip) && this.here() !== undefined;
  }

  /** Two programs have different code at one address: it must be the line that was meant. */
  here(): Stop | undefined {
    const place = this.lab.here();
    const meant = this.lines.some(({ file, line }) => place?.file === file && place.line === line);
    return place !== null && meant ? { kind: 'breakpoint', place } : undefined;
  }
}
