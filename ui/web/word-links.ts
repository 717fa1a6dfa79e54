/** Words of a console's text that can be asked about: a click selects one, and the inspector tells what it is to its domain. */
import type { ILink, Terminal } from '@xterm/xterm';
import { wordsIn } from '../lab/stage/words-in.ts';
import { selected } from './stage/selected.ts';

/** Above a report on a vcpu stands whose it is, so many lines at most. */
const REPORT_LINES = 60;
const REPORT = /Dom(?:ain )?(\d+) \(?vcpu#(\d+)/;

/** `host` by its place in the world; `domain`: whose console it is. */
export function linkWords(terminal: Terminal, host: number, domain: number): void {
  terminal.registerLinkProvider({
    provideLinks(line, tell) {
      const links = wordsIn(textOf(terminal, line)).map(({ value, at, length }): ILink => ({
        text: value,
        range: { start: { x: at + 1, y: line }, end: { x: at + length, y: line } },
        activate: () => {
          selected.value = { host, thing: { kind: 'word', ...whose(terminal, line, domain), value } };
        },
      }));
      tell(links.length === 0 ? undefined : links);
    },
  });
}

/** A line of the terminal, from 1. */
function textOf(terminal: Terminal, line: number): string {
  return terminal.buffer.active.getLine(line - 1)?.translateToString(true) ?? '';
}

/** Of whose state a line tells: the hypervisor's reports say so where they begin. */
function whose(terminal: Terminal, line: number, domain: number): { domain: number; vcpu: number } {
  for (let above = line; above > Math.max(0, line - REPORT_LINES); above--) {
    const found = REPORT.exec(textOf(terminal, above));
    if (found !== null) return { domain: Number(found[1]), vcpu: Number(found[2]) };
  }
  return { domain, vcpu: 0 };
}
