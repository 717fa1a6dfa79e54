import { describe, expect, it } from 'vitest';
import { bytes, execute, text, words } from './vectors.ts';

const CF = 0x001;
const ZF = 0x040;
const SF = 0x080;
const OF = 0x800;

/** Index and flags of `instruction xmm1, xmm2, control`. */
function index(
  instruction: string,
  xmm1: Uint8Array,
  xmm2: Uint8Array,
  control: number,
  rax = 0n,
  rdx = 0n,
): [number, number] {
  const source = `${instruction} xmm1, xmm2, ${String(control)}`;
  const after = execute(source, { xmm1, xmm2, rax, rdx, rcx: -1n });
  return [Number(after.general('rcx')), after.flags & 0x8d5];
}

describe('PCMPISTRI', () => {
  it('equal any: finds the first and the last of a set of characters', () => {
    const set = text('xyz');
    expect(index('pcmpistri', set, text('abczdefy'), 0x00)).toEqual([3, CF | ZF | SF]);
    expect(index('pcmpistri', set, text('abczdefy'), 0x40)).toEqual([7, CF | ZF | SF]);
    expect(index('pcmpistri', set, text('abc'), 0x00)).toEqual([16, ZF | SF]);
  });

  it('ranges: finds the first character outside, with masked negative polarity', () => {
    expect(index('pcmpistri', text('azAZ'), text('Hello3x'), 0x34)).toEqual([5, CF | ZF | SF]);
    // Without the mask, what stands behind the end counts.
    expect(index('pcmpistri', text('azAZ'), text('Hello'), 0x34)[0]).toBe(16);
    expect(index('pcmpistri', text('azAZ'), text('Hello'), 0x14)[0]).toBe(5);
  });

  it('equal each: compares strings, the ends included', () => {
    expect(index('pcmpistri', text('same'), text('same'), 0x18)).toEqual([16, ZF | SF]);
    expect(index('pcmpistri', text('same'), text('sane'), 0x18)).toEqual([2, CF | ZF | SF]);
    expect(index('pcmpistri', text('sam'), text('same'), 0x18)[0]).toBe(3);
  });

  it('equal ordered: finds a substring, even one that begins at the end', () => {
    expect(index('pcmpistri', text('ana'), text('banana'), 0x0c)).toEqual([1, CF | ZF | SF]);
    expect(index('pcmpistri', text('ana'), text('banana'), 0x4c)[0]).toBe(3);
    expect(index('pcmpistri', text('pqr'), text('abcdefghijklmnop'), 0x0c)).toEqual([15, CF | SF]);
    expect(index('pcmpistri', bytes(0), text('abc'), 0x0c)[1] & OF).toBe(OF);
  });

  it('words and signs', () => {
    expect(index('pcmpistri', words(0x100, 0x200, 0), words(0x201, 0x150, 0), 0x05)[0]).toBe(1);
    const negative = bytes(0xf0, 0xff, 0);
    expect(index('pcmpistri', negative, bytes(5, 0xf8, 7, 0), 0x06)[0]).toBe(1);
    expect(index('pcmpistri', bytes(0xf0, 0x10, 0), bytes(0x70, 0x05, 0), 0x06)[0]).toBe(1);
  });

  it('takes unaligned memory', () => {
    const after = execute('pcmpistri xmm1, [rdi + 3], 0x08', { xmm1: text('de'), memory: text('abcde') });
    expect(after.general('rcx')).toBe(0n);
  });
});

describe('PCMPESTRI', () => {
  it('takes the magnitudes of EAX and EDX as lengths, at most 16', () => {
    const find = (rax: bigint, rdx: bigint): [number, number] =>
      index('pcmpestri', text('c'), text('abcabc'), 0x00, rax, rdx);
    expect(find(1n, 6n)).toEqual([2, CF | ZF | SF]);
    expect(find(-1n, -6n)).toEqual([2, CF | ZF | SF]);
    expect(find(1n, 2n)[0]).toBe(16);
    expect(find(0x8000_0000n, 99n)).toEqual([2, CF]);
  });
});

describe('masks', () => {
  it('PCMPISTRM writes bits or elements to XMM0', () => {
    const start = { xmm1: text('a'), xmm2: text('abca'), xmm0: bytes(7) };
    expect(execute('pcmpistrm xmm1, xmm2, 0x00', start).xmm(0)).toEqual(
      bytes(9, ...Array<number>(15).fill(0)),
    );
    expect(execute('pcmpistrm xmm1, xmm2, 0x40', start).xmm(0)).toEqual(
      bytes(255, 0, 0, 255, ...Array<number>(12).fill(0)),
    );
    expect(execute('pcmpestrm xmm1, xmm2, 0x41', { ...start, rax: 8n, rdx: 8n }).xmm(0)).toEqual(
      words(0, 0, 0xffff, 0xffff, 0xffff, 0xffff, 0xffff, 0xffff),
    );
  });
});
