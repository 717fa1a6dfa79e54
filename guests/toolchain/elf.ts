/** Writing a Xen PV kernel as ELF64: one loadable segment and the notes that tell the domain builder what it is. */
import { PAGE_BYTES } from './link/layout.ts';

/** A note of an image: Xen's, or, with a name of their own, of others. */
export interface XenNote {
  /** Who understands it; by default Xen. */
  readonly name?: string;
  /** XEN_ELFNOTE_* */
  readonly type: number;
  /** A string (stored with its NUL) or a 64-bit number. */
  readonly value: string | bigint;
}

export interface XenKernel {
  /** Virtual address of the image's first byte, page aligned, at or above `virtBase`. */
  readonly address: bigint;
  /** XEN_ELFNOTE_VIRT_BASE: the virtual address of pfn 0. */
  readonly virtBase: bigint;
  readonly entry: bigint;
  readonly image: Uint8Array;
  /** Zeroed bytes behind the image. */
  readonly bssBytes: number;
  readonly notes: readonly XenNote[];
}

const HEADER_BYTES = 64;
const PROGRAM_HEADER_BYTES = 56;
const PT_LOAD = 1;
const PT_NOTE = 4;
const EM_X86_64 = 62;
const ET_EXEC = 2;
const RWX = 7;

/** The kernel's file. */
export function writeXenKernel(kernel: XenKernel): Uint8Array {
  const notes = encodeNotes(kernel.notes);
  const notesOffset = HEADER_BYTES + 2 * PROGRAM_HEADER_BYTES;
  const imageOffset = Math.ceil((notesOffset + notes.length) / PAGE_BYTES) * PAGE_BYTES;
  const file = new Uint8Array(imageOffset + kernel.image.length);
  const view = new DataView(file.buffer);
  file.set([0x7f, 0x45, 0x4c, 0x46, 2, 1, 1]);
  view.setUint16(16, ET_EXEC, true);
  view.setUint16(18, EM_X86_64, true);
  view.setUint32(20, 1, true);
  view.setBigUint64(24, kernel.entry, true);
  view.setBigUint64(32, BigInt(HEADER_BYTES), true);
  view.setUint16(52, HEADER_BYTES, true);
  view.setUint16(54, PROGRAM_HEADER_BYTES, true);
  view.setUint16(56, 2, true);
  programHeader(view, HEADER_BYTES, {
    type: PT_LOAD,
    offset: imageOffset,
    address: kernel.address,
    physical: kernel.address - kernel.virtBase,
    fileBytes: kernel.image.length,
    memoryBytes: kernel.image.length + kernel.bssBytes,
  });
  programHeader(view, HEADER_BYTES + PROGRAM_HEADER_BYTES, {
    type: PT_NOTE,
    offset: notesOffset,
    address: 0n,
    physical: 0n,
    fileBytes: notes.length,
    memoryBytes: notes.length,
  });
  file.set(notes, notesOffset);
  file.set(kernel.image, imageOffset);
  return file;
}

interface Segment {
  readonly type: number;
  readonly offset: number;
  readonly address: bigint;
  readonly physical: bigint;
  readonly fileBytes: number;
  readonly memoryBytes: number;
}

function programHeader(view: DataView, at: number, segment: Segment): void {
  view.setUint32(at, segment.type, true);
  view.setUint32(at + 4, RWX, true);
  view.setBigUint64(at + 8, BigInt(segment.offset), true);
  view.setBigUint64(at + 16, BigInt.asUintN(64, segment.address), true);
  view.setBigUint64(at + 24, BigInt.asUintN(64, segment.physical), true);
  view.setBigUint64(at + 32, BigInt(segment.fileBytes), true);
  view.setBigUint64(at + 40, BigInt(segment.memoryBytes), true);
  view.setBigUint64(at + 48, BigInt(segment.type === PT_LOAD ? PAGE_BYTES : 4), true);
}

/** The notes: name size, value size, type, name, value; each part padded to 4 bytes. */
export function encodeNotes(notes: readonly XenNote[]): Uint8Array {
  const bytes: number[] = [];
  for (const { name = 'Xen', type, value } of notes) {
    const owner = noteBytes(name);
    const content = noteBytes(value);
    bytes.push(...words(owner.length, content.length, type), ...owner);
    while (bytes.length % 4 !== 0) bytes.push(0);
    bytes.push(...content);
    while (bytes.length % 4 !== 0) bytes.push(0);
  }
  return Uint8Array.from(bytes);
}

function noteBytes(value: string | bigint): Uint8Array {
  if (typeof value === 'string') return new TextEncoder().encode(`${value}\0`);
  return new Uint8Array(new BigUint64Array([BigInt.asUintN(64, value)]).buffer);
}

function words(...values: number[]): number[] {
  return [...new Uint8Array(Uint32Array.from(values).buffer)];
}
