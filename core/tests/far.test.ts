/** Far jumps, calls, returns and IRET between code segments, modes and rings (SDM vol. 2; vol. 3, 5.8). */
import { describe, expect, it } from 'vitest';
import type { Machine } from '../machine.ts';
import { CODE } from '../testing.ts';
import * as rings from './rings.ts';
import { outcome, runIn } from './rings.ts';
import * as layout from '../wasm/layout.ts';

const { VECTOR_GP, VECTOR_NP, VECTOR_SS, VECTOR_TS, VECTOR_UD } = layout;
const ARRIVED: [number, number] = [VECTOR_UD, 0];
const CODE32 = String(rings.CODE32_3);

/** `jmp` or `call` with 64-bit operands through a far pointer (16:32, as AMD's processors have it) to `target` with a selector; the target is UD2 unless it says otherwise. */
function far(kind: 'jmp' | 'call', selector: number, target = 'there'): string {
  return `${kind} far qword [pointer]
    there: ud2
    pointer: dd ${target}
    dw ${String(selector)}`;
}

describe('jmp and call to code', () => {
  it.each<[string, 0 | 3, number, [number, number]]>([
    ['of the same ring', 3, rings.CODE64_3, ARRIVED],
    ['a null selector', 3, 0, [VECTOR_GP, 0]],
    ['beyond the table', 3, 0x1003, [VECTOR_GP, 0x1000]],
    ['of an inner ring', 3, rings.CODE64_0, [VECTOR_GP, rings.CODE64_0]],
    ['of an outer ring', 0, rings.CODE64_3, [VECTOR_GP, rings.CODE64_3 & ~3]],
    ['of the same ring with an outer RPL', 0, rings.CODE64_0 | 3, [VECTOR_GP, rings.CODE64_0]],
    ['conforming, of an inner ring', 3, rings.CONFORMING_0, ARRIVED],
    ['that is not present', 3, rings.ABSENT_CODE, [VECTOR_NP, rings.ABSENT_CODE & ~3]],
    ['that is 64-bit and 32-bit at once', 3, rings.CONTRADICTORY, [VECTOR_GP, rings.CONTRADICTORY & ~3]],
    ['data', 3, rings.DATA_3, [VECTOR_GP, rings.DATA_3 & ~3]],
    ['a TSS', 0, rings.TSS_SELECTOR, [VECTOR_GP, rings.TSS_SELECTOR]],
  ])('%s', (_, ring, selector, expected) => {
    expect(outcome(runIn(ring, far('jmp', selector)))).toEqual(expected);
    expect(outcome(runIn(ring, far('call', selector)))).toEqual(expected);
  });

  it('conforming code runs at the ring it was called from', () => {
    const { processor } = runIn(3, far('jmp', rings.CONFORMING_0));
    expect(processor.cpl).toBe(3);
    expect(processor.selector(layout.SEG_CS)).toBe(rings.CONFORMING_0 | 3);
  });
});

describe('compatibility mode', () => {
  const enter = `jmp far dword [pointer]
    pointer: dd there
    dw ${CODE32}
    bits 32
    there:`;

  it('is entered by a far jump, and instructions mean what they do in 32-bit code', () => {
    // 48 is DEC EAX there, and a REX prefix in 64-bit code.
    const { processor } = runIn(3, `mov eax, 5\n ${enter} db 0x48\n ud2`);
    expect(processor.low(layout.RAX)).toBe(4);
    expect(processor.selector(layout.SEG_CS)).toBe(rings.CODE32_3);
  });

  it('is left by a far jump, and by a far return', () => {
    const back = `${enter}
      jmp ${String(rings.CODE64_3)}:home
      bits 64
      home: mov rax, 0x1122334455667788
      ud2`;
    expect(runIn(3, back).processor.big(layout.RAX)).toBe(0x1122334455667788n);
    const returned = `${enter}
      push ${String(rings.CODE64_3)}
      push home
      retf
      bits 64
      home: mov rax, 0x1122334455667788
      ud2`;
    const { processor } = runIn(3, returned);
    expect(processor.big(layout.RAX)).toBe(0x1122334455667788n);
    expect(processor.get(layout.RSP)).toBe(0x700000);
  });

  it('a call pushes 32-bit operands', () => {
    const source = `call ${CODE32}:there
      there: ud2`;
    const { machine, processor, labels } = runIn(3, source, undefined, 32);
    expect(processor.get(layout.RSP)).toBe(0x700000 - 8);
    expect(machine.words[(0x700000 - 8) / 4]).toBe(labels.get('there'));
    expect(machine.words[(0x700000 - 4) / 4]).toBe(rings.CODE32_3);
  });

  it('code runs at an offset from the base of CS, within its limit', () => {
    const source = `jmp ${CODE32}:0x230
      times 16 db 0x90
      there: call next
      ud2
      next: pop ebx
      mov ecx, 3
      .again: inc eax
      loop .again
      mov dword [0x600000], eax
      push ebx
      ret`;
    const base = CODE - 0x230 + 7 + 16;
    const setup = (limit: number) => (machine: Machine) => {
      const value = rings.descriptor(base, limit, 0x40fb);
      rings.write64(machine, rings.GDT + (rings.CODE32_3 & ~7), value);
    };
    const run = runIn(3, source, setup(0xfffff), 32);
    expect(run.processor.low(layout.RBX)).toBe(0x235);
    expect(run.machine.words[0x600000 / 4]).toBe(3);
    const short = runIn(3, source, setup(0x238), 32);
    expect(outcome(short)).toEqual([VECTOR_GP, 0]);
    expect(short.processor.rip).toBe(0x238);
  });

  it('a target beyond the limit is #GP(0)', () => {
    const run = runIn(
      3,
      `jmp ${CODE32}:0x20000`,
      (machine) => {
        rings.write64(machine, rings.GDT + (rings.CODE32_3 & ~7), rings.descriptor(0, 0x1ffff, 0x40fb));
      },
      32,
    );
    expect(outcome(run)).toEqual([VECTOR_GP, 0]);
  });
});

describe('call gates', () => {
  it('lead to the same ring with 64-bit operands on the same stack', () => {
    const run = runIn(3, far('call', rings.GATE_SAME));
    expect(outcome(run)).toEqual(ARRIVED);
    expect(run.processor.rip).toBe(rings.GATE_TARGET);
    expect(run.processor.get(layout.RSP)).toBe(0x700000 - 16);
    expect(rings.read64(run.machine, 0x700000 - 16)).toBe(BigInt(run.labels.get('there')!));
    expect(rings.read64(run.machine, 0x700000 - 8)).toBe(BigInt(rings.CODE64_3));
  });

  it('lead to an inner ring on the stack from the TSS', () => {
    const run = runIn(3, far('call', rings.GATE_INWARD));
    const { machine, processor, labels } = run;
    expect(processor.cpl).toBe(0);
    expect(processor.selector(layout.SEG_CS)).toBe(rings.CODE64_0);
    expect(processor.selector(layout.SEG_SS)).toBe(0);
    expect(processor.get(layout.RSP)).toBe(rings.RING0_STACK - 32);
    const frame = [0, 8, 16, 24].map((at) => rings.read64(machine, rings.RING0_STACK - 32 + at));
    expect(frame).toEqual([labels.get('there')!, rings.CODE64_3, 0x700000, rings.DATA_3].map(BigInt));
  });

  it.each<[string, 'jmp' | 'call', number, [number, number]]>([
    ['jmp cannot change the ring', 'jmp', rings.GATE_INWARD, [VECTOR_GP, rings.CODE64_0]],
    ['a gate that is not present', 'call', rings.GATE_ABSENT, [VECTOR_NP, rings.GATE_ABSENT & ~3]],
    ['a gate of inner rings', 'call', rings.GATE_PRIVATE, [VECTOR_GP, rings.GATE_PRIVATE & ~3]],
  ])('%s', (_, kind, selector, expected) => {
    expect(outcome(runIn(3, far(kind, selector)))).toEqual(expected);
  });

  it('without a stack for the ring in the TSS: #TS(TR), without its memory: #PF as a supervisor write', () => {
    const small = runIn(3, far('call', rings.GATE_INWARD), ({ processor }) => {
      processor.setWord(layout.LIMITS + layout.SEG_TR * 4, 10);
    });
    expect(outcome(small)).toEqual([VECTOR_TS, rings.TSS_SELECTOR]);
    const unmapped = runIn(3, far('call', rings.GATE_INWARD), (machine) => {
      rings.write64(machine, rings.TSS + 4, 0x10000000n);
    });
    expect(outcome(unmapped)).toEqual([layout.VECTOR_PF, 2]);
    expect(unmapped.processor.cpl).toBe(3);
    const wild = runIn(3, far('call', rings.GATE_INWARD), (machine) => {
      rings.write64(machine, rings.TSS + 4, 0x8000000000000000n);
    });
    expect(outcome(wild)).toEqual([VECTOR_SS, 0]);
  });
});

/** A far return frame: selector, address, and for outer rings SS and RSP. */
function retf(cs: number, ss?: number, rsp = 0x650000): string {
  const outer = ss === undefined ? '' : `push ${String(ss)}\n push ${String(rsp)}`;
  return `${outer}
    push ${String(cs)}
    push there
    retfq
    there: ud2`;
}

describe('retf', () => {
  it.each<[string, 0 | 1 | 3, string, [number, number]]>([
    ['to the same ring', 3, retf(rings.CODE64_3), ARRIVED],
    ['to an outer ring', 0, retf(rings.CODE64_3, rings.DATA_3), ARRIVED],
    ['to ring 1 with a null stack', 0, retf(rings.CODE64_1, 1), ARRIVED],
    ['to ring 3 with a null stack', 0, retf(rings.CODE64_3, 3), [VECTOR_GP, 0]],
    ['to 32-bit code with a null stack', 0, retf(rings.CODE32_3, 3), [VECTOR_GP, 0]],
    ['to an inner ring', 3, retf(rings.CODE64_0), [VECTOR_GP, rings.CODE64_0]],
    [
      'with an RPL that is not the DPL',
      0,
      retf(rings.CODE64_0 | 3, rings.DATA_3),
      [VECTOR_GP, rings.CODE64_0],
    ],
    ['to a null selector', 3, retf(0), [VECTOR_GP, 0]],
    ['to absent code', 3, retf(rings.ABSENT_CODE), [VECTOR_NP, rings.ABSENT_CODE & ~3]],
    ['with a stack of another ring', 0, retf(rings.CODE64_3, rings.DATA_0), [VECTOR_GP, rings.DATA_0]],
    [
      'with a stack that is not writable',
      0,
      retf(rings.CODE64_3, rings.READ_ONLY),
      [VECTOR_GP, rings.READ_ONLY & ~3],
    ],
    [
      'with a stack that is absent',
      0,
      retf(rings.CODE64_3, rings.ABSENT_DATA),
      [VECTOR_SS, rings.ABSENT_DATA & ~3],
    ],
  ])('%s', (_, ring, source, expected) => {
    expect(outcome(runIn(ring, source))).toEqual(expected);
  });

  it('releases bytes on both stacks, and drops data segments of the inner ring', () => {
    const source = retf(rings.CODE64_3, rings.DATA_3)
      .replace('retfq', `mov eax, ${String(rings.DATA_0)}\n mov ds, ax\n retfq 16`)
      .replace('push 51', 'sub rsp, 16\n push 51');
    const { processor } = runIn(0, source);
    expect(processor.cpl).toBe(3);
    expect(processor.get(layout.RSP)).toBe(0x650000 + 16);
    expect(processor.selector(layout.SEG_DS)).toBe(0);
    expect(processor.selector(layout.SEG_ES)).toBe(0x2b);
  });
});

/** An IRETQ frame. */
function iret(cs: number, ss: number, flags: number, rip = 'there'): string {
  return `push ${String(ss)}
    push 0x650000
    push ${String(flags)}
    push ${String(cs)}
    mov rax, ${rip}
    push rax
    iretq
    there: ud2`;
}

describe('iret', () => {
  it.each<[string, 0 | 1 | 3, string, [number, number]]>([
    ['to the same ring', 3, iret(rings.CODE64_3, rings.DATA_3, 0x202), ARRIVED],
    ['to an outer ring', 0, iret(rings.CODE64_3, rings.DATA_3, 0x202), ARRIVED],
    ['to ring 0 with a null stack', 0, iret(rings.CODE64_0, 0, 2), ARRIVED],
    ['to ring 3 with a null stack', 3, iret(rings.CODE64_3, 3, 2), [VECTOR_GP, 0]],
    ['to an inner ring', 3, iret(rings.CODE64_0, rings.DATA_0, 2), [VECTOR_GP, rings.CODE64_0]],
    ['with a stack of another ring', 3, iret(rings.CODE64_3, rings.DATA_0, 2), [VECTOR_GP, rings.DATA_0]],
    ['to no canonical address', 3, iret(rings.CODE64_3, rings.DATA_3, 2, '0x900000000000'), [VECTOR_GP, 0]],
    ['to compatibility mode', 3, iret(rings.CODE32_3, rings.DATA_3, 2), ARRIVED],
  ])('%s', (_, ring, source, expected) => {
    const run = runIn(ring, source);
    expect(outcome(run)).toEqual(expected);
    if (expected === ARRIVED) expect(run.processor.get(layout.RSP)).toBe(0x650000);
    else expect(run.processor.get(layout.RSP)).toBe(0x700000 - 40);
  });

  it('to an outer ring null selectors lose their RPL, and inner ones become null', () => {
    const selectors = [layout.SEG_ES, layout.SEG_DS, layout.SEG_FS, layout.SEG_GS];
    const after = (ring: 0 | 3): number[] => {
      const { processor } = runIn(ring, iret(rings.CODE64_3, rings.DATA_3, 2), (machine) => {
        machine.processor.setSegment(layout.SEG_ES, 3, 0, 0, 0);
        machine.processor.setSegment(layout.SEG_DS, rings.DATA_0, 0, 0xffffffff, 0xc093);
        machine.processor.setSegment(layout.SEG_FS, 2, 0x1234000, 0, 0);
        machine.processor.setSegment(layout.SEG_GS, rings.DATA_3, 0, 0xffffffff, 0xc0f3);
      });
      expect(processor.segmentBase(layout.SEG_FS)).toBe(0x1234000);
      return selectors.map((segment) => processor.selector(segment));
    };
    expect(after(0)).toEqual([0, 0, 0, rings.DATA_3]);
    expect(after(3)).toEqual([3, rings.DATA_0, 2, rings.DATA_3]);
  });

  it('with NT set is #GP(0)', () => {
    const source = `pushfq\n or dword [rsp], ${String(layout.NT)}\n popfq\n ${iret(rings.CODE64_3, rings.DATA_3, 2)}`;
    expect(outcome(runIn(3, source))).toEqual([VECTOR_GP, 0]);
  });

  it('at the same ring in compatibility mode pops three operands', () => {
    const source = `push 0x202\n push ${CODE32}\n push there\n iretd\n there: ud2`;
    const run = runIn(3, source, undefined, 32);
    expect(outcome(run)).toEqual(ARRIVED);
    expect(run.processor.get(layout.RSP)).toBe(0x700000);
  });

  it('a frame that cannot be read is a page fault, and changes nothing', () => {
    const run = runIn(3, 'mov rsp, 0x900000\n iretq');
    expect(outcome(run)).toEqual([layout.VECTOR_PF, 4]);
    expect(run.processor.get(layout.RSP)).toBe(0x900000);
  });

  it('changes IOPL in ring 0 only, and IF only with I/O privilege', () => {
    const all = 0x3202 | layout.RF;
    const fromUser = runIn(3, iret(rings.CODE64_3, rings.DATA_3, all), ({ processor }) => {
      processor.flags = 2;
    });
    expect(fromUser.processor.flags & (layout.IOPL | layout.IF)).toBe(0);
    const fromKernel = runIn(0, iret(rings.CODE64_3, rings.DATA_3, all));
    expect(fromKernel.processor.flags & (layout.IOPL | layout.IF)).toBe(0x3200);
  });
});
