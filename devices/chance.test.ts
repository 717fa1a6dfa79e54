/** Decisions: functions of the seed and of their names. */
import { expect, test } from 'vitest';
import { Chance } from './chance.ts';
import type { Kind, Vary } from './chance.ts';
import { Lan } from './lan/lan.ts';
import { frame } from './lan/ethernet.ts';

const SEEDS = Array.from({ length: 64 }, (_, seed) => seed);

/** What comes of a hundred decisions of each of some kinds. */
function draws(vary: Vary, kinds: readonly Kind[] = ['timer slack', 'disk delay']): [number[], Chance] {
  const chance = new Chance(vary, 'A');
  const drawn: number[] = [];
  for (let n = 0; n < 100; n++) for (const kind of kinds) drawn.push(chance.draw(kind, 1000, n));
  return [drawn, chance];
}

test('a seed decides the same again, whatever else is asked for; another one otherwise', () => {
  for (const seed of SEEDS) {
    const [drawn] = draws({ seed });
    expect(draws({ seed })[0]).toEqual(drawn);
    const [alone] = draws({ seed }, ['disk delay']);
    expect(alone).toEqual(drawn.filter((_, n) => n % 2 === 1));
    expect(drawn.every((value) => value >= 0 && value <= 1000)).toBe(true);
  }
  expect(new Set(SEEDS.map((seed) => draws({ seed })[0].join())).size).toBeGreaterThan(SEEDS.length / 2);
});

test('seeds leave some kinds alone, vary some seldom and some often; all orders of magnitude come', () => {
  const shares = SEEDS.map((seed) => draws({ seed }, ['timer slack'])[1].taken.length);
  expect(shares).toContain(0);
  expect(shares.some((count) => count > 0 && count < 30)).toBe(true);
  expect(shares.some((count) => count > 30)).toBe(true);
  const all = SEEDS.flatMap((seed) => draws({ seed }, ['timer slack'])[0]);
  for (const [low, high] of [
    [1, 10],
    [10, 100],
    [100, 1001],
  ] as const)
    expect(all.some((value) => value >= low && value < high)).toBe(true);
});

test('what was decided has names, by which a run is made again with fewer', () => {
  const seed = SEEDS.find((each) => draws({ seed: each })[1].taken.length > 20)!;
  const [drawn, { taken }] = draws({ seed });
  expect(taken[0]).toMatch(/^A: (timer slack|disk delay) \d+$/);
  expect(draws({ seed, only: taken })[0]).toEqual(drawn);
  const [fewer, again] = draws({ seed, only: taken.slice(0, 3) });
  expect(again.taken).toEqual(taken.slice(0, 3));
  expect(fewer.filter((value) => value > 0)).toEqual(drawn.filter((value) => value > 0).slice(0, 3));
  expect(draws({ seed, only: [] })[0].every((value) => value === 0)).toBe(true);
});

test('before its time nothing is decided', () => {
  const seed = SEEDS.find((each) => draws({ seed: each })[1].taken.length > 20)!;
  const late = draws({ seed, afterNs: 50 })[0];
  expect(late.slice(0, 100).every((value) => value === 0)).toBe(true);
  expect(late.slice(100)).toEqual(draws({ seed })[0].slice(0, 100));
});

test('frames are late, pass each other, and are lost; each at most once', () => {
  const to = Uint8Array.of(255, 255, 255, 255, 255, 255);
  const arrivals = (seed: number): string => {
    const lan = new Lan({ chance: new Chance({ seed }, 'lan') });
    const [from, at] = [lan.join(), lan.join()];
    for (let n = 0; n < 50; n++)
      from.send(frame(to, Uint8Array.of(2, 0, 0, 0, 0, 1), 0x88b5, Uint8Array.of(n)), n * 10_000);
    lan.advance(1e9);
    return at.inbox.map(({ frame: bytes }) => bytes[14]).join();
  };
  const inOrder = Array.from({ length: 50 }, (_, n) => n).join();
  const all = SEEDS.map(arrivals);
  expect(all).toContain(inOrder);
  expect(all.some((each) => each !== inOrder && each.split(',').length === 50)).toBe(true);
  expect(all.some((each) => each.split(',').length < 50)).toBe(true);
  for (const each of all) expect(new Set(each.split(',')).size).toBe(each.split(',').length);
});
