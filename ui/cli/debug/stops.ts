/** What a debugger stops at: lines, and events. They are found forwards and backwards alike. */
import { filterText, passes } from '../../lab/event-filter.ts';
import type { EventFilter } from '../../lab/event-filter.ts';
import { eventOf } from '../../lab/stop.ts';
import type { EventPlace } from '../../lab/stop.ts';
import type { WantedLine } from '../../lab/code.ts';
import type { Lab } from '../../lab/lab.ts';
import { anyOf, BREAKPOINT, eventSearch, type Search } from '../../lab/time/travel.ts';
import type { TraceEvent } from '../../../hypervisor/trace/event.ts';
import type { TraceSink } from '../../../hypervisor/trace/tracer.ts';
import { Wrong } from './wrong.ts';

export class Stops {
  private readonly lab: Lab;
  private lines: readonly WantedLine[] = [];
  private events: readonly EventFilter[] = [];
  /** The event that a run has come to. */
  seen: EventPlace | null = null;
  private readonly sink: TraceSink = {
    event: (event) => {
      if (this.seen !== null || !this.fits(event)) return;
      this.seen = eventOf(event, this.lab.hypervisor.current);
      this.lab.hypervisor.requestStop('event');
    },
    end: () => undefined,
  };

  constructor(lab: Lab) {
    this.lab = lab;
  }

  get isEmpty(): boolean {
    return this.lines.length + this.events.length === 0;
  }

  /** In the order of their numbers. */
  all(): string[] {
    return [
      ...this.lab.breaks.lines.map(({ file, line }) => `${file}:${String(line)}`),
      ...this.events.map(filterText),
    ];
  }

  /** Says which line it is that has code. Throws Wrong where none has. */
  addLine(line: WantedLine): string {
    const wanted = [...this.lines, line];
    const found = this.lab.breaks.setLines(wanted).at(-1)!;
    if (typeof found === 'string') {
      this.lab.breaks.setLines(this.lines);
      throw new Wrong(`${line.file}:${String(line.line)}: ${found}`);
    }
    this.lines = wanted;
    return `${found.file}:${String(found.line)}`;
  }

  addEvent(event: EventFilter): void {
    this.events = [...this.events, event];
  }

  /** Drops one by its number, from 1. False: there is none. */
  drop(number: number): boolean {
    if (number < 1 || number > this.all().length) return false;
    const index = number - 1 - this.lines.length;
    if (index >= 0) this.events = this.events.filter((_, n) => n !== index);
    else this.lines = this.lines.filter((_, n) => n !== number - 1);
    this.lab.breaks.setLines(this.lines);
    return true;
  }

  /** Stops at events from now on, until `disarm`. */
  arm(): void {
    this.seen = null;
    if (this.events.length > 0) this.lab.hypervisor.trace.add(this.sink);
  }

  disarm(): void {
    this.lab.hypervisor.trace.remove(this.sink);
  }

  /** Any of them, to look for backwards. */
  search(): Search {
    return this.events.length === 0
      ? BREAKPOINT
      : anyOf([BREAKPOINT, eventSearch((event) => this.fits(event))]);
  }

  private fits(event: TraceEvent): boolean {
    return this.events.some((each) => passes(each, event));
  }
}
