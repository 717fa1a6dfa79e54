/** How far hosts that run at once may be from each other. */
import { expect, test } from 'vitest';
import { Board } from './stretch.ts';

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
