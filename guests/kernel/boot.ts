/**
 * From Xen's start to a kernel with memory. entry.asm calls `boot`, then the initialisers of all modules, then `main`, which
 * calls `initKernel`.
 *
 * `boot` runs before the initialisers, which need a heap: it may use nothing but variables with constant initial values.
 */
import { start_info } from 'xen';
import { findConsole } from './console/print';
import { initConsole } from './console/input';
import { initEvents } from './events/events';
import { publishP2m } from './memory/published-p2m';
import { virtual, window } from './xen/intrinsics';
import { setStartInfo } from './xen/start-info';
import { addPages, bookkeepingBytes, initPages, PAGE_SHIFT, PAGE_SIZE } from './memory/pages';
import { setP2m } from './memory/pagetable';
import { freeFirstP2m, lengthenP2m, listBytes, mostPages, startPages } from './memory/room';
import { initBalloon } from './memory/balloon';
import { initTimers } from './events/timers';
import { initTraps } from './traps/traps';
import { buildWindow, findMapped, mapForeign, SHARED_INFO, unmapPage } from './memory/window';
import { HYPERVISOR_stack_switch } from './xen/hypercalls';

// @ts-ignore: decorator
@external("asm", "boot_stack_bottom")
declare function bootStackBottom(): usize;

/** Where the kernel's image begins: below it is memory like any other. */
const IMAGE: usize = 0x10_0000;
const BOOT_STACK_SIZE: usize = 16384;

/** entry.asm: `info` is the address of start_info. Brings up memory and the console's output. */
export function boot(info: usize): void {
  setStartInfo(info);
  const pages = startPages();
  setP2m(<usize>(load<u64>(info + start_info.mfn_list) - window()), pages);
  findConsole(info);
  // Behind the boot page tables lies Xen's boot stack, which is not in use any more.
  const tables = <usize>(load<u64>(info + start_info.pt_base) - window());
  const free = tables + ((<usize>load<u64>(info + start_info.nr_pt_frames)) << PAGE_SHIFT);
  const end = pages << PAGE_SHIFT;
  const most = mostPages();
  const list = buildWindow(free, findMapped(info), end, most << PAGE_SHIFT);
  const records = list + listBytes(most);
  if (records != list) lengthenP2m(list, most);
  initPages(records, most);
  initBalloon(pages);
  unmapPage(0);
  addPages(PAGE_SIZE, IMAGE);
  addPages((records + bookkeepingBytes(most) + PAGE_SIZE - 1) & ~(PAGE_SIZE - 1), end);
  freeFirstP2m();
  mapForeign(SHARED_INFO, load<u64>(info + start_info.shared_info) >> PAGE_SHIFT);
  publishP2m();
}

/** Brings up traps, events, the console's input and time. */
export function initKernel(): void {
  initEvents();
  initTraps();
  HYPERVISOR_stack_switch(virtual(bootStackBottom() + BOOT_STACK_SIZE));
  initConsole();
  initTimers();
}
