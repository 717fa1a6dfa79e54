import { createHash } from 'node:crypto';
import { expect, test } from 'vitest';
import { Fuzzer } from './fuzzer.ts';

test('random and half-valid hypercalls never get an exception out of the hypervisor, nor break the invariant', () => {
  const fuzzer = new Fuzzer(4217);
  for (let step = 0; fuzzer.made < 20_000; step++) {
    fuzzer.step();
    if (step % 100 === 0) expect(fuzzer.check()).toEqual([]);
  }
});

test('the same seed gives the same run', () => {
  const run = (): string => {
    const fuzzer = new Fuzzer(7);
    while (fuzzer.made < 3000) fuzzer.step();
    return createHash('sha256').update(fuzzer.hypervisor.machine.bytes).digest('hex');
  };
  expect(run()).toBe(run());
});
