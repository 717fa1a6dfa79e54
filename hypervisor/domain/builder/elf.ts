/**
 * An ELF64 image for x86-64: its headers, checked against the image's size. Only what a domain builder reads.
 * Source: System V ABI, chapter 4 (ELF header, sections) and 5 (program header).
 */
import { array, struct, u16, u32, u64, u8 } from '../../abi/layout.ts';
import { ImageError } from './image-error.ts';
import { hex, ImageReader } from './image-reader.ts';

export const ELF_MAGIC = [0x7f, 0x45, 0x4c, 0x46];

const ELFCLASS64 = 2;
const EM_386 = 3;
const ELFDATA2LSB = 1;
const EM_X86_64 = 62;
const PT_LOAD = 1;
const PT_NOTE = 4;
const SHT_NOTE = 7;
const PF_X = 1;
const PF_RWX = 7;

/** Architectures one may well hand over by mistake. */
const machineNames: Readonly<Record<number, string>> = {
  20: 'PowerPC',
  21: 'PowerPC64',
  22: 's390x',
  40: '32-bit ARM',
  183: 'AArch64',
  243: 'RISC-V',
  258: 'LoongArch',
};

const elf64_ehdr = struct({
  e_ident: array(u8, 16),
  e_type: u16,
  e_machine: u16,
  e_version: u32,
  e_entry: u64,
  e_phoff: u64,
  e_shoff: u64,
  e_flags: u32,
  e_ehsize: u16,
  e_phentsize: u16,
  e_phnum: u16,
  e_shentsize: u16,
  e_shnum: u16,
  e_shstrndx: u16,
});

const elf64_phdr = struct({
  p_type: u32,
  p_flags: u32,
  p_offset: u64,
  p_vaddr: u64,
  p_paddr: u64,
  p_filesz: u64,
  p_memsz: u64,
  p_align: u64,
});

const elf64_shdr = struct({
  sh_name: u32,
  sh_type: u32,
  sh_flags: u64,
  sh_addr: u64,
  sh_offset: u64,
  sh_size: u64,
  sh_link: u32,
  sh_info: u32,
  sh_addralign: u64,
  sh_entsize: u64,
});

/** A range of the file that is loaded: `fileBytes` from `offset` on go to `paddr`, zeroes follow to `memoryBytes`. */
interface ElfSegment {
  readonly offset: number;
  /** Sign-interpreted. */
  readonly vaddr: number;
  readonly paddr: number;
  readonly fileBytes: number;
  readonly memoryBytes: number;
  readonly isExecutable: boolean;
}

/** A named range of the file. */
interface ElfSection {
  readonly name: string;
  readonly isNote: boolean;
  readonly offset: number;
  readonly size: number;
}

export interface Elf {
  readonly image: ImageReader;
  readonly entry: number;
  /** The loadable segments, in order. */
  readonly segments: readonly ElfSegment[];
  /** Segments that hold notes, as ranges of the file. */
  readonly noteSegments: readonly { readonly offset: number; readonly size: number }[];
  readonly sections: readonly ElfSection[];
}

function checkArchitecture(image: ImageReader): void {
  image.require('the ELF header', 0, elf64_ehdr.size);
  const machine = image.u16('e_machine', elf64_ehdr.offset.e_machine);
  if (machine === EM_386)
    throw new ImageError(
      'wrong architecture',
      'an ELF image for 32-bit x86, as kernels of HVM, PVH and 32-bit PV domains are; domains here are 64-bit PV',
    );
  if (machine !== EM_X86_64) {
    const name = machineNames[machine] ?? `machine ${String(machine)}`;
    throw new ImageError('wrong architecture', `an ELF image for ${name}; a PV domain runs x86-64`);
  }
  if (image.u8('EI_CLASS', 4) !== ELFCLASS64 || image.u8('EI_DATA', 5) !== ELFDATA2LSB)
    throw new ImageError('wrong architecture', 'an ELF image that is not 64-bit little-endian');
}

/** The file offsets of a table's entries, all inside the image. */
function tableEntries(
  image: ImageReader,
  what: string,
  start: number,
  entrySize: number,
  count: number,
): number[] {
  image.require(what, start, entrySize * count);
  return Array.from({ length: count }, (_, index) => start + index * entrySize);
}

function readSegment(image: ImageReader, at: number): ElfSegment {
  const { offset } = elf64_phdr;
  const segment = {
    offset: image.i64('p_offset', at + offset.p_offset),
    vaddr: image.i64('p_vaddr', at + offset.p_vaddr),
    paddr: image.i64('p_paddr', at + offset.p_paddr),
    fileBytes: image.i64('p_filesz', at + offset.p_filesz),
    memoryBytes: image.i64('p_memsz', at + offset.p_memsz),
    isExecutable: (image.u32('p_flags', at + offset.p_flags) & PF_X) !== 0,
  };
  image.require('an ELF segment', segment.offset, segment.fileBytes);
  if (segment.memoryBytes < segment.fileBytes)
    throw new ImageError(
      'corrupt',
      `the ELF segment at byte ${hex(segment.offset)} is larger than its memory`,
    );
  return segment;
}

/**
 * A segment of notes, as a range of the file: what it takes of memory says nothing. Undefined where its offset is unset, as
 * some linkers leave it.
 */
function readNoteSegment(image: ImageReader, at: number): { offset: number; size: number } | undefined {
  const { offset } = elf64_phdr;
  const from = image.i64('p_offset', at + offset.p_offset);
  const size = image.i64('p_filesz', at + offset.p_filesz);
  if (from === 0) return undefined;
  image.require('an ELF note segment', from, size);
  return { offset: from, size };
}

interface RawSection extends ElfSection {
  readonly nameOffset: number;
}

function readSection(image: ImageReader, at: number): RawSection {
  const { offset } = elf64_shdr;
  return {
    name: '',
    nameOffset: image.u32('sh_name', at + offset.sh_name),
    isNote: image.u32('sh_type', at + offset.sh_type) === SHT_NOTE,
    offset: image.i64('sh_offset', at + offset.sh_offset),
    size: image.i64('sh_size', at + offset.sh_size),
  };
}

/** The sections with their names; a name that cannot be read is empty, for sections only help to find notes. */
function readSections(image: ImageReader): ElfSection[] {
  const { offset } = elf64_ehdr;
  const count = image.u16('e_shnum', offset.e_shnum);
  if (count === 0) return [];
  const start = image.i64('e_shoff', offset.e_shoff);
  const entrySize = image.u16('e_shentsize', offset.e_shentsize);
  const entries = tableEntries(image, 'the section header table', start, entrySize, count);
  const raw = entries.map((at) => readSection(image, at));
  const names = raw[image.u16('e_shstrndx', offset.e_shstrndx)];
  return raw.map((section) => {
    if (names === undefined || section.nameOffset >= names.size) return section;
    const name = image.text('a section name', names.offset + section.nameOffset, names.offset + names.size);
    return { ...section, name };
  });
}

/** Reads the headers of an ELF64 image for x86-64. Throws ImageError where it is not one, or not whole. */
export function parseElf(bytes: Uint8Array): Elf {
  const image = new ImageReader(bytes);
  checkArchitecture(image);
  const { offset } = elf64_ehdr;
  const start = image.i64('e_phoff', offset.e_phoff);
  const entrySize = image.u16('e_phentsize', offset.e_phentsize);
  const count = image.u16('e_phnum', offset.e_phnum);
  const entries = tableEntries(image, 'the program header table', start, entrySize, count);
  const typeOf = (at: number) => image.u32('p_type', at + elf64_phdr.offset.p_type);
  const isLoadable = (at: number) =>
    typeOf(at) === PT_LOAD && (image.u32('p_flags', at + elf64_phdr.offset.p_flags) & PF_RWX) !== 0;
  return {
    image,
    entry: image.i64('e_entry', offset.e_entry),
    segments: entries.filter(isLoadable).map((at) => readSegment(image, at)),
    noteSegments: entries
      .filter((at) => typeOf(at) === PT_NOTE)
      .map((at) => readNoteSegment(image, at))
      .filter((segment) => segment !== undefined),
    sections: readSections(image),
  };
}
