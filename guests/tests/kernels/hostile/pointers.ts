/** Hypercalls that are handed addresses of Xen's, of the M2P, and such as are none, to read and to write. */
import * as xen from 'xen';
import { sched_poll, xen_memory_exchange, xen_memory_reservation } from 'xen';
import { print, printHex } from 'kernel/console/print';
import { checkRefused } from '../check';
import { ARGUMENTS, arguments, hostile, hypercall, va } from './agent';
import { sweep } from './report';

const PLACES: StaticArray<u64> = [
  0xffff_8300_0000_0000, // Xen's map of all memory
  0xffff_8000_0000_0000, // the M2P, which it may read
  0xffff_8200_0000_0000, // the domain's own part of Xen's
  0xffff_87ff_ffff_ffff, // the last byte of Xen's
  0x0000_7fff_ffff_fffc, // into what is no address
  0x0000_8000_0000_0000, // what is none
  0x1000, // where nothing is mapped
];
let place: u64 = 0;

function at(number: u32): i64 {
  return hypercall(hostile, number, place, 1, 0, xen.DOMID_SELF);
}

function behind(number: u32, command: u32): i64 {
  return hypercall(hostile, number, command, place, 1);
}

export function pointers(): void {
  for (let index = 0; index < PLACES.length; index++) {
    place = PLACES[index];
    print('     at ');
    printHex(place);
    print('\n');
    direct();
    commands();
    inStructures();
  }
}

function direct(): void {
  sweep('set_trap_table to set_gdt', xen.HYPERVISOR_set_trap_table, xen.HYPERVISOR_set_gdt, at);
  checkRefused('platform_op', '', at(xen.HYPERVISOR_platform_op));
  checkRefused('multicall', '', at(xen.HYPERVISOR_multicall));
  checkRefused('mmuext_op', '', at(xen.HYPERVISOR_mmuext_op));
  checkRefused('sysctl', '', at(xen.HYPERVISOR_sysctl));
  checkRefused('domctl', '', at(xen.HYPERVISOR_domctl));
  checkRefused('event_channel_op_compat', '', at(xen.HYPERVISOR_event_channel_op_compat));
}

function commands(): void {
  sweep('memory_op', 3, 5, (command: u32) => behind(xen.HYPERVISOR_memory_op, command));
  sweep('memory_op', 7, 12, (command: u32) => behind(xen.HYPERVISOR_memory_op, command));
  sweep('memory_op', 14, 15, (command: u32) => behind(xen.HYPERVISOR_memory_op, command));
  sweep('memory_op', 23, 24, (command: u32) => behind(xen.HYPERVISOR_memory_op, command));
  sweep('memory_op', 26, 28, (command: u32) => behind(xen.HYPERVISOR_memory_op, command));
  sweep('xen_version', 1, 1, (command: u32) => behind(xen.HYPERVISOR_xen_version, command));
  sweep('xen_version', 3, 6, (command: u32) => behind(xen.HYPERVISOR_xen_version, command));
  sweep('xen_version', 8, 9, (command: u32) => behind(xen.HYPERVISOR_xen_version, command));
  sweep('event_channel_op', 0, 13, (command: u32) => behind(xen.HYPERVISOR_event_channel_op, command));
  sweep('grant_table_op', 0, 11, (command: u32) => behind(xen.HYPERVISOR_grant_table_op, command));
  sweep('callback_op', 0, 1, (command: u32) => behind(xen.HYPERVISOR_callback_op, command));
  sweep('nmi_op', 0, 0, (command: u32) => behind(xen.HYPERVISOR_nmi_op, command));
  sweep('sched_op', 2, 6, (command: u32) => behind(xen.HYPERVISOR_sched_op, command));
  sweep('physdev_op', 5, 7, (command: u32) => behind(xen.HYPERVISOR_physdev_op, command));
  for (let command: u32 = 4; command < 14; command++)
    if (command != 7 && command != 9 && command != 11)
      checkRefused('vcpu_op', '', hypercall(hostile, xen.HYPERVISOR_vcpu_op, command, 0, place));
}

/** Addresses in structures that can be read. */
function inStructures(): void {
  const reservation = arguments(hostile);
  store<u64>(reservation + xen_memory_reservation.extent_start, place);
  store<u64>(reservation + xen_memory_reservation.nr_extents, 1);
  store<u16>(reservation + xen_memory_reservation.domid, <u16>xen.DOMID_SELF);
  checkRefused(
    'a list',
    ' of frames to have',
    behindHere(xen.HYPERVISOR_memory_op, xen.XENMEM_populate_physmap) - 1,
  );
  checkRefused(
    'a list',
    ' of frames to give',
    behindHere(xen.HYPERVISOR_memory_op, xen.XENMEM_decrease_reservation) - 1,
  );
  const exchange = arguments(hostile);
  store<u64>(exchange + xen_memory_exchange.in_extent_start, place);
  store<u64>(exchange + xen_memory_exchange.in_nr_extents, 1);
  store<u16>(exchange + xen_memory_exchange.in_domid, <u16>xen.DOMID_SELF);
  store<u64>(exchange + xen_memory_exchange.out_extent_start, place);
  store<u64>(exchange + xen_memory_exchange.out_nr_extents, 1);
  store<u16>(exchange + xen_memory_exchange.out_domid, <u16>xen.DOMID_SELF);
  checkRefused('lists', ' of frames to exchange', behindHere(xen.HYPERVISOR_memory_op, xen.XENMEM_exchange));
  const poll = arguments(hostile);
  store<u64>(poll + sched_poll.ports, place);
  store<u32>(poll + sched_poll.nr_ports, 2);
  checkRefused('ports', ' to poll', behindHere(xen.HYPERVISOR_sched_op, xen.SCHEDOP_poll));
  const flush = arguments(hostile);
  store<u32>(flush, xen.MMUEXT_TLB_FLUSH_MULTI);
  store<u64>(flush + xen.mmuext_op.arg2, place);
  checkRefused(
    'vcpus',
    ' to flush',
    hypercall(hostile, xen.HYPERVISOR_mmuext_op, va(ARGUMENTS), 1, 0, xen.DOMID_SELF),
  );
  const ldt = arguments(hostile);
  store<u32>(ldt, xen.MMUEXT_SET_LDT);
  store<u64>(ldt + xen.mmuext_op.arg1, place);
  store<u64>(ldt + xen.mmuext_op.arg2, 8);
  if (place != 0x1000)
    checkRefused(
      'an LDT',
      '',
      hypercall(hostile, xen.HYPERVISOR_mmuext_op, va(ARGUMENTS), 1, 0, xen.DOMID_SELF),
    );
  const grants = arguments(hostile);
  store<u16>(grants, <u16>xen.DOMID_SELF);
  store<u32>(grants + xen.gnttab_setup_table.nr_frames, 1);
  store<u64>(grants + xen.gnttab_setup_table.frame_list, place);
  const got = hypercall(hostile, xen.HYPERVISOR_grant_table_op, xen.GNTTABOP_setup_table, va(ARGUMENTS), 1);
  checkRefused('a grant table', '', got < 0 ? got : load<i16>(grants + xen.gnttab_setup_table.status));
  const map = arguments(hostile);
  store<u32>(map, 4);
  store<u64>(map + 8, place);
  checkRefused("the M2P's frames", '', behindHere(xen.HYPERVISOR_memory_op, xen.XENMEM_machphys_mfn_list));
}

function behindHere(number: u32, command: u32): i64 {
  return hypercall(hostile, number, command, va(ARGUMENTS), 1);
}
