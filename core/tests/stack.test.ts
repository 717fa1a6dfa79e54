/** Stack instructions outside the main loop: other widths in 64-bit mode, and 32- and 16-bit stacks of compatibility mode. */
import { describe, expect, it } from 'vitest';
import type { Machine } from '../machine.ts';
import { CODE, STACK } from '../testing.ts';
import { STACK16, outcome, runIn } from './rings.ts';
import * as layout from '../wasm/layout.ts';

const { RAX, RBP, RBX, RCX, RDX, RSP, VECTOR_GP, VECTOR_PF, VECTOR_SS, VECTOR_UD } = layout;

/** Runs to a final UD2 in 64-bit (or 32-bit) mode. */
function run(source: string, bits: 32 | 64 = 64, setup?: (machine: Machine) => void) {
  const result = runIn(3, `${source}\n ud2`, setup, bits);
  expect(outcome(result)).toEqual([VECTOR_UD, 0]);
  return result.processor;
}

describe('64-bit mode', () => {
  it('pushes and pops 16 bits with a prefix', () => {
    const processor = run('mov rax, 0x1122334455667788\n push ax\n mov rbx, -1\n pop bx');
    expect(processor.big(RBX)).toBe(0xffffffffffff7788n);
    expect(processor.get(RSP)).toBe(STACK);
    expect(run('push ax').get(RSP)).toBe(STACK - 2);
  });

  it('pushes rsp as it was, pops into it and through it', () => {
    expect(run('push rsp\n pop rax').get(RAX)).toBe(STACK);
    expect(run('push 0x650000\n pop rsp').get(RSP)).toBe(0x650000);
    const popped = run('push 0x77\n push 0x55\n pop qword [rsp]\n pop rax\n');
    expect(popped.get(RAX)).toBe(0x55);
    const indexed = run('push 0x77\n push 0x55\n push 0x66\n pop qword [rsp + 8]\n pop rax\n pop rbx');
    expect([indexed.get(RAX), indexed.get(RBX)]).toEqual([0x55, 0x66]);
    const narrow = run('push 0x77\n push 0x55\n push 0x66\n pop qword [esp + 8]\n pop rax\n pop rbx');
    expect([narrow.get(RAX), narrow.get(RBX)]).toEqual([0x55, 0x66]);
  });

  it('a pop to memory that faults leaves rsp', () => {
    const result = runIn(3, 'push 1\n pop qword [0x900000]');
    expect(outcome(result)).toEqual([VECTOR_PF, 6]);
    expect(result.processor.get(RSP)).toBe(STACK - 8);
  });

  it('a push from memory that faults leaves rsp', () => {
    const result = runIn(3, 'push qword [0x900000]');
    expect(outcome(result)).toEqual([VECTOR_PF, 4]);
    expect(result.processor.get(RSP)).toBe(STACK);
  });

  it('pushes segment selectors zero-extended', () => {
    expect(run('push -1\n pop rax\n push fs\n pop rax').get(RAX)).toBe(0x2b);
  });

  it('enter and leave make and drop a frame', () => {
    const inside = run('mov rbp, 0x1234\n enter 0x20, 0');
    expect([inside.get(RBP), inside.get(RSP)]).toEqual([STACK - 8, STACK - 0x28]);
    const after = run('mov rbp, 0x1234\n enter 0x20, 0\n leave');
    expect([after.get(RBP), after.get(RSP)]).toEqual([0x1234, STACK]);
  });

  it('enter copies the display of the levels around it', () => {
    const source = `mov rbp, 0x6f0000
      mov qword [0x6efff8], 0x111
      mov qword [0x6efff0], 0x222
      enter 0x10, 3
      mov rax, [rbp - 8]
      mov rbx, [rbp - 16]
      mov rcx, [rbp - 24]
      mov rdx, [rbp]`;
    const processor = run(source);
    expect([RAX, RBX, RCX, RDX].map((register) => processor.get(register))).toEqual([
      ...[0x111, 0x222, STACK - 8, 0x6f0000],
    ]);
    expect(processor.get(RSP)).toBe(STACK - 32 - 0x10);
  });

  it('enter faults when what it makes room for is not there', () => {
    const result = runIn(3, 'mov rsp, 0x2010\n enter 0x10, 0', (machine) => {
      machine.words[0x4008 / 4] = 0x1005;
      machine.processor.flushTlb();
    });
    expect(outcome(result)).toEqual([VECTOR_PF, 7]);
    expect([result.processor.get(RSP), result.processor.get(RBP)]).toEqual([0x2010, 0]);
  });

  it('near branches have 64-bit operands, whatever their prefix says', () => {
    expect(run('push here\n db 0x66\n ret\n here:').get(RSP)).toBe(STACK);
  });

  it('ret releases what it is told', () => {
    expect(
      run('sub rsp, 24\n call there\n ud2\n there: pop rax\n push after\n ret 24\n after:').get(RSP),
    ).toBe(STACK);
  });
});

describe('32-bit stacks', () => {
  it('push, pop, call and ret move 4 bytes and clear the upper half of rsp', () => {
    const processor = run('push 0x11223344\n call there\n jmp out\n there: ret\n out: pop eax', 32);
    expect([processor.low(RAX), processor.get(RSP)]).toEqual([0x11223344, STACK]);
    expect(run('push eax', 32).get(RSP)).toBe(STACK - 4);
    expect(run('push ds\n pop eax', 32).get(RAX)).toBe(0x2b);
  });

  it('pusha and popa move eight registers, and popa passes over esp', () => {
    const source = `mov eax, 1\n mov ebp, 6\n mov edi, 8\n pusha
      xor eax, eax\n xor ebp, ebp\n xor edi, edi\n mov dword [esp + 12], 0x99\n popa`;
    const processor = run(source, 32);
    expect([processor.low(RAX), processor.low(RBP), processor.low(layout.RDI)]).toEqual([1, 6, 8]);
    expect(processor.get(RSP)).toBe(STACK);
    expect(run('mov ecx, 2\n pusha\n mov eax, [esp + 24]\n mov ebx, [esp + 12]', 32).low(RAX)).toBe(2);
    expect(run('pusha\n mov ebx, [esp + 12]', 32).low(RBX)).toBe(STACK);
  });

  it('indirect calls and jumps are truncated to their operands', () => {
    expect(run('mov eax, there\n call eax\n jmp out\n there: ret\n out:', 32).get(RSP)).toBe(STACK);
    expect(run('mov eax, there\n jmp eax\n nop\n there:', 32).rip).toBe(CODE + 8);
  });

  it('a call beyond the limit of CS is #GP(0), with nothing pushed', () => {
    const result = runIn(
      3,
      'mov eax, 0x500000\n call eax',
      ({ processor }) => {
        processor.setSegment(layout.SEG_CS, 0x3b, 0, 0x4fffff, 0x40fb);
      },
      32,
    );
    expect(outcome(result)).toEqual([VECTOR_GP, 0]);
    expect(result.processor.get(RSP)).toBe(STACK);
  });

  it('pop of a segment moves esp by the operand', () => {
    expect(run('push ds\n pop es', 32).get(RSP)).toBe(STACK);
    const refused = runIn(3, 'push 0x18\n pop es', undefined, 32);
    expect(outcome(refused)).toEqual([VECTOR_GP, 0x18]);
    expect(refused.processor.get(RSP)).toBe(STACK - 4);
  });
});

describe('16-bit stacks', () => {
  const enter = `mov eax, ${String(STACK16)}\n mov ss, ax\n mov esp, 0x12340004\n`;

  it('use SP alone and the base of SS', () => {
    const result = runIn(3, `${enter} push 0x55667788\n ud2`, undefined, 32);
    expect(result.processor.get(RSP)).toBe(0x12340000);
    expect(result.machine.words[0x600000 / 4]).toBe(0x55667788);
  });

  it('wrap below zero', () => {
    const result = runIn(3, `${enter} push 1\n push 2\n ud2`, undefined, 32);
    expect(result.processor.get(RSP)).toBe(0x1234fffc);
    expect(result.machine.words[0x60fffc / 4]).toBe(2);
  });

  it('an operand that wraps in the middle is #SS(0)', () => {
    const result = runIn(3, `${enter} mov esp, 2\n push eax`, undefined, 32);
    expect(outcome(result)).toEqual([VECTOR_SS, 0]);
    expect(result.processor.get(RSP)).toBe(2);
  });
});
