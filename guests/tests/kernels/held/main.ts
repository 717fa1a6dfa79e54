/**
 * Pages that others write to for this domain: Xen (a vcpu's information, event words, grants, what hypercalls answer) and
 * whoever serves its console. Each is held as writable for as long, or written through the domain's own page tables, so
 * that it can make no page table of it, which what is written would fill.
 */
import * as xen from 'xen';
import {
  DOMID_SELF,
  EFAULT,
  EINVAL,
  evtchn_expand_array,
  evtchn_init_control,
  gnttab_setup_table,
  mmuext_op,
  start_info,
  vcpu_register_vcpu_info,
} from 'xen';
import { initKernel } from 'kernel/boot';
import {
  HYPERVISOR_event_channel_op,
  HYPERVISOR_grant_table_op,
  HYPERVISOR_mmuext_op,
  HYPERVISOR_vcpu_op,
  HYPERVISOR_xen_version,
} from 'kernel/xen/hypercalls';
import { startInfo } from 'kernel/xen/start-info';
import { virtual } from 'kernel/xen/intrinsics';
import { allocatePage, PAGE_SHIFT, PAGE_SIZE } from 'kernel/memory/pages';
import { flush, mfnOf, pageOf, protect, unprotect } from 'kernel/memory/pagetable';
import { check, checkNumber, finish } from '../check';

const request: usize = memory.data(32, 8);
const frames: usize = memory.data(8, 8);

export function main(): void {
  initKernel();
  console();
  shared();
  vcpuInfo();
  areas();
  answers();
  // From here on this kernel gets no events.
  queues();
  finish();
}

function extended(command: i32, first: u64, second: u64 = 0): i32 {
  store<u32>(request + mmuext_op.cmd, command);
  store<u64>(request + mmuext_op.arg1, first);
  store<u64>(request + mmuext_op.arg2, second);
  return HYPERVISOR_mmuext_op(request, 1, DOMID_SELF);
}

const pin = (mfn: u64): i32 => extended(xen.MMUEXT_PIN_L1_TABLE, mfn);

function newPage(): usize {
  const page = allocatePage();
  memory.fill(page, 0, PAGE_SIZE);
  return page;
}

/** What a page gives that we map read-only and would have as a page table. */
function asTable(page: usize): i32 {
  protect(page);
  flush();
  const result = pin(mfnOf(page));
  unprotect(page);
  flush();
  return result;
}

/** A page table of ours that maps nothing: mapped read-only, and pinned. */
function newTable(): usize {
  const page = newPage();
  protect(page);
  flush();
  checkNumber('a page that nobody holds may be a page table', pin(mfnOf(page)), 0);
  return page;
}

function console(): void {
  const ring = pageOf(load<u64>(startInfo() + start_info.console_domU_mfn));
  const result = asTable(ring);
  checkNumber("the console's ring as a page table", result, -EINVAL);
}

function shared(): void {
  checkNumber('shared_info', pin(load<u64>(startInfo() + start_info.shared_info) >> PAGE_SHIFT), -EINVAL);
  store<u16>(request + gnttab_setup_table.dom, DOMID_SELF);
  store<u32>(request + gnttab_setup_table.nr_frames, 1);
  store<u64>(request + gnttab_setup_table.frame_list, virtual(frames));
  checkNumber('a grant table', HYPERVISOR_grant_table_op(xen.GNTTABOP_setup_table, request, 1), 0);
  checkNumber('as a page table', pin(load<u64>(frames)), -EINVAL);
}

function vcpuInfo(): void {
  const table = newTable();
  store<u64>(request + vcpu_register_vcpu_info.mfn, mfnOf(table));
  store<u32>(request + vcpu_register_vcpu_info.offset, 0);
  checkNumber("a vcpu's information in a page table", register(), -EINVAL);
  const page = newPage();
  store<u64>(request + vcpu_register_vcpu_info.mfn, mfnOf(page));
  checkNumber('in a page', register(), 0);
  checkNumber('which cannot be a page table any more', asTable(page), -EINVAL);
}

const register = (): i32 => HYPERVISOR_vcpu_op(xen.VCPUOP_register_vcpu_info, 1, request);

/** Areas are addresses: what the domain could not write there, Xen does not write. */
function areas(): void {
  const table = newTable();
  store<u64>(request, virtual(table));
  checkNumber(
    'a run state in a page table is accepted',
    HYPERVISOR_vcpu_op(xen.VCPUOP_register_runstate_memory_area, 0, request),
    0,
  );
  store<u64>(request, virtual(table) + 64);
  HYPERVISOR_vcpu_op(xen.VCPUOP_register_vcpu_time_memory_area, 0, request);
  check('and not written', isEmpty(table));
}

function isEmpty(page: usize): bool {
  for (let at: usize = 0; at < PAGE_SIZE; at += 8) if (load<u64>(page + at) != 0) return false;
  return true;
}

function answers(): void {
  const table = newTable();
  checkNumber(
    'the answer of a hypercall in a page table',
    HYPERVISOR_xen_version(xen.XENVER_extraversion, table),
    -EFAULT,
  );
  checkNumber('clearing it', extended(xen.MMUEXT_CLEAR_PAGE, mfnOf(table)), -EINVAL);
  checkNumber('copying to it', extended(xen.MMUEXT_COPY_PAGE, mfnOf(table), mfnOf(newPage())), -EINVAL);
  check('it is as it was', isEmpty(table));
}

function queues(): void {
  const table = newTable();
  const control = newPage();
  const array = newPage();
  store<u64>(request + evtchn_init_control.control_gfn, mfnOf(table));
  store<u32>(request + evtchn_init_control.offset, 0);
  store<u32>(request + evtchn_init_control.vcpu, 0);
  checkNumber('event queues in a page table', event(xen.EVTCHNOP_init_control), -EINVAL);
  store<u64>(request + evtchn_init_control.control_gfn, mfnOf(control));
  checkNumber('in a page', event(xen.EVTCHNOP_init_control), 0);
  checkNumber('which cannot be a page table any more', asTable(control), -EINVAL);
  store<u64>(request + evtchn_expand_array.array_gfn, mfnOf(table));
  checkNumber('event words in a page table', event(xen.EVTCHNOP_expand_array), -EINVAL);
  store<u64>(request + evtchn_expand_array.array_gfn, mfnOf(array));
  checkNumber('in a page', event(xen.EVTCHNOP_expand_array), 0);
  checkNumber('which cannot be a page table any more', asTable(array), -EINVAL);
}

const event = (command: i32): i32 => HYPERVISOR_event_channel_op(command, request);
