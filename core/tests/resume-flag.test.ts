/** RFLAGS.RF as whoever is entered finds it (SDM vol. 3, 17.3.1.1): set by faults, and between iterations of a string instruction. */
import { describe, expect, it } from 'vitest';
import type { Machine } from '../machine.ts';
import { CODE, DATA, run64 } from '../testing.ts';
import { outcome, runIn } from './rings.ts';
import * as layout from '../wasm/layout.ts';

const { RF, TF } = layout;

describe('faults set it', () => {
  it.each<[string, string, number]>([
    ['#UD', 'ud2', layout.VECTOR_UD],
    ['#PF of a read', 'mov eax, [0x900000]', layout.VECTOR_PF],
    ['#PF of a push', 'mov esp, 0x900000\n push rax', layout.VECTOR_PF],
    ['#PF of a fetch', 'mov eax, 0x900000\n jmp rax', layout.VECTOR_PF],
    ['#PF of a string instruction', 'mov edi, 0x900000\n stosb', layout.VECTOR_PF],
    ['#PF in its first iteration', 'mov edi, 0x900000\n mov ecx, 9\n rep stosb', layout.VECTOR_PF],
    ['#PF in a later one', 'mov edi, 0x7ffffc\n mov ecx, 9\n rep stosb', layout.VECTOR_PF],
    ['#GP', 'hlt', layout.VECTOR_GP],
    ['#DE', 'xor ecx, ecx\n div ecx', layout.VECTOR_DE],
    ['#SS', 'mov rsp, 0x900000000000\n push rax', layout.VECTOR_SS],
    ['#GP of a selector', 'mov eax, 0x1238\n mov ds, ax', layout.VECTOR_GP],
  ])('%s', (_, source, vector) => {
    const run = runIn(3, source);
    expect([run.processor.exitVector, run.processor.flags & RF]).toEqual([vector, RF]);
  });

  it('and the instruction that is tried again clears it', () => {
    const run = run64('mov eax, [0x900000]\n mov ebx, 1\n pushfq\n mov ecx, [0x900000]');
    run.processor.rip = CODE + 7;
    run.processor.run(1);
    expect([run.processor.low(layout.RBX), run.processor.flags & RF]).toEqual([1, 0]);
  });
});

describe('what leaves behind the instruction does not', () => {
  it.each<[string, string, unknown]>([
    ['int n', 'int 0x80', 'software interrupt'],
    ['int3', 'int3', 'software interrupt'],
    ['syscall', 'syscall', 'syscall'],
    ['single step', 'push 0x302\n popfq\n nop\n nop', [layout.VECTOR_DB, 0]],
    [
      'single step behind the last iteration',
      'mov ecx, 1\n mov edi, 0x600000\n push 0x302\n popfq\n rep stosb',
      [layout.VECTOR_DB, 0],
    ],
  ])('%s', (_, source, expected) => {
    const run = run64(source);
    expect(outcome(run)).toEqual(expected);
    expect(run.processor.flags & RF).toBe(0);
  });

  it('nor an instruction breakpoint', () => {
    const run = run64('nop\n nop', breakpointAt(CODE + 1));
    expect(outcome(run)).toEqual([layout.VECTOR_DB, 0]);
    expect(run.processor.flags & RF).toBe(0);
  });
});

function breakpointAt(address: number): (machine: Machine) => void {
  return ({ processor }) => {
    processor.setField(layout.DR, address);
    processor.setWord(layout.DR7, 1);
    processor.stateChanged();
  };
}

describe('between iterations of a repeated string instruction it is set', () => {
  const STRING = 'mov edi, 0x600000\n mov ecx, 0x3000\n there: rep stosb\n ud2';

  it('for an interrupt', () => {
    const run = run64(STRING, undefined, 3);
    expect(run.exit).toBe(layout.EXIT_BUDGET);
    expect([run.processor.rip, run.processor.low(layout.RDI)]).toEqual([
      run.labels.get('there'),
      DATA + 0x1000,
    ]);
    expect(run.processor.flags & RF).toBe(RF);
    // Nothing is left of it when all is done.
    run.processor.run(1);
    run.processor.run(1);
    expect([run.processor.low(layout.RCX), run.processor.flags & RF]).toEqual([0, 0]);
  });

  it('for a trap', () => {
    const run = run64(STRING.replace('there:', 'push 0x302\n popfq\n there:'));
    expect(outcome(run)).toEqual([layout.VECTOR_DB, 0]);
    expect([run.processor.low(layout.RCX), run.processor.flags & (RF | TF)]).toEqual([0x2fff, RF | TF]);
  });

  it('so that a breakpoint at it is met once', () => {
    const at = run64(STRING).labels.get('there')!;
    const run = run64(STRING.replace('0x3000', '3'), breakpointAt(at));
    expect(outcome(run)).toEqual([layout.VECTOR_DB, 0]);
    run.processor.flags = run.processor.flags | RF;
    run.processor.run(100);
    expect([run.processor.exitVector, run.processor.low(layout.RCX)]).toEqual([layout.VECTOR_UD, 0]);
  });
});
