/**
 * mmu_update(requests, count, done, foreigndom): changes page-table entries and the machine-to-physical table.
 *
 * `requests`: `count` times { ptr: u64, val: u64 }. Bits 0..1 of `ptr` are the command: MMU_NORMAL_PT_UPDATE and
 * MMU_PT_UPDATE_PRESERVE_AD write `val` to the page-table entry at the machine address `ptr`; MMU_MACHPHYS_UPDATE says
 * that the frame at `ptr` is the owner's pseudo-physical frame `val`. `done`, if not 0, gets the number of requests
 * carried out. `foreigndom`: lower 16 bits the owner of the frames, upper 16 that of the page tables plus 1, or 0.
 *
 * Gives 0, or: -EFAULT `requests` cannot be read; -EINVAL not the owner's frame, or not an entry it may have; -EBUSY a
 * frame that is not to be mapped so; -EPERM not RAM, or not the caller's to say; -ESRCH no such domain; -ENOSYS no such
 * command. The requests before the failing one have been carried out. A long batch goes on in a continuation.
 */
import { EINVAL, EFAULT, ENOSYS, EPERM, ESRCH } from '../abi/errno.ts';
import {
  DOMID_IO,
  HYPERVISOR_mmu_update,
  MMU_MACHPHYS_UPDATE,
  MMU_NORMAL_PT_UPDATE,
  MMU_PT_UPDATE_NO_TRANSLATE,
  MMU_PT_UPDATE_PRESERVE_AD,
} from '../abi/xen.ts';
import { entryFrame, FRAME_HIGH } from '../memory/entries.ts';
import type { FrameTable } from '../memory/frame-table.ts';
import { PGT_L1_PAGE_TABLE, PGT_L4_PAGE_TABLE, PGT_NONE, PGT_WRITABLE_PAGE } from '../memory/frame-table.ts';
import { PAGE_BYTES } from '../memory/pages.ts';
import { copyToGuest, isGuestArray, readGuestWords } from '../memory/guest-access.ts';
import { writeWords } from '../memory/guest-frames.ts';
import { isPaged, missPaged } from '../memory/paged-frames.ts';
import { inUse, notOwned } from '../memory/refusals.ts';
import { setM2p } from '../memory/m2p.ts';
import { getPageType, putPageType } from '../memory/page-types.ts';
import { updateL1Entry, updateTableEntry } from '../memory/update-entry.ts';
import type { Hypercall, HypercallContext } from './hypercall.ts';
import { mayTarget, pageOwner } from '../state/page-owner.ts';

/** In `count`: the call is a continuation, and `done` counts from what it holds. */
export const MMU_UPDATE_PREEMPTED = 0x8000_0000;
const REQUEST_BYTES = 16;

/** What one call is about. Reused: no allocation per request. */
const batch = { tableOwner: 0, pageOwner: 0, tablesChanged: false };
const request = new Uint32Array(4);

export const mmuUpdate: Hypercall = {
  number: HYPERVISOR_mmu_update,
  name: 'mmu_update',
  args: [
    { name: 'ureqs', kind: 'va' },
    { name: 'count', kind: 'unsigned' },
    { name: 'pdone', kind: 'va' },
    { name: 'foreigndom', kind: 'flags' },
  ],
  handler(context, requests, _count, done): number {
    const preempted = (context.low(1) & MMU_UPDATE_PREEMPTED) !== 0;
    const count = context.low(1) & ~MMU_UPDATE_PREEMPTED;
    const foreign = context.low(3);
    const before = preempted ? readDone(context, done) : 0;
    if (!isGuestArray(requests, count, REQUEST_BYTES)) return -EFAULT;
    const result = openBatch(context, foreign);
    if (result < 0) return result;

    const { frames } = context.hypervisor;
    let error = 0;
    let index = 0;
    if (!canTellDone(context, done)) return -EFAULT;
    for (; index < count; index++) {
      if (index > 0 && context.preemptCheck()) break;
      const at = requests + index * REQUEST_BYTES;
      error = readGuestWords(frames, context.vcpu, at, request) ? carryOut(context, frames) : -EFAULT;
      if (error < 0) break;
    }
    const waits = error < 0 && context.mustWait;
    if (batch.tablesChanged) frames.flushTlb();
    writeDone(context, done, before + index);
    if (!waits && (error < 0 || index === count)) return error;
    const rest = (count - index) | MMU_UPDATE_PREEMPTED;
    return context.continueWith(requests + index * REQUEST_BYTES, rest >>> 0, done, foreign);
  },
};

/** Reads the `done` of a call or 0; shared with mmuext_op. */
export function readDone(context: HypercallContext, done: number): number {
  const word = new Uint32Array(1);
  return done !== 0 && readGuestWords(context.hypervisor.frames, context.vcpu, done, word) ? word[0]! : 0;
}

/** False: it will be asked for again when the page of the `done` of a call is here. Shared with mmuext_op. */
export function canTellDone(context: HypercallContext, done: number): boolean {
  if (context.domain.paged !== null) readDone(context, done);
  return !context.mustWait;
}

/** Writes the `done` of a call, if it has one; a failure to write is no error. Shared with mmuext_op. */
export function writeDone(context: HypercallContext, done: number, value: number): void {
  if (done === 0) return;
  copyToGuest(context.hypervisor.frames, context.vcpu, done, new Uint8Array(new Uint32Array([value]).buffer));
}

function openBatch(context: HypercallContext, foreign: number): number {
  const { domain, hypervisor } = context;
  batch.tablesChanged = false;
  batch.tableOwner = domain.id;
  const tableOwner = foreign >>> 16;
  if (tableOwner !== 0) {
    const owner = hypervisor.domains.get(tableOwner - 1);
    if (!owner) return hypervisor.trace.refuse(-ESRCH, 'there is no domain {}', tableOwner - 1);
    if (owner.vcpus.length === 0) return -EINVAL;
    batch.tableOwner = owner.id;
  }
  batch.pageOwner = pageOwner(context, foreign & 0xffff);
  return Math.min(batch.pageOwner, 0);
}

function carryOut(context: HypercallContext, frames: FrameTable): number {
  switch (request[0]! & 7) {
    case MMU_NORMAL_PT_UPDATE:
    case MMU_PT_UPDATE_PRESERVE_AD:
    case MMU_PT_UPDATE_NO_TRANSLATE:
      return updateEntry(context, frames);
    case MMU_MACHPHYS_UPDATE:
      return updateM2p(context, frames);
    default:
      return -ENOSYS;
  }
}

function updateEntry(context: HypercallContext, frames: FrameTable): number {
  const { tableOwner } = batch;
  const owner = batch.pageOwner;
  const denied = (isIo(owner) ? 0 : mayTarget(context, owner)) || mayTarget(context, tableOwner);
  if (denied) return denied;
  const mfn = addressFrame(request[0]!, request[1]!);
  if (mfn < 0 || !frames.getPage(mfn, tableOwner)) return notOwned(frames, mfn, tableOwner);
  const result = writeTo(frames, mfn, owner);
  frames.putPage(mfn);
  return result;
}

/** Writes the requested entry to a frame, by the frame's type. A writable page takes anything. */
function writeTo(frames: FrameTable, mfn: number, owner: number): number {
  const slot = (request[0]! & 0xff8) >>> 3;
  const [low, high] = [request[2]!, request[3]!];
  const type = frames.usedAs(mfn);
  if (type === PGT_NONE || type === PGT_WRITABLE_PAGE) {
    if (isPaged(frames, mfn)) return missPaged(frames, mfn);
    if (getPageType(frames, mfn, PGT_WRITABLE_PAGE) < 0) return -EINVAL;
    writeWords(frames, mfn * PAGE_BYTES + slot * 8, [low, high]);
    putPageType(frames, mfn, -1);
    return 0;
  }
  if (type < PGT_L1_PAGE_TABLE || type > PGT_L4_PAGE_TABLE) return inUse(frames, mfn, PGT_L1_PAGE_TABLE);
  if (type > PGT_L1_PAGE_TABLE && owner !== batch.tableOwner)
    return frames.trace.refuse(-EINVAL, 'frames of domain {} can be named by L1 tables alone', owner);
  // The table stays one while its entry changes, even if the old entry held its last use.
  if (getPageType(frames, mfn, type) < 0) return -EINVAL;
  const keep = (request[0]! & 7) === MMU_PT_UPDATE_PRESERVE_AD;
  let result: number;
  if (type === PGT_L1_PAGE_TABLE) result = updateL1Entry(frames, mfn, slot, low, high, keep, owner);
  else {
    result = updateTableEntry(frames, type, mfn, slot, low, high, keep);
    if (result === 0) batch.tablesChanged = true;
  }
  putPageType(frames, mfn, -1);
  return result;
}

function updateM2p(context: HypercallContext, frames: FrameTable): number {
  if (batch.tableOwner !== context.domain.id)
    return frames.trace.refuse(-EPERM, 'what a frame is to domain {} only itself may say', batch.tableOwner);
  const owner = batch.pageOwner;
  const denied = isIo(owner) ? 0 : mayTarget(context, owner);
  if (denied) return denied;
  const mfn = addressFrame(request[0]!, request[1]!);
  if (mfn < 0 || !frames.getPage(mfn, owner)) return notOwned(frames, mfn, owner);
  setM2p(frames, mfn, request[2]!, request[3]!);
  frames.putPage(mfn);
  return 0;
}

/** The frame of a machine address, or -1 where it is beyond what an entry could name. */
function addressFrame(low: number, high: number): number {
  return high & ~FRAME_HIGH ? -1 : entryFrame(low, high);
}

function isIo(owner: number): boolean {
  return owner === DOMID_IO;
}
