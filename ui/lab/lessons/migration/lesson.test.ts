/**
 * What the checks make of migrations that have taken place: each mistake is told from what is asked for. That they do take place so:
 * lessons.test.ts, and `npm run soak:lessons` for those that take long.
 */
import { describe, expect, test } from 'vitest';
import type { LessonWorld } from '../lesson-world.ts';
import type { Migration, MigrationRound } from '../../migration.ts';
import { MIGRATION } from './lesson.ts';
import { MIGRATION_SOLUTION } from './solution.ts';

/** A move of alpha: what was dirtied in each live round, and how many pages were sent while it stood still. */
interface Moved {
  readonly dirtied: readonly number[];
  readonly atEnd: number;
}

const STILL: Moved = { dirtied: [], atEnd: 2000 };
const IDLE: Moved = { dirtied: [20, 3], atEnd: 3 };
/** It writes more than goes out, and, at another pace, less. */
const BUSY: Moved = { dirtied: [900, 900, 900, 900, 900], atEnd: 900 };
const CONVERGES: Moved = { dirtied: [400, 150, 60], atEnd: 60 };

const NONE = { isOver: true, problem: '', suspendedNs: null, resumedNs: null, rounds: [] };

function roundsOf({ dirtied, atEnd }: Moved): Pick<MigrationRound, 'sent' | 'dirtied' | 'isLast'>[] {
  const live = dirtied.map((each) => ({ sent: 2000, dirtied: each, isLast: false, bytesPerSecond: 12e6 }));
  return [...live, { sent: atEnd, dirtied: 0, isLast: true }];
}

/** Two hosts between which alpha has gone to and fro, `problems` of A before. */
function worldOf(moves: readonly Moved[], ...problems: string[]): LessonWorld {
  const [a, b]: [Partial<Migration>[], Partial<Migration>[]] = [[], []];
  a.push(...problems.map((problem): Partial<Migration> => ({ ...NONE, way: 'out', problem })));
  for (const [n, moved] of moves.entries()) {
    const [from, to] = n % 2 === 0 ? [a, b] : [b, a];
    const [suspendedNs, rounds] = [(n + 1) * 1e9, roundsOf(moved) as MigrationRound[]];
    from.push({ ...NONE, way: 'out', suspendedNs, rounds });
    to.push({ ...NONE, way: 'in', resumedNs: suspendedNs + 1e6 });
  }
  const hosts = [{ migrations: a }, { migrations: b }];
  return { hosts, host: hosts[0] } as unknown as LessonWorld;
}

/** Each step's world before it, what does it, and what each mistake makes of it. */
const STEPS: Readonly<
  Record<string, { done: LessonWorld; mistakes: Readonly<Record<string, LessonWorld>> }>
> = {
  move: { done: worldOf([STILL]), mistakes: { closed: worldOf([], 'xend there refuses') } },
  live: { done: worldOf([STILL, IDLE]), mistakes: { still: worldOf([STILL, STILL]) } },
  busy: { done: worldOf([STILL, IDLE, BUSY]), mistakes: {} },
  converges: {
    done: worldOf([STILL, IDLE, BUSY, CONVERGES]),
    mistakes: {
      rounds: worldOf([STILL, IDLE, BUSY, { ...BUSY, dirtied: [...BUSY.dirtied, 900] }]),
      stopped: worldOf([STILL, IDLE, BUSY, IDLE]),
    },
  },
};

describe.each(MIGRATION.steps)('$id', ({ id, done, mistakes = [] }) => {
  const step = STEPS[id]!;

  test('what is asked for does it, and is no mistake', () => {
    expect(done(step.done)).toBe(true);
    expect(mistakes.filter(({ made }) => made(step.done))).toEqual([]);
    expect(done(worldOf([]))).toBe(false);
  });

  test('a mistake is told, that one alone, and does nothing', () => {
    expect(Object.keys(step.mistakes)).toEqual(mistakes.map(({ id }) => id));
    for (const [mistake, world] of Object.entries(step.mistakes)) {
      expect(done(world), mistake).toBe(false);
      expect(mistakes.filter(({ made }) => made(world)).map(({ id }) => id)).toEqual([mistake]);
    }
  });
});

test('what has the usual rounds is no mistake', () => {
  const { mistakes = [] } = MIGRATION.steps.at(-1)!;
  expect(mistakes.filter(({ made }) => made(worldOf([STILL, IDLE, BUSY, BUSY])))).toEqual([]);
});

test('each that takes long is here', () => {
  const all = Object.values(STEPS).flatMap((step) => Object.keys(step.mistakes));
  expect(all).toEqual(expect.arrayContaining([...MIGRATION_SOLUTION.weighty!]));
});
