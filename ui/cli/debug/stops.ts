/** What a debugger stops at, by numbers: lines, and events. The lab stops at them (`Breaks`); they are found backwards, too. */
import { filterText } from '../../lab/event-filter.ts';
import type { EventFilter } from '../../lab/event-filter.ts';
import type { WantedLine } from '../../lab/code.ts';
import type { Lab } from '../../lab/lab.ts';
import { anyOf, BREAKPOINT, eventSearch, type Search } from '../../lab/time/travel.ts';
import { Wrong } from './wrong.ts';

export class Stops {
  private readonly lab: Lab;
  private lines: readonly WantedLine[] = [];
  private events: readonly EventFilter[] = [];

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
    this.setEvents([...this.events, event]);
  }

  /** Drops one by its number, from 1. False: there is none. */
  drop(number: number): boolean {
    if (number < 1 || number > this.all().length) return false;
    const index = number - 1 - this.lines.length;
    if (index >= 0) this.setEvents(this.events.filter((_, n) => n !== index));
    else {
      this.lines = this.lines.filter((_, n) => n !== number - 1);
      this.lab.breaks.setLines(this.lines);
    }
    return true;
  }

  private setEvents(events: readonly EventFilter[]): void {
    this.events = events;
    this.lab.breaks.setEvents(events);
  }

  /** Any of them, to look for backwards. */
  search(): Search {
    const { breaks } = this.lab;
    return this.events.length === 0
      ? BREAKPOINT
      : anyOf([BREAKPOINT, eventSearch((event) => breaks.fits(event))]);
  }
}
