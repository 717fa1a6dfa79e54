/** Runs that were left for another one where something else was typed in the past: in words, and taken up again. */
import { describeFault } from '../faults.ts';
import type { Lab } from '../lab.ts';
import type { Input } from '../world/inputs.ts';
import type { Branch } from './past.ts';
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
  const branch = branchOf(lab, number);
  lab.past.takeUp(branch);
  goToTicks(lab, branch.fork[lab.course.host]!.ticks);
}

/** Forgets one. Throws RangeError where there is none. */
export function dropBranch(lab: Lab, number: number): void {
  branchOf(lab, number);
  lab.past.branches.splice(number, 1);
}

function branchOf({ past }: Lab, number: number): Branch {
  const branch = past.branches[number];
  if (branch === undefined) throw new RangeError(`there is no branch ${String(number + 1)}`);
  return branch;
}
