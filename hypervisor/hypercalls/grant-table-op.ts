/**
 * grant_table_op(command, arguments, count): the domain's grant table, and the use of other domains' grants.
 *
 * `arguments`: `count` times the command's struct, each with a `status` (GNTST_*) that tells how it went. Gives 0 when all
 * were looked at, or: -EFAULT one cannot be read or written; -EINVAL a count that the command does not take; -ENOSYS no
 * such command. set_version also gives -ENOSYS beyond what the toolstack allows, -EBUSY while grants are in use, -ERANGE
 * for entries that version 1 cannot hold. A long batch goes on in a continuation.
 */
import * as abi from '../abi/grant-table.ts';
import { EFAULT, EINVAL, ENOSYS } from '../abi/errno.ts';
import { HYPERVISOR_grant_table_op } from '../abi/xen.ts';
import { namesOf } from '../abi/names.ts';
import { copyGrant } from '../grants/copy.ts';
import { mapGrantRef, unmapAndReplace, unmapGrantRef } from '../grants/map.ts';
import type { Setup } from '../grants/setup.ts';
import { getStatusFrames, getVersion, querySize, setupTable, setVersion } from '../grants/setup.ts';
import { swapGrantRef, transferGrant } from '../grants/transfer.ts';
import { isGuestArray } from '../memory/guest-access.ts';
import type { Hypercall, HypercallContext } from './hypercall.ts';

/** Bits of the command that only cache_flush uses. */
const ARGUMENT_SHIFT = 12;

/** Commands with one argument; `single` ones say so by a count that must be 1. */
const SETUPS: Readonly<Record<number, { readonly work: Setup; readonly single: boolean }>> = {
  [abi.GNTTABOP_setup_table]: { work: setupTable, single: true },
  [abi.GNTTABOP_query_size]: { work: querySize, single: true },
  [abi.GNTTABOP_get_status_frames]: { work: getStatusFrames, single: true },
  [abi.GNTTABOP_set_version]: { work: setVersion, single: false },
  [abi.GNTTABOP_get_version]: { work: getVersion, single: false },
};

/** A command on a batch: bytes of an argument, and what is done with one: 0 or a negative errno. */
interface Batch {
  readonly size: number;
  readonly work: Setup;
  /** What was mapped may be in the TLB. */
  readonly flushes: boolean;
}

const BATCHES: Readonly<Record<number, Batch>> = {
  [abi.GNTTABOP_map_grant_ref]: batch(abi.gnttab_map_grant_ref.size, mapGrantRef),
  [abi.GNTTABOP_unmap_grant_ref]: batch(abi.gnttab_unmap_grant_ref.size, unmapGrantRef, true),
  [abi.GNTTABOP_unmap_and_replace]: batch(abi.gnttab_unmap_and_replace.size, unmapAndReplace, true),
  [abi.GNTTABOP_transfer]: batch(abi.gnttab_transfer.size, transferGrant),
  [abi.GNTTABOP_copy]: batch(abi.gnttab_copy.size, copyGrant),
  [abi.GNTTABOP_swap_grant_ref]: batch(abi.gnttab_swap_grant_ref.size, swapGrantRef),
};

function batch(size: number, work: Setup, flushes = false): Batch {
  return { size, work, flushes };
}

export const grantTableOp: Hypercall = {
  number: HYPERVISOR_grant_table_op,
  name: 'grant_table_op',
  args: [
    { name: 'cmd', kind: 'command', commands: namesOf(abi, 'GNTTABOP_') },
    { name: 'uop', kind: 'va' },
    { name: 'count', kind: 'unsigned' },
  ],
  handler(context, _command, address): number {
    const command = context.low(0);
    const count = context.low(2);
    if (count > 0x7fff_ffff || command >>> ARGUMENT_SHIFT !== 0) return -EINVAL;
    const setup = SETUPS[command];
    if (setup) return setup.single && count !== 1 ? -EINVAL : setup.work(context, address);
    const batch = BATCHES[command];
    if (!batch) return -ENOSYS;
    if (!isGuestArray(address, count, batch.size)) return -EFAULT;
    return carryOut(context, batch, address, count);
  },
};

function carryOut(
  context: HypercallContext,
  { size, work, flushes }: Batch,
  address: number,
  count: number,
): number {
  let result = 0;
  let index = 0;
  for (; index < count && result === 0; index++) {
    if (index > 0 && context.preemptCheck()) {
      result = context.continueWith(context.low(0), address + index * size, count - index);
      break;
    }
    result = work(context, address + index * size);
    if (context.mustWait) {
      result = context.continueWith(context.low(0), address + index * size, count - index);
      break;
    }
  }
  if (flushes) context.hypervisor.frames.flushTlb();
  return result;
}
