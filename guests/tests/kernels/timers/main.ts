/**
 * Time: system time that never goes back and agrees with the TSC, singleshot and periodic timers, sleeping by them.
 */
import * as xen from 'xen';
import {
  DOMID_SELF,
  evtchn_status,
  VCPU_SSHOTTMR_future,
  vcpu_runstate_info,
  vcpu_set_periodic_timer,
} from 'xen';
import { EINVAL, vcpu_set_singleshot_timer } from 'xen';
import { initKernel } from 'kernel/boot';
import { dispatchEvents, eventCount, eventsPending } from 'kernel/events/events';
import {
  HYPERVISOR_event_channel_op,
  HYPERVISOR_set_timer_op,
  HYPERVISOR_vcpu_op,
} from 'kernel/xen/hypercalls';
import { MILLISECOND, now, SECOND, wallClock } from 'kernel/events/clock';
import { Timer } from 'kernel/events/timers';
import { sleepUntil } from 'kernel/threads/wait';
import { check, checkNumber, finish } from '../check';

let timerPort: u32 = 0;
const request: usize = memory.data(64, 8);

export function main(): void {
  initKernel();
  timerPort = findTimerPort();
  check('the timer has a port', timerPort != 0);
  clock();
  sleeping();
  order();
  singleshot();
  periodic();
  runstate();
  finish();
}

/** The port that the kernel library has bound to VIRQ_TIMER. */
function findTimerPort(): u32 {
  for (let port: u32 = 1; port < 64; port++) {
    store<u16>(request + evtchn_status.dom, DOMID_SELF);
    store<u32>(request + evtchn_status.port, port);
    const failed = HYPERVISOR_event_channel_op(xen.EVTCHNOP_status, request);
    const virq = load<u32>(request + evtchn_status.status) == xen.EVTCHNSTAT_virq;
    if (failed == 0 && virq && load<u32>(request + evtchn_status.u) == xen.VIRQ_TIMER) return port;
  }
  return 0;
}

function clock(): void {
  let last = now();
  let back = 0;
  for (let index = 0; index < 20000; index++) {
    const time = now();
    if (time < last) back++;
    last = time;
  }
  checkNumber('system time goes back', back, 0);
  const wall = wallClock();
  check('the wall clock is later than 2020', wall > 1_577_836_800 * SECOND);
  check('and goes on', wallClock() >= wall);
}

function sleeping(): void {
  let early = 0;
  let late = 0;
  for (let index = 1; index <= 20; index++) {
    const deadline = now() + index * MILLISECOND;
    sleepUntil(deadline);
    if (now() < deadline) early++;
    if (now() > deadline + 100 * MILLISECOND) late++;
  }
  checkNumber('sleeps that end before their time', early, 0);
  checkNumber('sleeps that end long after it', late, 0);
}

let fired: u32 = 0;

class Digit extends Timer {
  digit: u32;
  constructor(digit: u32) {
    super();
    this.digit = digit;
  }
  fire(): void {
    fired = fired * 10 + this.digit;
  }
}

function order(): void {
  const start = now() + 5 * MILLISECOND;
  new Digit(3).set(start + 3 * MILLISECOND);
  new Digit(1).set(start + 1 * MILLISECOND);
  const cancelled = new Digit(9);
  cancelled.set(start + 2 * MILLISECOND);
  new Digit(2).set(start + 2 * MILLISECOND);
  cancelled.cancel();
  sleepUntil(start + 10 * MILLISECOND);
  checkNumber('timers fire in the order of their deadlines', fired, 123);
}

function setSingleshot(deadlineNs: u64, flags: u32): i32 {
  store<u64>(request + vcpu_set_singleshot_timer.timeout_abs_ns, deadlineNs);
  store<u32>(request + vcpu_set_singleshot_timer.flags, flags);
  return HYPERVISOR_vcpu_op(xen.VCPUOP_set_singleshot_timer, 0, request);
}

function singleshot(): void {
  const before = eventCount(timerPort);
  checkNumber('a deadline that is past', setSingleshot(now() - SECOND, 0), 0);
  sleepUntil(now() + MILLISECOND);
  check('fires at once', eventCount(timerPort) > before);
  checkNumber('even where it should be in the future', setSingleshot(1, VCPU_SSHOTTMR_future), 0);
  checkNumber('a timer far away', setSingleshot(now() + 1000 * SECOND, 0), 0);
  checkNumber('is stopped', HYPERVISOR_vcpu_op(xen.VCPUOP_stop_singleshot_timer, 0, 0), 0);
  checkNumber('set_timer_op(0) stops it too', HYPERVISOR_set_timer_op(0), 0);
  checkNumber('and a vcpu_op that does not exist', HYPERVISOR_vcpu_op(99, 0, 0), -xen.ENOSYS);
}

function setPeriod(ns: u64): i32 {
  store<u64>(request + vcpu_set_periodic_timer.period_ns, ns);
  return HYPERVISOR_vcpu_op(xen.VCPUOP_set_periodic_timer, 0, request);
}

function periodic(): void {
  checkNumber('a period of less than a millisecond', setPeriod(MILLISECOND / 2), -EINVAL);
  let before = eventCount(timerPort);
  checkNumber('a period of two milliseconds', setPeriod(2 * MILLISECOND), 0);
  const end = now() + 100 * MILLISECOND;
  while (now() < end) if (eventsPending()) dispatchEvents();
  const ticks = eventCount(timerPort) - before;
  check('ticks some fifty times in a hundred', ticks >= 40 && ticks <= 51);
  before = eventCount(timerPort);
  sleepUntil(now() + 100 * MILLISECOND);
  check('but wakes nobody who sleeps', eventCount(timerPort) - before <= 4);
  checkNumber('and is stopped', HYPERVISOR_vcpu_op(xen.VCPUOP_stop_periodic_timer, 0, 0), 0);
}

function runstate(): void {
  checkNumber('the runstate', HYPERVISOR_vcpu_op(xen.VCPUOP_get_runstate_info, 0, request), 0);
  checkNumber('is running', load<i32>(request + vcpu_runstate_info.state), xen.RUNSTATE_running);
  const blocked = load<u64>(request + vcpu_runstate_info.time + 8 * xen.RUNSTATE_blocked);
  sleepUntil(now() + 20 * MILLISECOND);
  HYPERVISOR_vcpu_op(xen.VCPUOP_get_runstate_info, 0, request);
  const slept = load<u64>(request + vcpu_runstate_info.time + 8 * xen.RUNSTATE_blocked) - blocked;
  check('a sleep counts as blocked', slept >= 19 * MILLISECOND && slept < 100 * MILLISECOND);
}
