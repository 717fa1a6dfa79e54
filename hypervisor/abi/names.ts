/**
 * Names for numbers, for traces and messages: built from the constants themselves, so that no second table can differ.
 */

/**
 * The names of the constants of one family, indexed by value: `namesOf(sched, 'SCHEDOP_')[1]` is `SCHEDOP_block`.
 * `constants` is a module of this folder (`import * as sched`). Of equal values the alphabetically first name wins;
 * a family's bounds (`…_MAX`, `…_MASK`, `…_NR_…`) and negative numbers are left out.
 */
export function namesOf(constants: Readonly<Record<string, unknown>>, prefix: string): readonly string[] {
  const names: string[] = [];
  for (const name of Object.keys(constants).sort()) {
    const value = constants[name];
    if (!name.startsWith(prefix) || /_(MAX|MASK|NR_\w+)$/.test(name)) continue;
    if (typeof value === 'number' && value >= 0) names[value] ??= name;
  }
  return names;
}
