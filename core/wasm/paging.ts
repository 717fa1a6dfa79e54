/**
 * Translation of linear addresses: a software TLB in front of a four-level page walk (SDM vol. 3, 4.5).
 *
 * A TLB entry is 32 bytes: the page's address as tag for reads (0), writes (8) and fetches (16), and what to add to the
 * lower half of the address to get a pointer into the module's memory (24). A hit is a compare and an add. A page is
 * only tagged for writes when its D bit is set and no decoded code comes from it.
 */
import { invalidateFrame, noteWrite } from './code-frames';
import { ADDEND, EXECUTE_TAG, WRITE_TAG } from './tlb-entry';
import { debugArmed } from './debug';
import { isWatchedFrame, noteWatched } from './watch';
import { raise, raiseNonCanonical, raisePaged, raisePageFault } from './fault';
import {
  AC,
  ALIGNED,
  CODE_PAGE,
  CPL,
  CR0,
  CR3,
  EFER,
  FRAMES,
  FRAME_VERSIONS,
  LARGE_PAGES_CACHED,
  MEMORY,
  PAGED_FRAMES,
  SYSTEM_FLAGS,
  TLB,
  TLB_BANKS,
  TLB_BANK_BYTES,
  TLB_BASE,
  TLB_ENTRIES,
  TLB_ENTRY_SHIFT,
  VECTOR_AC,
  VOID_READ,
  VOID_WRITE,
} from './layout';

export const PAGE_MASK: u64 = 0xfffffffffffff000;

/** Kinds of access: bits 0..1 read, write, execute; bit 2 as supervisor whatever the CPL. */
export const ACCESS_READ: u32 = 0;
export const ACCESS_WRITE: u32 = 1;
export const ACCESS_EXECUTE: u32 = 2;
export const ACCESS_SUPERVISOR: u32 = 4;

const PTE_P: u64 = 0x1;
const PTE_RW: u64 = 0x2;
const PTE_US: u64 = 0x4;
const PTE_A: u64 = 0x20;
const PTE_D: u64 = 0x40;
const PTE_PS: u64 = 0x80;
const PTE_NX: u64 = 0x8000000000000000;
const PTE_FRAME: u64 = 0x000ffffffffff000;
/** Physical addresses have 46 bits: the rest is reserved. */
const PTE_RESERVED: u64 = 0x000fc00000000000;

const FAULT_P: u32 = 1;
const FAULT_W: u32 = 2;
const FAULT_U: u32 = 4;
const FAULT_RSVD: u32 = 8;
const FAULT_I: u32 = 16;

const CR0_WP: u32 = 0x10000;
const CR0_AM: u32 = 0x40000;
const EFER_NXE: u32 = 0x800;

// @ts-ignore: decorator
@inline
export function tlbEntry(address: u64): u32 {
  // The page's number times the bytes of an entry, in one shift.
  return (
    load<u32>(TLB_BASE) +
    ((<u32>(address >> (12 - TLB_ENTRY_SHIFT))) & ((TLB_ENTRIES - 1) << TLB_ENTRY_SHIFT))
  );
}

// @ts-ignore: decorator
@inline
export function isCanonical(address: u64): bool {
  return <u64>((<i64>(address << 16)) >> 16) == address;
}

/**
 * Whether an access of `bytes` bytes reaches over the end of the lower canonical half; raises its fault, which comes before
 * any page fault of the part below. Operands of 2^n bytes are one access; the others (80-bit numbers, environments, far
 * pointers) are several, from the lowest on.
 */
export function leavesCanonical(address: u64, bytes: u32): bool {
  if (bytes & (bytes - 1) || isCanonical(address + bytes - 1)) return false;
  raiseNonCanonical();
  return true;
}

/** Drops all translations of all banks. */
export function flushTlb(): void {
  memory.fill(TLB, 0xff, TLB_BANKS * TLB_BANK_BYTES);
  store<u32>(LARGE_PAGES_CACHED, 0);
  store<u64>(CODE_PAGE, -1);
}

/** Drops the translations of one page in all banks. */
export function flushTlbPage(address: u64): void {
  if (load<u32>(LARGE_PAGES_CACHED)) {
    flushTlb();
    return;
  }
  const offset = ((<u32>(address >> 12)) & (TLB_ENTRIES - 1)) << TLB_ENTRY_SHIFT;
  for (let bank: u32 = 0; bank < <u32>TLB_BANKS; bank++) {
    memory.fill(TLB + bank * TLB_BANK_BYTES + offset, 0xff, ADDEND);
  }
  store<u64>(CODE_PAGE, -1);
}

/** Whether data accesses must be aligned: ring 3 with CR0.AM and RFLAGS.AC. The TLB holds no data pages then. */
// @ts-ignore: decorator
@inline
function aligned(): bool {
  return load<u32>(ALIGNED) != 0;
}

/** Tells memory that CPL, CR0 or RFLAGS may have changed. */
export function alignmentChanged(): void {
  const now = load<u32>(CPL) == 3 && (load<u32>(CR0) & CR0_AM) != 0 && (load<u32>(SYSTEM_FLAGS) & AC) != 0;
  if (now == aligned()) return;
  store<u32>(ALIGNED, now ? 1 : 0);
  flushTlb();
}

/** Whether each data access must be looked at: debug registers watch, or alignment is checked. */
export function accessesWatched(): bool {
  return aligned() || debugArmed();
}

/** Raises #AC for an operand of 2, 4 or 8 bytes that is not aligned, where that is checked. */
export function misaligned(address: u64, bytes: u32): bool {
  if (!aligned() || bytes > 8 || bytes & (bytes - 1) || !((<u32>address) & (bytes - 1))) return false;
  raise(VECTOR_AC, 0);
  return true;
}

/** Chooses the bank of an address space (0 or 1) at the current privilege. */
export function selectBank(space: u32): void {
  alignmentChanged();
  store<u64>(CODE_PAGE, -1);
  store<u32>(TLB_BASE, TLB + (space * 2 + (load<u32>(CPL) == 3 ? 1 : 0)) * TLB_BANK_BYTES);
}

/** The address space (0 or 1) whose bank is in use. */
export function currentSpace(): u32 {
  return (load<u32>(TLB_BASE) - TLB) / (TLB_BANK_BYTES * 2);
}

/** Loads CR3; `keep` leaves what the bank of `space` holds. */
export function loadAddressSpace(root: u64, space: u32, keep: bool): void {
  store<u64>(CR3, root);
  selectBank(space);
  if (!keep) memory.fill(TLB + space * 2 * TLB_BANK_BYTES, 0xff, 2 * TLB_BANK_BYTES);
}

function walkFault(address: u64, access: u32, code: u32, user: bool): u32 {
  if ((access & 3) == ACCESS_WRITE) code |= FAULT_W;
  if (user) code |= FAULT_U;
  if ((access & 3) == ACCESS_EXECUTE && load<u32>(EFER) & EFER_NXE) code |= FAULT_I;
  raisePageFault(address, code);
  return 0;
}

/** Fills the TLB for one page and returns the pointer of `address`, or 0 with a fault raised. */
export function walk(address: u64, access: u32): u32 {
  if (!isCanonical(address)) {
    raiseNonCanonical();
    return 0;
  }
  const user = load<u32>(CPL) == 3 && !(access & ACCESS_SUPERVISOR);
  const kind = access & 3;
  const limit = (<u64>load<u32>(FRAMES)) << 12;
  const noExecute = (load<u32>(EFER) & EFER_NXE) != 0;
  const reserved = PTE_RESERVED | (noExecute ? 0 : PTE_NX);
  let table = load<u64>(CR3) & PTE_FRAME;
  let rights: u64 = PTE_RW | PTE_US;
  let forbidden: u64 = 0;
  let slot: u32 = 0;
  let entry: u64 = 0;
  let level: u32 = 3;
  let visited0: u32 = 0;
  let visited1: u32 = 0;
  let visited2: u32 = 0;
  while (true) {
    if (table >= limit) return walkFault(address, access, FAULT_P | FAULT_RSVD, user);
    slot = MEMORY + <u32>table + (((<u32>(address >> (12 + 9 * level))) & 511) << 3);
    entry = load<u64>(slot);
    if (!(entry & PTE_P)) return walkFault(address, access, 0, user);
    if (entry & reserved) return walkFault(address, access, FAULT_P | FAULT_RSVD, user);
    rights &= entry;
    forbidden |= entry & PTE_NX;
    if (level == 0) break;
    if (entry & PTE_PS) {
      const low = (((<u64>1) << (9 * level)) - 1) << 12;
      if (level == 3 || entry & low & ~0x1000) return walkFault(address, access, FAULT_P | FAULT_RSVD, user);
      break;
    }
    if (level == 3) visited0 = slot;
    else if (level == 2) visited1 = slot;
    else visited2 = slot;
    table = entry & PTE_FRAME;
    level--;
  }
  if (user && !(rights & PTE_US)) return walkFault(address, access, FAULT_P, user);
  const writable = (rights & PTE_RW) != 0 || (!user && !(load<u32>(CR0) & CR0_WP));
  if (kind == ACCESS_WRITE && !writable) return walkFault(address, access, FAULT_P, user);
  if (kind == ACCESS_EXECUTE && forbidden) return walkFault(address, access, FAULT_P, user);
  const offsetBits = ((<u64>1) << (12 + 9 * level)) - 1;
  const machine = (entry & PTE_FRAME & ~offsetBits) | (address & offsetBits);
  if (machine < limit && load<u8>(PAGED_FRAMES + <u32>(machine >> 12))) {
    raisePaged(<u32>(machine >> 12));
    return 0;
  }
  if (visited0) setBits(visited0, PTE_A);
  if (visited1) setBits(visited1, PTE_A);
  if (visited2) setBits(visited2, PTE_A);
  setBits(slot, kind == ACCESS_WRITE ? PTE_A | PTE_D : PTE_A);
  if (machine >= limit) return (kind == ACCESS_WRITE ? VOID_WRITE : VOID_READ) + ((<u32>address) & 0xfff);
  if (level) store<u32>(LARGE_PAGES_CACHED, 1);
  const pointer = MEMORY + <u32>machine;
  if (kind == ACCESS_WRITE) noteWrite(<u32>(machine >> 12));
  if (access & ACCESS_SUPERVISOR && load<u32>(CPL) == 3) return pointer;
  insert(address, pointer, kind);
  return pointer;
}

function setBits(slot: u32, bits: u64): void {
  const entry = load<u64>(slot);
  if ((entry & bits) == bits) return;
  store<u64>(slot, entry | bits);
  noteWrite((slot - MEMORY) >> 12);
  noteWatched(slot, 8);
}

/** Tags the TLB entry of `address` for one kind of access. */
function insert(address: u64, pointer: u32, kind: u32): void {
  const page = address & PAGE_MASK;
  const e = tlbEntry(address);
  const addend = (pointer & ~0xfff) - <u32>page;
  const same =
    load<u32>(e, ADDEND) == addend &&
    (load<u64>(e) == page || load<u64>(e, WRITE_TAG) == page || load<u64>(e, EXECUTE_TAG) == page);
  if (!same) {
    memory.fill(e, 0xff, ADDEND);
    store<u32>(e, addend, ADDEND);
  }
  if (kind == ACCESS_EXECUTE) {
    store<u64>(e, page, EXECUTE_TAG);
    return;
  }
  if (accessesWatched()) return;
  store<u64>(e, page);
  if (kind == ACCESS_WRITE) {
    const frame = (pointer - MEMORY) >> 12;
    if (!(load<u32>(FRAME_VERSIONS + frame * 4) & 1) && !isWatchedFrame(frame))
      store<u64>(e, page, WRITE_TAG);
  }
}

/** Pointer of the byte at `address` for a read, valid to the end of its page; 0 with a fault raised. */
export function translateRead(address: u64): u32 {
  const e = tlbEntry(address);
  if (load<u64>(e) == (address & PAGE_MASK)) return <u32>address + load<u32>(e, ADDEND);
  return walk(address, ACCESS_READ);
}

/** The same for a write; whatever code was decoded from the frame is dropped. */
export function translateWrite(address: u64): u32 {
  const e = tlbEntry(address);
  if (load<u64>(e, WRITE_TAG) == (address & PAGE_MASK)) return <u32>address + load<u32>(e, ADDEND);
  const pointer = walk(address, ACCESS_WRITE);
  if (pointer >= <u32>MEMORY) invalidateFrame((pointer - MEMORY) >> 12);
  return pointer;
}

/** The same for an instruction fetch. */
export function translateExecute(address: u64): u32 {
  const e = tlbEntry(address);
  if (load<u64>(e, EXECUTE_TAG) == (address & PAGE_MASK)) return <u32>address + load<u32>(e, ADDEND);
  return walk(address, ACCESS_EXECUTE);
}

/** For the hypervisor: the pointer for an access that may be a supervisor's, without raising anything; 0 if it faults. */
export function translateAny(address: u64, access: u32): u32 {
  if (access & ACCESS_SUPERVISOR) return walk(address, access);
  if (access == ACCESS_READ) return translateRead(address);
  return access == ACCESS_WRITE ? translateWrite(address) : translateExecute(address);
}
