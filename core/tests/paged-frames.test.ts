/**
 * Frames whose contents are not here (layout.PAGED_FRAMES): whatever access page tables allow stops at them, leaves nothing behind, and
 * is made again when they are here; what page tables forbid is a fault as ever.
 */
import { describe, expect, it } from 'vitest';
import { ACCESS_READ } from '../machine.ts';
import type { Machine } from '../machine.ts';
import { restoreProcessor, saveProcessor } from '../machine-state.ts';
import { CODE, DATA, run64, STACK, userMachine } from '../testing.ts';
import { read64 } from './rings.ts';
import * as layout from '../wasm/layout.ts';

const FRAME = DATA / 4096;
const ENTRY = 0x4000 + (DATA >> 12) * 8;
const ACCESSED_DIRTY = 0x60n;

/** Runs until the end (UD2) with a frame away, and again whenever that stops it, once it is there: how often it stopped, and where. */
function runAway(source: string, frame = FRAME, fill?: (machine: Machine) => void) {
  const run = run64(`${source}\n ud2`, (machine) => {
    machine.setPaged(frame, true);
  });
  const { machine, processor } = run;
  const first = { vector: processor.exitVector, frame: processor.exitError, rip: processor.rip };
  const before = { retired: processor.retired, entry: read64(machine, ENTRY), flags: processor.flags };
  machine.setPaged(frame, false);
  fill?.(machine);
  processor.run(1000);
  return { machine, processor, first, before };
}

describe('an access to one stops', () => {
  it.each<[string, string, number]>([
    ['a read', 'mov rax, [0x600010]', FRAME],
    ['a write', 'mov [0x600010], rax', FRAME],
    ['a read and write', 'add [0x600010], rax', FRAME],
    ['the lower part of one that crosses', 'mov rax, [0x600ffc]', FRAME],
    ['the upper part of one that crosses', 'mov rax, [0x5ffffc]', FRAME],
    ['a push', 'push rax', (STACK - 8) >> 12],
    ['a 16-byte read', 'movups xmm0, [0x600010]', FRAME],
  ])('%s', (_, source, frame) => {
    const { processor, first, before } = runAway(`mov rcx, 5\n ${source}`, frame);
    expect(first).toEqual({ vector: layout.VECTOR_PAGED, frame, rip: CODE + 7 });
    expect(before.retired).toBe(1);
    expect(before.flags & layout.RF).toBe(0);
    expect(processor.field(layout.CR2)).toBe(0);
    if (frame === FRAME) expect(before.entry & ACCESSED_DIRTY).toBe(0n);
    expect(processor.exitVector).toBe(layout.VECTOR_UD);
  });

  it('a fetch, at the instruction that is there', () => {
    const { first, processor } = runAway('mov rax, 0x600000\n jmp rax', FRAME, (machine) => {
      machine.write(DATA, new Uint8Array([0x90, 0x0f, 0x0b]));
    });
    expect(first).toEqual({ vector: layout.VECTOR_PAGED, frame: FRAME, rip: DATA });
    expect([processor.exitVector, processor.rip]).toEqual([layout.VECTOR_UD, DATA + 1]);
  });

  it('a string instruction, which goes on where it was', () => {
    const { first, machine, processor } = runAway(
      'mov rdi, 0x5ffff0\n mov rcx, 32\n mov al, 7\n rep stosb',
      FRAME,
    );
    expect(first.vector).toBe(layout.VECTOR_PAGED);
    expect(processor.get(layout.RCX)).toBe(0);
    expect([...machine.bytes.subarray(0x5fffee, 0x600012)]).toEqual([
      ...[0, 0],
      ...new Array<number>(32).fill(7),
      ...[0, 0],
    ]);
  });
});

it('what is written meanwhile is what is read then', () => {
  const { processor } = runAway('mov rax, [0x600010]', FRAME, (machine) => {
    machine.write(DATA + 0x10, new Uint8Array([42]));
  });
  expect(processor.get(layout.RAX)).toBe(42);
});

it('what page tables forbid is a fault all the same', () => {
  const { processor } = run64('mov rax, [0x600010]', (machine) => {
    machine.setPaged(FRAME, true);
    machine.words[ENTRY / 4] = 0;
  });
  expect([processor.exitVector, processor.exitError]).toEqual([layout.VECTOR_PF, 4]);
});

it('a translation for who asks from outside finds nothing, and stops nothing', () => {
  const machine = userMachine();
  machine.setPaged(FRAME, true);
  expect(machine.processor.translate(DATA, ACCESS_READ)).toBe(-1);
  machine.setPaged(FRAME, false);
  expect(machine.processor.translate(DATA, ACCESS_READ)).toBe(DATA);
});

it('it is saved and put back', () => {
  const machine = userMachine();
  machine.setPaged(FRAME, true);
  const saved = saveProcessor(machine);
  const other = userMachine();
  restoreProcessor(other, saved);
  expect(saveProcessor(other)).toEqual(saved);
  expect(other.processor.translate(DATA, ACCESS_READ)).toBe(-1);
});
