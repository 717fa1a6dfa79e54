/** Which snapshots of a run are kept. */
import { expect, test } from 'vitest';
import type { SavedWorld } from '../snapshot/format.ts';
import { ZERO_PAGE } from '../snapshot/machine-saver.ts';
import { Past } from './past.ts';

const INTERVAL = 20_000_000;
const LARGE = new ArrayBuffer(100 * 2 ** 20);

/** A traveller whose every snapshot has 100 MiB of its own, and no end of pages without content. */
class Large {
  places = [{ ticks: 0, instructions: 0 }];
  at(instructions: number): void {
    this.places = [{ ticks: instructions, instructions }];
  }
  save(): SavedWorld {
    const pages = [new Uint8Array(LARGE), ...new Array<Uint8Array>(200_000).fill(ZERO_PAGE)];
    return {
      machines: [{ processor: new Uint8Array(0), pages }],
      graph: { bytes: new Uint8Array(0), blocks: [] },
    };
  }
  restore(): void {
    // Nothing is there to be put back.
  }
}

test('beyond the budget those furthest from the present go; the first and the newest stay; pages of zeroes cost nothing', () => {
  const run = new Large();
  const past = new Past(run, 1);
  past.isKept = true;
  const kept = (): number[] => past.moments.map(({ instructions }) => instructions / INTERVAL);
  const on = (count: number): void => {
    run.at(count * INTERVAL);
    expect(past.untilNext).toBe(0);
    past.keep();
    // It is there: the next one is an interval away.
    expect(past.untilNext).toBe(INTERVAL);
  };
  for (let count = 0; count < 6; count++) on(count);
  expect(kept()).toEqual([0, 4, 5]);
  // Back, and on.
  run.at(0);
  for (let count = 1; count < 4; count++) on(count);
  expect(kept()).toEqual([0, 2, 3]);
});
