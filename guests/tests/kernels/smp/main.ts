/**
 * Several vcpus: made, started, stopped; a memory that they share; interrupts between them; who runs and who does not.
 *
 * The kernel library knows one vcpu. The others run `secondary` here, and have buffers of their own for all they ask.
 */
import * as xen from 'xen';
import { evtchn_bind_ipi, evtchn_send, FLAT_KERNEL_CS, FLAT_KERNEL_SS, sched_poll } from 'xen';
import { shared_info, vcpu_guest_context, vcpu_runstate_info } from 'xen';
import { initKernel } from 'kernel/boot';
import { HYPERVISOR_event_channel_op, HYPERVISOR_sched_op, HYPERVISOR_vcpu_op } from 'kernel/xen/hypercalls';
import { virtual } from 'kernel/xen/intrinsics';
import { PAGE_SHIFT } from 'kernel/memory/pages';
import { mfnOf } from 'kernel/memory/pagetable';
import { allocateStack, STACK_SIZE } from 'kernel/memory/stacks';
import { MILLISECOND, now } from 'kernel/events/clock';
import { sleepUntil } from 'kernel/threads/wait';
import { kernelRoot, SHARED_INFO } from 'kernel/memory/window';
import { check, checkNumber, finish } from '../check';

// @ts-ignore: decorator
@external("asm", "secondary_address")
declare function secondaryAddress(): u64;
// @ts-ignore: decorator
@external("asm", "add_locked")
declare function addLocked(address: usize): void;

const VCPUS: u32 = 4;
const ADDITIONS: u32 = 20000;
const ROUNDS: u32 = 500;
const NO_SUCH_VCPU: u32 = 99;

const request: usize = memory.data(64, 8);
/** What all add to. */
const total: usize = memory.data(8, 8);
/** By vcpu: how far it is; a buffer for its hypercalls; how many interrupts it has answered; its IPI port. */
const stage: usize = memory.data(4 * 4, 8);
const buffers: usize = memory.data(64 * 4, 8);
const answered: usize = memory.data(4 * 4, 8);
const ports: usize = memory.data(4 * 4, 8);

const STARTED: u32 = 1;
const ADDED: u32 = 2;
const ANSWERING: u32 = 3;
const WAITING_AGAIN: u32 = 4;
const RETURNED: u32 = 5;

export function main(): void {
  initKernel();
  start();
  adding();
  interrupts();
  downAndUp();
  refusals();
  finish();
}

function stageOf(vcpu: u32): u32 {
  return atomic.load<u32>(stage + vcpu * 4);
}

function enter(vcpu: u32, next: u32): void {
  atomic.store<u32>(stage + vcpu * 4, next);
}

/** Waits until all others are as far: false where it takes too long. */
function allReach(wanted: u32): bool {
  const deadline = now() + 5000 * MILLISECOND;
  for (let vcpu: u32 = 1; vcpu < VCPUS; vcpu++)
    while (stageOf(vcpu) < wanted) {
      if (now() > deadline) return false;
      sleepUntil(now() + MILLISECOND);
    }
  return true;
}

/** The state of a vcpu that begins with `secondary(vcpu)`. */
function contextFor(vcpu: u32): usize {
  const pages = allocateContext();
  const stack = allocateStack();
  store<u64>(pages + vcpu_guest_context.flags, xen.VGCF_in_kernel);
  store<u64>(pages + vcpu_guest_context.user_regs_rdi, vcpu);
  store<u64>(pages + vcpu_guest_context.user_regs_rip, secondaryAddress());
  store<u64>(pages + vcpu_guest_context.user_regs_rsp, virtual(stack + STACK_SIZE));
  store<u16>(pages + vcpu_guest_context.user_regs_cs, <u16>FLAT_KERNEL_CS);
  store<u16>(pages + vcpu_guest_context.user_regs_ss, <u16>FLAT_KERNEL_SS);
  store<u64>(pages + vcpu_guest_context.kernel_ss, FLAT_KERNEL_SS);
  store<u64>(pages + vcpu_guest_context.kernel_sp, virtual(stack + STACK_SIZE));
  // CR3 as Xen keeps it: the root's frame.
  store<u64>(pages + vcpu_guest_context.ctrlreg + 3 * 8, mfnOf(kernelRoot()) << PAGE_SHIFT);
  return pages;
}

function allocateContext(): usize {
  const size = vcpu_guest_context.SIZE;
  const at = heap.alloc(size);
  memory.fill(at, 0, size);
  return at;
}

function start(): void {
  checkNumber('a vcpu that nobody has made is not up', HYPERVISOR_vcpu_op(xen.VCPUOP_is_up, 1, 0), 0);
  checkNumber('and cannot be started', HYPERVISOR_vcpu_op(xen.VCPUOP_up, 1, 0), -xen.EINVAL);
  for (let vcpu: u32 = 1; vcpu < VCPUS; vcpu++) {
    const context = contextFor(vcpu);
    checkNumber('a vcpu is made', HYPERVISOR_vcpu_op(xen.VCPUOP_initialise, vcpu, context), 0);
    checkNumber('and not twice', HYPERVISOR_vcpu_op(xen.VCPUOP_initialise, vcpu, context), -xen.EEXIST);
  }
  for (let vcpu: u32 = 1; vcpu < VCPUS; vcpu++)
    checkNumber('it is started', HYPERVISOR_vcpu_op(xen.VCPUOP_up, vcpu, 0), 0);
  check('all run', allReach(STARTED));
  checkNumber('and are up', HYPERVISOR_vcpu_op(xen.VCPUOP_is_up, VCPUS - 1, 0), 1);
}

function adding(): void {
  for (let count: u32 = 0; count < ADDITIONS; count++) addLocked(total);
  check('all have added', allReach(ADDED));
  checkNumber('what all add with a lock prefix is the sum', atomic.load<u64>(total), VCPUS * ADDITIONS);
}

function send(port: u32, buffer: usize): i32 {
  store<u32>(buffer + evtchn_send.port, port);
  return HYPERVISOR_event_channel_op(xen.EVTCHNOP_send, buffer);
}

function interrupts(): void {
  for (let vcpu: u32 = 1; vcpu < VCPUS; vcpu++) {
    store<u32>(request + evtchn_bind_ipi.vcpu, vcpu);
    checkNumber(
      'a port for interrupts to it',
      HYPERVISOR_event_channel_op(xen.EVTCHNOP_bind_ipi, request),
      0,
    );
    atomic.store<u32>(ports + vcpu * 4, load<u32>(request + evtchn_bind_ipi.port));
  }
  check('all wait for one', allReach(ANSWERING));
  let late = 0;
  for (let round: u32 = 1; round <= ROUNDS; round++)
    for (let vcpu: u32 = 1; vcpu < VCPUS; vcpu++) {
      send(load<u32>(ports + vcpu * 4), request);
      const deadline = now() + 1000 * MILLISECOND;
      while (atomic.load<u32>(answered + vcpu * 4) < round && now() < deadline)
        HYPERVISOR_sched_op(xen.SCHEDOP_yield, 0);
      if (atomic.load<u32>(answered + vcpu * 4) != round) late++;
    }
  checkNumber('interrupts that are not answered', late, 0);
}

function runstateOf(vcpu: u32): i32 {
  HYPERVISOR_vcpu_op(xen.VCPUOP_get_runstate_info, vcpu, request);
  return load<i32>(request + vcpu_runstate_info.state);
}

function downAndUp(): void {
  check('all go down', allReach(WAITING_AGAIN));
  let up = 1;
  const deadline = now() + 1000 * MILLISECOND;
  while (up > 0 && now() < deadline) {
    up = 0;
    for (let vcpu: u32 = 1; vcpu < VCPUS; vcpu++) up += HYPERVISOR_vcpu_op(xen.VCPUOP_is_up, vcpu, 0);
  }
  checkNumber('none is up', up, 0);
  checkNumber('one that is down is offline', runstateOf(1), xen.RUNSTATE_offline);
  checkNumber('it is started again', HYPERVISOR_vcpu_op(xen.VCPUOP_up, 1, 0), 0);
  while (stageOf(1) < RETURNED && now() < deadline) sleepUntil(now() + MILLISECOND);
  checkNumber('and goes on where it was', stageOf(1), RETURNED);
}

function refusals(): void {
  checkNumber(
    'a vcpu that does not exist',
    HYPERVISOR_vcpu_op(xen.VCPUOP_is_up, NO_SUCH_VCPU, 0),
    -xen.ENOENT,
  );
  checkNumber('to be made', HYPERVISOR_vcpu_op(xen.VCPUOP_initialise, NO_SUCH_VCPU, request), -xen.ENOENT);
}

/** Another vcpu. Upcalls are masked all the time: it polls. */
export function secondary(vcpu: u32): void {
  enter(vcpu, STARTED);
  for (let count: u32 = 0; count < ADDITIONS; count++) addLocked(total);
  enter(vcpu, ADDED);
  while (atomic.load<u32>(ports + vcpu * 4) == 0) HYPERVISOR_sched_op(xen.SCHEDOP_yield, 0);
  enter(vcpu, ANSWERING);
  answer(vcpu);
  enter(vcpu, WAITING_AGAIN);
  HYPERVISOR_vcpu_op(xen.VCPUOP_down, vcpu, 0);
  enter(vcpu, RETURNED);
  for (;;) HYPERVISOR_sched_op(xen.SCHEDOP_block, 0);
}

function answer(vcpu: u32): void {
  const port = load<u32>(ports + vcpu * 4);
  const buffer = buffers + vcpu * 64;
  const pending = SHARED_INFO + shared_info.evtchn_pending + (port / 64) * 8;
  const bit = (<u64>1) << (port % 64);
  store<u32>(buffer + 32, port);
  store<u64>(buffer + sched_poll.ports, virtual(buffer + 32));
  store<u32>(buffer + sched_poll.nr_ports, 1);
  store<u64>(buffer + sched_poll.timeout, 0);
  for (let round: u32 = 1; round <= ROUNDS; round++) {
    while ((atomic.load<u64>(pending) & bit) == 0) HYPERVISOR_sched_op(xen.SCHEDOP_poll, buffer);
    atomic.and<u64>(pending, ~bit);
    atomic.store<u32>(answered + vcpu * 4, round);
  }
}
