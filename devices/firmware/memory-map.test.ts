import { expect, test } from 'vitest';
import { memoryMap } from './memory-map.ts';

test('RAM but for what lies below 1 MiB, and the ROM that a processor starts in', () => {
  expect(memoryMap(0x4000_0000)).toEqual([
    { address: 0, size: 0x9_fc00, isRam: true },
    { address: 0x9_fc00, size: 0x400, isRam: false },
    { address: 0xf_0000, size: 0x1_0000, isRam: false },
    { address: 0x10_0000, size: 0x3ff0_0000, isRam: true },
    { address: 0xfffc_0000, size: 0x4_0000, isRam: false },
  ]);
});
