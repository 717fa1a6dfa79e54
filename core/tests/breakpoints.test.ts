/** Breakpoints of whoever watches: where a run stops for them, and that nothing else changes. */
import { expect, it } from 'vitest';
import { assemble } from '../assembler/assemble.ts';
import { CODE, mapPage, userMachine } from '../testing.ts';
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

/** What a run does until it has stopped so often: where, when, and with which registers. */
function stopsOf(
  source: string,
  breakpoints: readonly string[],
  count: number,
  hotEntries: number,
  again?: { readonly page: number; readonly of: number },
): { found: unknown[]; translated: number; retired: number } {
  const machine = userMachine({ hotEntries });
  if (again !== undefined) mapPage(machine, again.page, again.of);
  const { bytes, labels } = assemble(source, { origin: CODE });
  machine.write(CODE, bytes);
  const { processor } = machine;
  const addressOf = (label: string): number =>
    Number(labels.get(label.replace('again ', ''))) +
    (label.startsWith('again ') ? again!.page - again!.of : 0);
  // What is known of the code by then is known without breakpoints.
  processor.run(500);
  processor.setBreakpoints(breakpoints.map(addressOf));
  const found: unknown[] = [];
  for (let n = 0; n < count; n++) {
    expect(processor.run(1_000_000)).toBe(layout.EXIT_BREAKPOINT);
    const registers = [layout.RAX, layout.RBX, layout.RCX].map((each) => processor.big(each));
    found.push([processor.rip, processor.retired, ...registers]);
  }
  return { found, translated: machine.translations?.instructions ?? 0, retired: processor.retired };
}

it('all but where the breakpoints are is translated, and a run stops where it did', () => {
  const source = `
    mov ecx, 3000
again: add rax, rcx
    imul rax, rax, 31
    test ecx, 511
    jz elsewhere
back: dec ecx
    jnz again
    jmp elsewhere
elsewhere: xor rax, 5
    add rbx, rax
stop: inc rbx
    jmp back`;
  const interpreted = stopsOf(source, ['stop'], 6, 0);
  const translated = stopsOf(source, ['stop'], 6, 20);
  expect(translated.found).toEqual(interpreted.found);
  expect(translated.translated).toBeGreaterThan(translated.retired / 2);
});

it.each([0, 20])(
  'a frame may be mapped twice: a run stops in the one, not in the other (%i)',
  (hotEntries) => {
    const source = `
    mov edx, 0
again: mov r8, 0x${(CODE + 0x1000).toString(16)}
    mov ecx, 300
many: call r8
    dec ecx
    jnz many
    add r8, 0x1000
    call r8
    inc edx
    jmp again
    align 4096
function: test ecx, 1
    jnz odd
    call inner
behind: add rax, rcx
odd: test edx, 1
    jz over
    inc rbx
inside: add rbx, rax
over: xor rax, rbx
    ret
inner: add rax, 3
    ret`;
    const breakpoints = ['inside', 'behind', 'over'].map((label) => `again ${label}`);
    const { found, translated, retired } = stopsOf(source, breakpoints, 20, hotEntries, {
      page: CODE + 0x2000,
      of: CODE + 0x1000,
    });
    const places = found.map((stop) => (stop as [number])[0]);
    expect(new Set(places.map((rip) => rip - (rip & 0xfff)))).toEqual(new Set([CODE + 0x2000]));
    expect(new Set(places).size).toBe(3);
    expect(found).toEqual(
      stopsOf(source, breakpoints, 20, 0, { page: CODE + 0x2000, of: CODE + 0x1000 }).found,
    );
    if (hotEntries > 0) expect(translated).toBeGreaterThan(retired / 2);
  },
);
