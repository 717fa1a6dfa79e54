/**
 * A kernel's file: an ELF image with Xen's notes. What it says of where it is to be loaded, in virtual addresses. Compressed
 * ones (bzImage) and kernels that want their p2m list at a place of its own are not built here yet.
 */
import { XEN_ELFNOTE_ENTRY, XEN_ELFNOTE_HYPERCALL_PAGE, XEN_ELFNOTE_INIT_P2M } from 'xen';
import { XEN_ELFNOTE_PADDR_OFFSET, XEN_ELFNOTE_VIRT_BASE } from 'xen';
import { O_RDONLY, SEEK_END, SEEK_SET } from 'mote/abi';
import { close, open, read, seek } from 'programs/lib/calls';
import { describe } from 'programs/lib/errno';

/** Offsets of Elf64_Ehdr, Elf64_Phdr, Elf64_Nhdr (System V ABI, chapters 4 and 5). */
const E_MACHINE: usize = 18;
const E_ENTRY: usize = 24;
const E_PHOFF: usize = 32;
const E_PHNUM: usize = 56;
const EHDR_BYTES: usize = 64;
const PHDR_BYTES: usize = 56;
const P_OFFSET: usize = 8;
const P_PADDR: usize = 24;
const P_FILESZ: usize = 32;
const P_MEMSZ: usize = 40;
const PT_LOAD: u32 = 1;
const PT_NOTE: u32 = 4;
const EM_X86_64: u16 = 62;
const ELF_MAGIC: u32 = 0x464c_457f;
const XEN_NAME: u32 = 0x006e_6558;
const CHUNK: i32 = 1 << 20;

/** Why the last file could not be read or used; empty: it could. */
export let problem: string = '';

/** A whole file; null: `problem`. */
export function readWhole(path: string): ArrayBuffer | null {
  problem = '';
  const fd = open(path, O_RDONLY);
  if (fd < 0) return fail(describe(fd));
  const size = <i32>seek(fd, 0, SEEK_END);
  seek(fd, 0, SEEK_SET);
  const bytes = new ArrayBuffer(max(size, 0));
  const part = new ArrayBuffer(CHUNK);
  let done = 0;
  while (done < size) {
    const got = read(fd, part, min(CHUNK, size - done));
    if (got <= 0) break;
    memory.copy(changetype<usize>(bytes) + done, changetype<usize>(part), got);
    done += got;
  }
  close(fd);
  return done == size ? bytes : fail('it cannot be read to its end');
}

function fail(why: string): ArrayBuffer | null {
  problem = why;
  return null;
}

/** A part of the file that is loaded. */
export class LoadSegment {
  constructor(
    public fileOffset: usize,
    public fileBytes: usize,
    /** Bytes from the virtual base. */
    public at: u64,
    public memoryBytes: u64,
  ) {}
}

export class KernelFile {
  segments: LoadSegment[] = [];
  entry: u64 = 0;
  virtBase: u64 = 0;
  /** Bytes from the virtual base: where it begins and ends. */
  start: u64 = u64.MAX_VALUE;
  end: u64 = 0;
  /** Virtual address of the page that Xen writes its stubs to; 0: none. */
  hypercallPage: u64 = 0;
  private paddrOffset: u64 = 0;

  constructor(public bytes: ArrayBuffer) {}

  get at(): usize {
    return changetype<usize>(this.bytes);
  }

  /** Whether it can be built; else `problem`. */
  parse(): bool {
    const size = <usize>this.bytes.byteLength;
    problem = '';
    if (size < EHDR_BYTES || load<u32>(this.at) != ELF_MAGIC)
      problem = 'it is no ELF image (others are not there yet)';
    else if (load<u16>(this.at, E_MACHINE) != EM_X86_64) problem = 'it is for another processor';
    if (problem != '') return false;
    this.entry = load<u64>(this.at, E_ENTRY);
    const headers = load<u64>(this.at, E_PHOFF);
    const count = <u64>load<u16>(this.at, E_PHNUM);
    if (headers > size || count * PHDR_BYTES > size - headers) return this.broken();
    for (let n: usize = 0; n < <usize>count && problem == ''; n++)
      this.readNotes(<usize>headers + n * PHDR_BYTES);
    for (let n: usize = 0; n < <usize>count && problem == ''; n++)
      this.readSegment(<usize>headers + n * PHDR_BYTES);
    if (problem == '' && (this.segments.length == 0 || this.start % 4096 != 0)) return this.broken();
    return problem == '';
  }

  private broken(): bool {
    problem = 'its headers are damaged';
    return false;
  }

  /** Whether a part of the file is there. */
  private has(offset: u64, bytes: u64): bool {
    const size = <u64>this.bytes.byteLength;
    return offset <= size && bytes <= size - offset;
  }

  private readNotes(header: usize): void {
    if (load<u32>(this.at + header) != PT_NOTE) return;
    const offset = load<u64>(this.at + header, P_OFFSET);
    const bytes = load<u64>(this.at + header, P_FILESZ);
    if (!this.has(offset, bytes)) {
      this.broken();
      return;
    }
    let note = this.at + <usize>offset;
    const end = note + <usize>bytes;
    while (note + 12 <= end) {
      const name = (load<u32>(note) + 3) & ~3;
      const value = (load<u32>(note, 4) + 3) & ~3;
      if (name > <u32>(end - note - 12) || value > <u32>(end - note - 12) - name) break;
      if (name == 4 && value >= 8 && load<u32>(note, 12) == XEN_NAME)
        this.takeNote(load<u32>(note, 8), load<u64>(note, 16));
      note += 12 + name + value;
    }
  }

  private takeNote(type: u32, value: u64): void {
    if (type == XEN_ELFNOTE_ENTRY) this.entry = value;
    else if (type == XEN_ELFNOTE_VIRT_BASE) this.virtBase = value;
    else if (type == XEN_ELFNOTE_PADDR_OFFSET) this.paddrOffset = value;
    else if (type == XEN_ELFNOTE_HYPERCALL_PAGE) this.hypercallPage = value;
    else if (type == XEN_ELFNOTE_INIT_P2M)
      problem = 'it wants its p2m list elsewhere, which is not there yet';
  }

  private readSegment(header: usize): void {
    if (load<u32>(this.at + header) != PT_LOAD) return;
    const offset = load<u64>(this.at + header, P_OFFSET);
    const fileBytes = load<u64>(this.at + header, P_FILESZ);
    const memoryBytes = load<u64>(this.at + header, P_MEMSZ);
    const at = load<u64>(this.at + header, P_PADDR) - this.paddrOffset;
    if (!this.has(offset, fileBytes) || fileBytes > memoryBytes || at > 1 << 40 || memoryBytes > 1 << 40) {
      this.broken();
      return;
    }
    this.segments.push(new LoadSegment(<usize>offset, <usize>fileBytes, at, memoryBytes));
    this.start = min(this.start, at);
    this.end = max(this.end, at + memoryBytes);
  }
}
