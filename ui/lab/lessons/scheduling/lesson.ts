/** Scheduling: two domains want the same processor; weight and cap say who gets how much of it, and it is measured. */
import type { LessonHost } from '../lesson-world.ts';
import type { Lesson } from '../lesson.ts';
import { parameterOf, shareOf, noteShares } from '../predicates.ts';

const CAP = 20;

const isAbout = (share: number, wanted: number): boolean => Math.abs(share - wanted) < 0.06;
/** The number of the first of these that a share is about; the one behind them: none. */
const nearest = (share: number, wanted: readonly number[]): number => {
  const found = wanted.findIndex((each) => isAbout(share, each));
  return found < 0 ? wanted.length : found;
};
const weightOf = (host: LessonHost, name: string): number => parameterOf(host, name, 'weight');
const capOf = (host: LessonHost, name: string): number => parameterOf(host, name, 'cap');
const areAlike = (host: LessonHost): boolean =>
  weightOf(host, 'alpha') === weightOf(host, 'beta') &&
  capOf(host, 'alpha') === 0 &&
  capOf(host, 'beta') === 0;

export const SCHEDULING: Lesson = {
  name: 'scheduling',
  title: 'Scheduling: weight and cap, measured',
  minutes: 15,
  world: { memoryMb: 64, hostMb: 112 },
  note: noteShares,
  steps: [
    {
      id: 'halves',
      done: ({ host }) =>
        areAlike(host) && isAbout(shareOf(host, 'alpha'), 0.5) && isAbout(shareOf(host, 'beta'), 0.5),
      prediction: { answer: ({ host }) => nearest(shareOf(host, 'Domain-0'), [0, 0.33]) },
      mistakes: [
        {
          id: 'alone',
          made: ({ host }) => shareOf(host, 'alpha') > 0.9 || shareOf(host, 'beta') > 0.9,
        },
      ],
    },
    {
      id: 'weight',
      done: ({ host }) =>
        weightOf(host, 'alpha') === 2 * weightOf(host, 'beta') &&
        capOf(host, 'beta') === 0 &&
        isAbout(shareOf(host, 'alpha'), 2 / 3) &&
        isAbout(shareOf(host, 'beta'), 1 / 3),
      prediction: { answer: ({ host }) => nearest(shareOf(host, 'alpha'), [0.5, 2 / 3, 0.75]) },
      mistakes: [
        { id: 'both', made: ({ host }) => weightOf(host, 'alpha') > 256 && areAlike(host) },
        {
          id: 'cap',
          made: ({ host }) => capOf(host, 'alpha') > 0 || capOf(host, 'beta') > 0,
        },
      ],
    },
    {
      id: 'cap',
      done: ({ host }) =>
        capOf(host, 'beta') === CAP &&
        isAbout(shareOf(host, 'beta'), CAP / 100) &&
        isAbout(shareOf(host, 'alpha'), 1 - CAP / 100),
      prediction: { answer: ({ host }) => nearest(shareOf(host, 'alpha'), [2 / 3, 0.8]) },
      mistakes: [{ id: 'other', made: ({ host }) => capOf(host, 'alpha') > 0 }],
    },
    {
      id: 'idle',
      done: ({ host }) =>
        capOf(host, 'beta') === CAP &&
        isAbout(shareOf(host, 'beta'), CAP / 100) &&
        isAbout(shareOf(host, 'alpha'), 0),
      prediction: { answer: ({ host }) => nearest(shareOf(host, 'beta'), [1, 1 / 3, CAP / 100]) },
    },
    {
      id: 'free',
      done: ({ host }) => capOf(host, 'beta') === 0 && shareOf(host, 'beta') > 0.94,
      prediction: { answer: ({ host }) => (weightOf(host, 'beta') < weightOf(host, 'alpha') ? 0 : 1) },
      mistakes: [
        {
          id: 'heavier',
          made: ({ host }) => capOf(host, 'beta') > 0 && weightOf(host, 'beta') > 256,
        },
      ],
    },
  ],
};
