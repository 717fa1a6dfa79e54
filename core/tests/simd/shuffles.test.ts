import { describe, expect, it } from 'vitest';
import { bytes, doublewords, execute, quadwords, text, words } from './vectors.ts';

const letters = text('abcdefghijklmnop');
const capitals = text('ABCDEFGHIJKLMNOP');
const start = { xmm1: letters, xmm2: capitals };

describe('interleaving', () => {
  it.each([
    ['punpcklbw', 'aAbBcCdDeEfFgGhH'],
    ['punpckhbw', 'iIjJkKlLmMnNoOpP'],
    ['punpcklwd', 'abABcdCDefEFghGH'],
    ['punpckhwd', 'ijIJklKLmnMNopOP'],
    ['punpckldq', 'abcdABCDefghEFGH'],
    ['unpcklps', 'abcdABCDefghEFGH'],
    ['punpckhdq', 'ijklIJKLmnopMNOP'],
    ['unpckhps', 'ijklIJKLmnopMNOP'],
    ['punpcklqdq', 'abcdefghABCDEFGH'],
    ['unpcklpd', 'abcdefghABCDEFGH'],
    ['punpckhqdq', 'ijklmnopIJKLMNOP'],
    ['unpckhpd', 'ijklmnopIJKLMNOP'],
  ])('%s', (name, result) => {
    expect(execute(`${name} xmm1, xmm2`, start).xmm(1)).toEqual(text(result));
  });
});

describe('shuffles by an immediate', () => {
  it.each([
    ['pshufd xmm1, xmm2, 0x1b', 'MNOPIJKLEFGHABCD'],
    ['pshufd xmm1, xmm1, 0x39', 'efghijklmnopabcd'],
    ['pshuflw xmm1, xmm2, 0x1b', 'GHEFCDABIJKLMNOP'],
    ['pshufhw xmm1, xmm2, 0x1b', 'ABCDEFGHOPMNKLIJ'],
    ['shufps xmm1, xmm2, 0x4e', 'ijklmnopABCDEFGH'],
    ['shufps xmm1, xmm1, 0x93', 'mnopabcdefghijkl'],
    ['shufpd xmm1, xmm2, 1', 'ijklmnopABCDEFGH'],
    ['palignr xmm1, xmm2, 0', 'ABCDEFGHIJKLMNOP'],
    ['palignr xmm1, xmm2, 5', 'FGHIJKLMNOPabcde'],
    ['palignr xmm1, xmm2, 20', 'efghijklmnop'],
    ['palignr xmm1, xmm2, 32', ''],
    ['blendps xmm1, xmm2, 5', 'ABCDefghIJKLmnop'],
    ['blendpd xmm1, xmm2, 2', 'abcdefghIJKLMNOP'],
    ['pblendw xmm1, xmm2, 0x81', 'ABcdefghijklmnOP'],
  ])('%s', (source, result) => {
    expect(execute(source, start).xmm(1)).toEqual(text(result));
  });

  it('PSHUFD takes aligned memory', () => {
    expect(execute('pshufd xmm1, [rdi], 0', { memory: letters }).xmm(1)).toEqual(text('abcdabcdabcdabcd'));
  });
});

describe('shuffles and blends by a register', () => {
  it('PSHUFB takes 4 bits of an index, and zero where its sign is set', () => {
    const xmm2 = bytes(15, 0, 0x80, 0x1f, 0x7e, 1, 0xff, 3);
    expect(execute('pshufb xmm1, xmm2', { xmm1: letters, xmm2 }).xmm(1)).toEqual(
      text('pa\0pob\0dpa\0pob\0d'),
    );
  });

  it.each([
    ['pblendvb', bytes(0x80, 0x7f), 'AbCdEfGhIjKlMnOp'],
    ['blendvps', doublewords(0x80000000, 0x7fffffff), 'ABCDefghIJKLmnop'],
    ['blendvpd', quadwords(0n, -1n), 'abcdefghIJKLMNOP'],
  ] as const)('%s chooses by the signs in XMM0', (name, xmm0, result) => {
    expect(execute(`${name} xmm1, xmm2, xmm0`, { ...start, xmm0 }).xmm(1)).toEqual(text(result));
  });
});

describe('single elements', () => {
  it('go in', () => {
    const value = { xmm1: letters, rax: 0x5857565554535251n, memory: text('123456789') };
    expect(execute('pinsrb xmm1, eax, 18', value).xmm(1)).toEqual(text('abQdefghijklmnop'));
    expect(execute('pinsrw xmm1, eax, 9', value).xmm(1)).toEqual(text('abQRefghijklmnop'));
    expect(execute('pinsrd xmm1, eax, 3', value).xmm(1)).toEqual(text('abcdefghijklQRST'));
    expect(execute('pinsrq xmm1, rax, 1', value).xmm(1)).toEqual(text('abcdefghQRSTUVWX'));
    expect(execute('pinsrw xmm1, [rdi + 1], 0', value).xmm(1)).toEqual(text('23cdefghijklmnop'));
  });

  it('come out, zero-extended', () => {
    const value = { xmm1: letters, rax: -1n };
    expect(execute('pextrb eax, xmm1, 17', value).general('rax')).toBe(0x62n);
    expect(execute('pextrw eax, xmm1, 1', value).general('rax')).toBe(0x6463n);
    expect(execute('pextrd eax, xmm1, 1', value).general('rax')).toBe(0x68676665n);
    expect(execute('pextrq rax, xmm1, 1', value).general('rax')).toBe(0x706f6e6d6c6b6a69n);
    expect(execute('extractps eax, xmm1, 2', value).general('rax')).toBe(0x6c6b6a69n);
    expect(execute('pextrb [rdi], xmm1, 2', value).memory()).toEqual(text('c'));
  });

  it('INSERTPS chooses the source only in a register, and clears last', () => {
    expect(execute('insertps xmm1, xmm2, 0x98', start).xmm(1)).toEqual(text('abcdIJKLijkl'));
    expect(execute('insertps xmm1, [rdi], 0xc2', { ...start, memory: capitals }).xmm(1)).toEqual(
      text('ABCD\0\0\0\0ijklmnop'),
    );
  });
});

describe('widening', () => {
  it.each([
    ['pmovsxbw', words(0x7f, 0xff80, 0, 1)],
    ['pmovzxbw', words(0x7f, 0x80, 0, 1)],
    ['pmovsxbq', quadwords(127n, -128n)],
    ['pmovzxwd', doublewords(0x807f, 0x100)],
    ['pmovsxwq', quadwords(0x807fn - 0x10000n, 0x100n)],
    ['pmovsxdq', quadwords(0x0100807fn)],
  ])('%s', (name, result) => {
    expect(execute(`${name} xmm1, xmm2`, { xmm2: bytes(0x7f, 0x80, 0, 1) }).xmm(1)).toEqual(result);
  });
});
