/** What the hostile domain must not change: the victim's pages, and those of domain 0 that it tries for. */
import * as xen from 'xen';
import { xen_domctl_getdomaininfo, xen_sysctl_physinfo } from 'xen';
import { PAGE_SHIFT, PAGE_SIZE } from 'kernel/memory/pages';
import { KERNEL_BITS, PAGE_WRITE, updateForeign, windowEntry } from 'kernel/memory/pagetable';
import { printNumber } from 'kernel/console/print';
import { MILLISECOND, now, SECOND } from 'kernel/events/clock';
import { sleepUntil } from 'kernel/threads/wait';
import { takeSlots, unmapPage } from 'kernel/memory/window';
import { begin, D, domctl, S, sysctl } from '../domains/control';
import { Agent, mapOurs, PAGES, pause, staysMapped, victim } from './agent';
import { ours } from './frames';

const PRIME: u64 = 0x100_0000_01b3;
let shared: usize = 0;

export function freePages(): u64 {
  begin();
  return sysctl(xen.XEN_SYSCTL_physinfo) == 0 ? load<u64>(S + xen_sysctl_physinfo.free_pages) : 0;
}

/** What a domain leaves is freed some time after its end. */
export function awaitFree(wanted: u64): bool {
  const deadline = now() + 5 * SECOND;
  while (freePages() < wanted && now() < deadline) sleepUntil(now() + 10 * MILLISECOND);
  if (freePages() < wanted) printNumber(<i64>(freePages() - wanted));
  return freePages() >= wanted;
}

export function sharedInfoFrame(agent: Agent): u64 {
  begin();
  assert(domctl(xen.XEN_DOMCTL_getdomaininfo, agent.id) == 0, 'the domain is there');
  return load<u64>(D + xen_domctl_getdomaininfo.shared_info_frame);
}

/** The victim stands still from now on, and its pages can be looked at. */
export function settle(): void {
  pause(victim);
  shared = takeSlots(1);
  const entry = (sharedInfoFrame(victim) << PAGE_SHIFT) | (KERNEL_BITS & ~PAGE_WRITE);
  assert(updateForeign(windowEntry(shared), entry, victim.id) == 0, 'its shared info');
}

export function release(): void {
  unmapPage(shared);
}

function hashPage(hash: u64, page: usize): u64 {
  for (let at: usize = 0; at < PAGE_SIZE; at += 8) hash = (hash ^ load<u64>(page + at)) * PRIME;
  return hash;
}

/** All that the victim has in memory, and the page of ours. */
export function hash(): u64 {
  let hash: u64 = hashPage(hashPage(1, ours), shared);
  for (let page: u32 = 0; page < PAGES; page++) {
    const known = staysMapped(page);
    if (!known) assert(mapOurs(victim, page, KERNEL_BITS & ~PAGE_WRITE) == 0, 'its page');
    hash = hashPage(hash, victim.at(page));
    if (!known) unmapPage(victim.at(page));
  }
  return hash;
}
