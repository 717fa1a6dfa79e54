/**
 * Domain 0 makes another domain, by the hypercalls that a toolstack makes: creates it, gives it memory, fills that through
 * mappings of its own, makes its page tables, its event channel and its first vcpu, lets it run, hears of its end, and takes
 * it away again. This kernel is to be booted as domain 0.
 */
import * as xen from 'xen';
import { evtchn_alloc_unbound, mmu_update, mmuext_op, xen_memory_reservation } from 'xen';
import { xen_domctl_createdomain, xen_domctl_getdomaininfo, xen_domctl_getpageframeinfo3 } from 'xen';
import { MACH2PHYS_VIRT_START, xen_domctl_getvcpuinfo, xen_sysctl_physinfo } from 'xen';
import { initKernel } from 'kernel/boot';
import { bindInterdomain, bindVirq } from 'kernel/events/events';
import {
  HYPERVISOR_event_channel_op,
  HYPERVISOR_memory_op,
  HYPERVISOR_mmu_update,
} from 'kernel/xen/hypercalls';
import { HYPERVISOR_mmuext_op } from 'kernel/xen/hypercalls';
import { copy, load64, virtual } from 'kernel/xen/intrinsics';
import { PAGE_SHIFT, PAGE_SIZE } from 'kernel/memory/pages';
import { TABLE_BITS } from 'kernel/memory/pagetable';
import { MILLISECOND, now, SECOND } from 'kernel/events/clock';
import { sleepUntil } from 'kernel/threads/wait';
import { unmapPage } from 'kernel/memory/window';
import { check, checkNumber, finish } from '../check';
import { BASE, contexts, firstContext, ranContext, setContext } from './contexts';
import { answeredDomain, begin, D, domctl, domctlOf, S, sysctl } from './control';
import { dyingDomain } from './dying';
import { at, CODE, DATA, frames, L1, L2, L3, L4, made, map, mfnOf, PAGES, setMade, STACK } from './made';
import { takeRoom } from './made';
import { others, permissions, platform } from './permissions';

// @ts-ignore: decorator
@external("asm", "guest_code_address")
declare function guestCodeAddress(): u64;
// @ts-ignore: decorator
@external("asm", "guest_code_bytes")
declare function guestCodeBytes(): u32;
/** Of its last hypercall: behind it, from its start on. */
// @ts-ignore: decorator
@external("asm", "guest_code_end_offset")
declare function guestCodeEnd(): u32;

const SPARE: u32 = 4;
const NO_DOMAIN: u32 = 0x7000;
const NO_COMMAND: u32 = 9999;
/** Pages that Xen's heap may have taken meanwhile, for what is ours. */
const HEAP: u64 = 4;
/** BASE's entry of an L2 table. */
const BASE_SLOT: usize = 2;
const request: usize = memory.data(64, 8);
const types: usize = memory.data(8 * 8, 8);

let raised = 0;
let ends = 0;

export function main(): void {
  initKernel();
  takeRoom();
  bindVirq(xen.VIRQ_DOM_EXC, (port: u32) => {
    ends++;
  });
  interfaces();
  platform();
  const before = freePages();
  creation();
  reservation();
  filling();
  pinning();
  permissions();
  others();
  contexts();
  starting();
  ranContext(BASE + guestCodeEnd());
  ending();
  check('its memory comes back', awaitFree(before - HEAP));
  finish();
}

function info(): i32 {
  begin();
  return domctl(xen.XEN_DOMCTL_getdomaininfo, made());
}

function infoFlags(): u32 {
  return info() == 0 ? load<u32>(D + xen_domctl_getdomaininfo.flags) : 0xffff_ffff;
}

function freePages(): u64 {
  begin();
  return sysctl(xen.XEN_SYSCTL_physinfo) == 0 ? load<u64>(S + xen_sysctl_physinfo.free_pages) : 0;
}

/** What a domain leaves is freed when nobody looks at it any more. */
function awaitFree(wanted: u64): bool {
  const deadline = now() + 5 * SECOND;
  while (freePages() < wanted && now() < deadline) sleepUntil(now() + 10 * MILLISECOND);
  return freePages() >= wanted;
}

function interfaces(): void {
  begin();
  checkNumber('another version of domctl', domctlOf(1, xen.XEN_DOMCTL_getdomaininfo, 0), -xen.EACCES);
  begin();
  checkNumber('a command that does not exist', domctl(NO_COMMAND, 0), -xen.ENOSYS);
  begin();
  checkNumber('a domain that does not exist', domctl(xen.XEN_DOMCTL_pausedomain, NO_DOMAIN), -xen.ESRCH);
  begin();
  checkNumber(
    'asked after, with none behind it',
    domctl(xen.XEN_DOMCTL_getdomaininfo, NO_DOMAIN),
    -xen.ESRCH,
  );
  begin();
  checkNumber('an id for no domain', domctl(xen.XEN_DOMCTL_getdomaininfo, xen.DOMID_IO), -xen.EINVAL);
  begin();
  checkNumber('sysctl: a command that does not exist', sysctl(NO_COMMAND), -xen.ENOSYS);
  checkNumber('domain 0 is there', info(), 0);
  const flags = load<u32>(D + xen_domctl_getdomaininfo.flags) & 0xffff;
  checkNumber('it runs, and is not paused', flags, xen.XEN_DOMINF_running);
  begin();
  checkNumber('it cannot pause itself', domctl(xen.XEN_DOMCTL_pausedomain, 0), -xen.EINVAL);
  begin();
  checkNumber('nor unpause', domctl(xen.XEN_DOMCTL_unpausedomain, 0), -xen.EINVAL);
  begin();
  checkNumber('nor end', domctl(xen.XEN_DOMCTL_destroydomain, 0), -xen.EINVAL);
}

/** A configuration that will do. */
function configure(): void {
  begin();
  store<u32>(D + xen_domctl_createdomain.max_vcpus, 2);
  store<u32>(D + xen_domctl_createdomain.max_evtchn_port, 127);
  store<i32>(D + xen_domctl_createdomain.max_grant_frames, -1);
  store<i32>(D + xen_domctl_createdomain.max_maptrack_frames, -1);
  store<u32>(D + xen_domctl_createdomain.grant_opts, 1);
  for (let index: usize = 0; index < 16; index++)
    store<u8>(D + xen_domctl_createdomain.handle + index, <u8>(index + 1));
}

function create(): i32 {
  return domctl(xen.XEN_DOMCTL_createdomain, 0);
}

function creation(): void {
  configure();
  store<u32>(D + xen_domctl_createdomain.max_vcpus, 0);
  checkNumber('a domain without vcpus', create(), -xen.EINVAL);
  configure();
  store<u32>(D + xen_domctl_createdomain.flags, 1 << 20);
  checkNumber('a flag that does not exist', create(), -xen.EINVAL);
  configure();
  store<u32>(D + xen_domctl_createdomain.grant_opts, 0);
  checkNumber('no version of grants', create(), -xen.EINVAL);
  configure();
  store<u32>(D + xen_domctl_createdomain.iommu_opts, 1);
  checkNumber('options of an IOMMU without one', create(), -xen.EINVAL);
  configure();
  checkNumber('a domain is created', create(), 0);
  const domain = answeredDomain();
  setMade(domain);
  check('it has an id of its own', domain > 0 && domain < <u32>xen.DOMID_FIRST_RESERVED);
  configure();
  checkNumber('one with that id again', domctl(xen.XEN_DOMCTL_createdomain, domain), -xen.EEXIST);
  checkNumber('it is there', info(), 0);
  checkNumber('paused', load<u32>(D + xen_domctl_getdomaininfo.flags) & 0xffff, xen.XEN_DOMINF_paused);
  checkNumber('with no shutdown code', load<u32>(D + xen_domctl_getdomaininfo.flags) >> 16, 0xffff);
  checkNumber('without memory', load<u64>(D + xen_domctl_getdomaininfo.tot_pages), 0);
  checkNumber('without vcpus', load<u32>(D + xen_domctl_getdomaininfo.max_vcpu_id), <i64>0xffff_ffff);
  checkNumber('and has the handle it was given', load<u8>(D + xen_domctl_getdomaininfo.handle + 15), 16);
  begin();
  store<u32>(D, 3);
  checkNumber('more vcpus than it was created for', domctl(xen.XEN_DOMCTL_max_vcpus, domain), -xen.EINVAL);
  begin();
  store<u32>(D, 2);
  checkNumber('its vcpus', domctl(xen.XEN_DOMCTL_max_vcpus, domain), 0);
  begin();
  store<u32>(D + xen_domctl_getvcpuinfo.vcpu, 2);
  checkNumber('a vcpu that it has not', domctl(xen.XEN_DOMCTL_getvcpuinfo, domain), -xen.EINVAL);
  begin();
  store<u32>(D + xen_domctl_getvcpuinfo.vcpu, 1);
  checkNumber('one that it has', domctl(xen.XEN_DOMCTL_getvcpuinfo, domain), 0);
  checkNumber('is not up', load<u8>(D + xen_domctl_getvcpuinfo.online), 0);
}

/** Asks for `count` pages for the domain: how many it got. */
function populate(count: u32, at: usize): i64 {
  memory.fill(request, 0, xen_memory_reservation.SIZE);
  store<u64>(request + xen_memory_reservation.extent_start, virtual(at));
  store<u64>(request + xen_memory_reservation.nr_extents, count);
  store<u16>(request + xen_memory_reservation.domid, <u16>made());
  return HYPERVISOR_memory_op(xen.XENMEM_populate_physmap, request);
}

function reservation(): void {
  for (let pfn: usize = 0; pfn < 32; pfn++) store<u64>(frames + pfn * 8, pfn);
  checkNumber('before it may have any memory', populate(1, frames), 0);
  begin();
  store<u64>(D, (PAGES + SPARE) * 4);
  checkNumber('it may have twenty pages', domctl(xen.XEN_DOMCTL_max_mem, made()), 0);
  checkNumber('and gets sixteen', populate(PAGES, frames), PAGES);
  checkNumber('of eight more four', populate(8, frames + PAGES * 8), SPARE);
  info();
  checkNumber('which it has', load<u64>(D + xen_domctl_getdomaininfo.tot_pages), PAGES + SPARE);
  checkNumber('the M2P knows a page', load64(MACH2PHYS_VIRT_START + mfnOf(L3) * 8), L3);
}

function setM2p(mfn: u64, pfn: u64): i32 {
  store<u64>(request + mmu_update.ptr, (mfn << PAGE_SHIFT) | xen.MMU_MACHPHYS_UPDATE);
  store<u64>(request + mmu_update.val, pfn);
  return HYPERVISOR_mmu_update(request, 1, made());
}

function filling(): void {
  checkNumber('its page as one of our own', map(CODE, mfnOf(CODE), xen.DOMID_SELF), -xen.EBUSY);
  checkNumber('as that of a domain that does not exist', map(CODE, mfnOf(CODE), NO_DOMAIN), -xen.ESRCH);
  let mapped: u32 = 0;
  for (let page: u32 = 0; page < PAGES; page++) if (map(page, mfnOf(page), made()) == 0) mapped++;
  checkNumber('as its own, all of them', mapped, PAGES);
  copy(virtual(at(CODE)), guestCodeAddress(), guestCodeBytes());
  for (let page: u32 = DATA; page < PAGES; page++) memory.fill(at(page), 0, PAGE_SIZE);
  for (let page: u32 = 0; page < L1; page++)
    store<u64>(at(L1) + page * 8, (mfnOf(page) << PAGE_SHIFT) | TABLE_BITS);
  store<u64>(at(L2) + BASE_SLOT * 8, (mfnOf(L1) << PAGE_SHIFT) | TABLE_BITS);
  store<u64>(at(L3), (mfnOf(L2) << PAGE_SHIFT) | TABLE_BITS);
  store<u64>(at(L4), (mfnOf(L3) << PAGE_SHIFT) | TABLE_BITS);
  checkNumber('the M2P is told of a page', setM2p(mfnOf(STACK), 77), 0);
  checkNumber('and knows it', load64(MACH2PHYS_VIRT_START + mfnOf(STACK) * 8), 77);
  setM2p(mfnOf(STACK), STACK);
}

function pin(page: u32, domid: u32): i32 {
  memory.fill(request, 0, mmuext_op.SIZE);
  store<u32>(request + mmuext_op.cmd, xen.MMUEXT_PIN_L4_TABLE);
  store<u64>(request + mmuext_op.arg1_mfn, mfnOf(page));
  return HYPERVISOR_mmuext_op(request, 1, domid);
}

/** What the frames of the page table's pages are used as. */
function typeOf(mfn: u64): u64 {
  store<u64>(types, mfn);
  begin();
  store<u64>(D + xen_domctl_getpageframeinfo3.num, 1);
  store<u64>(D + xen_domctl_getpageframeinfo3.array, virtual(types));
  return domctl(xen.XEN_DOMCTL_getpageframeinfo3, made()) == 0 ? load<u64>(types) : 1;
}

function pinning(): void {
  checkNumber('its tables cannot be tables while we can write to them', pin(L4, made()), -xen.EINVAL);
  for (let page: u32 = 0; page < PAGES; page++) unmapPage(at(page));
  checkNumber('nor in our name', pin(L4, xen.DOMID_SELF), -xen.EINVAL);
  checkNumber('its root is pinned', pin(L4, made()), 0);
  checkNumber('its type: an L4 table, pinned', typeOf(mfnOf(L4)), <i64>0xc000_0000);
  checkNumber('an L1 table', typeOf(mfnOf(L1)), 0x1000_0000);
  checkNumber('a page', typeOf(mfnOf(CODE)), 0);
  checkNumber('what is not its own', typeOf(1), <i64>0xf000_0000);
  checkNumber('a table cannot be mapped to write to', map(L1, mfnOf(L1), made()), -xen.EBUSY);
}

/** Opens a port of the domain's for us: its number. */
function openPort(): u32 {
  store<u16>(request + evtchn_alloc_unbound.dom, <u16>made());
  store<u16>(request + evtchn_alloc_unbound.remote_dom, <u16>xen.DOMID_SELF);
  checkNumber(
    'a port of its own for us',
    HYPERVISOR_event_channel_op(xen.EVTCHNOP_alloc_unbound, request),
    0,
  );
  return load<u32>(request + evtchn_alloc_unbound.port);
}

function starting(): void {
  const port = openPort();
  const ours = bindInterdomain(made(), port, (port: u32) => {
    raised++;
  });
  check('which we bind to', ours > 0);
  sleepUntil(now() + 10 * MILLISECOND);
  raised = 0;
  const first = firstContext(port);
  checkNumber('the context of a vcpu it has not', setContext(9, first), -xen.EINVAL);
  checkNumber('a context that cannot be read', setContext(0, 0x1000), -xen.EFAULT);
  checkNumber('the first vcpu has its context', setContext(0, first), 0);
  checkNumber('it may run', resume(), 0);
  const deadline = now() + 5 * SECOND;
  while (ends == 0 && now() < deadline) sleepUntil(now() + 10 * MILLISECOND);
  checkNumber('it has raised our port', raised, 1);
  check('and we hear that it has ended', ends > 0);
}

function resume(): i32 {
  begin();
  return domctl(xen.XEN_DOMCTL_unpausedomain, made());
}

function ending(): void {
  const flags = infoFlags();
  checkNumber('it has shut down', flags & xen.XEN_DOMINF_shutdown, xen.XEN_DOMINF_shutdown);
  checkNumber('to be booted again', (flags >> 16) & 0xff, xen.SHUTDOWN_reboot);
  checkNumber('unpausing what is not paused', resume(), -xen.EINVAL);
  checkNumber('its memory is there still', map(DATA, mfnOf(DATA), made()), 0);
  checkNumber('its event was sent', load<u64>(at(DATA) + 8), 0);
  begin();
  checkNumber('it is destroyed', domctl(xen.XEN_DOMCTL_destroydomain, made()), 0);
  checkNumber('while we look at its page, it is dying', dying(), xen.XEN_DOMINF_dying);
  dyingDomain();
  configure();
  checkNumber('and nobody else gets its id', domctl(xen.XEN_DOMCTL_createdomain, made()), -xen.EEXIST);
  checkNumber('the page is what it was', load<u64>(at(DATA)), xen.SHUTDOWN_reboot);
  unmapPage(at(DATA));
  const deadline = now() + 5 * SECOND;
  while (dying() >= 0 && now() < deadline) sleepUntil(now() + 10 * MILLISECOND);
  checkNumber('when we do not, it is gone', dying(), -1);
}

/** XEN_DOMINF_dying, if it is; -1: it is not there. */
function dying(): i32 {
  if (info() != 0 || answeredDomain() != made()) return -1;
  return load<u32>(D + xen_domctl_getdomaininfo.flags) & xen.XEN_DOMINF_dying;
}
