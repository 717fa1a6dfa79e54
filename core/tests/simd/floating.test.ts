import { describe, expect, it } from 'vitest';
import * as layout from '../../wasm/layout.ts';
import { doublewords, doubles, execute, quadwords, singles } from './vectors.ts';

/** MXCSR: exception flags, and everything masked, nearest. */
const IE = 0x01;
const DE = 0x02;
const ZE = 0x04;
const OE = 0x08;
const UE = 0x10;
const PE = 0x20;
const MASKED = 0x1f80;
const flagsOf = (mxcsr: number): number => mxcsr & 0x3f;

const QUIET = 0x7fc00001;
const SIGNALLING = 0x7f800001;
const DEFAULT_NAN = 0xffc00000;

describe('arithmetic', () => {
  it.each([
    ['addps', singles(11, 22, 33, 44)],
    ['subps', singles(-9, -18, -27, -36)],
    ['mulps', singles(10, 40, 90, 160)],
    ['divps', singles(0.1)],
    ['minps', singles(1, 2, 3, 4)],
    ['maxps', singles(10, 20, 30, 40)],
    ['addss', singles(11, 2, 3, 4)],
    ['sqrtss', singles(Math.sqrt(10), 2, 3, 4)],
    ['haddps', singles(3, 7, 30, 70)],
    ['hsubps', singles(-1, -1, -10, -10)],
    ['addsubps', singles(-9, 22, -27, 44)],
  ])('%s', (name, result) => {
    const start = { xmm1: singles(1, 2, 3, 4), xmm2: singles(10, 20, 30, 40) };
    expect(execute(`${name} xmm1, xmm2`, start).xmm(1)).toEqual(result);
  });

  it.each([
    ['addpd', doubles(4, 7)],
    ['divpd', doubles(1 / 3, 2 / 5)],
    ['mulsd', doubles(3, 2)],
    ['subsd', doubles(-2, 2)],
    ['haddpd', doubles(3, 8)],
    ['addsubpd', doubles(-2, 7)],
  ])('%s', (name, result) => {
    expect(execute(`${name} xmm1, xmm2`, { xmm1: doubles(1, 2), xmm2: doubles(3, 5) }).xmm(1)).toEqual(
      result,
    );
  });

  it('scalars read only their bytes of memory, unaligned', () => {
    const after = execute('addsd xmm1, [rdi + 1]', { xmm1: doubles(1, 9), rdi: 0x600000 + 0xff7 });
    expect(after.exception).toBeUndefined();
    expect(after.xmm(1)).toEqual(doubles(1, 9));
  });

  it('dot products choose factors and destinations', () => {
    const start = { xmm1: singles(1, 2, 3, 4), xmm2: singles(10, 20, 30, 40) };
    expect(execute('dpps xmm1, xmm2, 0x75', start).xmm(1)).toEqual(singles(140, 0, 140, 0));
    const pair = { xmm1: doubles(1, 2), xmm2: doubles(10, 20) };
    expect(execute('dppd xmm1, xmm2, 0x32', pair).xmm(1)).toEqual(doubles(0, 50));
  });

  it('reciprocals are good to 12 bits, without flags', () => {
    const after = execute('rcpps xmm1, xmm3\nrsqrtps xmm2, xmm3', { xmm3: singles(3, 0.1, -0, Infinity) });
    const [third, ten, least, zero] = new Float32Array(after.xmm(1).buffer);
    expect(Math.abs(third! * 3 - 1)).toBeLessThan(1.5 / 4096);
    expect(Math.abs(ten! / 10 - 1)).toBeLessThan(1.5 / 4096);
    expect([least, zero]).toEqual([-Infinity, 0]);
    expect(Math.abs(new Float32Array(after.xmm(2).buffer)[0]! * Math.sqrt(3) - 1)).toBeLessThan(1.5 / 4096);
    expect(after.mxcsr).toBe(MASKED);
  });
});

describe('NaNs and signed zeros', () => {
  const first = (name: string, a: number, b: number): number => {
    const after = execute(`${name} xmm1, xmm2`, { xmm1: doublewords(a), xmm2: doublewords(b) });
    return new Uint32Array(after.xmm(1).buffer)[0]!;
  };

  it('the first NaN operand passes, made quiet; an invalid operation gives the default one', () => {
    expect(first('addss', QUIET, 0x7fc00002)).toBe(QUIET);
    expect(first('addss', 0x3f800000, SIGNALLING)).toBe(QUIET);
    expect(first('subss', 0x7f800000, 0x7f800000)).toBe(DEFAULT_NAN);
    expect(first('mulss', 0, 0xff800000)).toBe(DEFAULT_NAN);
    expect(first('sqrtss', 0, 0xbf800000)).toBe(DEFAULT_NAN);
  });

  it('MIN and MAX give the second operand for a NaN and for equal zeros', () => {
    expect(first('minss', QUIET, 0x3f800000)).toBe(0x3f800000);
    expect(first('maxss', 0x3f800000, SIGNALLING)).toBe(SIGNALLING);
    expect(first('minss', 0, 0x80000000)).toBe(0x80000000);
    expect(first('maxss', 0x80000000, 0)).toBe(0);
  });
});

describe('comparisons', () => {
  it('CMPPS gives masks for its eight predicates', () => {
    const start = { xmm1: doublewords(0x3f800000, 0x40000000, 0x3f800000, QUIET), xmm2: singles(1, 1, 2, 1) };
    const mask = (predicate: number): number =>
      Number(execute(`cmpps xmm1, xmm2, ${String(predicate)}\nmovmskps eax, xmm1`, start).general('rax'));
    expect([0, 1, 2, 3, 4, 5, 6, 7].map(mask)).toEqual([1, 4, 5, 8, 14, 11, 10, 7]);
  });

  it('COMISD and UCOMISD set ZF, PF, CF and clear the rest', () => {
    const flags = (a: number, b: number): number =>
      execute('ucomisd xmm1, xmm2', { xmm1: doubles(a), xmm2: doubles(b) }).flags & 0x8d5;
    expect([flags(1, 1), flags(1, 2), flags(2, 1), flags(0, -0)]).toEqual([0x40, 0x01, 0, 0x40]);
    const quiet = { xmm1: quadwords(0x7ff8000000000000n), xmm2: doubles(1) };
    const unordered = execute('ucomisd xmm1, xmm2', quiet);
    expect(unordered.flags & 0x8d5).toBe(0x45);
    expect(flagsOf(unordered.mxcsr)).toBe(0);
    expect(flagsOf(execute('comisd xmm1, xmm2', quiet).mxcsr)).toBe(IE);
  });
});

describe('exceptions', () => {
  it.each([
    ['divss', 0x3f800000, 0, ZE],
    ['divss', 0, 0, IE],
    ['addss', 1, 0x3f800000, DE | PE],
    ['mulss', 0x7f7fffff, 0x40000000, OE | PE],
    ['mulss', 0x00800001, 0x3e800001, UE | PE],
    ['addss', 0x3f800000, 0x33000000, PE],
    ['addss', 0x3f800000, 0x3f800000, 0],
  ])('%s of %i and %i sets its flags in MXCSR', (name, a, b, flags) => {
    const after = execute(`${name} xmm1, xmm2`, { xmm1: doublewords(a), xmm2: doublewords(b) });
    expect(flagsOf(after.mxcsr)).toBe(flags);
  });

  it('an unmasked one is #XM: flags set, destination kept', () => {
    const start = { xmm1: singles(1, 1, 1, 1), xmm2: singles(1, 0, 1, 1), mxcsr: MASKED & ~(ZE << 7) };
    const after = execute('divps xmm1, xmm2', start);
    expect(after.exception).toBe(layout.VECTOR_XM);
    expect(flagsOf(after.mxcsr)).toBe(ZE);
    expect(after.xmm(1)).toEqual(singles(1));
  });

  it('is #UD while the system does not say it takes #XM', () => {
    const after = execute('divss xmm1, xmm2', {
      xmm1: singles(1),
      mxcsr: 0,
      setup: ({ processor }) => {
        processor.setWord(layout.CR4, processor.word(layout.CR4) & ~0x400);
      },
    });
    expect(after.exception).toBe(layout.VECTOR_UD);
  });

  it('MXCSR chooses rounding, DAZ and FTZ', () => {
    const third = (mxcsr: number): number => {
      const after = execute('divss xmm1, xmm2', { xmm1: singles(1), xmm2: singles(3), mxcsr });
      return new Uint32Array(after.xmm(1).buffer)[0]!;
    };
    expect([MASKED, 0x3f80, 0x5f80, 0x7f80].map(third)).toEqual([
      0x3eaaaaab, 0x3eaaaaaa, 0x3eaaaaab, 0x3eaaaaaa,
    ]);
    const tiny = { xmm1: doublewords(0x00800000), xmm2: doublewords(0x3f000000), mxcsr: 0x9f80 };
    expect(execute('mulss xmm1, xmm2', tiny).xmm(1)).toEqual(doublewords(0, 0x800000, 0x800000, 0x800000));
    const denormal = { xmm1: doublewords(5), xmm2: singles(0), mxcsr: 0x1fc0 };
    const after = execute('addps xmm1, xmm2', denormal);
    expect([after.xmm(1), after.mxcsr]).toEqual([singles(0), 0x1fc0]);
  });
});

describe('conversions', () => {
  it.each([
    ['cvtdq2ps', doublewords(1, 0xffffffff), singles(1, -1)],
    ['cvtdq2pd', doublewords(1, 0x80000000), doubles(1, -2147483648)],
    ['cvtps2pd', singles(1.5, -2), doubles(1.5, -2)],
    ['cvtpd2ps', doubles(1.5, -2), singles(1.5, -2, 0, 0)],
    ['cvtps2dq', singles(2.5, 3.5, -2.5, 3e9), doublewords(2, 4, 0xfffffffe, 0x80000000)],
    ['cvttps2dq', singles(2.9, -2.9, 0.5, NaN), doublewords(2, 0xfffffffe, 0, 0x80000000)],
    ['cvtpd2dq', doubles(2.5, -3.5), doublewords(2, 0xfffffffc, 0, 0)],
    ['cvttpd2dq', doubles(2.9, 3e9), doublewords(2, 0x80000000, 0, 0)],
  ])('%s', (name, xmm2, result) => {
    expect(execute(`${name} xmm1, xmm2`, { xmm2 }).xmm(1)).toEqual(result);
  });

  it('scalars to and from general registers, 32 and 64 bits', () => {
    const start = { xmm1: doubles(1, 9), xmm2: doubles(-3.5), rax: 0xfffffffffffffffen };
    expect(execute('cvtsi2sd xmm1, eax', start).xmm(1)).toEqual(doubles(-2, 9));
    expect(execute('cvtsi2sd xmm1, rax', { ...start, rax: 1n << 40n }).xmm(1)).toEqual(doubles(2 ** 40, 9));
    expect(execute('cvtsd2si eax, xmm2', start).general('rax')).toBe(0xfffffffcn);
    expect(execute('cvttsd2si rax, xmm2', start).general('rax')).toBe(0xfffffffffffffffdn);
    const huge = execute('cvttsd2si rax, xmm2', { xmm2: doubles(1e30) });
    expect([huge.general('rax'), flagsOf(huge.mxcsr)]).toEqual([0x8000000000000000n, IE]);
  });

  it('a double that no single equals is rounded', () => {
    const after = execute('cvtsd2ss xmm1, xmm2', { xmm1: singles(7), xmm2: doubles(0.1) });
    expect([after.xmm(1), flagsOf(after.mxcsr)]).toEqual([singles(0.1, 7, 7, 7), PE]);
  });

  it.each([
    [0, doubles(2, -2)],
    [1, doubles(2, -3)],
    [2, doubles(3, -2)],
    [3, doubles(2, -2)],
  ])('ROUNDPD in mode %i', (mode, result) => {
    const after = execute(`roundpd xmm1, xmm2, ${String(mode)}`, { xmm2: doubles(2.5, -2.5) });
    expect([after.xmm(1), flagsOf(after.mxcsr)]).toEqual([result, PE]);
    const silent = execute(`roundpd xmm1, xmm2, ${String(mode | 8)}`, { xmm2: doubles(2.5, -2.5) });
    expect(flagsOf(silent.mxcsr)).toBe(0);
  });
});
