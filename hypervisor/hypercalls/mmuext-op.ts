/**
 * mmuext_op(operations, count, done, foreigndom): pins and unpins page tables, changes roots, flushes, sets the LDT, and
 * clears and copies frames.
 *
 * `operations`: `count` times struct mmuext_op. `done`, if not 0, gets the number carried out. `foreigndom`: the owner of
 * the frames; all but pinning, clearing and copying must be on the caller's own.
 *
 * Gives 0, or: -EFAULT `operations` cannot be read; -EINVAL not the owner's frame, not valid as such a table, pinned
 * already or not at all, a bad LDT, an unreadable bitmap; -EPERM another's frames; -EACCES, -EINVAL no right to flush
 * caches; -EOPNOTSUPP superpages; -ENOSYS no such command; -ESRCH no such domain. The operations before the failing one
 * have been carried out. A long batch goes on in a continuation.
 */
import { EACCES, EFAULT, EINVAL, ENOSYS, EOPNOTSUPP, EPERM } from '../abi/errno.ts';
import { namesOf } from '../abi/names.ts';
import * as xen from '../abi/xen.ts';
import { fromHalves } from '../../core/machine.ts';
import type { FrameTable } from '../memory/frame-table.ts';
import { PGT_L4_PAGE_TABLE, PGT_PINNED, PGT_WRITABLE_PAGE } from '../memory/frame-table.ts';
import { PAGE_BYTES } from '../memory/pages.ts';
import { isGuestAddress, isGuestArray, readGuestWords } from '../memory/guest-access.ts';
import { clearFrame, copyBytes } from '../memory/guest-frames.ts';
import { setLdt } from '../traps/ldt.ts';
import { isPaged, missPaged } from '../memory/paged-frames.ts';
import { notOwned, refuseFrame } from '../memory/refusals.ts';
import { getPageAndType, getPageType, putPageAndType } from '../memory/page-types.ts';
import { clearLdt } from '../memory/per-domain.ts';
import { fillReadOnlyM2p, zapReadOnlyM2p } from '../memory/xen-slots.ts';
import type { Hypercall, HypercallContext } from './hypercall.ts';
import { canTellDone, MMU_UPDATE_PREEMPTED, readDone, writeDone } from './mmu-update.ts';
import { mayTarget, pageOwner } from '../state/page-owner.ts';
import { checkBitmap } from './update-va-mapping.ts';

/** An operation under way. Reused: no allocation per operation. */
const operation = new Uint32Array(xen.mmuext_op.size / 4);
const ARG1 = xen.mmuext_op.offset.arg1 / 4;
const ARG2 = xen.mmuext_op.offset.arg2 / 4;

type Operation = (context: HypercallContext, frames: FrameTable, owner: number) => number;

/** Operations that the caller may do on other domains' frames. */
const ON_OTHERS: Readonly<Record<number, Operation>> = {
  [xen.MMUEXT_PIN_L1_TABLE]: pin,
  [xen.MMUEXT_PIN_L2_TABLE]: pin,
  [xen.MMUEXT_PIN_L3_TABLE]: pin,
  [xen.MMUEXT_PIN_L4_TABLE]: pin,
  [xen.MMUEXT_UNPIN_TABLE]: unpin,
  [xen.MMUEXT_CLEAR_PAGE]: clearPage,
  [xen.MMUEXT_COPY_PAGE]: copyPage,
  [xen.MMUEXT_MARK_SUPER]: () => -EOPNOTSUPP,
  [xen.MMUEXT_UNMARK_SUPER]: () => -EOPNOTSUPP,
};

/** Operations on oneself. All vcpus take turns on one processor: a flush for any of them is a flush of it. */
const ON_ONESELF: Readonly<Record<number, Operation>> = {
  [xen.MMUEXT_NEW_BASEPTR]: newKernelRoot,
  [xen.MMUEXT_NEW_USER_BASEPTR]: newUserRoot,
  [xen.MMUEXT_TLB_FLUSH_LOCAL]: flushAll,
  [xen.MMUEXT_TLB_FLUSH_ALL]: flushAll,
  [xen.MMUEXT_TLB_FLUSH_MULTI]: (context, frames) => withBitmap(context) || flushAll(context, frames),
  [xen.MMUEXT_INVLPG_LOCAL]: flushPage,
  [xen.MMUEXT_INVLPG_ALL]: flushPage,
  [xen.MMUEXT_INVLPG_MULTI]: (context, frames) => withBitmap(context) || flushPage(context, frames),
  // No domain here has I/O memory, which is what would need it.
  [xen.MMUEXT_FLUSH_CACHE]: () => -EACCES,
  [xen.MMUEXT_FLUSH_CACHE_GLOBAL]: () => -EINVAL,
  [xen.MMUEXT_SET_LDT]: (context) =>
    setLdt(context.hypervisor, context.vcpu, argument(ARG1), operation[ARG2]!),
};

const COMMANDS = namesOf(xen, 'MMUEXT_');

export const mmuextOp: Hypercall = {
  number: xen.HYPERVISOR_mmuext_op,
  name: 'mmuext_op',
  args: [
    { name: 'uops', kind: 'va' },
    { name: 'count', kind: 'unsigned' },
    { name: 'pdone', kind: 'va' },
    { name: 'foreigndom', kind: 'domid' },
  ],
  handler(context, operations, _count, done): number {
    const preempted = (context.low(1) & MMU_UPDATE_PREEMPTED) !== 0;
    const count = context.low(1) & ~MMU_UPDATE_PREEMPTED;
    const foreign = context.low(3);
    const before = preempted ? readDone(context, done) : 0;
    if (!isGuestArray(operations, count, xen.mmuext_op.size)) return -EFAULT;
    const owner = pageOwner(context, foreign & 0xffff);
    if (owner < 0) return owner;
    const denied = mayTarget(context, owner);
    if (denied) return denied;

    const { frames } = context.hypervisor;
    let error = 0;
    let index = 0;
    if (!canTellDone(context, done)) return -EFAULT;
    for (; index < count; index++) {
      if (index > 0 && context.preemptCheck()) break;
      const at = operations + index * xen.mmuext_op.size;
      error = readGuestWords(frames, context.vcpu, at, operation)
        ? carryOut(context, frames, owner)
        : -EFAULT;
      if (error < 0) break;
    }
    const waits = error < 0 && context.mustWait;
    writeDone(context, done, before + index);
    if (!waits && (error < 0 || index === count)) return error;
    const rest = (count - index) | MMU_UPDATE_PREEMPTED;
    return context.continueWith(operations + index * xen.mmuext_op.size, rest >>> 0, done, foreign);
  },
};

function carryOut(context: HypercallContext, frames: FrameTable, owner: number): number {
  const command = operation[0]!;
  const { trace } = context.hypervisor;
  if (trace.on)
    trace.emit({ kind: 'mmuext', command: COMMANDS[command] ?? String(command), argument: argument(ARG1) });
  const onOthers = ON_OTHERS[command];
  if (onOthers) return onOthers(context, frames, owner);
  const onOneself = ON_ONESELF[command];
  if (!onOneself) return -ENOSYS;
  if (owner === context.domain.id) return onOneself(context, frames, owner);
  return trace.refuse(-EPERM, 'that is for one’s own address spaces, not those of domain {}', owner);
}

function argument(word: number): number {
  return fromHalves(operation[word]!, operation[word + 1]!);
}

function pin(context: HypercallContext, frames: FrameTable, owner: number): number {
  const level = operation[0]! - xen.MMUEXT_PIN_L1_TABLE + 1;
  const mfn = argument(ARG1);
  // Nothing of a dying domain is pinned any more.
  if (frames.remains.has(owner) || !frames.getPage(mfn, owner)) return notOwned(frames, mfn, owner);
  const result = getPageType(frames, mfn, level);
  if (result < 0) {
    frames.putPage(mfn);
    return result;
  }
  if (frames.flags[mfn]! & PGT_PINNED) {
    putPageAndType(frames, mfn);
    return refuseFrame(frames, -EINVAL, mfn, 'is pinned already');
  }
  frames.flags[mfn]! |= PGT_PINNED;
  // That it is pinned is told with it.
  frames.memory.wrote(mfn);
  const { trace } = context.hypervisor;
  if (trace.on) trace.emit({ kind: 'pin', mfn, level });
  return 0;
}

function unpin(context: HypercallContext, frames: FrameTable, owner: number): number {
  const mfn = argument(ARG1);
  if (!frames.getPage(mfn, owner)) return notOwned(frames, mfn, owner);
  if (!(frames.flags[mfn]! & PGT_PINNED)) {
    frames.putPage(mfn);
    return refuseFrame(frames, -EINVAL, mfn, 'is not pinned');
  }
  frames.flags[mfn]! &= ~PGT_PINNED;
  frames.memory.wrote(mfn);
  putPageAndType(frames, mfn);
  frames.putPage(mfn);
  const { trace } = context.hypervisor;
  if (trace.on) trace.emit({ kind: 'unpin', mfn });
  return 0;
}

function newKernelRoot(context: HypercallContext, frames: FrameTable): number {
  const { vcpu, hypervisor } = context;
  const mfn = argument(ARG1);
  const old = vcpu.kernelRoot;
  if (old !== mfn) {
    const result = getPageAndType(frames, mfn, context.domain.id, PGT_L4_PAGE_TABLE);
    if (result < 0) return result;
    clearLdt(frames, context.domain.memory.perDomainL3, vcpu.id);
    if (!context.domain.m2pStrict) fillReadOnlyM2p(frames, mfn);
    vcpu.kernelRoot = mfn;
  }
  if (vcpu.guestKernelMode) hypervisor.processor.loadAddressSpace(mfn * PAGE_BYTES, 0, true);
  frames.flushTlb();
  if (old !== mfn && old !== 0) putPageAndType(frames, old);
  return 0;
}

/** 0 takes the user's address space away. */
function newUserRoot(context: HypercallContext, frames: FrameTable): number {
  const { vcpu } = context;
  const mfn = argument(ARG1);
  const old = vcpu.userRoot;
  if (old === mfn) return 0;
  if (mfn !== 0) {
    const result = getPageAndType(frames, mfn, context.domain.id, PGT_L4_PAGE_TABLE);
    if (result < 0) return result;
    if (context.domain.m2pStrict) zapReadOnlyM2p(frames, mfn);
  }
  vcpu.userRoot = mfn;
  // The user's translations are kept while the kernel runs: they are of the old root.
  frames.flushTlb();
  if (old !== 0) putPageAndType(frames, old);
  return 0;
}

function flushAll(_context: HypercallContext, frames: FrameTable): number {
  frames.flushTlb();
  return 0;
}

function flushPage(_context: HypercallContext, frames: FrameTable): number {
  const va = argument(ARG1);
  if (isGuestAddress(va)) frames.flushTlbPage(va);
  return 0;
}

function withBitmap(context: HypercallContext): number {
  return checkBitmap(context, argument(ARG2)) < 0 ? -EINVAL : 0;
}

function clearPage(_context: HypercallContext, frames: FrameTable, owner: number): number {
  const mfn = argument(ARG1);
  if (getPageAndType(frames, mfn, owner, PGT_WRITABLE_PAGE) < 0) return -EINVAL;
  clearFrame(frames, mfn);
  putPageAndType(frames, mfn);
  return 0;
}

function copyPage(_context: HypercallContext, frames: FrameTable, owner: number): number {
  const [target, source] = [argument(ARG1), argument(ARG2)];
  if (!frames.getPage(source, owner)) return -EINVAL;
  if (isPaged(frames, source)) {
    frames.putPage(source);
    return missPaged(frames, source);
  }
  const result = getPageAndType(frames, target, owner, PGT_WRITABLE_PAGE) < 0 ? -EINVAL : 0;
  if (result === 0) {
    copyBytes(frames, target * PAGE_BYTES, source * PAGE_BYTES, PAGE_BYTES);
    putPageAndType(frames, target);
  }
  frames.putPage(source);
  return result;
}
