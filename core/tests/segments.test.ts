/**
 * Segment loads: every check of the manual, its vector, its error code, and which comes first when several fail
 * (SDM vol. 2, MOV; vol. 3, 5.6 and 5.7).
 */
import { describe, expect, it } from 'vitest';
import * as rings from './rings.ts';
import { outcome, runIn } from './rings.ts';
import { mapPage } from '../testing.ts';
import * as layout from '../wasm/layout.ts';

const { VECTOR_GP, VECTOR_NP, VECTOR_SS, VECTOR_UD } = layout;
/** Loads end with UD2, which is how a test knows that they succeeded. */
const LOADED: [number, number] = [VECTOR_UD, 0];

function load(ring: 0 | 1 | 3, segment: string, selector: number): [number, number] | string {
  return outcome(runIn(ring, `mov eax, ${String(selector)}\n mov ${segment}, ax\n ud2`));
}

describe('loading DS', () => {
  it.each<[string, 0 | 3, number, [number, number]]>([
    ['data of the same ring', 3, rings.DATA_3, LOADED],
    ['a null selector', 3, 0, LOADED],
    ['a null selector with an RPL', 3, 3, LOADED],
    ['beyond the table', 3, 0xe0 | 3, [VECTOR_GP, 0xe0]],
    ['data of an inner ring', 3, rings.DATA_0, [VECTOR_GP, rings.DATA_0]],
    ['inner data by an outer RPL', 0, rings.DATA_0 | 3, [VECTOR_GP, rings.DATA_0]],
    ['outer data from an inner ring', 0, rings.DATA_3, LOADED],
    ['code that may be read', 3, rings.CODE64_3, LOADED],
    ['conforming code of an inner ring', 3, rings.CONFORMING_0 | 3, LOADED],
    ['code that may not be read', 3, rings.EXECUTE_ONLY, [VECTOR_GP, rings.EXECUTE_ONLY & ~3]],
    ['data that is not present', 3, rings.ABSENT_DATA, [VECTOR_NP, rings.ABSENT_DATA & ~3]],
    ['a system descriptor', 0, rings.TSS_SELECTOR, [VECTOR_GP, rings.TSS_SELECTOR]],
    ['data in the LDT', 3, rings.LDT_DATA, LOADED],
    ['beyond the LDT: the error code names it', 3, 0x0f, [VECTOR_GP, 0x0c]],
  ])('%s', (_, ring, selector, expected) => {
    expect(load(ring, 'ds', selector)).toEqual(expected);
  });

  it('checks privilege before presence', () => {
    const absentInner = runIn(3, `mov eax, ${String(rings.ABSENT_DATA)}\n mov ds, ax\n ud2`, (machine) => {
      rings.write64(machine, rings.GDT + (rings.ABSENT_DATA & ~7), rings.descriptor(0, 1, 0x12));
    });
    expect(outcome(absentInner)).toEqual([VECTOR_GP, rings.ABSENT_DATA & ~3]);
  });
});

describe('loading SS', () => {
  it.each<[string, 0 | 1 | 3, number, [number, number]]>([
    ['data of the same ring', 3, rings.DATA_3, LOADED],
    ['a null selector in ring 3', 3, 3, [VECTOR_GP, 0]],
    ['a null selector in ring 1', 1, 1, LOADED],
    ['a null selector with another RPL', 1, 0, [VECTOR_GP, 0]],
    ['another RPL', 3, rings.DATA_3 & ~3, [VECTOR_GP, rings.DATA_3 & ~3]],
    ['data of an outer ring', 0, rings.DATA_3, [VECTOR_GP, rings.DATA_3 & ~3]],
    ['data that may not be written', 3, rings.READ_ONLY, [VECTOR_GP, rings.READ_ONLY & ~3]],
    ['code', 3, rings.CODE64_3, [VECTOR_GP, rings.CODE64_3 & ~3]],
    ['a segment that is not present', 3, rings.ABSENT_DATA, [VECTOR_SS, rings.ABSENT_DATA & ~3]],
    ['beyond the table', 3, 0xfffb, [VECTOR_GP, 0xfff8]],
  ])('%s', (_, ring, selector, expected) => {
    expect(load(ring, 'ss', selector)).toEqual(expected);
  });
});

it('a refused load leaves the segment and the registers as they were', () => {
  const { processor } = runIn(3, `mov rax, 0x1122334455660018\n mov ds, ax`);
  expect(processor.selector(layout.SEG_DS)).toBe(0x2b);
  expect(processor.big(layout.RAX)).toBe(0x1122334455660018n);
  expect(processor.rip).toBe(0x400000 + 10);
});

it('a descriptor is read across the end of a page, wherever it is cut', () => {
  const page = 0x690000;
  /** What is mapped behind the first page's end. */
  const elsewhere = 0x6a0000;
  for (const cut of [1, 4, 7]) {
    const base = page - (rings.NOT_ACCESSED & ~7) - cut;
    const { processor } = runIn(3, `mov eax, ${String(rings.NOT_ACCESSED)}\n mov fs, ax\n ud2`, (machine) => {
      const table = machine.bytes.slice(rings.GDT, rings.GDT + rings.GDT_LIMIT + 1);
      machine.write(base, table.subarray(0, page - base));
      machine.write(elsewhere, table.subarray(page - base));
      mapPage(machine, page, elsewhere);
      machine.processor.setField(layout.GDT_BASE, base);
    });
    expect(processor.segmentBase(layout.SEG_FS)).toBe(0x123000);
  }
});

it('mov cs is undefined', () => {
  expect(outcome(runIn(0, 'db 0x8e, 0xc8'))).toEqual([VECTOR_UD, 0]);
});

it('fs and gs take their base from the descriptor, and lose it with a null selector', () => {
  const source = `mov eax, ${String(rings.LDT_DATA)}
    mov fs, ax
    mov gs, ax
    xor eax, eax
    mov gs, ax
    ud2`;
  const { processor } = runIn(3, source, ({ processor: p }) => {
    p.setSegmentBase(layout.SEG_GS, 0x7777);
  });
  expect(processor.segmentBase(layout.SEG_FS)).toBe(0x234000);
  expect(processor.segmentBase(layout.SEG_GS)).toBe(0);
});

describe('the accessed bit', () => {
  const source = `mov eax, ${String(rings.NOT_ACCESSED)}\n mov es, ax\n ud2`;

  it('is set in the table, and the cache holds base, limit and attributes', () => {
    const { machine, processor } = runIn(3, source);
    const value = rings.read64(machine, rings.GDT + (rings.NOT_ACCESSED & ~7));
    expect((value >> 40n) & 1n).toBe(1n);
    expect(processor.segmentBase(layout.SEG_ES)).toBe(0x123000);
    expect(processor.word(layout.LIMITS + layout.SEG_ES * 4)).toBe(0x4567);
    expect(processor.word(layout.ATTRIBUTES + layout.SEG_ES * 4)).toBe(0x40f3);
  });

  it('faults where the table may not be written, as a supervisor write', () => {
    const run = runIn(3, source, (machine) => {
      const entry = 0x3000 + 0x1000 + 3 * 0x1000 + 0x80 * 8;
      machine.words[entry / 4]! &= ~2;
    });
    expect(outcome(run)).toEqual([layout.VECTOR_PF, 3]);
    expect(run.processor.exitAddress).toBe(rings.GDT + (rings.NOT_ACCESSED & ~7) + 5);
  });
});

it('a descriptor table that is not mapped gives a supervisor page fault', () => {
  const run = runIn(3, `mov eax, ${String(rings.DATA_3)}\n mov ds, ax\n ud2`, ({ processor }) => {
    processor.setField(layout.GDT_BASE, 0x10000000);
  });
  expect(outcome(run)).toEqual([layout.VECTOR_PF, 0]);
  expect(run.processor.exitAddress).toBe(0x10000028);
});

it('lss loads pointer and stack segment, or neither', () => {
  // The offset has 32 bits with a 64-bit register, too, and is extended by zeroes.
  const good = runIn(3, 'mov rsp, -1\n lss rsp, [pointer]\n ud2\n pointer: dd 0x650000\n dw 0x2b');
  expect(outcome(good)).toEqual(LOADED);
  expect(good.processor.get(layout.RSP)).toBe(0x650000);
  const bad = runIn(3, 'lss rsp, [pointer]\n ud2\n pointer: dd 0x650000\n dw 0x18');
  expect(outcome(bad)).toEqual([VECTOR_GP, 0x18]);
  expect(bad.processor.get(layout.RSP)).toBe(0x700000);
});

describe('questions about descriptors', () => {
  function ask(ring: 0 | 3, source: string): { zero: boolean; value: number } {
    const { processor } = runIn(ring, `mov ebx, 0x77\n ${source}\n ud2`);
    return { zero: (processor.flags & layout.ZF) !== 0, value: processor.low(layout.RBX) };
  }

  it.each<[string, 0 | 3, string, boolean, number]>([
    ['lar of code', 3, `mov ecx, ${String(rings.CODE64_3)}\n lar ebx, cx`, true, 0xaffb00],
    ['lar of inner data', 3, `mov ecx, ${String(rings.DATA_0)}\n lar ebx, cx`, false, 0x77],
    ['lar of a busy TSS', 0, `mov ecx, ${String(rings.TSS_SELECTOR)}\n lar ebx, cx`, true, 0x008b00],
    ['lar of null', 3, 'xor ecx, ecx\n lar ebx, cx', false, 0x77],
    ['lsl of flat data', 3, `mov ecx, ${String(rings.DATA_3)}\n lsl ebx, cx`, true, 0xffffffff],
    ['lsl of a small segment', 3, `mov ecx, ${String(rings.NOT_ACCESSED)}\n lsl ebx, cx`, true, 0x4567],
    ['lsl of a call gate', 3, `mov ecx, ${String(rings.GATE_SAME)}\n lsl ebx, cx`, false, 0x77],
    ['verr of execute-only code', 3, `mov ecx, ${String(rings.EXECUTE_ONLY)}\n verr cx`, false, 0x77],
    ['verr of data', 3, `mov ecx, ${String(rings.READ_ONLY)}\n verr cx`, true, 0x77],
    ['verw of read-only data', 3, `mov ecx, ${String(rings.READ_ONLY)}\n verw cx`, false, 0x77],
    ['verw of data', 3, `mov ecx, ${String(rings.DATA_3)}\n verw cx`, true, 0x77],
    ['verw of inner data', 3, `mov ecx, ${String(rings.DATA_0)}\n verw cx`, false, 0x77],
  ])('%s', (_, ring, source, zero, value) => {
    expect(ask(ring, source)).toEqual({ zero, value });
  });
});
