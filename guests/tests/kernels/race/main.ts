/**
 * A race, for who explores: vcpu 0 puts requests into a ring, vcpu 1 serves them and sleeps when there are none. Before it does,
 * it asks to be told of the next one (`req_event`), and must look once more, since one may have come while it asked: what
 * RING_FINAL_CHECK_FOR_REQUESTS is for (public/io/ring.h). With `careless` on the command line it does not look. The request
 * that came just then is served by nobody: the window is a hundred instructions or two, and without chance nothing ever falls into it.
 */
import * as xen from 'xen';
import { evtchn_bind_ipi, evtchn_send, FLAT_KERNEL_CS, FLAT_KERNEL_SS, sched_poll } from 'xen';
import { shared_info, SHUTDOWN_poweroff, sring, vcpu_guest_context } from 'xen';
import { initKernel } from 'kernel/boot';
import { print, printNumber } from 'kernel/console/print';
import { FrontRing } from 'kernel/grants/ring';
import { HYPERVISOR_event_channel_op, HYPERVISOR_sched_op, HYPERVISOR_vcpu_op } from 'kernel/xen/hypercalls';
import { virtual } from 'kernel/xen/intrinsics';
import { commandLine } from 'kernel/xen/start-info';
import { PAGE_SHIFT } from 'kernel/memory/pages';
import { mfnOf } from 'kernel/memory/pagetable';
import { allocateStack, STACK_SIZE } from 'kernel/memory/stacks';
import { kernelRoot, SHARED_INFO } from 'kernel/memory/window';
import { MILLISECOND, now } from 'kernel/events/clock';
import { shutdown } from 'kernel/traps/panic';

// @ts-ignore: decorator
@external("asm", "secondary_address")
declare function secondaryAddress(): u64;

/** Requests come in bursts of 1 to 4: so many times. */
const BURSTS: u32 = 30;
/** What a request takes to be served, in turns of a loop. */
const WORK: u32 = 10;
/** What the server does before it sleeps, in turns of a loop. */
const TIDYING: u32 = 30;
/** In ns: a request takes some tens of microseconds. */
const PATIENCE: u64 = 3 * MILLISECOND;
const SIZE: u32 = 8;
const ENTRY: usize = 8;
const C: u8 = 0x63;

const page: usize = memory.data(4096, 64);
const request: usize = memory.data(64, 8);
const poll: usize = memory.data(64, 8);
/** The port by which vcpu 1 is told. */
const bell: usize = memory.data(4, 4);

export function main(): void {
  initKernel();
  const ring = new FrontRing(page, ENTRY, SIZE);
  store<u32>(request + evtchn_bind_ipi.vcpu, 1);
  const startsWith = load<u8>(commandLine());
  start();
  assert(HYPERVISOR_event_channel_op(xen.EVTCHNOP_bind_ipi, request) == 0, 'no port');
  atomic.store<u32>(bell, load<u32>(request + evtchn_bind_ipi.port));
  print(startsWith == C ? 'careless\n' : 'careful\n');
  let served: u32 = 0;
  for (let burst: u32 = 0; burst < BURSTS; burst++) {
    const count: u32 = 1 + (burst & 3);
    for (let n: u32 = 0; n < count; n++) {
      store<u32>(ring.nextRequest(), served + n);
      if (ring.push()) ringBell(load<u32>(bell));
    }
    served += count;
    awaitAll(ring, served);
  }
  print('all ');
  printNumber(served);
  print(' requests are served\n');
  shutdown(SHUTDOWN_poweroff);
}

function ringBell(port: u32): void {
  store<u32>(request + evtchn_send.port, port);
  HYPERVISOR_event_channel_op(xen.EVTCHNOP_send, request);
}

/** Takes responses until so many have come. */
function awaitAll(ring: FrontRing, wanted: u32): void {
  const deadline = now() + PATIENCE;
  while (atomic.load<u32>(page + sring.rsp_prod) < wanted)
    assert(now() < deadline, 'a request is served by nobody');
  while (ring.nextResponse() != 0) {}
}

function start(): void {
  const context = heap.alloc(vcpu_guest_context.SIZE);
  memory.fill(context, 0, vcpu_guest_context.SIZE);
  const stack = allocateStack();
  store<u64>(context + vcpu_guest_context.flags, xen.VGCF_in_kernel);
  store<u64>(context + vcpu_guest_context.user_regs_rdi, 1);
  store<u64>(context + vcpu_guest_context.user_regs_rip, secondaryAddress());
  store<u64>(context + vcpu_guest_context.user_regs_rsp, virtual(stack + STACK_SIZE));
  store<u16>(context + vcpu_guest_context.user_regs_cs, <u16>FLAT_KERNEL_CS);
  store<u16>(context + vcpu_guest_context.user_regs_ss, <u16>FLAT_KERNEL_SS);
  store<u64>(context + vcpu_guest_context.kernel_ss, FLAT_KERNEL_SS);
  store<u64>(context + vcpu_guest_context.kernel_sp, virtual(stack + STACK_SIZE));
  store<u64>(context + vcpu_guest_context.ctrlreg + 3 * 8, mfnOf(kernelRoot()) << PAGE_SHIFT);
  assert(HYPERVISOR_vcpu_op(xen.VCPUOP_initialise, 1, context) == 0, 'no vcpu');
  assert(HYPERVISOR_vcpu_op(xen.VCPUOP_up, 1, 0) == 0, 'it is not up');
}

/** vcpu 1 serves. Upcalls are masked all the time: it polls. */
export function secondary(_vcpu: u32): void {
  while (atomic.load<u32>(bell) == 0) HYPERVISOR_sched_op(xen.SCHEDOP_yield, 0);
  const port = load<u32>(bell);
  const careless = load<u8>(commandLine()) == C;
  let consumed: u32 = 0;
  for (;;) {
    consumed = serve(consumed);
    tidy(consumed);
    atomic.store<u32>(page + sring.req_event, consumed + 1);
    if (careless || atomic.load<u32>(page + sring.req_prod) == consumed) sleep(port);
  }
}

/** Serves what there is. How many have been served altogether. */
function serve(consumed: u32): u32 {
  while (atomic.load<u32>(page + sring.req_prod) != consumed) {
    const entry = page + sring.SIZE + (consumed & (SIZE - 1)) * ENTRY;
    let sum = load<u32>(entry);
    for (let n: u32 = 0; n < WORK; n++) sum = sum * 31 + n;
    store<u32>(entry + 4, sum);
    consumed++;
    atomic.store<u32>(page + sring.rsp_prod, consumed);
  }
  return consumed;
}

/** What a driver does before it sleeps: here, it forgets what it has served. */
function tidy(consumed: u32): void {
  for (let n: u32 = 0; n < TIDYING; n++)
    store<u32>(page + sring.SIZE + ((consumed + n) & (SIZE - 1)) * ENTRY + 4, 0);
}

/** Sleeps until the bell rings. */
function sleep(port: u32): void {
  const pending = SHARED_INFO + shared_info.evtchn_pending + (port / 64) * 8;
  const bit = (<u64>1) << (port % 64);
  store<u32>(poll + 32, port);
  store<u64>(poll + sched_poll.ports, virtual(poll + 32));
  store<u32>(poll + sched_poll.nr_ports, 1);
  store<u64>(poll + sched_poll.timeout, 0);
  while ((atomic.load<u64>(pending) & bit) == 0) HYPERVISOR_sched_op(xen.SCHEDOP_poll, poll);
  atomic.and<u64>(pending, ~bit);
}
