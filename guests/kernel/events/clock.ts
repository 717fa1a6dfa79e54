/**
 * Time: Xen tells when a TSC value was read and how fast the TSC counts, in a page it shares, and the kernel reckons the
 * nanoseconds since the host's start from it (pvclock). Xen sends an event (VIRQ_TIMER) at the time that it was last asked for.
 */
import { shared_info, vcpu_info, vcpu_time_info, VCPUOP_stop_periodic_timer, VIRQ_TIMER } from 'xen';
import { bindVirq, EventHandler } from './events';
import { HYPERVISOR_set_timer_op, HYPERVISOR_vcpu_op } from '../xen/hypercalls';
import { rdtsc } from '../xen/intrinsics';
import { SHARED_INFO } from '../memory/window';

const TIME: usize = SHARED_INFO + shared_info.vcpu_info + vcpu_info.time_version - vcpu_time_info.version;

export const SECOND: u64 = 1_000_000_000;
export const MILLISECOND: u64 = 1_000_000;

/** What the kernel's time is ahead of the host's: a domain that is restored goes on where it was. */
let aheadNs: u64 = 0;

/** System time in nanoseconds: since the host started that the domain began on, less what it slept in a file. */
export function now(): u64 {
  return hostTime() + aheadNs;
}

/** The domain is on a host with a time of its own: it goes on at `beforeNs`. */
export function resumeClock(beforeNs: u64): void {
  aheadNs = beforeNs - hostTime();
}

/** Nanoseconds since this host started. */
function hostTime(): u64 {
  let version: u32;
  let ns: u64;
  do {
    version = load<u32>(TIME + vcpu_time_info.version);
    const passed = rdtsc() - load<u64>(TIME + vcpu_time_info.tsc_timestamp);
    ns = load<u64>(TIME + vcpu_time_info.system_time) + scale(passed);
  } while ((version & 1) != 0 || version != load<u32>(TIME + vcpu_time_info.version));
  return ns;
}

/** How fast the TSC counts. */
export function tscKhz(): u64 {
  const shift = load<i8>(TIME + vcpu_time_info.tsc_shift);
  const perTick = <u64>load<u32>(TIME + vcpu_time_info.tsc_to_system_mul);
  const khz = ((<u64>1_000_000) << 32) / perTick;
  return shift < 0 ? khz << -shift : khz >> shift;
}

/** TSC ticks in nanoseconds: shifted, times a fraction of 32 bits. */
function scale(ticks: u64): u64 {
  const shift = load<i8>(TIME + vcpu_time_info.tsc_shift);
  const multiplier = <u64>load<u32>(TIME + vcpu_time_info.tsc_to_system_mul);
  const shifted = shift < 0 ? ticks >> -shift : ticks << shift;
  return (shifted >> 32) * multiplier + (((shifted & 0xffff_ffff) * multiplier) >> 32);
}

/** Nanoseconds since 1970. */
export function wallClock(): u64 {
  const high = (<u64>load<u32>(SHARED_INFO + shared_info.wc_sec_hi)) << 32;
  const seconds = high | load<u32>(SHARED_INFO + shared_info.wc_sec);
  return seconds * SECOND + load<u32>(SHARED_INFO + shared_info.wc_nsec) + hostTime();
}

/** Asks for an event at a system time. One that is past comes at once. */
export function setAlarm(deadlineNs: u64): void {
  const host = <i64>(deadlineNs - aheadNs);
  HYPERVISOR_set_timer_op(host > 0 ? host : 1);
}

/** Whom the alarm calls, with upcalls masked. It may come for nothing. */
export function initClock(alarm: EventHandler): void {
  HYPERVISOR_vcpu_op(VCPUOP_stop_periodic_timer, 0, 0);
  assert(bindVirq(VIRQ_TIMER, alarm) > 0, 'no port for the timer');
}
