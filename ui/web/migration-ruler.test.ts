/** The ruler of a migration: stages beside each other without gaps, the standstill where it was, and what the domain sends above. */
import { expect, test } from 'vitest';
import type { MigrationView } from '../lab/migration-view.ts';
import { STEP_NS } from '../lab/steps.ts';
import { partsOf } from './migration-ruler.tsx';
import { rateWords, throughputOf } from './migration-throughput.tsx';

const VIEW: MigrationView = {
  domain: 1,
  name: 'web',
  from: 'A',
  to: 'B',
  stages: [
    { stage: 'pre-migration', atNs: 100 },
    { stage: 'iterative pre-copy', atNs: 150 },
    { stage: 'stop-and-copy', atNs: 400 },
  ],
  rounds: [],
  progress: null,
  later: null,
  pages: new Uint8Array(0),
  suspendedNs: null,
  resumedNs: null,
  sent: null,
  isOver: false,
  problem: '',
};

test('stages go up to the next, the last to the end', () => {
  const { stages, standstill, ns } = partsOf(VIEW);
  expect(stages).toEqual([
    { name: 'pre-migration', from: 0, to: 50 },
    { name: 'iterative pre-copy', from: 50, to: 300 },
    { name: 'stop-and-copy', from: 300, to: 300 },
  ]);
  expect(standstill).toBe(null);
  expect(ns).toBe(300);
});

test('it stands still from when it is suspended to when it goes on, or up to now', () => {
  expect(partsOf({ ...VIEW, suspendedNs: 410 }).standstill).toMatchObject({ from: 310, to: 310 });
  const over = partsOf({ ...VIEW, suspendedNs: 410, resumedNs: 430 });
  expect(over.standstill).toMatchObject({ from: 310, to: 330 });
  expect(over.ns).toBe(330);
  // Where it was called off, it had gone on before the last stage was told of.
  expect(partsOf({ ...VIEW, suspendedNs: 390, resumedNs: 395 }).ns).toBe(300);
});

test('what has not begun is no ruler', () => {
  expect(partsOf({ ...VIEW, stages: [] }).ns).toBe(0);
});

test('what it sends is a rate on the ruler’s axis, with what it was before', () => {
  const stages = [{ stage: 'pre-migration', atNs: 2 * STEP_NS }] as const;
  const megabit = 125_000;
  const sent = { fromNs: 0, bytes: Uint32Array.of(megabit, 3 * megabit, 0, megabit) };
  const view = throughputOf({ ...VIEW, stages, sent })!;
  expect(view).toMatchObject({ from: -2 * STEP_NS, to: 2 * STEP_NS, rates: [100, 300, 0, 100], before: 200 });
  expect(rateWords(view)).toBe('at most 300.0 Mbit/s, 200.0 just before it began');
  expect(throughputOf({ ...VIEW, stages, sent: null })).toBe(null);
});

test('of a long one several steps are drawn together, and nothing of it is lost', () => {
  const sent = { fromNs: 0, bytes: new Uint32Array(2501).fill(1250) };
  const view = throughputOf({ ...VIEW, stages: [{ stage: 'reservation', atNs: 0 }], sent })!;
  expect([view.rates.length, view.stepNs, view.rates[0], view.most]).toEqual([501, 5 * STEP_NS, 1, 1]);
  expect(view.before).toBe(null);
});
