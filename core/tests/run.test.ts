/** Running: budgets and counts are exact wherever a run stops, and stopping never changes what happens. */
import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { assemble } from '../assembler/assemble.ts';
import type { Machine } from '../machine.ts';
import { CODE, DATA, run64, userMachine } from '../testing.ts';
import { outcome, runIn } from './rings.ts';
import * as layout from '../wasm/layout.ts';

/** A program with loops, calls, faultless memory, strings, flags and the time stamp; ends with UD2. */
const PROGRAM = `
  mov ecx, 20
  mov edi, 0x600000
  xor eax, eax
  .outer: push rcx
  call step
  pop rcx
  rdtsc
  mov [rdi + 0x800], eax
  add rdi, 4
  cmp ecx, 7
  ja .skip
  pushfq
  pop rbx
  mov [rdi + 0x1800], rbx
  .skip: dec ecx
  jnz .outer
  mov esi, 0x600800
  mov edi, 0x602000
  mov ecx, 25
  rep movsw
  mov ecx, 9
  mov edi, 0x602000
  mov al, 0
  repne scasb
  ud2
  step: imul edx, ecx, 0x10001
  .inner: rol edx, 3
  adc [rdi], edx
  loop .inner
  ret`;

function load(source: string): Machine {
  const machine = userMachine();
  machine.write(CODE, assemble(source, { origin: CODE }).bytes);
  return machine;
}

/** Everything a program can change: registers (with the clock) and data. */
function stateOf(machine: Machine): unknown {
  const { processor } = machine;
  return {
    registers: [...processor.rawBytes(layout.REGS, 16 * 8)],
    rip: processor.rip,
    flags: processor.flags,
    retired: processor.retired,
    exit: [processor.exitVector, processor.exitError],
    data: createHash('sha256').update(machine.bytes.subarray(DATA, 0x700000)).digest('hex'),
  };
}

describe('budgets', () => {
  const whole = load(PROGRAM);
  whole.processor.run(1_000_000);
  const total = whole.processor.retired;

  it.each([1, 2, 3, 5, 7, 64, 65, 333])('runs of %i instructions end in the same state', (budget) => {
    const machine = load(PROGRAM);
    let runs = 0;
    while (machine.processor.run(budget) === layout.EXIT_BUDGET) {
      runs++;
      expect(machine.processor.retired).toBe(runs * budget);
    }
    expect(stateOf(machine)).toEqual(stateOf(whole));
    expect(runs).toBe(Math.floor(total / budget));
  });

  it('stepping with TF ends in the same state, and counts the same', () => {
    const machine = load(PROGRAM.replace(/pushfq/g, 'push 0x2'));
    const plain = load(PROGRAM.replace(/pushfq/g, 'push 0x2'));
    plain.processor.run(1_000_000);
    machine.processor.flags = 0x302;
    while (machine.processor.run(1_000_000) === layout.EXIT_EXCEPTION) {
      if (machine.processor.exitVector !== layout.VECTOR_DB) break;
    }
    machine.processor.flags &= ~layout.TF;
    const ours = stateOf(machine) as { retired: number };
    expect({ ...ours, retired: 0 }).toEqual({ ...(stateOf(plain) as object), retired: 0 });
  });

  it('dropping blocks and translations in between changes nothing', () => {
    const machine = load(PROGRAM);
    let n = 0;
    while (machine.processor.run(11) === layout.EXIT_BUDGET) {
      if (n++ % 2) machine.processor.dropBlocks();
      else machine.processor.flushTlb();
    }
    expect(stateOf(machine)).toEqual(stateOf(whole));
  });

  it('a state saved in the middle goes on in another machine', () => {
    const first = load(PROGRAM);
    first.processor.run(100);
    const second = userMachine();
    second.bytes.set(first.bytes);
    second.processor.restoreState(first.processor.saveState());
    second.processor.setField(layout.RETIRED, first.processor.retired);
    second.processor.loadAddressSpace(0x1000, 0, false);
    second.processor.run(1_000_000);
    expect(stateOf(second)).toEqual(stateOf(whole));
  });
});

describe('counts at a fault', () => {
  it.each<[string, number]>([
    ['nop\n nop\n mov eax, [0x900000]', 2],
    ['cmp eax, 1\n je there\n nop\n there: ud2', 3],
    ['mov ecx, 3\n .l: loop .l\n ud2', 4],
    ['push 1\n mov rsp, 0x900008\n push 2', 2],
    ['mov ecx, 5\n mov edi, 0x600000\n rep stosb\n ud2', 3],
    ['nop\n hlt', 1],
    ['call there\n there: ret', 1],
    ['add [0x900000], eax', 0],
    ['mov eax, 1\n ud2', 1],
  ])('%s', (source, retired) => {
    const run = run64(source.replace('call there\n there: ret', 'mov rsp, 0x900000\n ret'));
    expect(run.exit).toBe(layout.EXIT_EXCEPTION);
    expect(run.processor.retired).toBe(retired);
  });

  it('a repeated string that faults in the middle stands where it got to; what it did counts as one', () => {
    const source = 'mov edi, 0x7ffffc\n mov ecx, 3\n rep stosd\n ud2';
    const run = run64(source, ({ processor }) => {
      processor.setHalves(layout.RAX, 0x55, 0);
    });
    expect(outcome(run)).toEqual([layout.VECTOR_PF, 6]);
    const { processor } = run;
    expect([processor.get(layout.RCX), processor.get(layout.RDI)]).toEqual([2, 0x800000]);
    expect([processor.rip, processor.exitAddress, processor.retired]).toEqual([CODE + 10, 0x800000, 3]);
  });
});

describe('code that changes', () => {
  it('ahead in the same block is seen at once', () => {
    const run = run64('mov byte [there + 1], 7\n there: mov eax, 1\n ud2');
    expect(run.processor.low(layout.RAX)).toBe(7);
  });

  it('in a block that ran before is seen when it runs again', () => {
    const source = `call there
      mov byte [there + 1], 9
      call there
      ud2
      there: mov eax, 1
      ret`;
    expect(run64(source).processor.low(layout.RAX)).toBe(9);
  });

  it('by a string instruction is seen', () => {
    const source = `mov edi, there
      mov al, 0x90
      mov ecx, 5
      rep stosb
      there: mov ebx, 1
      ud2`;
    expect(run64(source).processor.low(layout.RBX)).toBe(0);
  });

  it('across the end of a page is seen on both pages', () => {
    const run = run64(
      'mov eax, 0x600ffe\n call rax\n mov byte [0x601000], 5\n mov eax, 0x600ffe\n call rax\n ud2',
      (m) => {
        m.write(DATA + 0xffd, new Uint8Array([0x90, 0xb3, 0x01, 0xc3]));
        m.write(DATA + 0xffe, new Uint8Array([0x90, 0xb3, 0x01, 0xc3]));
      },
    );
    expect(run.processor.low(layout.RBX) & 0xff).toBe(5);
  });

  it('from outside is seen once the machine is told', () => {
    const machine = load('there: mov eax, 1\n jmp there');
    machine.processor.run(10);
    machine.write(CODE + 1, new Uint8Array([8]));
    machine.processor.run(10);
    expect(machine.processor.low(layout.RAX)).toBe(8);
  });
});

it('the same bytes mean different things in 64-bit and compatibility mode', () => {
  const source = `db 0x48
    xor eax, eax
    ud2`;
  expect(runIn(3, `mov eax, 5\n ${source}`).processor.low(layout.RAX)).toBe(0);
  const both = `mov eax, 5\n db 0x48, 0x90\n ud2`;
  expect(runIn(3, both).processor.low(layout.RAX)).toBe(5);
  expect(runIn(3, both, undefined, 32).processor.low(layout.RAX)).toBe(4);
});
