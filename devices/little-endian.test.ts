import { expect, test } from 'vitest';
import { read, read16, read32, read64, write, write16, write32, write64 } from './little-endian.ts';

const BYTES = Uint8Array.of(0xff, 0x81, 0x92, 0xa3, 0xb4, 0x05, 0x16, 0x07, 0x00, 0xff);

test('numbers of two, four and eight bytes begin with their lowest byte, and have no sign', () => {
  expect(read16(BYTES, 1)).toBe(0x9281);
  expect(read32(BYTES, 1)).toBe(0xb4a3_9281);
  expect(read64(BYTES, 1)).toBe(0x0007_1605 * 2 ** 32 + 0xb4a3_9281);
});

test('one to four bytes', () => {
  expect([1, 2, 3, 4].map((count) => read(BYTES, 1, count))).toEqual([0x81, 0x9281, 0xa3_9281, 0xb4a3_9281]);
});

test('what was written is read, and nothing beside it has changed', () => {
  const writers = [
    [2, write16, read16],
    [4, write32, read32],
    [8, write64, read64],
  ] as const;
  for (const [bytes, put, get] of writers)
    for (const value of [0, 1, 0xff, 0x8000, 0xffff, 0x1_0000, 0x8000_0000, 0xffff_ffff, 0x1_0000_0000])
      if (value < 2 ** (8 * bytes)) {
        const buffer = new Uint8Array(10).fill(0xcc);
        put(buffer, 1, value);
        expect(get(buffer, 1)).toBe(value);
        expect([buffer[0], buffer[bytes + 1]]).toEqual([0xcc, 0xcc]);
      }
  const three = new Uint8Array(5).fill(0xcc);
  write(three, 1, 3, 0x1234_5678);
  expect([...three]).toEqual([0xcc, 0x78, 0x56, 0x34, 0xcc]);
});

test('64 bits are exact as far as a number is', () => {
  const buffer = new Uint8Array(8);
  for (const value of [Number.MAX_SAFE_INTEGER, 2 ** 52 + 1, 2 ** 33 - 1, 2 ** 53]) {
    write64(buffer, 0, value);
    expect(read64(buffer, 0)).toBe(value);
  }
});
