/** Writing a user program as ELF64: its segments, each page aligned in the file, and a note that tells where its symbols are. */
import { encodeNotes } from './elf.ts';
import type { Segment } from './link/link.ts';
import { align, PAGE_BYTES } from './link/layout.ts';
import { SYMBOLS_ADDRESS, SYMBOLS_NOTE } from './link/symbols.ts';

const HEADER_BYTES = 64;
const PROGRAM_HEADER_BYTES = 56;
const PT_LOAD = 1;
const PT_NOTE = 4;
const EM_X86_64 = 62;
const ET_EXEC = 2;
const [PF_X, PF_W, PF_R] = [1, 2, 4];

/** The file. `entry`: the virtual address of the first instruction; `symbolTable`: that of the symbols. */
export function writeProgram(segments: readonly Segment[], entry: number, symbolTable: number): Uint8Array {
  const notes = encodeNotes([{ name: SYMBOLS_NOTE, type: SYMBOLS_ADDRESS, value: BigInt(symbolTable) }]);
  const notesOffset = HEADER_BYTES + (segments.length + 1) * PROGRAM_HEADER_BYTES;
  let end = notesOffset + notes.length;
  const offsets = segments.map(({ address, bytes }) => {
    // An offset and its address are the same within their pages.
    const offset = align(end, PAGE_BYTES) + (address % PAGE_BYTES);
    end = offset + bytes.length;
    return offset;
  });
  const file = new Uint8Array(end);
  const view = new DataView(file.buffer);
  file.set([0x7f, 0x45, 0x4c, 0x46, 2, 1, 1]);
  view.setUint16(16, ET_EXEC, true);
  view.setUint16(18, EM_X86_64, true);
  view.setUint32(20, 1, true);
  view.setBigUint64(24, BigInt(entry), true);
  view.setBigUint64(32, BigInt(HEADER_BYTES), true);
  view.setUint16(52, HEADER_BYTES, true);
  view.setUint16(54, PROGRAM_HEADER_BYTES, true);
  view.setUint16(56, segments.length + 1, true);
  segments.forEach((segment, n) => {
    programHeader(view, HEADER_BYTES + n * PROGRAM_HEADER_BYTES, segment, offsets[n]!);
    file.set(segment.bytes, offsets[n]!);
  });
  const at = HEADER_BYTES + segments.length * PROGRAM_HEADER_BYTES;
  view.setUint32(at, PT_NOTE, true);
  view.setUint32(at + 4, PF_R, true);
  view.setBigUint64(at + 8, BigInt(notesOffset), true);
  view.setBigUint64(at + 32, BigInt(notes.length), true);
  view.setBigUint64(at + 40, BigInt(notes.length), true);
  view.setBigUint64(at + 48, 4n, true);
  file.set(notes, notesOffset);
  return file;
}

function programHeader(view: DataView, at: number, segment: Segment, offset: number): void {
  view.setUint32(at, PT_LOAD, true);
  view.setUint32(at + 4, PF_R | (segment.writable ? PF_W : 0) | (segment.executable ? PF_X : 0), true);
  view.setBigUint64(at + 8, BigInt(offset), true);
  view.setBigUint64(at + 16, BigInt(segment.address), true);
  view.setBigUint64(at + 24, BigInt(segment.address), true);
  view.setBigUint64(at + 32, BigInt(segment.bytes.length), true);
  view.setBigUint64(at + 40, BigInt(segment.memoryBytes), true);
  view.setBigUint64(at + 48, BigInt(PAGE_BYTES), true);
}
