/**
 * Operations that move things for good: a frame to another domain (GNTTABOP_transfer), an entry to another reference
 * (GNTTABOP_swap_grant_ref). Compare gnttab_transfer and swap_grant_ref in Xen's common/grant_table.c.
 */
import * as abi from '../abi/grant-table.ts';
import { EFAULT } from '../abi/errno.ts';
import { highHalf, lowHalf } from '../../core/machine.ts';
import type { Domain } from '../state/domain.ts';
import type { Caller } from '../state/caller.ts';
import { setM2p } from '../memory/m2p.ts';
import { isPaged, missPaged } from '../memory/paged-frames.ts';
import { copyBytes, writeBytes, writeHalfword, writeWord, writeWords } from '../memory/guest-frames.ts';
import { entriesOf, entryAddress, readHalfword, statusAddress } from './grant-table.ts';
import { frameOf, inUse } from './pin.ts';
import type { Setup } from './setup.ts';

/** GNTTABOP_transfer: gives a frame that nothing maps to a domain that accepts it in an entry. */
export const transferGrant: Setup = (context, address) => {
  const op = context.readStruct(abi.gnttab_transfer, address);
  if (op === null) return -EFAULT;
  op.set('status', transfer(context, op.get('mfn'), op.get('domid'), op.get('ref')));
  return context.writeField(op, 'status') ? 0 : -EFAULT;
};

/** Once the frame is taken from the caller, a failure frees it. */
function transfer(context: Caller, mfn: number, domid: number, ref: number): number {
  const { frames, domains } = context.hypervisor;
  const giver = context.domain;
  if (mfn < frames.frames && frames.owner[mfn] === giver.id && isPaged(frames, mfn)) {
    missPaged(frames, mfn);
    return abi.GNTST_eagain;
  }
  if (!frames.steal(mfn, giver.id))
    return frames.trace.refuse(
      abi.GNTST_bad_page,
      'frame 0x{} is not its own, or is in use',
      mfn.toString(16),
    );
  frames.flushTlb();
  const taker = domains.get(domid);
  const status = taker ? accepts(context, taker, ref) : abi.GNTST_bad_domain;
  if (!taker || status < 0) {
    frames.unsteal(mfn, giver.id);
    frames.dropAllocation(mfn, giver.id);
    return status;
  }
  const { trace } = context.hypervisor;
  if (trace.on)
    trace.emit({
      ...{ kind: 'grant', change: 'transferred', domain: taker.id, granter: giver.id },
      ...{ ref, mfn, readOnly: false, bytes: 0 },
    });
  giver.totalPages--;
  taker.totalPages++;
  frames.hasGot(taker.id);
  frames.unsteal(mfn, taker.id);
  const { grants } = taker;
  const pfn = frameOf(frames, grants, ref);
  setM2p(frames, mfn, lowHalf(pfn), highHalf(pfn));
  const at = entryAddress(grants, ref);
  if (grants.version === 1) writeWord(frames, at + abi.grant_entry_v1.offset.frame, mfn);
  else writeWords(frames, at + abi.grant_entry_v2.offset['full_page.frame'], [mfn, 0]);
  const done = abi.GTF_transfer_committed | abi.GTF_transfer_completed;
  writeHalfword(frames, at, readHalfword(frames, at) | done);
  return abi.GNTST_okay;
}

/** Whether a domain accepts a frame of the caller's in an entry, and may have one more. */
function accepts(context: Caller, taker: Domain, ref: number): number {
  const { frames } = context.hypervisor;
  const { grants } = taker;
  if (taker.totalPages >= taker.maxPages || ref >= entriesOf(grants)) return abi.GNTST_general_error;
  const at = entryAddress(grants, ref);
  const fits = readHalfword(frames, at) === abi.GTF_accept_transfer;
  return fits && readHalfword(frames, at + 2) === context.domain.id
    ? abi.GNTST_okay
    : abi.GNTST_general_error;
}

/** GNTTABOP_swap_grant_ref: two entries that are not in use change places. */
export const swapGrantRef: Setup = (context, address) => {
  const op = context.readStruct(abi.gnttab_swap_grant_ref, address);
  if (op === null) return -EFAULT;
  op.set('status', swap(context, op.get('ref_a'), op.get('ref_b')));
  return context.writeField(op, 'status') ? 0 : -EFAULT;
};

function swap(context: Caller, a: number, b: number): number {
  const { frames } = context.hypervisor;
  const { grants } = context.domain;
  if (a >= entriesOf(grants) || b >= entriesOf(grants)) return abi.GNTST_bad_gntref;
  if (a === b) return abi.GNTST_okay;
  if (inUse(grants.active.get(a)) || inUse(grants.active.get(b))) return abi.GNTST_eagain;
  const { bytes } = frames.memory;
  const size = grants.version === 1 ? abi.grant_entry_v1.size : abi.grant_entry_v2.size;
  const [atA, atB] = [entryAddress(grants, a), entryAddress(grants, b)];
  const entry = bytes.slice(atA, atA + size);
  copyBytes(frames, atA, atB, size);
  writeBytes(frames, atB, entry);
  if (grants.version === 2) {
    const status = readHalfword(frames, statusAddress(grants, a));
    writeHalfword(frames, statusAddress(grants, a), readHalfword(frames, statusAddress(grants, b)));
    writeHalfword(frames, statusAddress(grants, b), status);
  }
  return abi.GNTST_okay;
}
