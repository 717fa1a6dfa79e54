/**
 * An ELF kernel with Xen's notes: what it says of where it is to be loaded. It may lie anywhere in memory: in a file that has
 * been read, or where it has been unpacked.
 */
import { copy } from 'programs/lib/intrinsics';
import { FarBytes } from './far';
import { VIRTUAL } from './mapping';
import { PAGE_BYTES } from './pages';
import { XenNotes } from './xen-notes';

/** Offsets of Elf64_Ehdr and Elf64_Phdr (System V ABI, chapters 4 and 5). */
const EI_CLASS: usize = 4;
const E_MACHINE: usize = 18;
const E_ENTRY: usize = 24;
const E_PHOFF: usize = 32;
const E_SHOFF: usize = 40;
const E_PHENTSIZE: usize = 54;
const E_PHNUM: usize = 56;
const E_SHENTSIZE: usize = 58;
const E_SHNUM: usize = 60;
const EHDR_BYTES: usize = 64;
const P_FLAGS: usize = 4;
const P_OFFSET: usize = 8;
const P_PADDR: usize = 24;
const P_FILESZ: usize = 32;
const P_MEMSZ: usize = 40;
const PHDR_BYTES: usize = 56;
const SH_TYPE: usize = 4;
const SH_OFFSET: usize = 24;
const SH_SIZE: usize = 32;
const SHDR_BYTES: usize = 64;
const PT_LOAD: u32 = 1;
const PT_NOTE: u32 = 4;
const SHT_NOTE: u32 = 7;
const PF_RWX: u32 = 7;
const ELFCLASS64: u8 = 2;
const EM_386: u16 = 3;
const EM_X86_64: u16 = 62;
export const ELF_MAGIC: u32 = 0x464c_457f;

const MAX_SEGMENTS: u64 = 64;
const MAX_SECTIONS: u64 = 4096;
const MAX_NOTE_BYTES: u64 = 1 << 16;
/** No kernel lies higher, or is larger. */
const MAX_ADDRESS: u64 = 1 << 40;
const HALF: u64 = 1 << 47;

/** A part of the image that is loaded. */
export class LoadSegment {
  constructor(
    public offset: u64,
    public fileBytes: u64,
    /** Bytes from the virtual base. */
    public at: u64,
    public memoryBytes: u64,
  ) {}
}

export class Kernel {
  segments: LoadSegment[] = [];
  entry: u64 = 0;
  /** The virtual address of pfn 0. */
  virtBase: u64 = 0;
  /** Bytes from the virtual base: where it begins and ends. */
  start: u64 = u64.MAX_VALUE;
  end: u64 = 0;
  /** Virtual address of the page that Xen writes its stubs to; 0: none. */
  hypercallPage: u64 = 0;
  /** Whether it takes its ramdisk unmapped, by pfn. */
  takesUnmappedRamdisk: bool = false;
  /** Whether the p2m list has a place of its own, and where. */
  hasOwnP2m: bool = false;
  p2mBase: u64 = 0;
  /** Why it cannot be built; empty: it can. */
  problem: string = '';

  constructor(public image: FarBytes) {}

  /** Whether it can be built; else `problem`. */
  parse(): bool {
    this.problem = this.read();
    return this.problem == '';
  }

  /** Bytes from the virtual base to the end of its half of the address space. */
  get room(): u64 {
    return (this.virtBase & HALF) != 0 ? 0 - this.virtBase : HALF - this.virtBase;
  }

  private read(): string {
    const header = this.part(0, EHDR_BYTES);
    if (header == null || load<u32>(changetype<usize>(header)) != ELF_MAGIC) return 'it is no ELF image';
    const at = changetype<usize>(header);
    if (load<u16>(at, E_MACHINE) == EM_386)
      return 'it is for HVM, PVH or 32-bit PV domains; domains here are 64-bit PV';
    if (load<u8>(at, EI_CLASS) != ELFCLASS64 || load<u16>(at, E_MACHINE) != EM_X86_64)
      return 'it is for another processor';
    const count = <u64>load<u16>(at, E_PHNUM);
    if (count > MAX_SEGMENTS || load<u16>(at, E_PHENTSIZE) != PHDR_BYTES) return DAMAGED;
    const table = this.part(load<u64>(at, E_PHOFF), count * PHDR_BYTES);
    if (table == null) return DAMAGED;
    const notes = new XenNotes();
    if (!this.readNotes(notes, changetype<usize>(table), <usize>count)) return DAMAGED;
    if (!notes.any && !this.readNoteSections(notes, at)) return DAMAGED;
    if (notes.problem != '') return notes.problem;
    this.virtBase = notes.virtBase;
    this.entry = notes.hasEntry ? notes.entry : load<u64>(at, E_ENTRY);
    this.hypercallPage = notes.hypercallPage;
    this.takesUnmappedRamdisk = notes.modStartPfn;
    if (!this.readSegments(notes.paddrOffset, changetype<usize>(table), <usize>count)) return DAMAGED;
    // A p2m list has a place of its own below the kernel alone.
    this.p2mBase = notes.initP2m;
    this.hasOwnP2m =
      notes.hasInitP2m && isPage(this.p2mBase) && (this.p2mBase & VIRTUAL) < (this.virtBase & VIRTUAL);
    return this.isPlaced() ? '' : 'its addresses are out of bounds';
  }

  /** A copy of a part of the image; null: it is not there. */
  private part(offset: u64, bytes: u64): ArrayBuffer | null {
    if (!this.image.has(offset, bytes)) return null;
    const part = new ArrayBuffer(<i32>bytes);
    if (bytes != 0) copy(changetype<usize>(part), this.image.at + offset, bytes);
    return part;
  }

  private readNotes(notes: XenNotes, table: usize, count: usize): bool {
    for (let n: usize = 0; n < count; n++) {
      const header = table + n * PHDR_BYTES;
      if (load<u32>(header) != PT_NOTE) continue;
      const offset = load<u64>(header, P_OFFSET);
      // Some linkers leave the offset unset.
      if (offset != 0 && !this.takeNotes(notes, offset, load<u64>(header, P_FILESZ))) return false;
    }
    return true;
  }

  /** Notes that no segment has: those of sections. */
  private readNoteSections(notes: XenNotes, header: usize): bool {
    const count = <u64>load<u16>(header, E_SHNUM);
    if (count == 0) return true;
    if (count > MAX_SECTIONS || load<u16>(header, E_SHENTSIZE) != SHDR_BYTES) return false;
    const table = this.part(load<u64>(header, E_SHOFF), count * SHDR_BYTES);
    if (table == null) return false;
    for (let n: usize = 0; n < <usize>count; n++) {
      const section = changetype<usize>(table) + n * SHDR_BYTES;
      if (load<u32>(section, SH_TYPE) != SHT_NOTE) continue;
      if (!this.takeNotes(notes, load<u64>(section, SH_OFFSET), load<u64>(section, SH_SIZE))) return false;
    }
    return true;
  }

  /** Takes the notes in a range of the image. */
  private takeNotes(notes: XenNotes, offset: u64, bytes: u64): bool {
    if (bytes > MAX_NOTE_BYTES) return false;
    const part = this.part(offset, bytes);
    if (part == null) return false;
    notes.read(changetype<usize>(part), <usize>bytes);
    return true;
  }

  private readSegments(paddrOffset: u64, table: usize, count: usize): bool {
    for (let n: usize = 0; n < count; n++) {
      const header = table + n * PHDR_BYTES;
      if (load<u32>(header) != PT_LOAD || (load<u32>(header, P_FLAGS) & PF_RWX) == 0) continue;
      const offset = load<u64>(header, P_OFFSET);
      const fileBytes = load<u64>(header, P_FILESZ);
      const memoryBytes = load<u64>(header, P_MEMSZ);
      const at = load<u64>(header, P_PADDR) - paddrOffset;
      if (!this.image.has(offset, fileBytes) || fileBytes > memoryBytes) return false;
      if (at > MAX_ADDRESS || memoryBytes > MAX_ADDRESS) return false;
      this.segments.push(new LoadSegment(offset, fileBytes, at, memoryBytes));
      this.start = min(this.start, at);
      this.end = max(this.end, at + memoryBytes);
    }
    return this.segments.length > 0;
  }

  /** Whether all its addresses are where addresses can be. */
  private isPlaced(): bool {
    if (!isPage(this.virtBase) || this.end > this.room || this.start % PAGE_BYTES != 0) return false;
    const entry = this.entry - this.virtBase;
    if (entry < this.start || entry > this.end) return false;
    if (this.hypercallPage == 0) return true;
    const page = this.hypercallPage - this.virtBase;
    return page % PAGE_BYTES == 0 && page >= this.start && page < this.end;
  }
}

const DAMAGED: string = 'its headers are damaged';

/** Whether it is a canonical address at the beginning of a page. */
function isPage(address: u64): bool {
  return address % PAGE_BYTES == 0 && ((<i64>address) << 16) >> 16 == <i64>address;
}
