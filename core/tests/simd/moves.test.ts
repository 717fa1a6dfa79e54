import { describe, expect, it } from 'vitest';
import { DATA, writeEntry } from '../../testing.ts';
import type { Machine } from '../../machine.ts';
import * as layout from '../../wasm/layout.ts';
import { bytes, doublewords, execute, quadwords, text, words } from './vectors.ts';

const a = text('abcdefghijklmnop');
const b = text('ABCDEFGHIJKLMNOP');

/** Takes the page after DATA's out of the page table that testing.ts made. */
function unmapNextPage(machine: Machine): void {
  writeEntry(machine, 0x4000 + 0x1000 * (DATA >> 21), ((DATA >> 12) & 511) + 1, 0n);
}

describe('moves of whole registers', () => {
  it.each(['movaps', 'movapd', 'movdqa', 'movups', 'movupd', 'movdqu'])(
    '%s loads, stores, copies',
    (name) => {
      expect(execute(`${name} xmm1, [rdi]`, { memory: a }).xmm(1)).toEqual(a);
      expect(execute(`${name} [rdi], xmm9`, { xmm9: b }).memory()).toEqual(b);
      expect(execute(`${name} xmm1, xmm12`, { xmm12: b }).xmm(1)).toEqual(b);
    },
  );

  it.each(['movaps xmm1, [rdi]', 'movdqa [rdi], xmm1', 'paddb xmm1, [rdi]', 'movntdq [rdi], xmm1'])(
    '%s raises #GP(0) at an unaligned address and changes nothing',
    (source) => {
      const after = execute(source, { rdi: DATA + 8, xmm1: a, memory: b });
      expect(after.exception).toBe(layout.VECTOR_GP);
      expect(after.xmm(1)).toEqual(a);
      expect(after.memory()).toEqual(b);
    },
  );

  it('moves across a page boundary', () => {
    const source = 'movups [rdi], xmm1\nmovdqu xmm2, [rdi]\nlddqu xmm3, [rdi]';
    const after = execute(source, { rdi: DATA + 0xff3, xmm1: a });
    expect(after.memory(0xff3)).toEqual(a);
    expect(after.xmm(2)).toEqual(a);
    expect(after.xmm(3)).toEqual(a);
  });

  it.each(['movups [rdi], xmm1', 'movups xmm1, [rdi]'])(
    '%s into a page that is not there does nothing',
    (source) => {
      const after = execute(source, {
        rdi: DATA + 0xff8,
        xmm1: a,
        setup: unmapNextPage,
      });
      expect(after.exception).toBe(layout.VECTOR_PF);
      expect(after.memory(0xff8)).toEqual(bytes(0));
      expect(after.xmm(1)).toEqual(a);
    },
  );
});

describe('moves of parts', () => {
  it('MOVSS and MOVSD clear the rest when they load, and leave it when they copy', () => {
    expect(execute('movss xmm1, [rdi]', { xmm1: a, memory: doublewords(1, 2, 3, 4) }).xmm(1)).toEqual(
      doublewords(1, 0, 0, 0),
    );
    expect(
      execute('movss xmm1, xmm2', { xmm1: doublewords(1, 2, 3, 4), xmm2: doublewords(9) }).xmm(1),
    ).toEqual(doublewords(9, 2, 3, 4));
    expect(execute('movsd xmm1, [rdi]', { xmm1: a, memory: quadwords(7n, 8n) }).xmm(1)).toEqual(
      quadwords(7n, 0n),
    );
    expect(execute('movsd xmm1, xmm2', { xmm1: quadwords(1n, 2n), xmm2: quadwords(9n) }).xmm(1)).toEqual(
      quadwords(9n, 2n),
    );
  });

  it('MOVQ clears the upper half even between registers', () => {
    expect(execute('movq xmm1, xmm2', { xmm1: a, xmm2: quadwords(5n, 6n) }).xmm(1)).toEqual(
      quadwords(5n, 0n),
    );
    expect(execute('movq [rdi], xmm2', { memory: b, xmm2: quadwords(5n, 6n) }).memory(8)).toEqual(
      text('IJKLMNOP'),
    );
  });

  it('MOVLPS, MOVHPS and their register forms move halves', () => {
    const start = { xmm1: quadwords(1n, 2n), xmm2: quadwords(3n, 4n), memory: quadwords(5n, 6n) };
    expect(execute('movlps xmm1, [rdi]', start).xmm(1)).toEqual(quadwords(5n, 2n));
    expect(execute('movhps xmm1, [rdi]', start).xmm(1)).toEqual(quadwords(1n, 5n));
    expect(execute('movhps [rdi], xmm1', start).memory()).toEqual(quadwords(2n, 6n));
    expect(execute('movhlps xmm1, xmm2', start).xmm(1)).toEqual(quadwords(4n, 2n));
    expect(execute('movlhps xmm1, xmm2', start).xmm(1)).toEqual(quadwords(1n, 3n));
  });

  it('MOVD and MOVQ exchange with general registers', () => {
    const start = { xmm1: a, rax: 0x1122334455667788n };
    expect(execute('movd xmm1, eax', start).xmm(1)).toEqual(doublewords(0x55667788, 0, 0, 0));
    expect(execute('movq xmm1, rax', start).xmm(1)).toEqual(quadwords(0x1122334455667788n, 0n));
    const source = quadwords(-2n, 1n);
    expect(execute('movd eax, xmm1', { xmm1: source, rax: -1n }).general('rax')).toBe(0xfffffffen);
    expect(execute('movq rax, xmm1', { xmm1: source }).general('rax')).toBe(0xfffffffffffffffen);
  });

  it('MOVDDUP, MOVSLDUP, MOVSHDUP duplicate', () => {
    const xmm2 = doublewords(1, 2, 3, 4);
    expect(execute('movddup xmm1, xmm2', { xmm2 }).xmm(1)).toEqual(doublewords(1, 2, 1, 2));
    expect(execute('movsldup xmm1, xmm2', { xmm2 }).xmm(1)).toEqual(doublewords(1, 1, 3, 3));
    expect(execute('movshdup xmm1, xmm2', { xmm2 }).xmm(1)).toEqual(doublewords(2, 2, 4, 4));
  });

  it('masks of signs go to general registers', () => {
    const signs = bytes(0x80, 0, 0xff, 0x7f);
    expect(execute('pmovmskb ecx, xmm1', { xmm1: signs, rcx: -1n }).general('rcx')).toBe(0x5555n);
    const start = { xmm1: doublewords(0x80000000, 0x7fffffff, 1, 0xffffffff), rcx: -1n };
    expect(execute('movmskps ecx, xmm1', start).general('rcx')).toBe(9n);
    expect(execute('movmskpd ecx, xmm1', start).general('rcx')).toBe(2n);
  });

  it('MOVNTI stores 4 or 8 bytes', () => {
    expect(execute('movnti [rdi], ecx', { rcx: -1n }).memory()).toEqual(doublewords(0xffffffff, 0, 0, 0));
    expect(execute('movnti [rdi], rcx', { rcx: -1n }).memory()).toEqual(quadwords(-1n, 0n));
  });
});

describe('MASKMOVDQU', () => {
  it('stores the bytes whose mask has its sign set, at any address', () => {
    const mask = bytes(0x80, 0x7f);
    const after = execute('maskmovdqu xmm1, xmm2', { xmm1: a, xmm2: mask, memory: b, rdi: DATA });
    expect(after.memory()).toEqual(text('aBcDeFgHiJkLmNoP'));
  });

  it('does not touch a page that gets no byte', () => {
    const low = quadwords(-1n, 0n);
    const start = { xmm1: a, xmm2: low, rdi: DATA + 0xff8, setup: unmapNextPage };
    expect(execute('maskmovdqu xmm1, xmm2', start).exception).toBeUndefined();
    expect(execute('maskmovdqu xmm1, xmm2', { ...start, xmm2: words(0xffff) }).exception).toBe(
      layout.VECTOR_PF,
    );
  });
});

describe('MXCSR', () => {
  it('is loaded and stored', () => {
    const after = execute('ldmxcsr [rdi]\nstmxcsr [rdi + 4]', { memory: doublewords(0xffc0, 0, 0, 0) });
    expect(after.memory()).toEqual(doublewords(0xffc0, 0xffc0, 0, 0));
  });

  it('refuses bits that do not exist', () => {
    const after = execute('ldmxcsr [rdi]', { memory: doublewords(0x11f80) });
    expect(after.exception).toBe(layout.VECTOR_GP);
    expect(after.mxcsr).toBe(0x1f80);
  });
});

describe('combinations of prefix and opcode that do not exist', () => {
  it.each([
    ['F3 with an MMX instruction', 'db 0xf3, 0x0f, 0xfc, 0xca'],
    ['F2 MOVAPS', 'db 0xf2, 0x0f, 0x28, 0xca'],
    ['MOVNTPS to a register', 'db 0x0f, 0x2b, 0xca'],
    ['MOVLPD between registers', 'db 0x66, 0x0f, 0x12, 0xca'],
    ['PUNPCKLQDQ on MMX registers', 'db 0x0f, 0x6c, 0xca'],
    ['PMOVMSKB from memory', 'db 0x66, 0x0f, 0xd7, 0x0f'],
    ['shift group /3 on MMX registers', 'db 0x0f, 0x73, 0xda, 0x01'],
    ['arithmetic shift of quadwords', 'db 0x66, 0x0f, 0x73, 0xe2, 0x01'],
    ['PTEST without 66', 'db 0x0f, 0x38, 0x17, 0xca'],
    ['EMMS with 66', 'db 0x66, 0x0f, 0x77'],
  ])('%s is #UD', (_, source) => {
    expect(execute(source).exception).toBe(layout.VECTOR_UD);
  });
});
