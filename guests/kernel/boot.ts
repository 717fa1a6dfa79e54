/**
 * From Xen's start to a kernel with memory. entry.asm calls `boot`, then the initialisers of all modules, then `main`, which
 * calls `initKernel`.
 *
 * `boot` runs before the initialisers, which need a heap: it may use nothing but variables with constant initial values.
 */
import { SIF_INITDOMAIN, start_info } from 'xen';
import { findConsole, initConsole } from './console';
import { initEvents } from './events';
import { virtual, window } from './intrinsics';
import { addPages, bookkeepingBytes, initPages, PAGE_SHIFT, PAGE_SIZE } from './pages';
import { setP2m } from './pagetable';
import { initTime } from './time';
import { initTraps } from './traps';
import { buildWindow, findMapped, mapForeign, MAX_PAGES, SHARED_INFO, unmapPage } from './window';
import { HYPERVISOR_stack_switch } from './hypercalls';

// @ts-ignore: decorator
@external("asm", "boot_stack_bottom")
declare function bootStackBottom(): usize;

/** Where the kernel's image begins: below it is memory like any other. */
const IMAGE: usize = 0x10_0000;
const BOOT_STACK_SIZE: usize = 16384;

let info: usize = 0;

/** start_info, as Xen left it. */
export function startInfo(): usize {
  return info;
}

/** entry.asm: `at` is the address of start_info. Brings up memory and the console's output. */
export function boot(at: usize): void {
  info = at;
  const pages = min(<usize>load<u64>(info + start_info.nr_pages), MAX_PAGES);
  setP2m(<usize>(load<u64>(info + start_info.mfn_list) - window()), pages);
  findConsole(info);
  // Behind the boot page tables lies Xen's boot stack, which is not in use any more.
  const tables = <usize>(load<u64>(info + start_info.pt_base) - window());
  const free = tables + ((<usize>load<u64>(info + start_info.nr_pt_frames)) << PAGE_SHIFT);
  const end = pages << PAGE_SHIFT;
  const records = buildWindow(free, findMapped(info), end);
  initPages(records, pages);
  unmapPage(0);
  addPages(PAGE_SIZE, IMAGE);
  addPages((records + bookkeepingBytes(pages) + PAGE_SIZE - 1) & ~(PAGE_SIZE - 1), end);
  mapForeign(SHARED_INFO, load<u64>(info + start_info.shared_info) >> PAGE_SHIFT);
}

/** Brings up traps, events, the console's input and time. */
export function initKernel(): void {
  initEvents();
  initTraps();
  HYPERVISOR_stack_switch(virtual(bootStackBottom() + BOOT_STACK_SIZE));
  initConsole();
  initTime();
}

/** Whether this is the domain that has the machine. */
export function isDomain0(): bool {
  return (load<u32>(info + start_info.flags) & SIF_INITDOMAIN) != 0;
}

/** The ramdisk that came with the kernel. */
export function ramdisk(): usize {
  const va = load<u64>(info + start_info.mod_start);
  return va == 0 ? 0 : <usize>(va - window());
}

export function ramdiskBytes(): usize {
  return <usize>load<u64>(info + start_info.mod_len);
}

/** The command line: NUL-terminated bytes. */
export function commandLine(): usize {
  return info + start_info.cmd_line;
}
