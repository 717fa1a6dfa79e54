/** When code is hot: by what translating it costs, and more rarely where translations are lost before they are paid for. */
import { expect, it } from 'vitest';
import { HOT_ENTRIES, RETIRED_TRANSLATED } from '../wasm/layout.ts';
import { Pace } from './pace.ts';

function begin(): { pace: Pace; told: () => number; retire: (instructions: number) => void } {
  const memory = new DataView(new ArrayBuffer(0x2000));
  const retire = (instructions: number): void => {
    const before = memory.getBigUint64(RETIRED_TRANSLATED, true);
    memory.setBigUint64(RETIRED_TRANSLATED, before + BigInt(instructions), true);
  };
  return { pace: new Pace(memory, undefined), told: () => memory.getUint32(HOT_ENTRIES, true), retire };
}

it('the first translations take longer to be worth it, and the very first longest; the core is told', () => {
  const { pace, told } = begin();
  const start = told();
  expect(start).toBe(pace.entries);
  pace.translated(1);
  const first = told();
  expect(first).toBeLessThan(start);
  pace.translated(999);
  expect(told()).toBe(first);
  pace.translated(1000);
  expect(told()).toBe(pace.entries);
  expect(told()).toBeLessThan(first);
});

it('what is lost unpaid doubles the time that code takes to be hot, up to a bound; what is paid well halves it again', () => {
  const { pace, told, retire } = begin();
  const first = told();
  pace.lost(100);
  expect(told()).toBe(2 * first);
  for (let n = 0; n < 20; n++) pace.lost(100);
  expect(told()).toBe(64 * first);
  retire(1_000_000_000);
  pace.lost(100);
  expect(told()).toBe(32 * first);
  // Paid, no more.
  retire(100 * 5000 * 2);
  pace.lost(100);
  expect(told()).toBe(32 * first);
  // Nothing was translated: nothing is lost.
  pace.lost(0);
  expect(told()).toBe(32 * first);
});

it('a number that was given stays', () => {
  const memory = new DataView(new ArrayBuffer(0x2000));
  const pace = new Pace(memory, 7);
  pace.lost(100);
  pace.translated(10_000);
  expect([pace.entries, memory.getUint32(HOT_ENTRIES, true)]).toEqual([7, 7]);
});
