/**
 * The frame table's invariant (frame-table.ts), checked from scratch: all references are counted again from the page
 * tables and the other holders, whatever the incremental code believes. For tests; it looks at every frame.
 */
import { GNTMAP_device_map, GNTMAP_readonly } from '../abi/grant-table.ts';
import { DOMID_INVALID, DOMID_IO, DOMID_XEN } from '../abi/xen.ts';
import { checkGrants, checkPorts } from './check-uses.ts';
import type { Uses } from './check-uses.ts';
import type { EventChannel } from './event-channels.ts';
import type { GrantTable } from './grant-table.ts';
import { checkDescriptors } from '../memory/descriptors.ts';
import {
  entryFrame,
  FIRST_XEN_SLOT,
  isGuestL4Slot,
  LAST_XEN_SLOT,
  PAGE_PRESENT,
  PAGE_RW,
  PAGE_USER,
  TABLE_DISALLOWED,
} from '../memory/entries.ts';
import type { FrameTable, PageOwner } from '../memory/frame-table.ts';
import {
  PGC_ALLOCATED,
  PGC_PAGED,
  PGC_XEN_HEAP,
  PGT_L1_PAGE_TABLE,
  PGT_L4_PAGE_TABLE,
  PGT_PINNED,
  PGT_SEG_DESC_PAGE,
  PGT_VALIDATED,
  PGT_WRITABLE_PAGE,
} from '../memory/frame-table.ts';
import { PAGE_WORDS, pageNumber } from '../memory/pages.ts';
import { descriptorFrames } from '../memory/per-domain.ts';
import { PERDOMAIN_SLOT, readLink, RO_MPT_SLOT } from '../memory/xen-slots.ts';

/** What a domain holds of frames outside page tables. */
interface References extends PageOwner, Uses {
  readonly vcpus: readonly {
    readonly id: number;
    readonly virqPorts: Uint32Array;
    readonly kernelRoot: number;
    readonly userRoot: number;
    /** Frame of a registered vcpu_info, held as writable; 0 where there is none. */
    readonly infoMfn: number;
  }[];
  readonly grants: GrantTable;
  /** Frame of the PIRQ end-of-interrupt map, held as writable; 0 where there is none. */
  readonly pirqEoiMfn: number;
  /** The console ring that Xen serves, held as writable. */
  readonly consoleRing: { readonly mfn: number } | null;
  /** The FIFO event channels' control blocks and event array, held as writable. */
  readonly events: {
    readonly ports: readonly (EventChannel | null)[];
    readonly fifo: {
      readonly controls: readonly ({ readonly address: number } | null)[];
      readonly frames: readonly number[];
    } | null;
  };
}

/** The recount under way. */
interface Recount {
  readonly table: FrameTable;
  readonly domains: ReadonlyMap<number, References>;
  readonly count: Uint32Array;
  readonly typeCount: Uint32Array;
  readonly linear: Int32Array;
  readonly faults: string[];
}

/** All violations of the invariant, and of what grants and event channels promise (check-uses.ts), in words. */
export function checkFrameTable(table: FrameTable, domains: ReadonlyMap<number, References>): string[] {
  const recount: Recount = {
    table,
    domains,
    count: new Uint32Array(table.frames),
    typeCount: new Uint32Array(table.frames),
    linear: new Int32Array(table.frames),
    faults: [],
  };
  for (let mfn = 0; mfn < table.frames; mfn++) countFrame(recount, mfn);
  for (const domain of domains.values()) countHolders(recount, domain);
  for (let mfn = 0; mfn < table.frames; mfn++) compare(recount, mfn);
  checkFreeList(recount);
  checkPaged(recount);
  return [...recount.faults, ...checkGrants(domains), ...checkPorts(domains)];
}

/** Frames that are not here are ordinary pages of a domain that waits for them, and are counted. */
function checkPaged(recount: Recount): void {
  const { table, domains } = recount;
  const counts = new Map<number, number>();
  for (let mfn = 0; mfn < table.frames; mfn++) {
    if (!(table.flags[mfn]! & PGC_PAGED)) continue;
    const owner = table.owner[mfn]!;
    counts.set(owner, (counts.get(owner) ?? 0) + 1);
    if (table.typeCount[mfn] !== 0 && table.type[mfn] !== PGT_WRITABLE_PAGE)
      fault(recount, mfn, 'is not here, and in use as something');
  }
  for (const [owner, count] of counts)
    if (domains.get(owner)?.paged?.count !== count)
      recount.faults.push(`domain ${String(owner)} waits for ${String(count)} frames, and does not know`);
}

function countFrame(recount: Recount, mfn: number): void {
  const { table } = recount;
  const flags = table.flags[mfn]!;
  const type = table.type[mfn]!;
  if (flags & PGC_ALLOCATED) recount.count[mfn]!++;
  if (flags & PGC_XEN_HEAP || table.owner[mfn] === DOMID_IO) recount.typeCount[mfn]!++;
  if (flags & PGT_PINNED) hold(recount, mfn, type, `the pin of frame ${String(mfn)}`);
  if (table.typeCount[mfn] === 0) return;
  if (!(flags & PGT_VALIDATED)) fault(recount, mfn, 'is in use without being validated');
  if (type >= PGT_L1_PAGE_TABLE && type <= PGT_L4_PAGE_TABLE) countTable(recount, mfn, type);
  if (type === PGT_SEG_DESC_PAGE) checkDescriptorPage(recount, mfn);
}

function countTable(recount: Recount, mfn: number, level: number): void {
  const { words } = recount.table.memory;
  for (let slot = 0; slot < 512; slot++) {
    if (level === 4 && !isGuestL4Slot(slot)) continue;
    const at = mfn * PAGE_WORDS + slot * 2;
    const low = words[at]!;
    if (!(low & PAGE_PRESENT)) continue;
    const named = entryFrame(low, words[at + 1]!);
    const where = `entry ${String(slot)} of L${String(level)} table ${String(mfn)}`;
    if (level > 1 && low & TABLE_DISALLOWED) fault(recount, mfn, `${where} has bad flags`);
    if (!(low & PAGE_USER)) fault(recount, mfn, `${where} is not for CPL 3`);
    const isAbsent = named < 0 || named >= recount.table.frames;
    // Of a device's memory nothing is counted. Whether the domain may map it was asked when the entry was made.
    if (level === 1 && (isAbsent || recount.table.owner[named] === DOMID_IO)) continue;
    if (isAbsent) fault(recount, mfn, `${where} names no frame`);
    else if (level === 1) countL1Entry(recount, mfn, named, low, where);
    else countTableEntry(recount, mfn, level, named, low, where);
  }
  if (level === 4) checkXenSlots(recount, mfn);
}

function countL1Entry(recount: Recount, mfn: number, named: number, low: number, where: string): void {
  const { table } = recount;
  const owner = table.owner[named]!;
  // A privileged domain may map what Xen shares: the M2P.
  const isShared = owner === DOMID_XEN && (table.flags[named]! & PGC_XEN_HEAP) !== 0;
  const mayShare = isShared && table.owners.get(table.owner[mfn]!)?.isPrivileged === true;
  if ((owner === DOMID_XEN && !mayShare) || owner === DOMID_INVALID)
    fault(recount, mfn, `${where} names frame ${String(named)}, which no domain owns`);
  if (low & PAGE_RW) hold(recount, named, PGT_WRITABLE_PAGE, where);
  else recount.count[named]!++;
}

function countTableEntry(
  recount: Recount,
  mfn: number,
  level: number,
  named: number,
  low: number,
  where: string,
): void {
  const { table } = recount;
  if (table.owner[named] !== table.owner[mfn]) fault(recount, mfn, `${where} names another's frame`);
  const isLinear = named === mfn || table.type[named] === level;
  if (!isLinear) return hold(recount, named, level - 1, where);
  if (low & PAGE_RW) fault(recount, mfn, `${where} is linear and writable`);
  if (named === mfn) return;
  recount.linear[mfn]!++;
  recount.linear[named]!--;
  hold(recount, named, level, where);
}

/** Counts a reference and a type reference. */
function hold(recount: Recount, mfn: number, type: number, where: string): void {
  recount.count[mfn]!++;
  recount.typeCount[mfn]!++;
  if (recount.table.type[mfn] !== type)
    fault(recount, mfn, `has type ${String(recount.table.type[mfn])}, but ${where} needs ${String(type)}`);
}

function checkXenSlots(recount: Recount, mfn: number): void {
  const { table, domains } = recount;
  const perDomainL3 = domains.get(table.owner[mfn]!)?.memory.perDomainL3 ?? 0;
  for (let slot = FIRST_XEN_SLOT; slot <= LAST_XEN_SLOT; slot++) {
    const named = readLink(table, mfn, slot);
    const right = slot === PERDOMAIN_SLOT ? named === perDomainL3 : named === 0;
    if (slot === RO_MPT_SLOT ? named !== 0 && named !== table.m2pL3 : !right)
      fault(recount, mfn, `names frame ${String(named)} in Xen's slot ${String(slot)}`);
  }
}

function checkDescriptorPage(recount: Recount, mfn: number): void {
  const { words } = recount.table.memory;
  const copy = words.slice(mfn * PAGE_WORDS, (mfn + 1) * PAGE_WORDS);
  if (!checkDescriptors(copy, 0)) fault(recount, mfn, 'holds a descriptor that is not allowed');
  else if (copy.some((word, index) => word !== words[mfn * PAGE_WORDS + index]))
    fault(recount, mfn, 'holds a descriptor of an inner ring');
}

function countHolders(recount: Recount, domain: References): void {
  const { table } = recount;
  for (const vcpu of domain.vcpus) {
    const name = `vcpu ${String(vcpu.id)} of domain ${String(domain.id)}`;
    if (vcpu.kernelRoot) hold(recount, vcpu.kernelRoot, PGT_L4_PAGE_TABLE, `the kernel root of ${name}`);
    if (vcpu.userRoot) hold(recount, vcpu.userRoot, PGT_L4_PAGE_TABLE, `the user root of ${name}`);
    if (vcpu.infoMfn) hold(recount, vcpu.infoMfn, PGT_WRITABLE_PAGE, `the vcpu_info of ${name}`);
    if (!domain.memory.perDomainL3) continue;
    for (const mfn of descriptorFrames(table, domain.memory.perDomainL3, vcpu.id))
      hold(recount, mfn, PGT_SEG_DESC_PAGE, `a descriptor table of ${name}`);
  }
  if (domain.pirqEoiMfn) hold(recount, domain.pirqEoiMfn, PGT_WRITABLE_PAGE, 'the end-of-interrupt map');
  if (domain.consoleRing) hold(recount, domain.consoleRing.mfn, PGT_WRITABLE_PAGE, 'a console ring');
  const { fifo } = domain.events;
  for (const mfn of fifo?.frames ?? [])
    hold(recount, mfn, PGT_WRITABLE_PAGE, `the event array of domain ${String(domain.id)}`);
  for (const control of fifo?.controls ?? [])
    if (control) hold(recount, pageNumber(control.address), PGT_WRITABLE_PAGE, `an event control block`);
  countDeviceMappings(recount, domain);
  countPages(recount, domain);
}

/** Grants mapped for a device alone hold their frames; those mapped for the processor are L1 entries. */
function countDeviceMappings(recount: Recount, domain: References): void {
  for (const mapping of domain.grants.mappings) {
    if (!mapping || !(mapping.flags & GNTMAP_device_map)) continue;
    const { mfn } = mapping;
    const granter = mapping.isOrphan ? undefined : recount.domains.get(mapping.domid);
    if (granter !== undefined && granter.grants.active.get(mapping.ref)?.mfn !== mfn)
      recount.faults.push(
        `domain ${String(domain.id)} maps grant ${String(mapping.ref)}, which is not in use`,
      );
    else if (mapping.flags & GNTMAP_readonly) recount.count[mfn]!++;
    else hold(recount, mfn, PGT_WRITABLE_PAGE, `a device mapping of domain ${String(domain.id)}`);
  }
}

function countPages(recount: Recount, domain: References): void {
  const { table } = recount;
  let pages = 0;
  for (let mfn = 0; mfn < table.frames; mfn++)
    if (table.owner[mfn] === domain.id && !(table.flags[mfn]! & PGC_XEN_HEAP)) pages++;
  if (pages !== domain.totalPages)
    recount.faults.push(
      `domain ${String(domain.id)} has ${String(pages)} pages, not the ${String(domain.totalPages)} of its total`,
    );
}

function compare(recount: Recount, mfn: number): void {
  const { table } = recount;
  const { count, typeCount, linear } = recount;
  if (table.count[mfn] !== count[mfn])
    fault(recount, mfn, `has count ${String(table.count[mfn])}, not ${String(count[mfn])}`);
  if (table.typeCount[mfn] !== typeCount[mfn])
    fault(recount, mfn, `has type count ${String(table.typeCount[mfn])}, not ${String(typeCount[mfn])}`);
  if (typeCount[mfn]! > 0 && table.linear[mfn] !== linear[mfn])
    fault(recount, mfn, `has linear count ${String(table.linear[mfn])}, not ${String(linear[mfn])}`);
  if (table.owner[mfn] === DOMID_INVALID && (table.count[mfn]! | table.type[mfn]! | table.flags[mfn]!) !== 0)
    fault(recount, mfn, 'is free and in use');
}

function checkFreeList(recount: Recount): void {
  const { table } = recount;
  const listed = new Uint8Array(table.frames);
  let length = 0;
  for (const mfn of table.freeList()) {
    if (!table.isFree(mfn) || listed[mfn]) return fault(recount, mfn, 'is on the free list and not free');
    listed[mfn] = 1;
    length++;
  }
  const free = table.owner.reduce((sum, owner) => sum + (owner === DOMID_INVALID ? 1 : 0), 0);
  if (length !== free || length !== table.freeFrames)
    recount.faults.push(`the free list has ${String(length)} frames, but ${String(free)} are free`);
  const claimed = [...table.claims.values()].reduce((sum, claim) => sum + claim, 0);
  if (claimed !== table.outstandingClaims || claimed > free)
    recount.faults.push(`of ${String(free)} free frames ${String(claimed)} are claimed`);
}

function fault(recount: Recount, mfn: number, what: string): void {
  // One broken frame breaks many: the first faults say it.
  if (recount.faults.length < 100) recount.faults.push(`frame ${String(mfn)} ${what}`);
}
