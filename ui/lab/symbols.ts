/** What a kernel's file says of its code: the table that the toolchain puts into it (guests/toolchain/link/symbols.ts). */
import {
  decodeSymbols,
  functionAt,
  lineAt,
  SYMBOLS_ADDRESS,
  SYMBOLS_NOTE,
} from '../../guests/toolchain/link/symbols.ts';
import type { Symbols } from '../../guests/toolchain/link/symbols.ts';

/** Offsets of Elf64_Ehdr and Elf64_Phdr (System V ABI, chapters 4 and 5). */
const E_PHOFF = 32;
const E_PHNUM = 56;
const PHDR_BYTES = 56;
const PT_LOAD = 1;
const PT_NOTE = 4;
const PF_X = 1;
const ELF_MAGIC = 0x464c457f;

interface Part {
  readonly type: number;
  readonly flags: number;
  readonly offset: number;
  /** Virtual address, sign-interpreted. */
  readonly address: number;
  readonly bytes: number;
}

/** The table of a kernel's file; null: it has none, or it cannot be read. */
export function readSymbols(file: Uint8Array): Symbols | null {
  if (file.length < 64) return null;
  const view = new DataView(file.buffer, file.byteOffset, file.byteLength);
  if (view.getUint32(0, true) !== ELF_MAGIC) return null;
  try {
    const parts = partsOf(view);
    const address = parts
      .map((part) => (part.type === PT_NOTE ? findNote(view, part) : null))
      .find((at) => at !== null);
    if (address === undefined || address === null) return null;
    return decodeSymbols((at, bytes) => {
      const part = parts.find(
        (each) => each.type === PT_LOAD && at >= each.address && at < each.address + each.bytes,
      );
      if (part === undefined) throw new RangeError('the symbol table is outside of the image');
      const start = part.offset + at - part.address;
      return file.subarray(start, start + bytes);
    }, address);
  } catch (error) {
    // A table that somebody has broken is no table: the kernel boots all the same.
    if (error instanceof RangeError) return null;
    throw error;
  }
}

function partsOf(view: DataView): Part[] {
  const start = Number(view.getBigUint64(E_PHOFF, true));
  return Array.from({ length: view.getUint16(E_PHNUM, true) }, (_, n) => {
    const at = start + n * PHDR_BYTES;
    return {
      type: view.getUint32(at, true),
      flags: view.getUint32(at + 4, true),
      offset: Number(view.getBigUint64(at + 8, true)),
      address: Number(view.getBigInt64(at + 16, true)),
      bytes: Number(view.getBigUint64(at + 32, true)),
    };
  });
}

/** The code of an ELF file: its executable segment; null: it has none. */
export function executableOf(file: Uint8Array): { address: number; text: Uint8Array } | null {
  const view = new DataView(file.buffer, file.byteOffset, file.byteLength);
  const part = partsOf(view).find(({ type, flags }) => type === PT_LOAD && (flags & PF_X) !== 0);
  if (part === undefined) return null;
  return { address: part.address, text: file.subarray(part.offset, part.offset + part.bytes) };
}

/** The address that the note has, or null. */
function findNote(view: DataView, { offset, bytes }: Part): number | null {
  for (let at = offset; at + 12 <= offset + bytes;) {
    const nameBytes = view.getUint32(at, true);
    const valueBytes = view.getUint32(at + 4, true);
    const value = at + 12 + ((nameBytes + 3) & ~3);
    const name = new TextDecoder().decode(
      new Uint8Array(view.buffer, view.byteOffset + at + 12, Math.max(nameBytes - 1, 0)),
    );
    if (name === SYMBOLS_NOTE && view.getUint32(at + 8, true) === SYMBOLS_ADDRESS)
      return Number(view.getBigInt64(value, true));
    at = value + ((valueBytes + 3) & ~3);
  }
  return null;
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
