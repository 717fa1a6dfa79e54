/** Breakpoints of whoever watches: where a run stops for them, and that nothing else changes. */
import { expect, it } from 'vitest';
import { assemble } from '../assembler/assemble.ts';
import { CODE, userMachine } from '../testing.ts';
import * as layout from '../wasm/layout.ts';

/** A loop of ten rounds, with a label in its middle, a call, and a string instruction. */
const PROGRAM = `
    mov ecx, 10
again:
    add rax, rcx
middle:
    cmp rax, 1000
    jne over
over:
    call inner
    dec ecx
    jnz again
    mov ecx, 5
    mov edi, 0x600000
string:
    rep stosb
spin:
    jmp spin
inner:
    inc rbx
    ret`;

function machineWith(): { machine: ReturnType<typeof userMachine>; at: (label: string) => number } {
  const machine = userMachine();
  const { bytes, labels } = assemble(PROGRAM, { origin: CODE });
  machine.write(CODE, bytes);
  return { machine, at: (label) => Number(labels.get(label)) };
}

it('a run stops before each, every time, and goes on from there', () => {
  const { machine, at } = machineWith();
  const { processor } = machine;
  // Decoded once as one block, before there are any.
  processor.run(3);
  processor.setBreakpoints([at('middle'), at('inner')]);
  const seen: number[] = [];
  for (let count = 0; count < 21; count++) {
    if (processor.run(100_000) !== layout.EXIT_BREAKPOINT) break;
    seen.push(processor.rip);
  }
  expect(seen.length).toBe(19);
  expect(seen.slice(0, 3)).toEqual([at('inner'), at('middle'), at('inner')]);
  expect(processor.get(layout.RBX)).toBe(10);
});

it('the count of instructions is exact, and the state what it is without', () => {
  const plain = machineWith();
  plain.machine.processor.run(77);
  const watched = machineWith();
  const { processor } = watched.machine;
  processor.setBreakpoints(['again', 'middle', 'over', 'inner', 'string'].map(watched.at));
  let left = 77;
  let stops = 0;
  while (left > 0) {
    const before = processor.retired;
    if (processor.run(left) === layout.EXIT_BREAKPOINT) stops++;
    left -= processor.retired - before;
  }
  expect(stops).toBeGreaterThan(20);
  const state = ({ machine }: typeof plain): Uint8Array =>
    machine.processor.rawBytes(layout.REGS, layout.EXIT_REASON - layout.REGS);
  expect(state(watched)).toEqual(state(plain));
  expect(watched.machine.bytes.slice(0x600000, 0x600010)).toEqual(
    plain.machine.bytes.slice(0x600000, 0x600010),
  );
});

it('a string instruction is one instruction; a jump to itself is met again', () => {
  const { machine, at } = machineWith();
  const { processor } = machine;
  processor.setBreakpoints([at('string'), at('spin')]);
  expect(processor.run(100_000)).toBe(layout.EXIT_BREAKPOINT);
  expect(processor.rip).toBe(at('string'));
  expect(processor.run(100_000)).toBe(layout.EXIT_BREAKPOINT);
  expect(processor.rip).toBe(at('spin'));
  expect(processor.low(layout.RCX)).toBe(0);
  expect(processor.run(100)).toBe(layout.EXIT_BUDGET);
  expect(processor.run(100)).toBe(layout.EXIT_BREAKPOINT);
});

it('with single step too, and none any more when they are taken away', () => {
  const { machine, at } = machineWith();
  const { processor } = machine;
  processor.flags = 0x202 | layout.TF;
  processor.stateChanged();
  processor.setBreakpoints([at('again')]);
  expect(processor.run(100)).toBe(layout.EXIT_EXCEPTION);
  expect(processor.run(100)).toBe(layout.EXIT_BREAKPOINT);
  expect(processor.run(100)).toBe(layout.EXIT_EXCEPTION);
  expect(processor.rip).toBe(at('middle'));
  processor.flags = 0x202;
  processor.stateChanged();
  processor.setBreakpoints([]);
  expect(processor.run(1000)).toBe(layout.EXIT_BUDGET);
});
