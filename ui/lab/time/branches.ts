/** Runs that were left for another one where something else was typed in the past: in words, and taken up again. */
import { describeFault } from '../faults.ts';
import type { Lab } from '../lab.ts';
import type { Input } from '../world/inputs.ts';
import { goToTicks } from './travel.ts';

export interface BranchView {
  /** Where it was left, and how far it had been, in ns. */
  readonly fromNs: number;
  readonly toNs: number;
  /** What had come in it from there on. */
  readonly came: readonly string[];
}

export function branchViews({ past, course, periodNs }: Lab): BranchView[] {
  return past.branches.map(({ fork, ends, come, inputs }) => ({
    fromNs: fork[course.host]!.ticks * periodNs,
    toNs: ends[course.host]! * periodNs,
    came: inputs.of.flatMap((all, host) => all.slice(come[host])).map(inputWords),
  }));
}

/** An input in words. */
export function inputWords({ keys, fault }: Input): string {
  return fault === undefined ? JSON.stringify(String.fromCharCode(...keys)) : describeFault(fault);
}

/**
 * Goes to where a run was left, by its number from 0, and goes on with that; the one that is left for it is kept in its place.
 * Throws RangeError where there is none, or where what was before it is not remembered any more.
 */
export function takeUp(lab: Lab, number: number): void {
  const branch = lab.past.branches[number];
  if (branch === undefined) throw new RangeError(`there is no branch ${String(number + 1)}`);
  lab.past.takeUp(branch);
  goToTicks(lab, branch.fork[lab.course.host]!.ticks);
}
