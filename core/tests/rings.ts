/**
 * For tests of privilege: a descriptor table with a segment of every interesting kind, and code run in a chosen ring.
 * The selectors below have their RPL in them.
 */
import { assemble } from '../assembler/assemble.ts';
import type { Machine } from '../machine.ts';
import { CODE, CODE_32, CODE_64, DATA_SEGMENT, userMachine } from '../testing.ts';
import type { Run } from '../testing.ts';
import * as layout from '../wasm/layout.ts';

export const GDT = 0x680000;
export const LDT = 0x681000;
export const TSS = 0x682000;
const TSS_LIMIT = 0x167;
/** Stack of ring 0 in the TSS. */
export const RING0_STACK = 0x6c0000;

/** Attribute bits as in layout.ATTRIBUTES. */
const DPL3 = 0x60;
const PRESENT = 0x80;

/** A descriptor from base, limit field and attributes (layout.ATTRIBUTES). */
export function descriptor(base: number, limit: number, attributes: number): bigint {
  const low = (limit & 0xffff) + (base & 0xffffff) * 0x10000;
  const high = (attributes & 0xff) | (((limit >> 16) & 15) << 8) | (attributes & 0xf000);
  return BigInt(low) | (BigInt(high) << 40n) | (BigInt(base >>> 24) << 56n);
}

/** The two halves of a 64-bit call gate. */
export function callGate(selector: number, target: number, attributes: number): [bigint, bigint] {
  const offset = BigInt(target);
  const low =
    (offset & 0xffffn) | (BigInt(selector) << 16n) | (BigInt(attributes) << 40n) | ((offset >> 16n) << 48n);
  return [BigInt.asUintN(64, low), offset >> 32n];
}

export const CODE64_0 = 0x08;
export const CODE32_0 = 0x10;
export const DATA_0 = 0x18;
export const DATA_3 = 0x2b;
export const CODE64_3 = 0x33;
export const CODE32_3 = 0x3b;
export const CONFORMING_0 = 0x40;
export const ABSENT_DATA = 0x4b;
export const READ_ONLY = 0x53;
export const EXECUTE_ONLY = 0x5b;
export const ABSENT_CODE = 0x63;
/** 64-bit and 32-bit at once: no segment. */
export const CONTRADICTORY = 0x6b;
export const STACK16 = 0x73;
export const NOT_ACCESSED = 0x7b;
export const CODE64_1 = 0x81;
export const DATA_1 = 0x89;
/** Offset of the TSS descriptor and of the call gates, which take two entries each. */
export const TSS_SELECTOR = 0x90;
export const GATE_INWARD = 0xa3;
export const GATE_SAME = 0xb3;
export const GATE_ABSENT = 0xc3;
export const GATE_PRIVATE = 0xd3;
const GATE_ENTRIES: readonly [number, number, number][] = [
  [GATE_INWARD, CODE64_0, 0xec],
  [GATE_SAME, CODE64_3, 0xec],
  [GATE_ABSENT, CODE64_3, 0x6c],
  [GATE_PRIVATE, CODE64_3, 0x8c],
];
/** Where all call gates lead. */
export const GATE_TARGET = 0x500000;
export const GDT_LIMIT = 0xdf;
/** One entry of data for ring 3 in the LDT, at index 0. */
export const LDT_DATA = 0x07;

const FLAT = 0xfffff;
const SEGMENTS: readonly [number, bigint][] = [
  [CODE64_0, descriptor(0, FLAT, 0xa09b)],
  [CODE32_0, descriptor(0, FLAT, 0xc09b)],
  [DATA_0, descriptor(0, FLAT, 0xc093)],
  [DATA_3, descriptor(0, FLAT, DATA_SEGMENT)],
  [CODE64_3, descriptor(0, FLAT, CODE_64)],
  [CODE32_3, descriptor(0, FLAT, CODE_32)],
  [CONFORMING_0, descriptor(0, FLAT, 0xa09f)],
  [ABSENT_DATA, descriptor(0, FLAT, DATA_SEGMENT & ~PRESENT)],
  [READ_ONLY, descriptor(0, FLAT, 0xc0f1)],
  [EXECUTE_ONLY, descriptor(0, FLAT, 0xc0f9)],
  [ABSENT_CODE, descriptor(0, FLAT, CODE_64 & ~PRESENT)],
  [CONTRADICTORY, descriptor(0, FLAT, 0xe0fb)],
  [STACK16, descriptor(0x600000, 0xffff, 0x00f3)],
  [NOT_ACCESSED, descriptor(0x123000, 0x4567, 0x40f2)],
  [CODE64_1, descriptor(0, FLAT, 0xa0bb)],
  [DATA_1, descriptor(0, FLAT, 0xc0b3)],
];

/** Writes a 64-bit value at a machine address. */
export function write64(machine: Machine, address: number, value: bigint): void {
  machine.words[address / 4] = Number(value & 0xffffffffn);
  machine.words[address / 4 + 1] = Number(value >> 32n);
}

/** Reads a 64-bit value at a machine address. */
export function read64(machine: Machine, address: number): bigint {
  return (BigInt(machine.words[address / 4 + 1]!) << 32n) | BigInt(machine.words[address / 4]!);
}

/** Gives the machine the descriptor table, an LDT and a TSS without I/O map. */
export function installTables(machine: Machine): void {
  const { processor } = machine;
  for (const [selector, value] of SEGMENTS) write64(machine, GDT + (selector & ~7), value);
  for (const [gate, selector, attributes] of GATE_ENTRIES)
    callGate(selector, GATE_TARGET, attributes).forEach((half, n) => {
      write64(machine, GDT + (gate & ~7) + n * 8, half);
    });
  write64(machine, GDT + TSS_SELECTOR, descriptor(TSS, TSS_LIMIT, 0x8b));
  write64(machine, LDT, descriptor(0x234000, FLAT, DATA_SEGMENT));
  write64(machine, TSS + 4, BigInt(RING0_STACK));
  machine.words[(TSS + 100) / 4] = (TSS_LIMIT + 1) << 16;
  processor.setField(layout.GDT_BASE, GDT);
  processor.setWord(layout.GDT_LIMIT, GDT_LIMIT);
  processor.setSegment(layout.SEG_LDTR, 0xe0, LDT, 7, 0x82);
  processor.setSegment(layout.SEG_TR, TSS_SELECTOR, TSS, TSS_LIMIT, 0x8b);
}

/** Assembles `source` and runs it in `ring`, in 64-bit or (`bits` 32) compatibility mode. */
export function runIn(
  ring: 0 | 1 | 3,
  source: string,
  setup?: (machine: Machine) => void,
  bits: 32 | 64 = 64,
  budget = 1000,
): Run {
  const machine = userMachine();
  const { processor } = machine;
  installTables(machine);
  const code = { 0: [CODE64_0, CODE32_0], 1: [CODE64_1, CODE64_1], 3: [CODE64_3, CODE32_3] }[ring];
  const data = { 0: DATA_0, 1: DATA_1, 3: DATA_3 }[ring];
  const dpl = (DPL3 * ring) / 3;
  processor.setSegment(
    layout.SEG_CS,
    bits === 64 ? code[0]! : code[1]!,
    0,
    0xffffffff,
    (bits === 64 ? 0xa09b : 0xc09b) | dpl,
  );
  processor.setSegment(layout.SEG_SS, data, 0, 0xffffffff, 0xc093 | dpl);
  processor.cpl = ring;
  const { bytes, labels } = assemble(source, { origin: CODE, bits });
  machine.write(CODE, bytes);
  machine.write(GATE_TARGET, assemble('ud2').bytes);
  setup?.(machine);
  processor.stateChanged();
  const exit = processor.run(budget);
  return { machine, processor, exit, labels };
}

/** What a test compares: the exception's vector and error code, or the name of another exit. */
export function outcome({ exit, processor }: Run): [number, number] | string {
  if (exit === layout.EXIT_EXCEPTION) return [processor.exitVector, processor.exitError];
  return (
    {
      [layout.EXIT_BUDGET]: 'budget',
      [layout.EXIT_SOFTWARE_INTERRUPT]: 'software interrupt',
      [layout.EXIT_SYSCALL]: 'syscall',
      [layout.EXIT_PRIVILEGED]: 'privileged',
    }[exit] ?? `exit ${String(exit)}`
  );
}
