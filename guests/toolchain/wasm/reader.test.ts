/** Numbers, names and vectors of WebAssembly's binary format, at the edges of what they hold. */
import { expect, test } from 'vitest';
import { Reader, WasmError } from './reader.ts';

const of = (...bytes: readonly number[]): Reader => new Reader(Uint8Array.from(bytes));

test.each<[number, number[]]>([
  [0, [0]],
  [127, [0x7f]],
  [128, [0x80, 1]],
  [2 ** 31 - 1, [0xff, 0xff, 0xff, 0xff, 7]],
  [2 ** 31, [0x80, 0x80, 0x80, 0x80, 8]],
  [2 ** 32 - 1, [0xff, 0xff, 0xff, 0xff, 0xf]],
])('%i, unsigned', (value, bytes) => {
  const reader = of(...bytes);
  expect(reader.u32()).toBe(value);
  expect(reader.done).toBe(true);
});

test.each<[number, number[]]>([
  [63, [0x3f]],
  [-64, [0x40]],
  [64, [0xc0, 0]],
  [-65, [0xbf, 0x7f]],
  [2 ** 31 - 1, [0xff, 0xff, 0xff, 0xff, 7]],
  [-(2 ** 31), [0x80, 0x80, 0x80, 0x80, 0x78]],
])('%i, signed', (value, bytes) => {
  expect(of(...bytes).i32()).toBe(value);
  expect(of(...bytes).i64()).toBe(BigInt(value));
});

test('64 bits, signed: the least and the greatest', () => {
  const sevens = Array.from({ length: 9 }, () => 0x80);
  expect(of(...sevens, 0x7f).i64()).toBe(-(2n ** 63n));
  expect(of(...sevens.map(() => 0xff), 0).i64()).toBe(2n ** 63n - 1n);
});

test('numbers that do not end, and a module that ends early', () => {
  const endless = Array.from({ length: 11 }, () => 0x80);
  for (const read of ['u32', 'i32', 'i64'] as const) {
    expect(() => of(...endless)[read]()).toThrow(WasmError);
    expect(() => of(0x80)[read]()).toThrow('ends early, at byte 1');
  }
  expect(() => of(1, 2).take(3)).toThrow(WasmError);
  expect(() => of(1).bits(4)).toThrow(WasmError);
});

test('bits, names, vectors, and a part of the bytes', () => {
  expect(of(1, 0, 0, 0x80).bits(4)).toBe(0x8000_0001n);
  expect(of(3, 0xc3, 0xa4, 0x62).name()).toBe('äb');
  const reader = of(2, 5, 0x80, 1, 9);
  expect(reader.vector(() => reader.u32())).toEqual([5, 128]);
  expect(reader.at).toBe(4);
  const part = new Reader(Uint8Array.of(1, 2, 3), 1, 2);
  expect(part.byte()).toBe(2);
  expect(part.done).toBe(true);
  expect(() => part.byte()).toThrow(WasmError);
});
