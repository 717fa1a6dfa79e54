import { describe, expect, it } from 'vitest';
import { bytes, doublewords, execute, quadwords, words } from './vectors.ts';

type Row = readonly [name: string, a: Uint8Array, b: Uint8Array, result: Uint8Array];

/** Destination, source, result of `name xmm1, xmm2`, where something can go wrong at the edges. */
const rows: readonly Row[] = [
  ['paddb', bytes(0xff, 0x7f), bytes(1), bytes(0, 0x80)],
  ['paddw', words(0xffff, 1), words(1, 2), words(0, 3)],
  ['paddd', doublewords(0xffffffff, 0x7fffffff), doublewords(1), doublewords(0, 0x80000000)],
  ['paddq', quadwords(-1n, 0xffffffffn), quadwords(1n), quadwords(0n, 0x100000000n)],
  ['psubb', bytes(0, 0x80), bytes(1), bytes(0xff, 0x7f)],
  ['psubq', quadwords(0n, 5n), quadwords(1n, 7n), quadwords(-1n, -2n)],
  ['paddusb', bytes(0xf0, 0x10), bytes(0x20), bytes(0xff, 0x30)],
  ['paddsw', words(0x7fff, 0x8000), words(1, 0xffff), words(0x7fff, 0x8000)],
  ['psubusw', words(1, 9), words(2, 4), words(0, 5)],
  ['psubsb', bytes(0x80, 0x7f), bytes(1, 0xff), bytes(0x80, 0x7f)],
  ['pmullw', words(0x8000, 300), words(2, 300), words(0, 90000 & 0xffff)],
  ['pmulhw', words(0x8000, 0xffff), words(0x8000, 2), words(0x4000, 0xffff)],
  ['pmulhuw', words(0x8000, 0xffff), words(0x8000, 2), words(0x4000, 1)],
  ['pmulhrsw', words(0x8000, 0x4000), words(0x8000, 0x4000), words(0x8000, 0x2000)],
  ['pmaddwd', words(0x8000, 0x8000, 1, 2), words(0x8000, 0x8000, 3, 4), doublewords(0x80000000, 11)],
  [
    'pmaddubsw',
    bytes(255, 255, 255, 255, 1, 2),
    bytes(127, 127, 128, 128, 3, 4),
    words(0x7fff, 0x8000, 11, 0x7fff, 0x8000, 11, 0x7fff, 0x8000),
  ],
  ['pmuludq', doublewords(0xffffffff, 7), doublewords(0xffffffff, 7), quadwords(0xfffffffe00000001n)],
  ['pmuldq', doublewords(0xffffffff, 7), doublewords(2, 7), quadwords(-2n)],
  ['pmulld', doublewords(0x10001, 0xffffffff), doublewords(0x10001, 3), doublewords(0x20001, 0xfffffffd)],
  ['psadbw', bytes(0, 255), bytes(10, 0), quadwords(1060n)],
  ['pavgb', bytes(0, 255, 1), bytes(1, 255, 2), bytes(1, 255, 2)],
  ['pcmpeqb', bytes(1, 2), bytes(1, 3), bytes(0xff, 0)],
  ['pcmpgtb', bytes(1, 0x80), bytes(0xff, 0x7f), bytes(0xff, 0)],
  ['pcmpeqq', quadwords(1n, 1n << 40n), quadwords(1n, 0n), quadwords(-1n, 0n)],
  ['pcmpgtq', quadwords(1n, -1n), quadwords(-1n, 1n), quadwords(-1n, 0n)],
  ['pminub', bytes(0x80, 1), bytes(0x7f, 2), bytes(0x7f, 1)],
  ['pmaxsw', words(0x8000, 1), words(0x7fff, 0xffff), words(0x7fff, 1)],
  ['pminsd', doublewords(0x80000000, 5), doublewords(0, 6), doublewords(0x80000000, 5)],
  ['pmaxud', doublewords(0x80000000, 5), doublewords(0, 6), doublewords(0x80000000, 6)],
  ['pandn', bytes(0xf0), bytes(0x3c), bytes(0x0c)],
  [
    'packsswb',
    words(0x7fff, 0x8000),
    words(1, 0xffff),
    bytes(0x7f, 0x80, 0x7f, 0x80, 0x7f, 0x80, 0x7f, 0x80, 1, 0xff, 1, 0xff, 1, 0xff, 1, 0xff),
  ],
  [
    'packusdw',
    doublewords(0x10000, 0xffffffff),
    doublewords(5, 0xffff),
    words(0xffff, 0, 0xffff, 0, 5, 0xffff, 5, 0xffff),
  ],
  ['phaddw', words(1, 2), words(0x7fff, 1), words(3, 3, 3, 3, 0x8000, 0x8000, 0x8000, 0x8000)],
  ['phsubsw', words(0x8000, 1), words(5, 3), words(0x8000, 0x8000, 0x8000, 0x8000, 2, 2, 2, 2)],
  ['psignb', bytes(5, 5, 5, 0x80), bytes(1, 0, 0xff, 0xff), bytes(5, 0, 0xfb, 0x80)],
  ['pabsd', bytes(0), doublewords(0x80000000, 0xffffffff), doublewords(0x80000000, 1)],
  ['phminposuw', bytes(0), words(9, 8, 7, 3, 9, 3, 9, 9), words(3, 3, 0, 0, 0, 0, 0, 0)],
];

describe('packed integers', () => {
  it.each(rows)('%s', (name, xmm1, xmm2, result) => {
    expect(execute(`${name} xmm1, xmm2`, { xmm1, xmm2 }).xmm(1)).toEqual(result);
  });

  it('takes the source from memory', () => {
    const after = execute('paddd xmm8, [rdi]', { xmm8: doublewords(1, 2, 3, 4), memory: doublewords(10) });
    expect(after.xmm(8)).toEqual(doublewords(11, 12, 13, 14));
  });

  it('PTEST sets ZF and CF and clears the rest', () => {
    const flags = (xmm1: Uint8Array, xmm2: Uint8Array): number =>
      execute('stc\nptest xmm1, xmm2', { xmm1, xmm2 }).flags & 0x8d5;
    expect(flags(bytes(0xf0), bytes(0x0f))).toBe(0x40);
    expect(flags(bytes(0xff), bytes(0x0f))).toBe(0x01);
    expect(flags(bytes(0xf0), bytes(0x3c))).toBe(0);
    expect(flags(bytes(0), bytes(0))).toBe(0x41);
  });

  it('MPSADBW takes its blocks where the immediate says', () => {
    const xmm1 = bytes(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15);
    const xmm2 = bytes(9, 9, 9, 9, 9, 9, 9, 9, 9, 9, 9, 9, 0, 0, 0, 0);
    expect(execute('mpsadbw xmm1, xmm2, 3', { xmm1, xmm2 }).xmm(1)).toEqual(
      words(6, 10, 14, 18, 22, 26, 30, 34),
    );
    expect(execute('mpsadbw xmm1, xmm2, 7', { xmm1, xmm2 }).xmm(1)).toEqual(
      words(22, 26, 30, 34, 38, 42, 46, 50),
    );
  });
});

describe('shifts', () => {
  const ones = bytes(0xff);
  it.each([
    ['psrlw', 15, words(1)],
    ['psrlw', 16, words(0)],
    ['psraw', 200, words(0xffff)],
    ['psllw', 8, words(0xff00)],
    ['psrld', 31, doublewords(1)],
    ['pslld', 32, doublewords(0)],
    ['psrad', 255, doublewords(0xffffffff)],
    ['psrlq', 63, quadwords(1n)],
    ['psllq', 64, quadwords(0n)],
    ['psrldq', 15, bytes(0xff, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0)],
    ['pslldq', 8, quadwords(0n, -1n)],
    ['pslldq', 16, bytes(0)],
  ] as const)('%s by %i', (name, count, result) => {
    expect(execute(`${name} xmm1, ${String(count)}`, { xmm1: ones }).xmm(1)).toEqual(result);
  });

  it('by a register takes all 64 bits of the low half and none of the high one', () => {
    const shift = (xmm2: Uint8Array): Uint8Array => execute('psrld xmm1, xmm2', { xmm1: ones, xmm2 }).xmm(1);
    expect(shift(quadwords(4n, -1n))).toEqual(doublewords(0x0fffffff));
    expect(shift(quadwords(0x100000001n, 0n))).toEqual(doublewords(0));
  });
});
