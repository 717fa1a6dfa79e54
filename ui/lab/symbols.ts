/** What a kernel's file says of its code: the table that the toolchain puts into it (guests/toolchain/link/symbols.ts). */
import {
  decodeSymbols,
  functionAt,
  lineAt,
  SYMBOLS_ADDRESS,
  SYMBOLS_NOTE,
} from '../../guests/toolchain/link/symbols.ts';
import type { Symbols } from '../../guests/toolchain/link/symbols.ts';
import { type Elf, parseElf } from '../../hypervisor/domain/builder/elf.ts';
import { notesIn } from '../../hypervisor/domain/builder/elf-notes.ts';
import { ImageError } from '../../hypervisor/domain/builder/image-error.ts';

/** The table of a kernel's file; null: it has none, or it cannot be read. */
export function readSymbols(file: Uint8Array): Symbols | null {
  try {
    const elf = parseElf(file);
    const address = tableAddress(elf);
    if (address === undefined) return null;
    return decodeSymbols((at, bytes) => {
      const part = elf.segments.find(({ vaddr, fileBytes }) => at >= vaddr && at < vaddr + fileBytes);
      if (part === undefined) throw new RangeError('the symbol table is outside of the image');
      const start = part.offset + at - part.vaddr;
      return file.subarray(start, start + bytes);
    }, address);
  } catch (error) {
    // A table that somebody has broken is no table: the kernel boots all the same.
    if (error instanceof RangeError || error instanceof ImageError) return null;
    throw error;
  }
}

/** Whether a file says where its table is. */
export function hasSymbols(file: Uint8Array): boolean {
  try {
    return tableAddress(parseElf(file)) !== undefined;
  } catch (error) {
    if (error instanceof ImageError) return false;
    throw error;
  }
}

/** The address that the note has. */
function tableAddress(elf: Elf): number | undefined {
  const note = elf.noteSegments
    .flatMap(({ offset, size }) => notesIn(elf, offset, size))
    .find(({ name, type }) => name === SYMBOLS_NOTE && type === SYMBOLS_ADDRESS);
  return note === undefined ? undefined : elf.image.i64('the note of the symbol table', note.offset);
}

/** The code of an ELF file: its executable segment; null: it has none. */
export function executableOf(file: Uint8Array): { address: number; text: Uint8Array } | null {
  const part = parseElf(file).segments.find(({ isExecutable }) => isExecutable);
  if (part === undefined) return null;
  return { address: part.vaddr, text: file.subarray(part.offset, part.offset + part.fileBytes) };
}

/** A place in the sources. */
export interface SourcePlace {
  readonly function: string;
  readonly file: string;
  /** From 1. */
  readonly line: number;
}

/** Where in the sources an address is. */
export function placeOf(symbols: Symbols, address: number): SourcePlace | null {
  const within = functionAt(symbols, address);
  const line = lineAt(symbols, address);
  return within === undefined || line === undefined ? null : { function: within.name, ...line };
}

const MAX_FRAMES = 32;

/**
 * The functions that have called each other, the innermost first, by the sizes of their frames. It ends where a frame's
 * size is not known. `read` gives a 64-bit word of the stack, or null.
 */
export function stackOf(
  symbols: Symbols,
  rip: number,
  rsp: number,
  read: (address: number) => number | null,
): SourcePlace[] {
  const frames: SourcePlace[] = [];
  let address = rip;
  let stack = rsp;
  while (frames.length < MAX_FRAMES) {
    // A return address is behind its call, which may be a line's last instruction.
    const place = placeOf(symbols, frames.length === 0 ? address : address - 1);
    if (place === null) break;
    frames.push(place);
    const frameBytes = functionAt(symbols, address)?.frameBytes ?? -1;
    if (frameBytes < 0) break;
    const next = read(stack + frameBytes);
    if (next === null) break;
    address = next;
    stack += frameBytes + 8;
  }
  return frames;
}
