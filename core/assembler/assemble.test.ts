import { describe, expect, test } from 'vitest';
import { assemble } from './assemble.ts';

const hex = (source: string, options = {}) => Buffer.from(assemble(source, options).bytes).toString('hex');

describe('layout', () => {
  test('labels, local labels and lines', () => {
    const { labels, lines, bytes } = assemble('start: nop\n.a: dec eax\n jnz .a\nother: nop\n.a: jmp start', {
      origin: 0x1000,
    });
    expect([...labels]).toEqual([
      ['start', 0x1000],
      ['start.a', 0x1001],
      ['other', 0x1005],
      ['other.a', 0x1006],
    ]);
    expect(lines[2]).toEqual({ line: 3, address: 0x1003, length: 2 });
    expect(bytes.length).toBe(8);
  });

  test('a kernel address is signed, as number and as bigint', () => {
    const source = 'here: mov rax, here\n lea rbx, [rel here]\n mov rcx, [here]';
    const expected = '48c7c000000081488d1df2ffffff 488b0c2500000081'.replaceAll(' ', '');
    for (const origin of [-0x7f000000, 0xffffffff81000000n]) {
      expect(hex(source, { origin })).toBe(expected);
      expect(assemble(source, { origin }).labels.get('here')).toBe(-0x7f000000);
    }
  });

  test('branches are short where they reach, and grow where they do not', () => {
    expect(hex('jmp a\n times 127 nop\n a:').slice(0, 4)).toBe('eb7f');
    expect(hex('jmp a\n times 128 nop\n a:').slice(0, 10)).toBe('e980000000');
    expect(hex('times 300 nop\n jmp a\n nop\n a:').slice(600)).toBe('eb0190');
    expect(hex('jz near a\n a:')).toBe('0f8400000000');
    expect(() => hex('jmp short a\n times 128 nop\n a:')).toThrow(/^line 1: .*range/);
  });

  test('branches that lengthen one another settle', () => {
    const chain = Array.from({ length: 40 }, (_, n) => `l${n}: jmp l${(n + 20) % 40}\n times 3 nop`).join(
      '\n',
    );
    const { bytes, labels } = assemble(chain);
    expect(labels.get('l39')! + 2 + 3).toBeLessThanOrEqual(bytes.length);
  });

  test('data, strings, alignment and zero fill', () => {
    expect(hex("db 1, -1, 'ab', 0\n align 4, 0\n dw 0x1234\n resb 2\n dd 'x'\n dq -2")).toBe(
      '01ff61620000000034120000' + '78000000' + 'feffffffffffffff',
    );
    expect(hex('nop\n align 8')).toBe('90'.repeat(8));
    expect(hex('nop\n times 8-($-$$) db 0xcc')).toBe('90' + 'cc'.repeat(7));
  });

  test('constants and expressions', () => {
    expect(hex('size equ (1 << 4 | 2) + 3*2\n mov al, size')).toBe('b018');
    expect(hex('end equ last - first\n first: dd end\n last:')).toBe('04000000');
    expect(hex('mov eax, N', { symbols: { N: 7 } })).toBe('b807000000');
    expect(hex("mov eax, 'abcd'")).toBe('b861626364');
    expect(hex('mov rax, ~0 & 0xff')).toBe('48c7c0ff000000');
  });

  test('modes', () => {
    expect(hex('bits 32\n inc eax\n push ds\n mov eax, [0x1234]\n jmp 0x8:0x1000')).toBe(
      '401ea134120000ea001000000800',
    );
    expect(hex('mov eax, [bx+si]\n jmp $', { bits: 16 })).toBe('668b00ebfe');
  });

  test('default rel makes bare addresses RIP-relative', () => {
    expect(hex('default rel\n mov eax, [x]\n x:')).toBe('8b0500000000');
    expect(hex('default rel\n mov eax, [abs x]\n x:')).toBe('8b042507000000');
  });
});

describe('errors name the line', () => {
  test.each([
    ['nop\n bogus rax', /^line 2: no such instruction: 'bogus'/],
    ['mov [rax], 5', /^line 1: say how wide/],
    ['mov rax, ebx', /^line 1: no form of 'mov'/],
    ['add al, 256', /^line 1: a number is out of range/],
    ['jmp nowhere', /^line 1: 'nowhere' is not defined/],
    ['a:\n a:', /^line 2: 'a' is defined twice/],
    ['a equ b\n b equ a\n dd a', /^line 3: 'a' is defined by itself/],
    ['mov ah, r8b', /^line 1: ah, ch, dh, bh cannot stand beside a REX prefix/],
    ['mov eax, [rsp*2]', /^line 1: rsp cannot be an index/],
    ['mov eax, [rbx+ecx]', /^line 1: bad address register/],
    ['db 1 2', /^line 1: unexpected text/],
    ['mov eax, #1', /^line 1: unexpected '#1'/],
    ['bits 32\n mov rax, 1', /^line 2: no form|^line 2: the operands exist in 64-bit/],
    ['align 3', /^line 1: align to a power of two/],
    ['dd 1/0', /^line 1: division by zero/],
    ['mov rax, [0x123456789abcdef0 + rbx]', /^line 1: displacement out of range/],
  ])('%j', (source, message) => {
    expect(() => assemble(source)).toThrow(message);
  });
});
