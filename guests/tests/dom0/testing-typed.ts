/** A manual's walk-through, typed: lines in their order, each with what is to be seen of it. */
import { expect } from 'vitest';
import type { Host } from './testing.ts';

/** A line that is typed at domain 0, and what it prints: exactly this text, or something that fits. */
export type Line = readonly [typed: string, printed: string | RegExp];

/** Types lines one after the other. */
export function typeAll(host: Host, lines: readonly Line[]): void {
  for (const [typed, printed] of lines) {
    const got = host.run(typed);
    if (typeof printed === 'string') expect(got, typed).toBe(printed);
    else expect(got, typed).toMatch(printed);
  }
}

/** Types a here-document, with the prompt for more at each line of it. */
export function typeDocument(host: Host, command: string, ...lines: readonly string[]): void {
  for (const line of [`${command} << "EOF"`, ...lines]) {
    host.type(`${line}\r`);
    host.until(/\n> $/);
  }
  expect(host.run('EOF'), command).toBe('');
}

/** The head of `xm list`. */
export const NAMES = `Name${' '.repeat(40)}ID   Mem VCPUs      State  Time(s)`;

/** What `xm list` is to print: domains with their ids, memory in MiB and states. */
export function listed(...domains: readonly (readonly [string, number, number, string])[]): RegExp {
  const rows = domains.map(
    ([name, id, mb, state]) => `${name} +${String(id)} +${String(mb)} +1 +${state} +\\d+\\.\\d`,
  );
  return new RegExp(`^${NAMES.replace(/[()]/g, '\\$&')}\\n${rows.join('\\n')}$`);
}
