/** What labs are: scenarios that type at a whole Debian's domain 0, where root has logged in (host.ts). */
import { scenario } from '../../lab/scenario/scenario.ts';
import type { Scenario } from '../../lab/scenario/scenario.ts';
import { Shell } from './shell.ts';

/** A lab: `run` rejects where something is not as expected, and so it does where the frame table is not whole at the end. */
export function lab(name: string, run: (shell: Shell) => Promise<void>): Scenario {
  return scenario(name, { dom0: true }, async (host) => {
    await run(new Shell(host));
    holds('the frame table is whole', host.invariants().join('\n'), /^$/);
  });
}

/** Throws an Error where something printed is not as expected. */
export function holds(what: string, printed: string, expected: RegExp | string): void {
  const is = typeof expected === 'string' ? printed === expected : expected.test(printed);
  if (!is) throw new Error(`${what}: expected ${String(expected)}, and it is\n${printed}`);
}
