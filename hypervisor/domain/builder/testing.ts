/** Small kernel images for tests: an ELF64 image with Xen's notes, and the bzImage around a payload. */
import * as elfnote from '../../abi/elfnote.ts';

export interface TestSegment {
  readonly paddr: number;
  readonly data: Uint8Array;
  readonly memoryBytes: number;
}

export interface TestKernel {
  readonly machine: number;
  readonly elfClass: number;
  /** ELF notes of the name "Xen": type and value, a number as 8 bytes. */
  readonly notes: readonly (readonly [type: number, value: number | string])[];
  /** Where the notes are: in a segment, or in a section alone. */
  readonly notesIn: 'segment' | 'section';
  /** What the segment of notes says that it takes of memory; without it, what it takes of the file. */
  readonly noteMemoryBytes?: number;
  /** The text of a `__xen_guest` section. */
  readonly guestSection: string | undefined;
  readonly segments: readonly TestSegment[];
}

export const VIRT_BASE = -0x8000_0000;

/** Code and data of a few pages at 1 MiB, and the notes that Linux has. */
export const linuxLike: TestKernel = {
  machine: 62,
  elfClass: 2,
  notes: [
    [elfnote.XEN_ELFNOTE_GUEST_OS, 'linux'],
    [elfnote.XEN_ELFNOTE_XEN_VERSION, 'xen-3.0'],
    [elfnote.XEN_ELFNOTE_LOADER, 'generic'],
    [elfnote.XEN_ELFNOTE_VIRT_BASE, VIRT_BASE],
    [elfnote.XEN_ELFNOTE_ENTRY, VIRT_BASE + 0x10_0040],
    [elfnote.XEN_ELFNOTE_PADDR_OFFSET, 0],
    [elfnote.XEN_ELFNOTE_INIT_P2M, 0x80_0000_0000],
    [elfnote.XEN_ELFNOTE_MOD_START_PFN, 1],
    [elfnote.XEN_ELFNOTE_FEATURES, '!writable_page_tables|pae_pgdir_above_4gb'],
    [elfnote.XEN_ELFNOTE_SUPPORTED_FEATURES, 0x8801],
  ],
  notesIn: 'segment',
  guestSection: undefined,
  segments: [
    { paddr: 0x10_0000, data: Uint8Array.from({ length: 6000 }, (_, at) => at % 251), memoryBytes: 0x2000 },
    { paddr: 0x10_2000, data: Uint8Array.from({ length: 100 }, () => 0xaa), memoryBytes: 0x3000 },
  ],
};

/** `kernel` with some notes replaced or added; a value of undefined takes one away. */
export function withNotes(
  kernel: TestKernel,
  notes: Readonly<Record<number, number | string | undefined>>,
): TestKernel {
  const kept = kernel.notes.filter(([type]) => !(type in notes));
  const added = Object.entries(notes).flatMap(([type, value]) =>
    value === undefined ? [] : [[Number(type), value] as const],
  );
  return { ...kernel, notes: [...kept, ...added] };
}

function pad4(bytes: readonly number[]): number[] {
  return [...bytes, ...new Array<number>((4 - (bytes.length % 4)) % 4).fill(0)];
}

function bytes32(value: number): number[] {
  return [value & 0xff, (value >> 8) & 0xff, (value >> 16) & 0xff, value >>> 24];
}

function noteBytes([type, value]: readonly [number, number | string]): number[] {
  const number = new Uint8Array(new BigInt64Array([BigInt(typeof value === 'number' ? value : 0)]).buffer);
  const descriptor = typeof value === 'number' ? [...number] : [...Buffer.from(`${value}\0`)];
  return [
    ...bytes32(4),
    ...bytes32(descriptor.length),
    ...bytes32(type),
    ...Buffer.from('Xen\0'),
    ...pad4(descriptor),
  ];
}

const HEADER = 64;
const PHDR = 56;
const SHDR = 64;
const NAMES = '\0.notes\0__xen_guest\0.shstrtab\0';

interface Part {
  readonly offset: number;
  readonly data: Uint8Array;
}

/** The ELF image. Program headers, contents, then section headers. */
export function elfImage(kernel: TestKernel): Uint8Array<ArrayBuffer> {
  const notes = Uint8Array.from(kernel.notes.flatMap(noteBytes));
  const guest = Buffer.from(`${kernel.guestSection ?? ''}\0`);
  const contents = [...kernel.segments.map(({ data }) => data), notes, guest, Buffer.from(NAMES)];
  let end = HEADER + PHDR * (kernel.segments.length + 1);
  const parts: Part[] = contents.map((data) => {
    const offset = Math.ceil(end / 16) * 16;
    end = offset + data.length;
    return { offset, data };
  });
  const sectionsAt = Math.ceil(end / 8) * 8;
  const image = new Uint8Array(sectionsAt + 4 * SHDR);
  const view = new DataView(image.buffer);
  const put64 = (at: number, value: number) => {
    view.setBigInt64(at, BigInt(value), true);
  };
  image.set([0x7f, 0x45, 0x4c, 0x46, kernel.elfClass, 1, 1]);
  view.setUint16(16, 2, true);
  view.setUint16(18, kernel.machine, true);
  put64(32, HEADER);
  put64(40, sectionsAt);
  view.setUint16(54, PHDR, true);
  view.setUint16(56, kernel.segments.length + 1, true);
  view.setUint16(58, SHDR, true);
  view.setUint16(60, 4, true);
  view.setUint16(62, 3, true);
  for (const { offset, data } of parts) image.set(data, offset);
  const [notesPart, guestPart, namesPart] = parts.slice(-3);
  const programHeader = (index: number, type: number, part: Part, paddr: number, memoryBytes: number) => {
    const at = HEADER + PHDR * index;
    view.setUint32(at, type, true);
    view.setUint32(at + 4, 5, true);
    for (const [field, value] of [part.offset, paddr, paddr, part.data.length, memoryBytes].entries())
      put64(at + 8 + 8 * field, value);
  };
  for (const [index, { paddr, memoryBytes }] of kernel.segments.entries())
    programHeader(index, 1, parts[index]!, paddr, memoryBytes);
  const noteType = kernel.notesIn === 'segment' ? 4 : 0;
  programHeader(kernel.segments.length, noteType, notesPart!, 0, kernel.noteMemoryBytes ?? notes.length);
  const sectionHeader = (index: number, name: string, type: number, part: Part) => {
    const at = sectionsAt + SHDR * index;
    view.setUint32(at, NAMES.indexOf(name), true);
    view.setUint32(at + 4, type, true);
    put64(at + 24, part.offset);
    put64(at + 32, part.data.length);
  };
  sectionHeader(1, '.notes', notes.length > 0 ? 7 : 1, notesPart!);
  if (kernel.guestSection !== undefined) sectionHeader(2, '__xen_guest', 1, guestPart!);
  sectionHeader(3, '.shstrtab', 3, namesPart!);
  return image;
}

/** A bzImage of boot protocol 2.15 around a packed kernel, its size included. */
export function bzImage(payload: Uint8Array, version = 0x020f): Uint8Array<ArrayBuffer> {
  const setupBytes = 1024;
  const payloadOffset = 0x40;
  const image = new Uint8Array(setupBytes + payloadOffset + payload.length);
  const view = new DataView(image.buffer);
  image[0x1f1] = setupBytes / 512 - 1;
  image.set(Buffer.from('HdrS'), 0x202);
  view.setUint16(0x206, version, true);
  view.setUint16(0x20e, 0x100, true);
  image.set(Buffer.from('6.6.6-test (somebody)\0'), 0x300);
  view.setUint32(0x248, payloadOffset, true);
  view.setUint32(0x24c, payload.length, true);
  image.set(payload, setupBytes + payloadOffset);
  return image;
}
