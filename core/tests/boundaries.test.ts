/**
 * Accesses that cross a boundary: of a page, of the canonical halves, of 4 GiB, of a watched place. What a processor of AMD
 * does was looked up on one.
 */
import { describe, expect, it } from 'vitest';
import type { Machine } from '../machine.ts';
import { CODE, run64, writeEntry } from '../testing.ts';
import { outcome, runIn } from './rings.ts';
import * as layout from '../wasm/layout.ts';

const { VECTOR_DB, VECTOR_GP, VECTOR_PF, VECTOR_SS, VECTOR_UD } = layout;
const DONE: [number, number] = [VECTOR_UD, 0];
const GP: [number, number] = [VECTOR_GP, 0];

describe('the end of the lower canonical half', () => {
  it.each<[string, string, [number, number], number?]>([
    ['a read up to it is a page fault', 'mov rbx, 0x7ffffffffff8\n mov rax, [rbx]', [VECTOR_PF, 4]],
    ['a read over it is not', 'mov rbx, 0x7ffffffffffc\n mov rax, [rbx]', GP],
    ['nor a write', 'mov rbx, 0x7ffffffffffc\n mov [rbx], rax', GP],
    ['nor an addition', 'mov rbx, 0x7ffffffffffc\n add [rbx], rax', GP],
    ['nor an exchange', 'mov rbx, 0x7fffffffffff\n xchg [rbx], ax', GP],
    ['#SS through rBP', 'mov rbp, 0x7ffffffffffc\n mov rax, [rbp]', [VECTOR_SS, 0]],
    ['#SS of a pop', 'mov rsp, 0x7ffffffffffc\n pop rax', [VECTOR_SS, 0]],
    ['a string element', 'mov rsi, 0x7ffffffffffc\n lodsq', GP],
    ['16 bytes up to it', 'mov rbx, 0x7ffffffffff0\n movdqu xmm0, [rbx]', [VECTOR_PF, 4]],
    ['16 bytes over it', 'mov rbx, 0x7ffffffffff8\n movdqu xmm0, [rbx]', GP],
    ['16 bytes written over it', 'mov rbx, 0x7ffffffffff8\n movdqu [rbx], xmm0', GP],
    ['80 bits are two accesses', 'mov rbx, 0x7ffffffffff8\n fld tword [rbx]', [VECTOR_PF, 4]],
    ['an environment is many', 'mov rbx, 0x7fffffffffc0\n fnsave [rbx]', [VECTOR_PF, 6]],
    ['FXRSTOR is one', 'mov rbx, 0x7fffffffff00\n fxrstor [rbx]', GP],
    ['the hole itself', 'mov rbx, 0xffff7fffffffffff\n mov al, [rbx]', GP],
    ['the upper half', 'mov rbx, 0xffff800000000000\n mov rax, [rbx]', [VECTOR_PF, 4]],
    ['the top wraps', 'mov rbx, -1\n mov rax, [rbx]', [VECTOR_PF, 4]],
  ])('%s', (_, source, expected) => {
    expect(outcome(run64(`${source}\n ud2`))).toEqual(expected);
  });
});

it('a fault of an address that is not canonical does not colour a later one', () => {
  const run = run64('mov rax, 0x800000000000\n jmp rax\n there: mov rbp, 0x900000\n mov [rbp], rax');
  expect(outcome(run)).toEqual(GP);
  run.processor.rip = run.labels.get('there')!;
  expect(run.processor.run(100)).toBe(layout.EXIT_EXCEPTION);
  expect([run.processor.exitVector, run.processor.exitError]).toEqual([VECTOR_PF, 6]);
  // A return to such an address is a fault of the fetch, outside of any instruction.
  run.processor.rip = 0x800000000000;
  run.processor.run(100);
  expect(run.processor.exitVector).toBe(VECTOR_GP);
  run.processor.rip = run.labels.get('there')!;
  run.processor.run(100);
  expect([run.processor.exitVector, run.processor.exitError]).toEqual([VECTOR_PF, 6]);
});

describe('4 GiB', () => {
  it('32-bit addresses of 64-bit code end there, operands do not', () => {
    const map = (machine: Machine): void => {
      // 0xffffffff and 0x100000000 by the tables of the first 2 MiB.
      writeEntry(machine, 0x2000, 3, 0x3007n);
      writeEntry(machine, 0x2000, 4, 0x3007n);
      writeEntry(machine, 0x3000, 511, 0x4007n);
      writeEntry(machine, 0x4000, 511, 0x600007n);
      writeEntry(machine, 0x4000, 0, 0x601007n);
      machine.words[0x600ffc / 4] = 0x11111111;
      machine.words[0x601000 / 4] = 0x22222222;
    };
    const run = run64('mov ebx, 0xfffffffc\n a32 mov rax, [ebx]\n ud2'.replace('a32 ', ''), map);
    expect(outcome(run)).toEqual(DONE);
    expect(run.processor.big(layout.RAX)).toBe(0x2222222211111111n);
  });

  it('an operand of compatibility mode does not reach over it', () => {
    expect(outcome(runIn(3, 'mov ebx, 0xfffffffe\n mov eax, [ebx]', undefined, 32))).toEqual(GP);
  });

  it('an instruction pointer of compatibility mode has 32 bits', () => {
    const run = runIn(
      3,
      'nop\n ud2',
      ({ processor }) => {
        processor.rip = CODE + 2 ** 32;
      },
      32,
    );
    expect(outcome(run)).toEqual(GP);
    expect([run.processor.rip, run.processor.retired]).toEqual([CODE + 2 ** 32, 0]);
  });

  it('nor does an instruction of it', () => {
    const run = runIn(
      3,
      'nop',
      (machine) => {
        writeEntry(machine, 0x2000, 3, 0x3007n);
        writeEntry(machine, 0x3000, 511, 0x4007n);
        writeEntry(machine, 0x4000, 511, 0x600007n);
        machine.bytes[0x600fff] = 0xb8;
        machine.processor.rip = 0xffffffff;
        machine.processor.flushTlb();
      },
      32,
    );
    expect(outcome(run)).toEqual(GP);
    expect(run.processor.rip).toBe(0xffffffff);
  });
});

it('a watchpoint at the top of the address space is hit', () => {
  const run = run64('mov rbx, -8\n mov [rbx], rax\n ud2', (machine) => {
    writeEntry(machine, 0x1000, 511, 0x2007n);
    writeEntry(machine, 0x2000, 511, 0x3007n);
    writeEntry(machine, 0x3000, 511, 0x4007n);
    writeEntry(machine, 0x4000, 511, 0x600007n);
    machine.processor.flushTlb();
    machine.processor.setField(layout.DR, -8);
    machine.processor.setWord(layout.DR7, 0x90001);
    machine.processor.stateChanged();
  });
  expect(outcome(run)).toEqual([VECTOR_DB, 0]);
});
