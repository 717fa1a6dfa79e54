/** Live migration: a domain goes to another host, first standing still, then while it runs, and then while it writes too fast. */
import type { Migration, MigrationRound } from '../../migration.ts';
import type { LessonWorld } from '../lesson-world.ts';
import type { Lesson } from '../lesson.ts';

/** Pages that a domain leaves to be sent while it stands still, where pre-copying was worth it. */
const FEW_PAGES = 100;
/** Pages that it writes while its memory is sent, which does more than wait. */
const MANY_PAGES = 100;
const NS_PER_MS = 1e6;
/** What it writes a second, in bytes: 40 MiB. */
const WRITES = 40 * 2 ** 20;
const USUAL_ROUNDS = 5;

/** A migration that has come to its end, seen from both sides. */
interface Move {
  readonly out: Migration;
  readonly downtimeNs: number;
}

/** Those of alpha, the oldest first: it runs at the other end. */
function moves({ hosts }: LessonWorld): readonly Move[] {
  const all = hosts.flatMap(({ migrations }) => migrations);
  const begins = all
    .filter(({ way, suspendedNs, problem }) => way === 'out' && suspendedNs !== null && problem === '')
    .sort((one, other) => one.suspendedNs! - other.suspendedNs!);
  return begins.flatMap((out) => {
    const came = all
      .filter(({ way, resumedNs }) => way === 'in' && resumedNs !== null && resumedNs > out.suspendedNs!)
      .sort((one, other) => one.resumedNs! - other.resumedNs!)[0];
    return came === undefined || !out.isOver ? [] : [{ out, downtimeNs: came.resumedNs! - out.suspendedNs! }];
  });
}

const lastMove = (world: LessonWorld): Move | undefined => moves(world).at(-1);
const liveRounds = (move: Move | undefined): readonly MigrationRound[] =>
  move?.out.rounds.filter(({ isLast }) => !isLast) ?? [];
const pagesAtEnd = (move: Move | undefined): number =>
  move?.out.rounds.find(({ isLast }) => isLast)?.sent ?? 0;
const dirtiedAtFirst = (move: Move | undefined): number => liveRounds(move)[0]?.dirtied ?? 0;
const isLive = (move: Move | undefined): boolean => liveRounds(move).length > 0;
const paceOf = (move: Move | undefined): number => liveRounds(move)[0]?.bytesPerSecond ?? 0;
/** Which of three a downtime is: below 5 ms, below 50 ms, longer. */
const lengthOf = (move: Move | undefined): number =>
  [5, 50, Infinity].findIndex((ms) => (move?.downtimeNs ?? 0) < ms * NS_PER_MS);

export const MIGRATION: Lesson = {
  name: 'migration',
  title: 'Live migration: make it converge',
  minutes: 20,
  world: { hosts: 2, memoryMb: 48, hostMb: 96 },
  steps: [
    {
      id: 'move',
      done: (world) => lastMove(world) !== undefined,
      prediction: { answer: (world) => lengthOf(lastMove(world)) },
      mistakes: [
        {
          id: 'closed',
          made: ({ host: { migrations } }) => (migrations.at(-1)?.problem ?? '') !== '',
        },
      ],
    },
    {
      id: 'live',
      done: (world) => moves(world).length > 1 && isLive(lastMove(world)),
      prediction: { answer: (world) => lengthOf(lastMove(world)) },
      mistakes: [{ id: 'still', made: (world) => moves(world).length > 1 && !isLive(lastMove(world)) }],
    },
    {
      id: 'busy',
      done: (world) =>
        dirtiedAtFirst(lastMove(world)) > MANY_PAGES && pagesAtEnd(lastMove(world)) > FEW_PAGES,
      prediction: { answer: (world) => (pagesAtEnd(lastMove(world)) > FEW_PAGES ? 1 : 2) },
    },
    {
      id: 'converges',
      done: (world) =>
        dirtiedAtFirst(lastMove(world)) > MANY_PAGES && pagesAtEnd(lastMove(world)) <= FEW_PAGES,
      prediction: { answer: (world) => (paceOf(lastMove(world)) > WRITES ? 1 : 0) },
      mistakes: [
        {
          id: 'rounds',
          made: (world) =>
            liveRounds(lastMove(world)).length > USUAL_ROUNDS && pagesAtEnd(lastMove(world)) > FEW_PAGES,
        },
        {
          id: 'stopped',
          made: (world) => moves(world).length > 3 && dirtiedAtFirst(lastMove(world)) <= MANY_PAGES,
        },
      ],
    },
  ],
};
