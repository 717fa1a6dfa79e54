import { createHash } from 'node:crypto';
import { expect, test } from 'vitest';
import type { TraceEvent } from '../trace/event.ts';
import { traceLine } from '../trace/text.ts';
import { Fuzzer } from './fuzzer.ts';

test.each([
  ['two domains', false],
  ['a domain, and domain 0', true],
])('random and half-valid hypercalls never throw, nor break the invariant: %s', (_who, withDom0) => {
  const fuzzer = new Fuzzer(4217, withDom0);
  for (let step = 0; fuzzer.made < 20_000; step++) {
    fuzzer.step();
    if (step % 100 === 0) expect(fuzzer.check()).toEqual([]);
  }
});

test('the same seed gives the same run, traced or not', () => {
  const run = (traced: boolean): string => {
    const fuzzer = new Fuzzer(7);
    let told = 0;
    const tell = (event: TraceEvent): void => {
      told += traceLine(event, 1).length;
    };
    if (traced) fuzzer.hypervisor.trace.add({ event: tell, end: tell });
    while (fuzzer.made < 5000) fuzzer.step();
    expect(told > 0).toBe(traced);
    return createHash('sha256').update(fuzzer.hypervisor.machine.bytes.slice()).digest('hex');
  };
  const hash = run(false);
  expect(run(false)).toBe(hash);
  expect(run(true)).toBe(hash);
});
