/** Single step and the debug registers (SDM vol. 3, 17): what traps, when, and what DR6 and the exit say. */
import { describe, expect, it } from 'vitest';
import type { Machine } from '../machine.ts';
import { CODE, DATA, run64 } from '../testing.ts';
import type { Run } from '../testing.ts';
import { DATA_3, outcome, runIn } from './rings.ts';
import * as layout from '../wasm/layout.ts';

const { VECTOR_DB, VECTOR_PF, VECTOR_UD, TF, RF } = layout;
const DEBUG: [number, number] = [VECTOR_DB, 0];
const BS = 0x4000;
const DR6_FIXED = 0xffff0ff0;

/** DR7 bits of breakpoint `n`: locally enabled, with R/W and LEN fields. */
function enable(n: number, condition: number, length: number): number {
  return ((1 << (n * 2)) | (condition << (16 + n * 4)) | (length << (18 + n * 4))) >>> 0;
}
const EXECUTE = 0;
const WRITE = 1;
const ACCESS = 3;

function watch(addresses: readonly number[], dr7: number, flags = 0x202): (machine: Machine) => void {
  return ({ processor }) => {
    addresses.forEach((address, n) => {
      processor.setField(layout.DR + n * 8, address);
    });
    processor.setWord(layout.DR7, dr7);
    processor.flags = flags;
    processor.stateChanged();
  };
}

function dr6({ processor }: Run): number {
  return processor.word(layout.DR6);
}

describe('single step', () => {
  const step = ({ processor }: Machine): void => {
    processor.flags = 0x202 | TF;
  };

  it('traps behind each instruction, which is retired', () => {
    const run = run64('mov eax, 1\n mov eax, 2', step);
    expect(outcome(run)).toEqual(DEBUG);
    expect([run.processor.low(layout.RAX), run.processor.rip, run.processor.retired]).toEqual([
      1,
      CODE + 5,
      1,
    ]);
    expect([dr6(run), run.processor.exitAddress]).toEqual([DR6_FIXED + BS, BS]);
    run.processor.run(100);
    expect([run.processor.low(layout.RAX), run.processor.retired]).toEqual([2, 2]);
  });

  it('does not trap behind an instruction that faults', () => {
    const run = run64('mov eax, [0x900000]', step);
    expect(outcome(run)).toEqual([VECTOR_PF, 4]);
    expect(run.processor.rip).toBe(CODE);
  });

  it('steps a repeated string instruction one iteration at a time', () => {
    const run = run64('mov edi, 0x600000\n mov ecx, 3\n push 0x302\n popfq\n rep stosb\n ud2');
    expect(outcome(run)).toEqual(DEBUG);
    expect([run.processor.low(layout.RCX), run.processor.low(layout.RDI)]).toEqual([2, DATA + 1]);
    expect(run.processor.rip).toBe(run.labels.get('string') ?? CODE + 16);
  });

  it('is over when popf clears TF: that popf still traps', () => {
    const run = run64('push 0x202\n popfq\n nop\n ud2', step);
    run.processor.run(100);
    expect([run.processor.exitVector, run.processor.flags & TF]).toEqual([VECTOR_DB, 0]);
    expect(run.processor.run(100)).toBe(layout.EXIT_EXCEPTION);
    expect(run.processor.exitVector).toBe(VECTOR_UD);
  });

  it('waits one instruction when SS is loaded', () => {
    const run = run64('mov ax, ss\n push 0x302\n popfq\n mov ss, ax\n mov ebx, 1\n mov ebx, 2', (machine) => {
      machine.processor.setField(layout.GDT_BASE, DATA);
      machine.processor.setWord(layout.GDT_LIMIT, 0x2f);
      machine.words.set([0x0000ffff, 0x00cff300], (DATA + 0x28) / 4);
    });
    expect(outcome(run)).toEqual(DEBUG);
    expect(run.processor.low(layout.RBX)).toBe(1);
  });

  it('a syscall or software interrupt under TF leaves as such', () => {
    expect(outcome(run64('syscall', step))).toBe('syscall');
    expect(outcome(run64('int 0x80', step))).toBe('software interrupt');
  });
});

describe('instruction breakpoints', () => {
  const source = 'mov eax, 1\n there: mov eax, 2\n ud2';

  it('fault in front of the instruction', () => {
    const run = run64(source, watch([CODE + 5], enable(0, EXECUTE, 0)));
    expect(outcome(run)).toEqual(DEBUG);
    expect([run.processor.rip, run.processor.low(layout.RAX)]).toEqual([CODE + 5, 1]);
    expect([dr6(run), run.processor.exitAddress]).toEqual([DR6_FIXED + 1, 1]);
  });

  it('are passed with RF, which the instruction clears', () => {
    const run = run64(source, watch([0, 0, CODE], enable(2, EXECUTE, 0), 0x202 | RF));
    expect(outcome(run)).toEqual([VECTOR_UD, 0]);
    // RF is that of the fault behind: resume-flag.test.ts.
    expect(run.processor.low(layout.RAX)).toBe(2);
  });

  it('are passed by an IRET that sets RF', () => {
    const frame = `push 0x2b\n push 0x700000\n push 0x10202\n push 0x33\n push there\n iretq\n there: mov eax, 2\n ud2`;
    const before = runIn(3, frame);
    const at = before.labels.get('there')!;
    const run = runIn(3, frame, watch([at], enable(0, EXECUTE, 0)));
    expect(outcome(run)).toEqual([VECTOR_UD, 0]);
    expect(run.processor.low(layout.RAX)).toBe(2);
  });

  it('do nothing when they are not enabled', () => {
    expect(outcome(run64(source, watch([CODE + 5], 0)))).toEqual([VECTOR_UD, 0]);
  });
});

describe('watchpoints', () => {
  it('trap behind the instruction that writes', () => {
    const run = run64('mov dword [0x600000], 7\n nop\n ud2', watch([DATA], enable(0, WRITE, 3)));
    expect(outcome(run)).toEqual(DEBUG);
    expect(run.processor.rip).toBe(CODE + 11);
    expect(run.machine.words[DATA / 4]).toBe(7);
    expect([dr6(run), run.processor.exitAddress]).toEqual([DR6_FIXED + 1, 1]);
  });

  it.each<[string, string, number, number, boolean]>([
    ['a read of a write watchpoint', 'mov eax, [0x600000]', DATA, enable(0, WRITE, 3), false],
    ['a read of an access watchpoint', 'mov eax, [0x600000]', DATA, enable(0, ACCESS, 3), true],
    ['the byte before', 'mov byte [0x5fffff], 1', DATA, enable(0, WRITE, 3), false],
    ['a quadword that reaches into it', 'mov qword [0x5ffffc], 1', DATA, enable(0, WRITE, 0), true],
    ['the byte behind', 'mov byte [0x600008], 1', DATA, enable(0, WRITE, 2), false],
    ['the last byte of eight', 'mov byte [0x600007], 1', DATA, enable(0, WRITE, 2), true],
    [
      'an address that is not aligned is rounded down',
      'mov byte [0x600000], 1',
      DATA + 3,
      enable(0, WRITE, 3),
      true,
    ],
    ['read-modify-write', 'add dword [0x600000], 1', DATA, enable(0, WRITE, 3), true],
    ['push', 'mov rsp, 0x600008\n push rax', DATA, enable(0, WRITE, 0), true],
    ['pop', 'mov rsp, 0x600000\n pop rax', DATA, enable(0, ACCESS, 0), true],
    ['a string store', 'mov edi, 0x600000\n stosq', DATA, enable(0, WRITE, 0), true],
    ['a compare', 'cmp byte [0x600000], 1', DATA, enable(0, ACCESS, 0), true],
    ['an SSE store', 'movups [0x5ffff8], xmm0', DATA, enable(0, WRITE, 0), true],
    ['an SSE load', 'movups xmm0, [0x5ffff8]', DATA, enable(0, ACCESS, 0), true],
    ['FXSAVE', 'fxsave [0x5ffe10]', DATA, enable(0, WRITE, 0), true],
    ['FXSAVE below', 'fxsave [0x5ffe00]', DATA, enable(0, WRITE, 0), false],
    ['FXRSTOR', 'fxrstor [0x600000]', DATA + 511, enable(0, ACCESS, 0), true],
    ['an x87 store', 'fld1\n fstp tword [0x5ffff8]', DATA, enable(0, WRITE, 0), true],
  ])('%s', (_, source, address, dr7, hit) => {
    expect(outcome(run64(`${source}\n ud2`, watch([address], dr7)))).toEqual(hit ? DEBUG : [VECTOR_UD, 0]);
  });

  const loadStackSegment = (source: string, setup = watch([DATA], enable(0, ACCESS, 1))): Run =>
    runIn(3, `mov ss, [0x600000]\n ${source}`, (machine) => {
      machine.words[DATA / 4] = DATA_3;
      setup(machine);
    });

  it('wait one instruction when SS is loaded', () => {
    const run = loadStackSegment('mov ebx, 1\n mov ebx, 2');
    expect(outcome(run)).toEqual(DEBUG);
    expect([run.processor.low(layout.RBX), run.processor.exitAddress]).toEqual([1, 1]);
  });

  it('wait across the end of a run, and in what is saved', () => {
    const run = loadStackSegment('mov ebx, 1\n mov ebx, 2');
    const { processor } = run;
    processor.rip = CODE;
    processor.run(1);
    const saved = processor.saveState();
    processor.setWord(layout.DEBUG_HELD, 0);
    processor.restoreState(saved);
    processor.run(1);
    expect([processor.exitVector, processor.low(layout.RBX)]).toEqual([VECTOR_DB, 1]);
  });

  it('wait once for two loads of SS', () => {
    const run = loadStackSegment('mov ss, [0x600000]\n mov ebx, 1');
    expect([outcome(run), run.processor.low(layout.RBX)]).toEqual([DEBUG, 0]);
  });

  it('are lost to whoever the next instruction enters', () => {
    for (const [source, expected] of [
      ['syscall', 'syscall'],
      ['int3', 'software interrupt'],
      ['ud2', [VECTOR_UD, 0]],
    ] as const) {
      const run = loadStackSegment(`${source}\n next: mov ebx, 1\n ud2`);
      expect(outcome(run)).toEqual(expected);
      run.processor.rip = run.labels.get('next')!;
      run.processor.run(100);
      expect([run.processor.exitVector, run.processor.low(layout.RBX)]).toEqual([VECTOR_UD, 1]);
    }
  });

  it('hold off a breakpoint at the next instruction too', () => {
    const next = loadStackSegment('next: mov ebx, 1').labels.get('next')!;
    const run = loadStackSegment('mov ebx, 1\n ud2', watch([next], enable(0, EXECUTE, 0)));
    expect([outcome(run), run.processor.low(layout.RBX)]).toEqual([[VECTOR_UD, 0], 1]);
  });

  it('several at once, and single step with them, are told together', () => {
    const dr7 = enable(0, WRITE, 0) | enable(3, ACCESS, 0);
    const run = run64('mov byte [0x600000], 1\n ud2', watch([DATA, 0, 0, DATA], dr7 >>> 0, 0x202 | TF));
    expect([dr6(run), run.processor.exitAddress]).toEqual([DR6_FIXED + BS + 9, BS + 9]);
  });

  it('does not trap when the instruction faults', () => {
    const run = run64('add eax, [0x600000]\n movsb\n ud2', (machine) => {
      watch([DATA], enable(0, ACCESS, 0))(machine);
      machine.processor.set(layout.RSI, DATA);
      machine.processor.set(layout.RDI, 0x900000);
      machine.processor.rip = CODE;
    });
    expect(outcome(run)).toEqual(DEBUG);
    expect(run.processor.run(10)).toBe(layout.EXIT_EXCEPTION);
    expect(run.processor.exitVector).toBe(VECTOR_PF);
  });
});

it('an armed breakpoint does not change what code does or counts', () => {
  const source = `mov ecx, 100
    mov edi, 0x600000
    .loop: mov [rdi + rcx*4], ecx
    imul eax, ecx, 77
    add [rdi], eax
    loop .loop
    ud2`;
  const plain = run64(source);
  const armed = run64(source, watch([0x123456], enable(0, WRITE, 0)));
  expect(armed.processor.retired).toBe(plain.processor.retired);
  expect(armed.machine.bytes.slice(DATA, DATA + 512)).toEqual(plain.machine.bytes.slice(DATA, DATA + 512));
});
