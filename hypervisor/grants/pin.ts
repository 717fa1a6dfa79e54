/**
 * Using a grant: the entry is checked against who wants it and for what, and marked as in use where the granter sees it.
 * Compare set_status, map_grant_ref and acquire_grant_for_copy in Xen's common/grant_table.c.
 *
 * Functions give GNTST_*: 0 or a negative status.
 */
import { bug } from '../bug.ts';
import * as abi from '../abi/grant-table.ts';
import type { Domain } from '../state/domain.ts';
import type { FrameTable } from '../memory/frame-table.ts';
import { isPaged, missPaged } from '../memory/paged-frames.ts';
import { PAGE_BYTES } from '../memory/pages.ts';
import { fromHalves } from '../../core/machine.ts';
import type { ActiveGrant, GrantMapping, GrantTable } from '../state/grant-table.ts';
import { entriesOf, entryAddress, readHalfword, statusAddress } from './grant-table.ts';
import { writeHalfword } from '../memory/guest-frames.ts';

/** Uses of one kind beyond which Xen's counter, of eight bits, might overflow. */
const MAX_USES = 128;
const { offset } = abi.grant_entry_v2;

/** What a grant gives access to. */
export interface Granted {
  readonly mfn: number;
  readonly start: number;
  readonly length: number;
  readonly isSubPage: boolean;
}

/** Whose grant a mapping is of; undefined: that domain is gone. */
export function granterOf(
  domains: ReadonlyMap<number, Domain>,
  { domid, isOrphan }: GrantMapping,
): Domain | undefined {
  if (isOrphan) return undefined;
  return domains.get(domid) ?? bug(`the granter ${String(domid)} of a mapping is gone`);
}

/** Whether a grant is in use. */
export function inUse(grant: ActiveGrant | undefined): boolean {
  return grant !== undefined && grant.readers + grant.writers > 0;
}

/** Marks a grant of `granter` as used by the domain `user` for a mapping, which whole frames alone allow. */
export function pinForMapping(
  frames: FrameTable,
  granter: Domain,
  ref: number,
  user: number,
  readOnly: boolean,
): number {
  const table = granter.grants;
  const failure = checkUse(frames, table, ref, user, readOnly, true);
  if (failure) return failure;
  const active = table.active.get(ref);
  const status = markUsed(frames, table, ref, user, readOnly, true);
  if (status) return status;
  if (!inUse(active)) {
    const mfn = frameOf(frames, table, ref);
    if (!isOwned(frames, mfn, granter.id)) return giveUp(frames, table, ref, readOnly, abi.GNTST_bad_page);
    if (isPaged(frames, mfn)) return giveUp(frames, table, ref, readOnly, comesLater(frames, mfn));
    const whole = { mfn, start: 0, length: PAGE_BYTES, isSubPage: false };
    table.active.set(ref, newGrant(whole, user, granter.id, ref));
  }
  count(table, ref, readOnly, 1);
  return abi.GNTST_okay;
}

/**
 * Marks a grant as used by `user` for a copy; `domains` leads on where it passes on a grant of another domain. Gives what
 * is granted, or a status.
 */
export function pinForCopy(
  frames: FrameTable,
  domains: ReadonlyMap<number, Domain>,
  granter: Domain,
  ref: number,
  user: number,
  readOnly: boolean,
  mayPassOn: boolean,
): Granted | number {
  const table = granter.grants;
  const failure = checkUse(frames, table, ref, user, readOnly, false);
  if (failure) return failure;
  const status = markUsed(frames, table, ref, user, readOnly, false);
  if (status) return status;
  const active = table.active.get(ref);
  const passesOn = table.version === 2 && typeOf(frames, table, ref) === abi.GTF_transitive;
  if (!passesOn && inUse(active)) {
    count(table, ref, readOnly, 1);
    return active!;
  }
  const granted = passesOn
    ? follow(frames, domains, granter, ref, readOnly, mayPassOn)
    : wholeOrPart(frames, granter, ref);
  if (typeof granted === 'number') return giveUp(frames, table, ref, readOnly, granted);
  if (!inUse(active)) {
    const source = passesOn ? transitiveSource(frames, table, ref) : { domid: granter.id, ref };
    table.active.set(ref, newGrant(granted, user, source.domid, source.ref));
  }
  count(table, ref, readOnly, 1);
  return granted;
}

/** Undoes a pin, in the table that passed the grant on as well. */
export function unpin(
  frames: FrameTable,
  domains: ReadonlyMap<number, Domain>,
  granter: Domain,
  ref: number,
  readOnly: boolean,
): void {
  const table = granter.grants;
  const active = table.active.get(ref);
  if (!active) bug(`grant ${String(ref)} of domain ${String(granter.id)} is given back, and not in use`);
  count(table, ref, readOnly, -1);
  reduceStatus(frames, table, ref, readOnly);
  if (!inUse(active)) table.active.delete(ref);
  const source = domains.get(active.sourceDomain);
  if (source && source !== granter) unpin(frames, domains, source, active.sourceRef, readOnly);
}

function newGrant(granted: Granted, domid: number, sourceDomain: number, sourceRef: number): ActiveGrant {
  const { mfn, start, length, isSubPage } = granted;
  return { domid, mfn, start, length, isSubPage, sourceDomain, sourceRef, readers: 0, writers: 0 };
}

/** Checks the reference, and who uses it already. */
function checkUse(
  { trace }: FrameTable,
  table: GrantTable,
  ref: number,
  user: number,
  readOnly: boolean,
  mapping: boolean,
): number {
  if (ref >= entriesOf(table))
    return trace.refuse(
      abi.GNTST_bad_gntref,
      'reference {} is beyond the {} entries of the table',
      ref,
      entriesOf(table),
    );
  const active = table.active.get(ref);
  if (!active || !inUse(active)) return abi.GNTST_okay;
  const isFull = (readOnly ? active.readers : active.writers) >= MAX_USES;
  if (active.domid === user && !isFull && !(mapping && active.isSubPage)) return abi.GNTST_okay;
  const why = isFull
    ? 'grant {} is in use too often'
    : 'grant {} is in use by domain {}, or as part of a page';
  return trace.refuse(abi.GNTST_general_error, why, ref, active.domid);
}

/** Checks the entry and sets its "reading" and "writing" flags, if the grant is not in use so already. */
function markUsed(
  frames: FrameTable,
  table: GrantTable,
  ref: number,
  user: number,
  readOnly: boolean,
  mapping: boolean,
): number {
  const active = table.active.get(ref);
  const used = inUse(active);
  if (used && (readOnly || active!.writers > 0)) return abi.GNTST_okay;
  const at = entryAddress(table, ref);
  const flags = readHalfword(frames, at);
  const { trace } = frames;
  const permitted = readHalfword(frames, at + 2);
  if (!used && !allows(table, flags, mapping))
    return trace.refuse(
      abi.GNTST_general_error,
      'entry {} does not permit access: its flags are {}',
      ref,
      flags,
    );
  if (!used && permitted !== user)
    return trace.refuse(
      abi.GNTST_general_error,
      'entry {} is for domain {}, not for domain {}',
      ref,
      permitted,
      user,
    );
  if (!readOnly && flags & abi.GTF_readonly)
    return trace.refuse(abi.GNTST_general_error, 'entry {} permits reading only', ref);
  const status = statusAddress(table, ref);
  const wanted = abi.GTF_reading | (readOnly ? 0 : abi.GTF_writing);
  writeHalfword(frames, status, readHalfword(frames, status) | wanted);
  return abi.GNTST_okay;
}

/** Mappings need a permission for a whole frame; copies may also use part of one, or what another domain granted. */
function allows(table: GrantTable, flags: number, mapping: boolean): boolean {
  const type = flags & abi.GTF_type_mask;
  if (mapping && flags & abi.GTF_sub_page) return false;
  return type === abi.GTF_permit_access || (!mapping && table.version === 2 && type === abi.GTF_transitive);
}

/** Takes the flags back that `markUsed` set, as far as nothing else uses the grant so. */
function reduceStatus(frames: FrameTable, table: GrantTable, ref: number, readOnly: boolean): void {
  const active = table.active.get(ref);
  let clear = inUse(active) ? 0 : abi.GTF_reading;
  if (!readOnly && (active?.writers ?? 0) === 0) clear |= abi.GTF_writing;
  if (clear === 0 || ref >= entriesOf(table)) return;
  const status = statusAddress(table, ref);
  writeHalfword(frames, status, readHalfword(frames, status) & ~clear);
}

function giveUp(
  frames: FrameTable,
  table: GrantTable,
  ref: number,
  readOnly: boolean,
  status: number,
): number {
  reduceStatus(frames, table, ref, readOnly);
  return status;
}

function count(table: GrantTable, ref: number, readOnly: boolean, by: number): void {
  const active = table.active.get(ref)!;
  if (readOnly) active.readers += by;
  else active.writers += by;
  if (active.readers < 0 || active.writers < 0)
    bug(`grant ${String(ref)} is given back more often than taken`);
}

function typeOf(frames: FrameTable, table: GrantTable, ref: number): number {
  return readHalfword(frames, entryAddress(table, ref)) & abi.GTF_type_mask;
}

/** The frame number in an entry. */
export function frameOf(frames: FrameTable, table: GrantTable, ref: number): number {
  const { words } = frames.memory;
  const at = entryAddress(table, ref);
  if (table.version === 1) return words[at / 4 + 1]!;
  const frameAt = (at + offset['full_page.frame']) / 4;
  return fromHalves(words[frameAt]!, words[frameAt + 1]!);
}

/** get_paged_frame: what is in a frame is not here; who uses the grant tries again (GNTST_eagain). */
function comesLater(frames: FrameTable, mfn: number): number {
  missPaged(frames, mfn);
  return abi.GNTST_eagain;
}

function isOwned(frames: FrameTable, mfn: number, domain: number): boolean {
  if (!frames.getPage(mfn, domain)) return false;
  frames.putPage(mfn);
  return true;
}

function wholeOrPart(frames: FrameTable, granter: Domain, ref: number): Granted | number {
  const table = granter.grants;
  const at = entryAddress(table, ref);
  const mfn = frameOf(frames, table, ref);
  if (!isOwned(frames, mfn, granter.id)) return abi.GNTST_bad_page;
  if (isPaged(frames, mfn)) return comesLater(frames, mfn);
  const isSubPage = table.version === 2 && (readHalfword(frames, at) & abi.GTF_sub_page) !== 0;
  if (!isSubPage) return { mfn, start: 0, length: PAGE_BYTES, isSubPage };
  const start = readHalfword(frames, at + offset['sub_page.page_off']);
  return { mfn, start, length: readHalfword(frames, at + offset['sub_page.length']), isSubPage };
}

function transitiveSource(
  frames: FrameTable,
  table: GrantTable,
  ref: number,
): { domid: number; ref: number } {
  const at = entryAddress(table, ref);
  const domid = readHalfword(frames, at + offset['transitive.trans_domid']);
  return { domid, ref: frames.memory.words[(at + offset['transitive.gref']) / 4]! };
}

/** A grant that passes on another domain's: that one is pinned for the granter. One step only. */
function follow(
  frames: FrameTable,
  domains: ReadonlyMap<number, Domain>,
  granter: Domain,
  ref: number,
  readOnly: boolean,
  mayPassOn: boolean,
): Granted | number {
  const source = transitiveSource(frames, granter.grants, ref);
  const domain = domains.get(source.domid);
  if (!mayPassOn || !domain || domain === granter) return abi.GNTST_general_error;
  const granted = pinForCopy(frames, domains, domain, source.ref, granter.id, readOnly, false);
  return typeof granted === 'number' ? granted : { ...granted, isSubPage: true };
}
