/** The operations that shape a grant table: its size, its version, where its frames are. */
import * as abi from '../abi/grant-table.ts';
import { EBUSY, EFAULT, EINVAL, ENOSYS, ERANGE, ESRCH } from '../abi/errno.ts';
import type { Caller } from '../state/caller.ts';
import { anyDomain, mayTarget } from '../state/page-owner.ts';
import type { FrameTable } from '../memory/frame-table.ts';
import { isGuestArray } from '../memory/guest-access.ts';
import type { GuestStruct } from '../memory/guest-struct.ts';
import type { GrantTable } from '../state/grant-table.ts';
import { clearFrame, writeHalfword, writeWord } from '../memory/guest-frames.ts';
import {
  dropStatusFrames,
  entryAddress,
  growTable,
  readHalfword,
  STATUS_FLAGS,
  statusAddress,
  writeEntryV1,
} from './grant-table.ts';

/** An operation on one argument at `address`; gives 0 or a negative errno, and its own status in the argument. */
export type Setup = (context: Caller, address: number) => number;

/** GNTTABOP_setup_table: makes the table as large as asked for and lists its frames. */
export const setupTable: Setup = (context, address) => {
  const op = context.readStruct(abi.gnttab_setup_table, address);
  return op === null ? -EFAULT : tellFrames(context, op, framesOf);
};

/** The table's frames, of which there are `count` from now on at least; null where it cannot be. */
function framesOf(context: Caller, { id, table }: Target, count: number): readonly number[] | null {
  if (count > table.maxFrames) return null;
  return growTable(context.hypervisor.frames, table, id, count) ? table.frames : null;
}

/** GNTTABOP_get_status_frames */
export const getStatusFrames: Setup = (context, address) => {
  const op = context.readStruct(abi.gnttab_get_status_frames, address);
  return op === null ? -EFAULT : tellFrames(context, op, statusFramesOf);
};

function statusFramesOf(_context: Caller, { table }: Target, count: number): readonly number[] | null {
  return count > table.statusFrames.length ? null : table.statusFrames;
}

/** What the two have in common: the first `nr_frames` frames of a domain's go to the list that the caller named. */
function tellFrames(
  context: Caller,
  op: GuestStruct<ListFields>,
  framesFor: (context: Caller, target: Target, count: number) => readonly number[] | null,
): number {
  const [count, list] = [op.get('nr_frames'), op.get('frame_list')];
  if (!isGuestArray(list, count, 8)) return -EFAULT;
  const target = targetOf(context, op.get('dom'));
  let status = typeof target === 'number' ? target : abi.GNTST_general_error;
  const mfns = typeof target === 'number' ? null : framesFor(context, target, count);
  if (mfns) status = listFrames(context, list, mfns.slice(0, count));
  op.set('status', status);
  return context.writeField(op, 'status') ? 0 : -EFAULT;
}

/** Members that setup_table and get_status_frames both have, each at places of its own. */
type ListFields = typeof abi.gnttab_setup_table.fields;

/** GNTTABOP_query_size */
export const querySize: Setup = (context, address) => {
  const op = context.readStruct(abi.gnttab_query_size, address);
  if (op === null) return -EFAULT;
  const target = targetOf(context, op.get('dom'));
  if (typeof target !== 'number') {
    op.set('nr_frames', target.table.frames.length);
    op.set('max_nr_frames', target.table.maxFrames);
  }
  op.set('status', typeof target === 'number' ? target : abi.GNTST_okay);
  return context.writeStruct(op) ? 0 : -EFAULT;
};

/** GNTTABOP_get_version */
export const getVersion: Setup = (context, address) => {
  const op = context.readStruct(abi.gnttab_get_version, address);
  if (op === null) return -EFAULT;
  const domain = anyDomain(context, op.get('dom'));
  if (domain < 0) return -ESRCH;
  const denied = mayTarget(context, domain);
  if (denied) return denied;
  op.set('version', context.hypervisor.domains.get(domain)!.grants.version);
  return context.writeField(op, 'version') ? 0 : -EFAULT;
};

/** GNTTABOP_set_version: empties the table but for the entries that the toolstack fills. */
export const setVersion: Setup = (context, address) => {
  const op = context.readStruct(abi.gnttab_set_version, address);
  if (op === null) return -EFAULT;
  const table = context.domain.grants;
  const wanted = op.get('version');
  let result = 0;
  if (wanted !== 1 && wanted !== 2) result = -EINVAL;
  else if (wanted > table.maxVersion) result = -ENOSYS;
  else if (wanted !== table.version) result = changeVersion(context, table, wanted);
  op.set('version', table.version);
  return context.writeStruct(op) ? result : -EFAULT;
};

interface Reserved {
  readonly flags: number;
  readonly domid: number;
  readonly frame: number;
}

function changeVersion(context: Caller, table: GrantTable, version: number): number {
  const { frames } = context.hypervisor;
  for (const [ref, { readers, writers }] of table.active)
    if (ref >= abi.GNTTAB_NR_RESERVED_ENTRIES && readers + writers > 0) return -EBUSY;
  const reserved: Reserved[] = [];
  for (let ref = 0; ref < abi.GNTTAB_NR_RESERVED_ENTRIES; ref++) {
    const entry = readReserved(frames, table, ref);
    if (!entry) return -ERANGE;
    reserved.push(entry);
  }
  if (version === 1 && !dropStatusFrames(frames, table)) return -EBUSY;
  const before = table.version;
  table.version = version;
  if (version === 2 && !growTable(frames, table, context.domain.id, table.frames.length)) {
    table.version = before;
    return -EBUSY;
  }
  for (const mfn of table.frames) clearFrame(frames, mfn);
  reserved.forEach((entry, ref) => {
    writeReserved(frames, table, ref, entry);
  });
  return 0;
}

/** A toolstack's entry, its flags with the status; null where the other version cannot say it. */
function readReserved(frames: FrameTable, table: GrantTable, ref: number): Reserved | null {
  const { words } = frames.memory;
  const at = entryAddress(table, ref);
  const flags = readHalfword(frames, at);
  const domid = readHalfword(frames, at + 2);
  if (table.version === 1) return { flags, domid, frame: words[at / 4 + 1]! };
  const type = flags & abi.GTF_type_mask;
  const frameAt = (at + abi.grant_entry_v2.offset['full_page.frame']) / 4;
  if (type === abi.GTF_transitive || (type === abi.GTF_permit_access && words[frameAt + 1] !== 0))
    return null;
  if (type !== abi.GTF_permit_access) return { flags: 0, domid: 0, frame: 0 };
  return { flags: flags | readHalfword(frames, statusAddress(table, ref)), domid, frame: words[frameAt]! };
}

function writeReserved(frames: FrameTable, table: GrantTable, ref: number, entry: Reserved): void {
  if (table.version === 1) {
    writeEntryV1(frames, table, ref, entry.flags, entry.domid, entry.frame);
    return;
  }
  writeHalfword(frames, statusAddress(table, ref), entry.flags & STATUS_FLAGS);
  const at = entryAddress(table, ref);
  writeHalfword(frames, at, entry.flags & ~STATUS_FLAGS);
  writeHalfword(frames, at + 2, entry.domid);
  writeWord(frames, at + abi.grant_entry_v2.offset['full_page.frame'], entry.frame);
}

interface Target {
  readonly id: number;
  readonly table: GrantTable;
}

/** Whose grant table is meant, or a GNTST_* status. */
function targetOf(context: Caller, domid: number): Target | number {
  const id = anyDomain(context, domid);
  if (id < 0) return abi.GNTST_bad_domain;
  if (mayTarget(context, id) < 0) return abi.GNTST_permission_denied;
  return { id, table: context.hypervisor.domains.get(id)!.grants };
}

function listFrames(context: Caller, list: number, mfns: readonly number[]): number {
  let status = abi.GNTST_okay;
  mfns.forEach((mfn, index) => {
    if (!context.write(list + index * 8, new Uint32Array([mfn, 0]))) status = abi.GNTST_bad_virt_addr;
  });
  return status;
}
