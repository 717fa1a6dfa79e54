/**
 * Where the parts of an image lie. All addresses fit 32 signed bits, so that instructions hold them.
 *
 * A kernel: linear memory is the window at 0xffffffff80000000, where Xen maps pseudo-physical memory from page 0 on; static
 * data, tables and text stand one behind the other in it, so that an address of linear memory is a pseudo-physical one. A
 * program: linear memory from 0, its text and tables above it.
 */
import type { WasmModule } from '../wasm/module.ts';
import type { AddressSpace } from '../translate/context.ts';
import { TABLE_ENTRY_BYTES } from '../translate/context.ts';

export const PAGE_BYTES = 4096;
const WORD_BYTES = 8;
/** The window of a kernel, as a signed number: 0xffffffff80000000. */
export const KERNEL_WINDOW = -0x8000_0000;
/** Where static data begin in linear memory: what `asc --memoryBase` is told. */
export const KERNEL_DATA = 0x10_0000;
export const PROGRAM_DATA = 0x1000;
export const PROGRAM_TEXT = 0x6000_0000;
/** A program's globals and tables: the megabyte below its text. */
const PROGRAM_TABLES = PROGRAM_TEXT - 0x10_0000;

export type ImageKind = 'kernel' | 'program';

export interface Layout extends AddressSpace {
  /** Address of the first static byte, and of the byte behind the last. */
  readonly data: number;
  readonly dataEnd: number;
  /** The word that holds the address of the symbol table (symbols.ts), 0 where there is none. */
  readonly symbols: number;
  readonly tablesEnd: number;
}

/** Lays out a module. Throws RangeError where it does not fit. */
export function layOut(module: WasmModule, kind: ImageKind): Layout {
  const memory = kind === 'kernel' ? KERNEL_WINDOW : 0;
  const addresses = module.data.map(({ address }) => address).filter((address) => address >= 0);
  const usual = kind === 'kernel' ? KERNEL_DATA : PROGRAM_DATA;
  const data = memory + Math.min(usual, ...addresses);
  const ends = module.data.map(({ address, bytes }) => memory + Math.max(address, 0) + bytes.length);
  const dataEnd = Math.max(data, ...ends);
  const globals = kind === 'kernel' ? align(dataEnd, 16) : PROGRAM_TABLES;
  const memoryPages = globals + module.globals.length * WORD_BYTES;
  const symbols = memoryPages + WORD_BYTES;
  const table = symbols + WORD_BYTES;
  let at = table + module.table.length * TABLE_ENTRY_BYTES;
  const passive = new Map<number, number>();
  module.data.forEach(({ address, bytes }, n) => {
    if (address >= 0) return;
    passive.set(n, at);
    at = align(at + 4 + bytes.length, 4);
  });
  const text = kind === 'kernel' ? align(at, PAGE_BYTES) : PROGRAM_TEXT;
  if (at > text)
    throw new RangeError(`tables of ${String(at - globals)} bytes do not fit below a program's text`);
  return { memory, data, dataEnd, globals, memoryPages, symbols, table, passive, tablesEnd: at, text };
}

export function align(value: number, to: number): number {
  return Math.ceil(value / to) * to;
}
