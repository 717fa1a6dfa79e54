import { describe, expect, it } from 'vitest';
import * as layout from '../../wasm/layout.ts';
import { doubles, doublewords, execute, quadwords, singles, text, words } from './vectors.ts';

const TOP_5 = 5 << 11;
const EXCEPTION_PENDING = 0x81;

describe('MMX registers', () => {
  it.each([
    ['paddw', 0x0001_ffff_7fff_8000n, 0x0001_0001_0001_8000n, 0x0002_0000_8000_0000n],
    ['punpcklbw', 0x8877665544332211n, 0xaan, 0x0044003300_22aa11n],
    ['punpckhbw', 0x8877665544332211n, 0xaa00000000000000n, 0xaa88007700660055n],
    ['packuswb', 0x0100_ffff_0080_0001n, 0x00ff_0000_0000_7fffn, 0xff0000ff_ff008001n],
    ['pshufb', 0x0807060504030201n, 0x8000010203040907n, 0x00010203_04050208n],
    ['phaddd', 0x0000000200000001n, 0x0000000400000003n, 0x0000000700000003n],
    ['pmaddwd', 0x0004_0003_0002_0001n, 0x0001_0001_0001_0001n, 0x0000000700000003n],
    ['psadbw', 0x00000000000000ffn, 0x0100000000000000n, 0x100n],
    ['psllq', 1n, 63n, 1n << 63n],
    ['psrlq', 1n << 63n, 64n, 0n],
  ])('%s', (name, mm1, mm2, result) => {
    expect(execute(`${name} mm1, mm2`, { mm1, mm2 }).mm(1)).toBe(result);
  });

  it('shuffle, align, insert and extract', () => {
    const start = { mm1: 0x0004000300020001n, mm2: 0x8877665544332211n, rax: 0xabcdn };
    expect(execute('pshufw mm1, mm1, 0x1b', start).mm(1)).toBe(0x0001000200030004n);
    expect(execute('palignr mm1, mm2, 3', start).mm(1)).toBe(0x0200018877665544n);
    expect(execute('palignr mm1, mm2, 16', start).mm(1)).toBe(0n);
    expect(execute('pinsrw mm1, eax, 6', start).mm(1)).toBe(0x0004abcd00020001n);
    expect(execute('pextrw eax, mm1, 7', start).general('rax')).toBe(4n);
    expect(execute('pmovmskb eax, mm2', start).general('rax')).toBe(0x80n);
  });

  it('move to and from memory, general and XMM registers', () => {
    const start = { mm1: 0x1122334455667788n, rax: -2n, xmm3: quadwords(5n, 6n), memory: text('abcdefgh') };
    expect(execute('movq [rdi], mm1', start).memory()).toEqual(quadwords(0x1122334455667788n, 0n));
    expect(execute('movd mm1, eax', start).mm(1)).toBe(0xfffffffen);
    expect(execute('movd eax, mm1', start).general('rax')).toBe(0x55667788n);
    expect(execute('movq2dq xmm3, mm1', start).xmm(3)).toEqual(quadwords(0x1122334455667788n, 0n));
    expect(execute('movdq2q mm1, xmm3', start).mm(1)).toBe(5n);
    const mask = { ...start, mm2: 0x80n };
    expect(execute('maskmovq mm1, mm2', mask).memory()).toEqual(text('\x88bcdefgh'));
  });

  it('convert', () => {
    const start = { mm2: 0xffffffff_00000003n, xmm1: singles(9), xmm2: doubles(2.5, -2.5) };
    expect(execute('cvtpi2ps xmm1, mm2', start).xmm(1)).toEqual(singles(3, -1, 9, 9));
    expect(execute('cvtpi2pd xmm1, mm2', start).xmm(1)).toEqual(doubles(3, -1));
    expect(execute('cvtpd2pi mm1, xmm2', start).mm(1)).toBe(0xfffffffe_00000002n);
    expect(execute('cvttps2pi mm1, xmm1', start).mm(1)).toBe(0x00000009_00000009n);
  });
});

describe('the x87 state under MMX', () => {
  it('an MMX instruction sets TOP to 0, uses all registers, and fills the exponent it writes', () => {
    const after = execute('paddb mm1, mm2', { fsw: TOP_5 });
    expect([after.fsw, after.tags, after.exponent(1), after.exponent(2)]).toEqual([0, 0xff, 0xffff, 0]);
  });

  it('EMMS empties all registers', () => {
    const after = execute('paddb mm1, mm2\nemms', { fsw: TOP_5, mm1: 3n });
    expect([after.fsw, after.tags, after.mm(1)]).toEqual([0, 0, 3n]);
  });

  it('a conversion from memory leaves it alone, one from a register does not', () => {
    const memory = doublewords(1, 2, 0, 0);
    const fromMemory = execute('cvtpi2pd xmm1, [rdi]', { fsw: TOP_5, memory });
    expect([fromMemory.fsw, fromMemory.tags, fromMemory.xmm(1)]).toEqual([TOP_5, 0, doubles(1, 2)]);
    expect(execute('cvtpi2pd xmm1, mm1', { fsw: TOP_5 }).tags).toBe(0xff);
  });

  it.each(['paddb mm1, mm2', 'movq [rdi], mm1', 'emms', 'movq2dq xmm1, mm1'])(
    '%s reports a pending x87 exception first',
    (source) => {
      const after = execute(source, { fsw: EXCEPTION_PENDING | TOP_5, memory: words(7) });
      expect(after.exception).toBe(layout.VECTOR_MF);
      expect([after.fsw, after.memory()]).toEqual([EXCEPTION_PENDING | TOP_5, words(7)]);
    },
  );

  it('a fault changes nothing', () => {
    const after = execute('paddb mm1, [rdi]', { fsw: TOP_5, mm1: 1n, rdi: 0x10000000 });
    expect(after.exception).toBe(layout.VECTOR_PF);
    expect([after.fsw, after.tags, after.mm(1)]).toEqual([TOP_5, 0, 1n]);
  });
});
