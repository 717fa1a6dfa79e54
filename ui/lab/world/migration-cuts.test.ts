/** Whatever is broken while a domain goes from host to host, one copy runs afterwards: a few of `npm run soak:migration`. */
import { beforeAll, expect, test } from 'vitest';
import { Random } from '../../../devices/random.ts';
import { Cuts, KINDS } from './testing-cuts.ts';
import type { CutKind, Place } from './testing-cuts.ts';

const AT_COMMITMENT: Place = { way: 'live', stage: 'commitment', round: 0 };
const IN_HALVES: Place = { way: 'post-copy', stage: 'post-copy', round: 0 };
const GIVEN_AWAY: Place = { way: 'post-copy', stage: 'commitment', round: 0 };

let cuts: Cuts;
beforeAll(async () => {
  cuts = await Cuts.make();
});

test.each(KINDS)('one copy: %s, at the commitment', (kind) => {
  const { verdict, copies } = cuts.cut(new Random(1), kind, AT_COMMITMENT);
  expect(['one copy', 'gone with its host'], copies).toContain(verdict);
});

test.each<[CutKind, string]>([
  ['sender killed', 'lost, and said so'],
  ['A crashes', 'lost, and said so'],
  ['B crashes', 'lost, and said so'],
  ['frames lost', 'one copy'],
  ['xend of A killed', 'one copy'],
])('in two halves: %s: %s', (kind, wanted) => {
  const { verdict, copies } = cuts.cut(new Random(1), kind, IN_HALVES);
  expect(verdict, copies).toBe(wanted);
});

test('who takes up a domain that has come apart says so, though xm has forgotten it by then', () => {
  // The soak's 228th: xm, which watches the record, removes it as soon as it has ended.
  const { verdict, copies } = cuts.cut(new Random(228), 'xend of A and sender killed', GIVEN_AWAY);
  expect(verdict, copies).toBe('lost, and said so');
});
