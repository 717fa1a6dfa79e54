/** The shape that every debug key has: one file for each thing that keys show. Compare common/keyhandler.c. */
import type { Hypervisor } from '../state/hypervisor.ts';

export interface DebugKey {
  readonly key: string;
  /** What `h` says of it. */
  readonly description: string;
  /** `*` asks it too: in interrupt context, which comes first, or behind. Null: it does not. */
  readonly diagnostic: 'interrupt' | 'tasklet' | null;
  /** Gives what Xen's console is to print, a line each. */
  readonly dump: (hypervisor: Hypervisor) => readonly string[];
}

/** `'q' pressed -> ...`: how most of them begin. */
export function pressed(key: string, what: string): string {
  return `'${key}' pressed -> ${what}`;
}

/** `printf`'s %*pbl: the members of a set, which are in ascending order, as `0-2,5`. */
export function ranges(members: readonly number[], radix = 10): string {
  const parts: string[] = [];
  for (let at = 0; at < members.length; at++) {
    const first = members[at]!;
    while (members[at + 1] === members[at]! + 1) at++;
    const last = members[at]!;
    const text = first.toString(radix);
    parts.push(first === last ? text : `${text}-${last.toString(radix)}`);
  }
  return parts.join(',');
}

/** The bits of a mask that are set, of the first `count`. */
export function membersOf(mask: number, count: number): number[] {
  return Array.from({ length: count }, (_, bit) => bit).filter((bit) => (mask & (1 << bit)) !== 0);
}
