/**
 * Writable page tables: a guest kernel that writes to an L1 table mapped read-only has the write checked and done by Xen,
 * as if it had made an mmu_update. Compare pv_ro_page_fault in Xen's arch/x86/pv/ro-page-fault.c.
 */
import { VMASST_TYPE_writable_pagetables } from '../abi/xen.ts';
import type { Vcpu } from '../state/vcpu.ts';
import type { Hypervisor } from '../state/hypervisor.ts';
import { entryFrame, PAGE_PRESENT, PAGE_RW } from '../memory/entries.ts';
import type { FrameTable } from '../memory/frame-table.ts';
import { PGT_L1_PAGE_TABLE } from '../memory/frame-table.ts';
import { PAGE_BYTES, PAGE_WORDS, pageNumber, pageOffset } from '../memory/pages.ts';
import { copyFromGuest, isGuestAddress, walkTo } from '../memory/guest-access.ts';
import { getPageType, putPageType } from '../memory/page-types.ts';
import { updateL1Entry } from '../memory/update-entry.ts';
import type { Store } from './store-decode.ts';
import { decodeStore } from './store-decode.ts';
import { commitStore, executeStore } from './store-execute.ts';

const LONGEST_INSTRUCTION = 15;
/** Page-fault error code: present, write, reserved bit, instruction fetch. */
const FAULT_PRESENT = 1;
const FAULT_WRITE = 2;
const FAULT_RESERVED = 8;
const FAULT_FETCH = 16;

/** The entry that lies at an offset of a table, or around it, in two halves. */
function entryAt(frames: FrameTable, table: number, offset: number): [number, number] {
  const at = table * PAGE_WORDS + Math.floor(offset / 8) * 2;
  return [frames.memory.words[at]!, frames.memory.words[at + 1]!];
}

/**
 * A page fault of the guest's kernel at `address`. True if it was a write to an L1 table and is done: RIP, registers and
 * flags are the next instruction's. False if the fault is the guest's to handle.
 */
export function emulatePageTableWrite(
  hypervisor: Hypervisor,
  vcpu: Vcpu,
  address: number,
  error: number,
): boolean {
  const { frames, processor, trace } = hypervisor;
  if (
    (error & (FAULT_PRESENT | FAULT_WRITE | FAULT_RESERVED | FAULT_FETCH)) !==
    (FAULT_PRESENT | FAULT_WRITE)
  )
    return false;
  if (!vcpu.guestKernelMode || !(vcpu.domain.vmAssist & (1 << VMASST_TYPE_writable_pagetables))) return false;
  const table = l1TableAt(frames, vcpu, address);
  if (table < 0) return false;
  const store = decodeStore(processor, fetch(frames, vcpu, processor.rip));
  if (!store || pageNumber(store.address) !== pageNumber(address)) return false;
  const offset = pageOffset(store.address);
  if (offset % store.size !== 0) return false;
  const old = readMemory(frames, table * PAGE_BYTES + offset, store.size);
  const result = executeStore(processor, store, old);
  if (result.value !== null && !write(frames, table, offset, store, result.value)) return false;
  if (trace.on)
    trace.emit({ kind: 'ptwr', address, rip: processor.rip, entry: entryAt(frames, table, offset) });
  commitStore(processor, store, result);
  return true;
}

/** The frame of the validated L1 table that the kernel maps read-only at an address, or -1. */
function l1TableAt(frames: FrameTable, vcpu: Vcpu, address: number): number {
  if (!isGuestAddress(address)) return -1;
  const at = walkTo(frames, vcpu.kernelRoot, address, 1);
  if (at < 0) return -1;
  const low = frames.memory.words[at]!;
  if ((low & (PAGE_PRESENT | PAGE_RW)) !== PAGE_PRESENT) return -1;
  const mfn = entryFrame(low, frames.memory.words[at + 1]!);
  if (mfn < 0 || mfn >= frames.frames || frames.owner[mfn] !== vcpu.domain.id) return -1;
  return frames.usedAs(mfn) === PGT_L1_PAGE_TABLE ? mfn : -1;
}

/** The bytes of the instruction at RIP, as many as can be read of the longest. */
function fetch(frames: FrameTable, vcpu: Vcpu, rip: number): Uint8Array {
  const code = new Uint8Array(LONGEST_INSTRUCTION);
  if (copyFromGuest(frames, vcpu, rip, code)) return code;
  const toPageEnd = PAGE_BYTES - pageOffset(rip);
  const head = new Uint8Array(Math.min(toPageEnd, LONGEST_INSTRUCTION));
  return copyFromGuest(frames, vcpu, rip, head) ? head : new Uint8Array(0);
}

function readMemory(frames: FrameTable, address: number, size: number): bigint {
  let value = 0n;
  for (let i = 0; i < size; i++) value |= BigInt(frames.memory.bytes[address + i]!) << BigInt(i * 8);
  return value;
}

/** Writes part or all of an entry of an L1 table. False if the entry is not allowed. */
function write(frames: FrameTable, table: number, offset: number, store: Store, value: bigint): boolean {
  const slot = Math.floor(offset / 8);
  const { words } = frames.memory;
  const at = table * PAGE_WORDS + slot * 2;
  const before = (BigInt(words[at + 1]!) << 32n) | BigInt(words[at]!);
  const shift = BigInt((offset % 8) * 8);
  const mask = ((1n << BigInt(store.size * 8)) - 1n) << shift;
  const entry = (before & ~mask) | ((value << shift) & mask);
  if (getPageType(frames, table, PGT_L1_PAGE_TABLE) < 0) return false;
  const [low, high] = [Number(entry & 0xffff_ffffn), Number(entry >> 32n)];
  const result = updateL1Entry(frames, table, slot, low, high, false, frames.owner[table]!);
  putPageType(frames, table, -1);
  return result === 0;
}
