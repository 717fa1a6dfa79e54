/** The ruler of a migration: stages beside each other without gaps, and the standstill where it was. */
import { expect, test } from 'vitest';
import type { MigrationView } from '../lab/migration-view.ts';
import { partsOf } from './migration-ruler.tsx';

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
