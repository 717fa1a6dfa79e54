/**
 * GNTTABOP_copy: Xen copies within a page between two domains, each end a grant or a frame of the caller's own. Compare
 * gnttab_copy_one in Xen's common/grant_table.c.
 */
import * as abi from '../abi/grant-table.ts';
import { EFAULT } from '../abi/errno.ts';
import { DOMID_SELF } from '../abi/xen.ts';
import type { Domain } from '../state/domain.ts';
import type { Caller } from '../state/caller.ts';
import { anyDomain } from '../state/page-owner.ts';
import { PGT_WRITABLE_PAGE } from '../memory/frame-table.ts';
import { PAGE_BYTES } from '../memory/pages.ts';
import { copyBytes as moveBytes } from '../memory/guest-frames.ts';
import { isPaged, missPaged } from '../memory/paged-frames.ts';
import { getPageType, putPageType } from '../memory/page-types.ts';
import type { Granted } from './pin.ts';
import { pinForCopy, unpin } from './pin.ts';
import type { Setup } from './setup.ts';

/** One end of a copy as the guest names it. */
interface End {
  readonly domid: number;
  /** A grant reference or a frame number. */
  readonly name: number;
  readonly offset: number;
  readonly isGrant: boolean;
  readonly readOnly: boolean;
}

/** One end that is held: a reference to its frame, a type reference if it is written, a pin if it is a grant. */
interface Claim {
  readonly domain: Domain;
  readonly granted: Granted;
}

/** GNTTABOP_copy */
export const copyGrant: Setup = (context, address) => {
  const op = context.readStruct(abi.gnttab_copy, address);
  if (op === null) return -EFAULT;
  const flags = op.get('flags');
  const end = (side: 'source' | 'dest', gref: number): End => ({
    domid: op.get(`${side}.domid`),
    name: flags & gref ? op.get(`${side}.u.ref`) : op.get(`${side}.u.gmfn`),
    offset: op.get(`${side}.offset`),
    isGrant: (flags & gref) !== 0,
    readOnly: gref === abi.GNTCOPY_source_gref,
  });
  const source = end('source', abi.GNTCOPY_source_gref);
  const target = end('dest', abi.GNTCOPY_dest_gref);
  op.set('status', copy(context, source, target, op.get('len')));
  return context.writeField(op, 'status') ? 0 : -EFAULT;
};

function copy(context: Caller, source: End, target: End, length: number): number {
  const ends = [source, target];
  const domains = ends.map((end) => domainOf(context, end));
  for (const domain of domains) if (typeof domain === 'number') return domain;
  const from = claim(context, source, domains[0] as Domain);
  if (typeof from === 'number') return from;
  const to = claim(context, target, domains[1] as Domain);
  if (typeof to === 'number') {
    release(context, source, from);
    return to;
  }
  const status = copyBytes(context, source, from, target, to, length);
  const { trace } = context.hypervisor;
  if (trace.on && status === abi.GNTST_okay) tell(context, source, from, target, to, length);
  release(context, target, to);
  release(context, source, from);
  return status;
}

/** The grant that was used: the one that is written to, where both ends are grants. */
function tell(context: Caller, source: End, from: Claim, target: End, to: Claim, bytes: number): void {
  const [end, claim] = target.isGrant ? [target, to] : [source, from];
  context.hypervisor.trace.emit({
    ...{ kind: 'grant', change: 'copied', domain: context.domain.id, granter: claim.domain.id },
    ...{ ref: end.isGrant ? end.name : -1, mfn: claim.granted.mfn, readOnly: end.readOnly, bytes },
  });
}

/** Only the caller's own memory is named by frames. */
function domainOf(context: Caller, end: End): Domain | number {
  const { domains, trace } = context.hypervisor;
  if (end.domid !== DOMID_SELF && !end.isGrant)
    return trace.refuse(
      abi.GNTST_permission_denied,
      'memory of domain {} is named by grants alone',
      end.domid,
    );
  return domains.get(anyDomain(context, end.domid)) ?? abi.GNTST_bad_domain;
}

function claim(context: Caller, end: End, domain: Domain): Claim | number {
  const { frames, domains } = context.hypervisor;
  let granted: Granted;
  if (end.isGrant) {
    const pinned = pinForCopy(frames, domains, domain, end.name, context.domain.id, end.readOnly, true);
    if (typeof pinned === 'number') return pinned;
    granted = pinned;
  } else granted = { mfn: end.name, start: 0, length: PAGE_BYTES, isSubPage: false };
  const unclaim = (status: number): number => {
    if (end.isGrant) unpin(frames, domains, domain, end.name, end.readOnly);
    return status;
  };
  const { mfn } = granted;
  const owner = end.isGrant ? frames.owner[mfn]! : domain.id;
  if (!frames.getPage(mfn, owner)) return unclaim(abi.GNTST_bad_page);
  if (isPaged(frames, mfn)) {
    frames.putPage(mfn);
    missPaged(frames, mfn);
    return unclaim(abi.GNTST_eagain);
  }
  if (!end.readOnly && getPageType(frames, mfn, PGT_WRITABLE_PAGE) < 0) {
    frames.putPage(mfn);
    return unclaim(abi.GNTST_general_error);
  }
  return { domain, granted };
}

function release(context: Caller, end: End, { domain, granted }: Claim): void {
  const { frames, domains } = context.hypervisor;
  if (end.isGrant) unpin(frames, domains, domain, end.name, end.readOnly);
  if (!end.readOnly) putPageType(frames, granted.mfn, -1);
  frames.putPage(granted.mfn);
}

function copyBytes(
  context: Caller,
  source: End,
  from: Claim,
  target: End,
  to: Claim,
  length: number,
): number {
  const { trace } = context.hypervisor;
  if (source.offset + length > PAGE_BYTES || target.offset + length > PAGE_BYTES)
    return trace.refuse(abi.GNTST_bad_copy_arg, '{} bytes from there on reach beyond a page', length);
  if (!isWithin(source.offset, length, from.granted) || !isWithin(target.offset, length, to.granted))
    return trace.refuse(
      abi.GNTST_general_error,
      '{} bytes from there on reach beyond what is granted',
      length,
    );
  const start = from.granted.mfn * PAGE_BYTES + source.offset;
  moveBytes(context.hypervisor.frames, to.granted.mfn * PAGE_BYTES + target.offset, start, length);
  return abi.GNTST_okay;
}

function isWithin(offset: number, length: number, granted: Granted): boolean {
  return offset >= granted.start && offset + length <= granted.start + granted.length;
}
