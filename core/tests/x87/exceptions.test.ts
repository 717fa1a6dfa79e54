/**
 * Unmasked exceptions of the x87: the instruction that meets one only leaves it pending; the next one that waits ends
 * in #MF (SDM vol. 1, 8.6 and 8.7, with CR0.NE set).
 */
import { describe, expect, test } from 'vitest';
import { CODE, DATA } from '../../testing.ts';
import * as layout from '../../wasm/layout.ts';
import { execute } from './execute.ts';

const ONE = '3fff8000000000000000';
const ZERO = '00000000000000000000';
const [ZE, OE] = [4, 8];
const PENDING = 0x8080;
const ALL_MASKED = 0x37f;
const TOP = 0x3800;

const DIVIDE_BY_ZERO = { stack: [ONE, ZERO], fcw: ALL_MASKED & ~ZE };

describe('an unmasked division by zero', () => {
  test('leaves operands, stack and the instruction retired', () => {
    const after = execute('fdivp st1, st0', { ...DIVIDE_BY_ZERO, stack: [ZERO, ONE] });
    expect(after.exception).toBeUndefined();
    expect([after.st(0), after.st(1)]).toEqual([ZERO, ONE]);
    expect(after.fsw & ~TOP).toBe(PENDING | ZE);
  });

  test.each(['fwait', 'fld1', 'fnop', 'fldcw [rdi]', 'fxch st1'])('%s ends in #MF', (next) => {
    const after = execute(`fdiv st0, st1\n${next}`, DIVIDE_BY_ZERO);
    expect(after.exception).toBe(layout.VECTOR_MF);
    expect([after.rip, after.fsw & ~TOP]).toEqual([2, PENDING | ZE]);
  });

  test.each([
    'fnstsw ax',
    'fnstcw [rdi]',
    'fnclex',
    'fninit',
    'fnstenv [rdi]',
    'fnsave [rdi]',
    'fxsave [rdi]',
  ])('%s does not wait', (next) => {
    expect(execute(`fdiv st0, st1\n${next}`, DIVIDE_BY_ZERO).exception).toBeUndefined();
  });

  test('FNCLEX takes it away', () => {
    const after = execute('fdiv st0, st1\nfnclex\nfwait', DIVIDE_BY_ZERO);
    expect([after.exception, after.fsw & ~TOP]).toEqual([undefined, 0]);
  });

  test('FNSTENV masks everything', () => {
    const after = execute('fdiv st0, st1\nfnstenv [rdi]\nfwait', DIVIDE_BY_ZERO);
    expect([after.exception, after.fcw, after.fsw & ~TOP]).toEqual([undefined, ALL_MASKED, ZE]);
    expect(after.view().getUint16(0, true)).toBe(DIVIDE_BY_ZERO.fcw);
    expect(after.view().getUint16(4, true) & ~TOP).toBe(PENDING | ZE);
  });

  test('FLDCW makes an old exception pending', () => {
    const memory = Uint8Array.of(0x7b, 0x03);
    const after = execute('fldcw [rdi]\nfwait', { stack: [ONE], fsw: ZE, memory });
    expect(after.exception).toBe(layout.VECTOR_MF);
  });
});

test('an unmasked overflow goes to a register with its exponent lowered, and not to memory', () => {
  const huge = '7ffe8000000000000000';
  const start = { stack: [huge, huge], fcw: ALL_MASKED & ~OE };
  // 2^16383 × 2^16383 = 2^32766; less 24576 that is 2^8190.
  expect(execute('fmul st0, st1', start).st(0)).toBe('5ffd8000000000000000');
  const stored = execute('fstp qword [rdi]', { ...start, memory: new Uint8Array(8).fill(0x55) });
  expect([...stored.memory(0, 8)]).toEqual(new Array(8).fill(0x55));
  expect([stored.st(0), stored.fsw & ~TOP]).toEqual([huge, PENDING | OE]);
});

test('the last instruction and its operand are remembered, control instructions are not', () => {
  const after = execute('nop\nfld dword [rdi + 4]\nfnstcw [rdi]\nfnstenv [rdi + 32]', {
    memory: new Uint8Array(8),
  });
  const view = after.view(32);
  expect(view.getUint32(12, true)).toBe(CODE + 1);
  expect(view.getUint32(20, true)).toBe(DATA + 4);
  expect(view.getUint16(18, true)).toBe(0x147);
});

test('the tag word tells zeros, special values and empty registers', () => {
  const stack = [ONE, ZERO, '7fff8000000000000000', '00000000000000000001', '3fff0000000000000001'];
  // ST(0) is R3, and R0 to R2 are empty.
  expect(execute('fnstenv [rdi]', { stack }).view().getUint16(8, true)).toBe(0b10_10_10_01_00_11_11_11);
});

test('a fault of the operand changes nothing', () => {
  const after = execute('fstp qword [rdi]', { stack: [ONE], rdi: 0x7f_fffe });
  expect([after.exception, after.st(0), after.fsw & ~TOP]).toEqual([layout.VECTOR_PF, ONE, 0]);
  expect(execute('fadd qword [rdi]', { rdi: 0x80_0000 }).fsw).toBe(0);
});
