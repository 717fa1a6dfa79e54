/**
 * exec: a process begins another program. The ELF file's segments become regions of a new address space, arguments and
 * environment are laid out on its stack as the System V ABI wants them, and the process returns to user mode at the entry
 * point. Until all this has worked the old program is untouched, and gets the error.
 */
import { ENOEXEC, ENOMEM, FLAT_USER_CS, FLAT_USER_SS } from 'xen';
import { alloc, dispose, free } from 'kernel/memory/heap';
import { PAGE_SIZE } from 'kernel/memory/pages';
import { current } from 'kernel/threads/threads';
import { FRAME_SIZE } from 'kernel/xen/frame';
import { PROT_EXEC, PROT_WRITE } from './abi';
import { AddressSpace, TRAMPOLINE, USER_END } from './address-space';
import { Arguments } from './arguments';
import { fpuExit } from './fpu';
import { Process } from './process';
import { Backing, Region } from './region';
import { resetHandlers } from './signals';

// @ts-ignore: decorator
@external("asm", "signal_trampoline")
declare function signalTrampoline(): usize;

const TRAMPOLINE_BYTES: usize = 16;
const STACK_TOP: u64 = TRAMPOLINE;
const STACK_BYTES: u64 = 8 << 20;

/** Addresses are of 64 bits. */
const PAGE: u64 = PAGE_SIZE;
const RFLAGS_INITIAL: u64 = 0x202;

// ELF64.
const HEADER_BYTES: usize = 64;
const PROGRAM_HEADER_BYTES: usize = 56;
const ELF_MAGIC: u32 = 0x464c457f;
const ELFCLASS64: u8 = 2;
const ET_EXEC: u16 = 2;
const EM_X86_64: u16 = 62;
const PT_LOAD: u32 = 1;
const PF_X: u32 = 1;
const PF_W: u32 = 2;
const MAX_SEGMENTS: i32 = 16;

class TrampolineBacking extends Backing {
  read(offset: u64, to: usize, bytes: usize): i32 {
    memory.copy(to, signalTrampoline() + <usize>offset, bytes);
    return <i32>bytes;
  }

  close(): void {}
}

const trampoline = new TrampolineBacking();
/**
 * Replaces the program of `process`, the current one or one that has not run yet. The caller keeps `image` and gives it
 * back. 0, or -ENOEXEC, -ENOMEM, or what reading gave.
 */
export function execImage(process: Process, image: Backing, given: Arguments): i32 {
  const space = AddressSpace.create();
  if (space == null) return -ENOMEM;
  // Reading may take a while, and somebody else begin a program meanwhile: the headers have memory of their own.
  const headers = alloc(HEADER_BYTES + PROGRAM_HEADER_BYTES);
  const failed = loadSegments(space, image, headers);
  const entry = load<u64>(headers, 24);
  free(headers);
  const rsp = failed < 0 ? 0 : buildStack(space, given);
  if (rsp == 0) {
    space.destroy();
    return failed < 0 ? failed : -ENOMEM;
  }
  space.pin();
  const old = process.space;
  process.space = space;
  if (process == current()) space.activate();
  if (old != null) old.destroy();
  fpuExit(process);
  free(process.fpu);
  process.fpu = 0;
  resetHandlers(process);
  const files = process.files;
  if (files != null) files.exec();
  const frame = process.frame;
  memory.fill(changetype<usize>(frame), 0, FRAME_SIZE);
  frame.rip = entry;
  frame.rsp = rsp;
  frame.cs = FLAT_USER_CS;
  frame.ss = FLAT_USER_SS;
  frame.rflags = RFLAGS_INITIAL;
  return 0;
}

/** Makes regions of the file's segments, with room for its headers at `header`. 0, or a negative errno. */
function loadSegments(space: AddressSpace, image: Backing, header: usize): i32 {
  const segment = header + HEADER_BYTES;
  let got = image.read(0, header, HEADER_BYTES);
  if (got < 0) return got;
  const count = load<u16>(header, 56);
  if (
    got < <i32>HEADER_BYTES ||
    load<u32>(header) != ELF_MAGIC ||
    load<u8>(header, 4) != ELFCLASS64 ||
    load<u16>(header, 16) != ET_EXEC ||
    load<u16>(header, 18) != EM_X86_64 ||
    load<u16>(header, 54) != PROGRAM_HEADER_BYTES ||
    load<u64>(header, 24) >= USER_END ||
    <i32>count > MAX_SEGMENTS
  )
    return -ENOEXEC;
  for (let index = 0; index < <i32>count; index++) {
    const at = load<u64>(header, 32) + index * PROGRAM_HEADER_BYTES;
    got = image.read(at, segment, PROGRAM_HEADER_BYTES);
    if (got < <i32>PROGRAM_HEADER_BYTES) return got < 0 ? got : -ENOEXEC;
    if (load<u32>(segment) != PT_LOAD) continue;
    const failed = addSegment(space, image, segment);
    if (failed < 0) return failed;
  }
  if (space.first == null) return -ENOEXEC;
  space.heapStart = space.first!.end;
  space.heapEnd = space.heapStart;
  const code = new Region(TRAMPOLINE, TRAMPOLINE + PAGE, PROT_EXEC);
  code.setFile(trampoline, 0, TRAMPOLINE, TRAMPOLINE + TRAMPOLINE_BYTES);
  return add(space, code) | add(space, new Region(STACK_TOP - STACK_BYTES, STACK_TOP, PROT_WRITE));
}

function add(space: AddressSpace, region: Region): i32 {
  if (space.addRegion(region) == 0) return 0;
  region.release();
  dispose(region);
  return -ENOEXEC;
}

/** Makes a region of the program header at `segment`. */
function addSegment(space: AddressSpace, image: Backing, segment: usize): i32 {
  const flags = load<u32>(segment, 4);
  const va = load<u64>(segment, 16);
  const fileBytes = load<u64>(segment, 32);
  const bytes = load<u64>(segment, 40);
  if (bytes == 0) return 0;
  if (fileBytes > bytes || va > TRAMPOLINE || bytes > TRAMPOLINE) return -ENOEXEC;
  const protection = (flags & PF_W ? PROT_WRITE : 0) | (flags & PF_X ? PROT_EXEC : 0);
  const region = new Region(va & ~(PAGE - 1), (va + bytes + PAGE - 1) & ~(PAGE - 1), protection);
  region.setFile(image, load<u64>(segment, 8), va, va + fileBytes);
  const failed = add(space, region);
  if (failed < 0) return failed;
  // Data at once: the kernel copies from and to them in the middle of calls, where a read of a file would be awkward.
  if ((flags & PF_W) == 0) return 0;
  for (let page = region.start; page < va + fileBytes; page += PAGE) {
    const missing = space.fault(page, false, false);
    if (missing < 0) return missing;
  }
  return 0;
}

/**
 * The stack: argument count, pointers to arguments, 0, pointers to the environment, 0, an empty auxiliary vector, and above
 * them the strings. Where RSP begins; 0: no memory.
 */
function buildStack(space: AddressSpace, given: Arguments): u64 {
  const strings = (STACK_TOP - given.bytes) & ~15;
  const words = <u64>(1 + given.argc + 1 + given.envc + 1 + 2);
  const rsp = (strings - words * 8) & ~15;
  if (!copyTo(space, strings, given.buffer, given.bytes)) return 0;
  let at = rsp;
  if (!put(space, at, given.argc)) return 0;
  let string: usize = 0;
  for (let index = 0; index < given.argc + given.envc; index++) {
    at += 8;
    if (index == given.argc) {
      if (!put(space, at, 0)) return 0;
      at += 8;
    }
    if (!put(space, at, strings + string)) return 0;
    string += given.lengthAt(string) + 1;
  }
  // The pages come as zeroes: what follows are the ends of the lists.
  return rsp;
}

const word: usize = memory.data(8, 8);

function put(space: AddressSpace, va: u64, value: u64): bool {
  store<u64>(word, value);
  return copyTo(space, va, word, 8);
}

function copyTo(space: AddressSpace, va: u64, from: usize, bytes: usize): bool {
  while (bytes > 0) {
    const part = min(bytes, <usize>(PAGE - (va & (PAGE - 1))));
    const at = space.resolve(va, true);
    if (at == 0) return false;
    memory.copy(at, from, part);
    va += part;
    from += part;
    bytes -= part;
  }
  return true;
}
