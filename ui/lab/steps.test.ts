/** Amounts by steps of time. */
import { expect, test } from 'vitest';
import { addTo, amountsOf, forgetBefore, STEP_NS } from './steps.ts';
import type { Steps } from './steps.ts';

function made(...all: readonly (readonly [step: number, amount: number])[]): Steps {
  const steps: Steps = { first: 0, amounts: [] };
  for (const [step, amount] of all) addTo(steps, (step + 0.5) * STEP_NS, amount);
  return steps;
}

test('begins with the first step in which there is something; those between have nothing', () => {
  expect(made([1000, 5], [1000, 2], [1003, 9])).toEqual({ first: 1000, amounts: [7, 0, 0, 9] });
});

test('what is forgotten is gone, and no more than there is; who begins anew then has no gap to fill', () => {
  const steps = made([10, 1], [12, 2], [13, 3]);
  forgetBefore(steps, 12 * STEP_NS);
  expect(steps).toEqual({ first: 12, amounts: [2, 3] });
  forgetBefore(steps, 5 * STEP_NS);
  expect(steps.amounts).toEqual([2, 3]);
  forgetBefore(steps, 1e6 * STEP_NS);
  addTo(steps, 2e6 * STEP_NS, 4);
  expect(steps).toEqual({ first: 2e6, amounts: [4] });
});

test('several together, over more than they have', () => {
  const both = [made([2, 1], [3, 1]), made([3, 5], [5, 6])];
  expect(amountsOf(both, 1 * STEP_NS, 7 * STEP_NS)).toEqual([0, 1, 6, 0, 6, 0]);
  expect(amountsOf([], 0, STEP_NS)).toEqual([0]);
});
