/** What a face wants runs to stop at: it stays as hosts come and go. */
import type { WantedLine } from './code.ts';
import { wantedFilter } from './event-filter.ts';
import type { Lab } from './lab.ts';
import type { BreakpointView } from './protocol.ts';

export class WantedBreaks {
  /** Breakpoints, and what has become of each on the host that is there. */
  views: readonly BreakpointView[] = [];
  /** Events, as a person types them (event-filter.ts). */
  events: readonly string[] = [];

  /** Another host is looked at: runs stop there from now on. */
  apply(lab: Lab): void {
    this.views = viewsOf(
      lab,
      this.views.map(({ wanted }) => wanted),
    );
    lab.breaks.setEvents(this.events.map(wantedFilter));
  }

  /** These lines, and no others. What is new and has no place is refused, and told; what was set before waits for a host that has one. */
  setLines(lab: Lab | null, lines: readonly WantedLine[]): readonly BreakpointView[] {
    const isOld = (line: WantedLine): boolean => this.views.some(({ wanted }) => isSame(wanted, line));
    const views = viewsOf(lab, lines);
    const refused = lab === null ? [] : views.filter(({ wanted, line }) => line === null && !isOld(wanted));
    const kept = views.filter((view) => !refused.includes(view)).map(({ wanted }) => wanted);
    this.views = refused.length === 0 ? views : viewsOf(lab, kept);
    return refused;
  }

  /** These events, and no others. Throws RangeError for what is none, and keeps those that there were. */
  setEvents(lab: Lab | null, events: readonly string[]): void {
    const filters = events.map(wantedFilter);
    this.events = events;
    lab?.breaks.setEvents(filters);
  }
}

/** Sets breakpoints, and tells what has become of each. */
function viewsOf(lab: Lab | null, lines: readonly WantedLine[]): readonly BreakpointView[] {
  if (lab === null) return lines.map((wanted) => ({ wanted, line: null, why: null }));
  return lab.breaks.setLines(lines).map((found, n) => {
    const wanted = lines[n]!;
    return typeof found === 'string'
      ? { wanted, line: null, why: found }
      : { wanted, line: found, why: null };
  });
}

function isSame(one: WantedLine, other: WantedLine): boolean {
  return one.file === other.file && one.line === other.line;
}
