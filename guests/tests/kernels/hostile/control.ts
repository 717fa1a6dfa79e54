/** What is for those who control the machine: every command of theirs, on itself, on the victim, on domain 0. */
import * as xen from 'xen';
import { xen_domctl, xen_sysctl } from 'xen';
import { checkNumber, checkRefused } from '../check';
import { ARGUMENTS, arguments, hostile, hypercall, SPARE, va, victim } from './agent';
import { NO_DOMAIN, target, TARGETS } from './frames';
import { sweep } from './report';

/** Whom the commands are about: closures there are none. */
let about: u32 = 0;
const LAST_DOMCTL: u32 = 90;
const LAST_SYSCTL: u32 = 32;
const LAST_PLATFORM_OP: u32 = 70;

function domctl(command: u32): i64 {
  const at = arguments(hostile);
  store<u32>(at + xen_domctl.cmd, command);
  store<u32>(at + xen_domctl.interface_version, xen.XEN_DOMCTL_INTERFACE_VERSION);
  store<u16>(at + xen_domctl.domain, <u16>about);
  return hypercall(hostile, xen.HYPERVISOR_domctl, va(ARGUMENTS));
}

function sysctl(command: u32): i64 {
  const at = arguments(hostile);
  store<u32>(at + xen_sysctl.cmd, command);
  store<u32>(at + xen_sysctl.interface_version, xen.XEN_SYSCTL_INTERFACE_VERSION);
  return hypercall(hostile, xen.HYPERVISOR_sysctl, va(ARGUMENTS));
}

function platformOp(command: u32): i64 {
  const at = arguments(hostile);
  store<u32>(at, command);
  store<u32>(at + 4, xen.XENPF_INTERFACE_VERSION);
  return hypercall(hostile, xen.HYPERVISOR_platform_op, va(ARGUMENTS));
}

function physdevOp(command: u32): i64 {
  const at = arguments(hostile);
  store<u16>(at, <u16>about);
  return hypercall(hostile, xen.HYPERVISOR_physdev_op, command, va(ARGUMENTS));
}

export function controls(): void {
  domctls('domctl, the victim:', victim.id);
  domctls('domctl, domain 0:', 0);
  domctls('domctl, itself:', hostile.id);
  domctls('domctl, no domain:', NO_DOMAIN);
  domctls('domctl, itself by no number:', xen.DOMID_SELF);
  sweep('sysctl', 1, LAST_SYSCTL, sysctl);
  sweep('platform_op', 1, LAST_PLATFORM_OP, platformOp);
  about = 0;
  sweep('physdev_op', 8, 16, physdevOp);
  sweep('physdev_op', 18, 18, physdevOp);
  sweep('physdev_op', 20, 22, physdevOp);
  sweep('physdev_op', 24, 26, physdevOp);
  sweep('physdev_op', 29, 34, physdevOp);
  sweep('kexec_op', 0, 6, (command: u32) => simple(xen.HYPERVISOR_kexec_op, command));
  sweep('tmem_op', 0, 3, (command: u32) => simple(xen.HYPERVISOR_tmem_op, command));
  sweep('xsm_op', 0, 3, (command: u32) => simple(xen.HYPERVISOR_xsm_op, command));
  sweep('hypfs_op', 0, 4, (command: u32) => simple(xen.HYPERVISOR_hypfs_op, command));
  sweep('argo_op', 0, 4, (command: u32) => simple(xen.HYPERVISOR_argo_op, command));
  sweep('xenpmu_op', 0, 8, (command: u32) => simple(xen.HYPERVISOR_xenpmu_op, command));
  arguments(hostile);
  checkRefused('mca', '', hypercall(hostile, xen.HYPERVISOR_mca, va(ARGUMENTS)));
  checkRefused(
    "Xen's console",
    ' read',
    hypercall(hostile, xen.HYPERVISOR_console_io, xen.CONSOLEIO_read, 8, va(ARGUMENTS)),
  );
  sweep('hypercalls that are none', 43, 47, none);
  sweep('hypercalls that are none', 50, 200, none);
}

/** What concerns devices looks at its arguments first, and they are empty here: those commands are left out. */
function domctls(what: string, domid: u32): void {
  about = domid;
  sweep(what, 1, 18, domctl);
  sweep(what, 22, 37, domctl);
  sweep(what, 41, 45, domctl);
  sweep(what, 47, 47, domctl);
  sweep(what, 51, LAST_DOMCTL, domctl);
}

function none(number: u32): i64 {
  return hypercall(hostile, number, 0);
}

function simple(number: u32, command: u32): i64 {
  arguments(hostile);
  return hypercall(hostile, number, command, va(ARGUMENTS));
}

/** Ending, stopping and steering others, and what of its vcpu it may not. */
export function schedules(): void {
  const at = arguments(hostile);
  store<u16>(at, <u16>victim.id);
  checkRefused(
    'the victim',
    ' ended',
    hypercall(hostile, xen.HYPERVISOR_sched_op, xen.SCHEDOP_remote_shutdown, va(ARGUMENTS)),
  );
  store<u16>(at, 0);
  checkRefused(
    'domain 0',
    ' ended',
    hypercall(hostile, xen.HYPERVISOR_sched_op, xen.SCHEDOP_remote_shutdown, va(ARGUMENTS)),
  );
  store<u16>(at, <u16>NO_DOMAIN);
  checkRefused(
    'no domain',
    ' ended',
    hypercall(hostile, xen.HYPERVISOR_sched_op, xen.SCHEDOP_remote_shutdown, va(ARGUMENTS)),
  );
  store<u32>(at, 0);
  checkRefused(
    'a vcpu',
    ' pinned',
    hypercall(hostile, xen.HYPERVISOR_sched_op, xen.SCHEDOP_pin_override, va(ARGUMENTS)),
  );
  sweep('vcpu_op on a vcpu it has not', 0, 14, (command: u32) => vcpuOp(command, 1));
  sweep('vcpu_op on none', 0, 14, (command: u32) => vcpuOp(command, 0xffff_ffff));
  for (let which: u32 = 0; which < TARGETS; which++) {
    const info = arguments(hostile);
    store<u64>(info, target(which));
    checkRefused(
      "a vcpu's info",
      ' in a frame that is not its own',
      hypercall(hostile, xen.HYPERVISOR_vcpu_op, xen.VCPUOP_register_vcpu_info, 0, va(ARGUMENTS)),
    );
  }
  const info = arguments(hostile);
  store<u64>(info, hostile.mfn(SPARE));
  store<u32>(info + 8, 4090);
  checkRefused(
    "a vcpu's info",
    ' across a page',
    hypercall(hostile, xen.HYPERVISOR_vcpu_op, xen.VCPUOP_register_vcpu_info, 0, va(ARGUMENTS)),
  );
  const period = arguments(hostile);
  store<u64>(period, 1);
  checkRefused(
    'a timer',
    ' every nanosecond',
    hypercall(hostile, xen.HYPERVISOR_vcpu_op, xen.VCPUOP_set_periodic_timer, 0, va(ARGUMENTS)),
  );
  const timers = arguments(hostile);
  store<u32>(timers + 4, 1000);
  let watchdogs: u32 = 0;
  while (
    watchdogs < 10 &&
    <i32>hypercall(hostile, xen.HYPERVISOR_sched_op, xen.SCHEDOP_watchdog, va(ARGUMENTS)) > 0
  ) {
    store<u32>(timers, 0);
    watchdogs++;
  }
  checkNumber('watchdogs until there is none', watchdogs, 2);
}

function vcpuOp(command: u32, vcpu: u32): i64 {
  arguments(hostile);
  return hypercall(hostile, xen.HYPERVISOR_vcpu_op, command, vcpu, va(ARGUMENTS));
}
