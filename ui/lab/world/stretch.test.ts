/** How far hosts that run at once may be from each other. */
import { expect, test } from 'vitest';
import { loadCore } from '../core-node.ts';
import { startNodeThread } from './node-threads.ts';
import type { Report, WorldHost } from './host.ts';
import { Board, runWork } from './stretch.ts';
import { mote, moteFiles, moteWorld } from './testing.ts';
import { ThreadedWorld } from './threaded-world.ts';

const [A, B, C] = [0, 1, 2];
const ALL = [A, B, C];

test('a host may begin a slot when all others have finished the one before the last', () => {
  const board = new Board(3);
  expect([0, 1].map((slot) => board.mayBegin(slot, A, ALL))).toEqual([true, true]);
  board.finish(B, 1);
  board.finish(C, 3);
  expect(board.mayBegin(2, A, ALL)).toBe(true);
  board.finish(B, 7);
  expect(board.mayBegin(4, A, ALL)).toBe(true);
});

test('nobody waits for a host that takes no part, nor for one that has come to the end', () => {
  const board = new Board(3);
  board.leave(B, true);
  expect(board.mayBegin(1000, A, [A, B])).toBe(true);
});

test('where one leaves early, the others do', () => {
  const board = new Board(3);
  board.finish(B, 5);
  board.leave(C, false);
  expect(board.mayBegin(1, A, ALL)).toBe(false);
  board.clear();
  expect(board.mayBegin(1, A, ALL)).toBe(true);
});

test('one that does not come is not waited for without end', () => {
  const board = new Board(2, undefined, 1);
  expect(board.mayBegin(2, A, [A, B])).toBe(false);
});

test('what a host sends in its last slot ends the stretch for the others, though it has nothing more to do before the end', () => {
  const board = new Board(2);
  const [slotNs, untilNs] = [100, 1000];
  const job = { untilNs, arrivals: [], answers: [], inputs: [] };
  const stretch = { beginNs: 0, slotNs, hosts: [A, B] };
  const progress = { ticks: 0, periodNs: 1, nowNs: 0, activityNs: 0, isOff: false };
  const report = (given: Partial<Report>): Report => ({
    ...{ ...progress, sent: [], requests: [], taken: 0, reachedNs: 0, stop: null, activityNs: Infinity },
    ...given,
  });
  const host = { progress } as WorldHost;
  const asks = { sector: 0 } as unknown as Report['requests'][0][0];
  const done = runWork(host, B, { job, stretch, text: undefined }, board, ({ untilNs: nowNs }) =>
    report({ nowNs, requests: [[asks]] }),
  );
  expect(done.reachedNs).toBe(slotNs);
  expect(board.mayBegin(5, A, [A, B])).toBe(false);
  board.clear();
  runWork(host, B, { job, stretch, text: undefined }, board, ({ untilNs: nowNs }) => report({ nowNs }));
  expect(board.mayBegin(5, A, [A, B])).toBe(true);
});

test('a host ends in the midst of a stretch: all three are what they are in one thread', async () => {
  const description = { hosts: ['A', 'B', 'C'].map((name) => mote(name)) };
  const fault = { kind: 'crash domain', domain: 0, message: 'on purpose' } as const;
  const inputs = [{ host: B, ticks: 5_000_000, keys: new Uint8Array(0), fault }];
  const endNs = 60_000_000;
  const one = await moteWorld(description, {}, inputs);
  expect(one.run({ ns: endNs })).toEqual({ kind: 'time' });
  const files = await moteFiles();
  const threaded = await ThreadedWorld.make(loadCore(), description, files, startNodeThread, inputs);
  expect(await threaded.run({ ns: endNs })).toEqual({ kind: 'time' });
  expect(await threaded.hash()).toBe(await one.hash());
  threaded.close();
});
