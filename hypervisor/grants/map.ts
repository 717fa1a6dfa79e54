/**
 * Mapping another domain's grants, and unmapping them. A mapping is an L1 entry of the mapper's, which holds a reference
 * to the frame like any other L1 entry; the granter's table counts it. Compare map_grant_ref and unmap_common in Xen's
 * common/grant_table.c, create_grant_pv_mapping in arch/x86/pv/grant_table.c.
 */
import * as abi from '../abi/grant-table.ts';
import { EFAULT } from '../abi/errno.ts';
import type { Domain } from '../state/domain.ts';
import type { Caller } from '../state/caller.ts';
import { l1EntryOf } from '../memory/guest-access.ts';
import {
  adjustL1High,
  adjustL1Low,
  entryFrame,
  PAGE_ACCESSED,
  PAGE_DIRTY,
  PAGE_NX_HIGH,
  PAGE_PRESENT,
  PAGE_RW,
  PAGE_USER,
} from '../memory/entries.ts';
import type { FrameTable } from '../memory/frame-table.ts';
import { PGT_L1_PAGE_TABLE, PGT_WRITABLE_PAGE } from '../memory/frame-table.ts';
import { PAGE_BYTES, PAGE_WORDS } from '../memory/pages.ts';
import { getPageType, putPageFromL1Entry, putPageType } from '../memory/page-types.ts';
import type { GrantMapping } from '../state/grant-table.ts';
import { granterOf, pinForMapping, unpin } from './pin.ts';
import type { Setup } from './setup.ts';

const MAPS = abi.GNTMAP_host_map | abi.GNTMAP_device_map;
/** Available bits of an entry, and where the flags of a mapping have them. */
const AVAILABLE_SHIFT = 9;
const AVAILABLE_MASK = 7;

/** GNTTABOP_map_grant_ref */
export const mapGrantRef: Setup = (context, address) => {
  const op = context.readStruct(abi.gnttab_map_grant_ref, address);
  if (op === null) return -EFAULT;
  const handleOrStatus = map(context, op.get('dom'), op.get('ref'), op.get('host_addr'), op.get('flags'));
  op.set('status', Math.min(handleOrStatus, abi.GNTST_okay));
  if (handleOrStatus >= 0) {
    op.set('handle', handleOrStatus);
    op.set('dev_bus_addr', context.domain.grants.mappings[handleOrStatus]!.mfn * PAGE_BYTES);
  }
  return context.writeStruct(op) ? 0 : -EFAULT;
};

/** Gives the handle or a negative status. */
function map(context: Caller, domid: number, ref: number, host: number, flags: number): number {
  const { frames, domains, trace } = context.hypervisor;
  if (!(flags & MAPS))
    return trace.refuse(abi.GNTST_bad_gntref, 'it is to be mapped neither for the processor nor for devices');
  const granter = domains.get(domid);
  if (!granter) return trace.refuse(abi.GNTST_bad_domain, 'there is no domain {}', domid);
  const { grants } = context.domain;
  if (grants.freeHandles.length === 0 && grants.mappings.length >= grants.maxMappings)
    return trace.refuse(abi.GNTST_no_space, 'it has all {} mappings that it may have', grants.maxMappings);
  const readOnly = (flags & abi.GNTMAP_readonly) !== 0;
  const kinds = [abi.GNTMAP_device_map, abi.GNTMAP_host_map].filter((kind) => flags & kind);
  for (let done = 0; done < kinds.length; done++) {
    const status = pinForMapping(frames, granter, ref, context.domain.id, readOnly);
    if (status === abi.GNTST_okay) continue;
    while (--done >= 0) unpin(frames, domains, granter, ref, readOnly);
    return status;
  }
  const { mfn } = granter.grants.active.get(ref)!;
  const status = hold(context, granter, mfn, host, flags);
  if (status < 0) {
    for (let done = 0; done < kinds.length; done++) unpin(frames, domains, granter, ref, readOnly);
    return status;
  }
  const handle = grants.freeHandles.pop() ?? grants.mappings.length;
  grants.mappings[handle] = { domid, ref, mfn, flags, isOrphan: false };
  if (trace.on)
    trace.emit({
      kind: 'grant',
      change: 'mapped',
      domain: context.domain.id,
      granter: domid,
      ref,
      mfn,
      readOnly,
      bytes: 0,
    });
  return handle;
}

/** Takes the references of the mappings and writes the L1 entry. */
function hold(context: Caller, granter: Domain, mfn: number, host: number, flags: number): number {
  const { frames } = context.hypervisor;
  const readOnly = (flags & abi.GNTMAP_readonly) !== 0;
  let held = 0;
  const undo = (): number => {
    while (held-- > 0) drop(frames, mfn, readOnly);
    return abi.GNTST_general_error;
  };
  for (const kind of [abi.GNTMAP_device_map, abi.GNTMAP_host_map]) {
    if (!(flags & kind)) continue;
    if (!frames.getPage(mfn, granter.id)) return undo();
    if (!readOnly && getPageType(frames, mfn, PGT_WRITABLE_PAGE) < 0) {
      frames.putPage(mfn);
      return undo();
    }
    held++;
  }
  if (!(flags & abi.GNTMAP_host_map)) return abi.GNTST_okay;
  const at = entryIndex(context, host, flags);
  if (at < 0) return noEntry(context, undo());
  const [low, high] = entryFor(mfn, flags);
  replaceEntry(frames, at, low, high);
  return abi.GNTST_okay;
}

function drop(frames: FrameTable, mfn: number, readOnly: boolean): void {
  if (!readOnly) putPageType(frames, mfn, -1);
  frames.putPage(mfn);
}

function noEntry({ hypervisor: { trace } }: Caller, status: number): number {
  return trace.refuse(status, 'no page table of the caller’s own maps that address');
}

/** The L1 entry of a mapping, as grant_to_pte_flags makes it. */
function entryFor(mfn: number, flags: number): [number, number] {
  const available = ((flags >>> abi.GNTMAP_guest_avail0) & AVAILABLE_MASK) << AVAILABLE_SHIFT;
  const user = flags & abi.GNTMAP_application_map ? PAGE_USER : 0;
  const writable = flags & abi.GNTMAP_readonly ? 0 : PAGE_RW;
  const low = ((mfn << 12) | PAGE_PRESENT | PAGE_ACCESSED | PAGE_DIRTY | user | writable | available) >>> 0;
  const high = (PAGE_NX_HIGH | (mfn >>> 20)) >>> 0;
  return [adjustL1Low(low, high), adjustL1High(low, high)];
}

/** Index of the L1 entry that a mapping is about, in one of the caller's validated L1 tables; -1 where there is none. */
function entryIndex(context: Caller, host: number, flags: number): number {
  const { frames } = context.hypervisor;
  let at: number;
  if (flags & abi.GNTMAP_contains_pte) at = host % 8 === 0 && host >= 0 ? host / 4 : -1;
  else at = l1EntryOf(frames, context.vcpu, host);
  const mfn = Math.floor(at / PAGE_WORDS);
  if (at < 0 || mfn >= frames.frames || frames.owner[mfn] !== context.domain.id) return -1;
  return frames.usedAs(mfn) === PGT_L1_PAGE_TABLE ? at : -1;
}

/** Writes an L1 entry and gives back what the old one held. */
function replaceEntry(frames: FrameTable, at: number, low: number, high: number): void {
  const [oldLow, oldHigh] = takeEntry(frames, at, low, high);
  putPageFromL1Entry(frames, oldLow, oldHigh);
}

/** Writes an L1 entry; gives the old one, with the references it holds. */
function takeEntry(frames: FrameTable, at: number, low: number, high: number): [number, number] {
  const { words } = frames.memory;
  const old: [number, number] = [words[at]!, words[at + 1]!];
  frames.writeEntry(Math.floor(at / PAGE_WORDS), (at % PAGE_WORDS) / 2, low, high);
  return old;
}

/** GNTTABOP_unmap_grant_ref */
export const unmapGrantRef: Setup = (context, address) => {
  const op = context.readStruct(abi.gnttab_unmap_grant_ref, address);
  if (op === null) return -EFAULT;
  const status = unmap(context, op.get('handle'), op.get('host_addr'), op.get('dev_bus_addr'), 0);
  op.set('status', status);
  return context.writeStruct(op) ? 0 : -EFAULT;
};

/** GNTTABOP_unmap_and_replace: the entry that maps `new_addr` takes the mapping's place. */
export const unmapAndReplace: Setup = (context, address) => {
  const op = context.readStruct(abi.gnttab_unmap_and_replace, address);
  if (op === null) return -EFAULT;
  op.set('status', unmap(context, op.get('handle'), op.get('host_addr'), 0, op.get('new_addr')));
  return context.writeStruct(op) ? 0 : -EFAULT;
};

function unmap(context: Caller, handle: number, host: number, bus: number, other: number): number {
  const { frames, domains, trace } = context.hypervisor;
  const { grants } = context.domain;
  const mapping = grants.mappings[handle];
  if (!mapping)
    return trace.refuse(abi.GNTST_bad_handle, 'domain {} has no mapping {}', context.domain.id, handle);
  const granter = granterOf(domains, mapping);
  const readOnly = (mapping.flags & abi.GNTMAP_readonly) !== 0;
  const { mfn } = mapping;
  const unmapsBus = bus !== 0 && (mapping.flags & abi.GNTMAP_device_map) !== 0;
  if (unmapsBus && bus !== mfn * PAGE_BYTES)
    return trace.refuse(abi.GNTST_bad_dev_addr, 'mapping {} is of another bus address', handle);
  let released = 0;
  if (host !== 0 && mapping.flags & abi.GNTMAP_host_map) {
    const status = removeEntry(context, mapping, host, mfn, other);
    if (status < 0) return status;
    mapping.flags &= ~abi.GNTMAP_host_map;
    released++;
  }
  if (unmapsBus) {
    mapping.flags &= ~abi.GNTMAP_device_map;
    drop(frames, mfn, readOnly);
    released++;
  }
  if (!(mapping.flags & MAPS)) {
    grants.mappings[handle] = null;
    grants.freeHandles.push(handle);
  }
  if (trace.on && released > 0)
    trace.emit({
      ...{ kind: 'grant', change: 'unmapped', domain: context.domain.id, granter: mapping.domid },
      ...{ ref: mapping.ref, mfn, readOnly, bytes: 0 },
    });
  while (granter !== undefined && released-- > 0) unpin(frames, domains, granter, mapping.ref, readOnly);
  return abi.GNTST_okay;
}

/** Clears the L1 entry of a mapping, if it still is that; its references go with it. */
function removeEntry(
  context: Caller,
  mapping: GrantMapping,
  host: number,
  mfn: number,
  other: number,
): number {
  const { frames } = context.hypervisor;
  const { words } = frames.memory;
  if (other !== 0 && mapping.flags & abi.GNTMAP_contains_pte) return abi.GNTST_general_error;
  const at = entryIndex(context, host, mapping.flags);
  const from = other === 0 ? -1 : entryIndex(context, other, 0);
  if (at < 0 || (other !== 0 && from < 0)) return noEntry(context, abi.GNTST_general_error);
  const wanted = PAGE_PRESENT | (mapping.flags & abi.GNTMAP_readonly ? 0 : PAGE_RW);
  const isMapping =
    entryFrame(words[at]!, words[at + 1]!) === mfn && (words[at]! & (PAGE_PRESENT | PAGE_RW)) === wanted;
  if (!isMapping)
    return context.hypervisor.trace.refuse(abi.GNTST_general_error, 'what is mapped there is not that grant');
  if (other === 0) replaceEntry(frames, at, 0, 0);
  else if (from !== at) {
    const [low, high] = takeEntry(frames, from, 0, 0);
    replaceEntry(frames, at, low, high);
  } else replaceEntry(frames, at, 0, 0);
  return abi.GNTST_okay;
}
