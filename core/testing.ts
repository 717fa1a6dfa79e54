/**
 * For tests of the processor: a machine with a few pages mapped, assembly in, state out.
 *
 * Page tables are at machine address 0x1000; the code page region at 0x400000 and everything up to `MAPPED_BYTES` are mapped
 * one to one, readable, writable, executable, at user privilege. The stack grows down from STACK.
 */
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { assemble } from './assembler/assemble.ts';
import { restoreProcessor, saveProcessor } from './machine-state.ts';
import { Machine, type MachineOptions, type Processor } from './machine.ts';
import * as layout from './wasm/layout.ts';

export const CODE = 0x400000;
export const DATA = 0x600000;
export const STACK = 0x700000;
const MAPPED_BYTES = 0x800000;
const ROOT = 0x1000;

/** Attributes of flat segments (layout.ATTRIBUTES): 64-bit code, 32-bit code, data; DPL 3. */
export const CODE_64 = 0xa0fb;
export const CODE_32 = 0xc0fb;
export const DATA_SEGMENT = 0xc0f3;

let module: WebAssembly.Module | undefined;

/** The compiled core; `npm run build:core` makes it. */
export function coreModule(): WebAssembly.Module {
  module ??= new WebAssembly.Module(
    readFileSync(fileURLToPath(new URL('./build/core.wasm', import.meta.url))),
  );
  return module;
}

/**
 * One machine for what is tried many times in a row, each time as it was made: with memory of zeroes. V8 collects garbage for
 * every few machines that are new, which takes longer than most of what is tried on one.
 */
export class MachineAgain {
  private readonly machine: Machine;
  private readonly made: Uint8Array;

  constructor(memoryBytes: number) {
    this.machine = new Machine(coreModule(), { memoryBytes });
    this.made = saveProcessor(this.machine);
  }

  /** Whoever had it before is done with it. */
  asMade(): Machine {
    this.machine.bytes.fill(0);
    restoreProcessor(this.machine, this.made);
    return this.machine;
  }
}

/** Writes a page-table entry. */
export function writeEntry(machine: Machine, table: number, index: number, value: bigint): void {
  machine.words[table / 4 + index * 2] = Number(value & 0xffffffffn);
  machine.words[table / 4 + index * 2 + 1] = Number(value >> 32n);
}

/**
 * Where nothing else is said, what `hotEntries` tests' machines have: `XENOSCOPE_HOT_ENTRIES=1 npx vitest run core` runs every
 * test of the processor translated.
 */
export const HOT_ENTRIES = Number(process.env['XENOSCOPE_HOT_ENTRIES'] ?? 0);

/** Maps a page of such a machine to another frame, before anybody has used it. */
export function mapPage(machine: Machine, va: number, frame: number): void {
  writeEntry(machine, ROOT + 0x3000 + (va >> 21) * 0x1000, (va >> 12) & 511, BigInt(frame) | 7n);
}

/** A machine of 8 MiB with everything mapped one to one, its processor at CPL 3 in 64-bit code at CODE. */
export function userMachine(options: Partial<MachineOptions> = {}): Machine {
  const machine = new Machine(coreModule(), {
    memoryBytes: MAPPED_BYTES,
    hotEntries: HOT_ENTRIES,
    ...options,
  });
  writeEntry(machine, ROOT, 0, BigInt(ROOT + 0x1000) | 7n);
  writeEntry(machine, ROOT + 0x1000, 0, BigInt(ROOT + 0x2000) | 7n);
  for (let i = 0; i < MAPPED_BYTES >> 21; i++) {
    writeEntry(machine, ROOT + 0x2000, i, BigInt(ROOT + 0x3000 + i * 0x1000) | 7n);
    for (let j = 0; j < 512; j++)
      writeEntry(machine, ROOT + 0x3000 + i * 0x1000, j, BigInt((i << 21) + (j << 12)) | 7n);
  }
  const { processor } = machine;
  processor.loadAddressSpace(ROOT, 0, false);
  processor.cpl = 3;
  processor.setSegment(layout.SEG_CS, 0x33, 0, 0xffffffff, CODE_64);
  for (const segment of [layout.SEG_ES, layout.SEG_SS, layout.SEG_DS, layout.SEG_FS, layout.SEG_GS])
    processor.setSegment(segment, 0x2b, 0, 0xffffffff, DATA_SEGMENT);
  processor.flags = 0x202;
  processor.set(layout.RSP, STACK);
  processor.rip = CODE;
  processor.stateChanged();
  return machine;
}

export interface Run {
  readonly machine: Machine;
  readonly processor: Processor;
  readonly exit: number;
  readonly labels: ReadonlyMap<string, number>;
}

/** Assembles `source` at CODE, runs it until an exit (at most `budget` instructions) and returns what became of it. */
export function run64(source: string, setup?: (machine: Machine) => void, budget = 100_000): Run {
  const machine = userMachine();
  const { bytes, labels } = assemble(source, { origin: CODE });
  machine.write(CODE, bytes);
  setup?.(machine);
  const exit = machine.processor.run(budget);
  return { machine, processor: machine.processor, exit, labels };
}
