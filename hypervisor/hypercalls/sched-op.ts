/**
 * sched_op(command, argument): yield, block until an event, poll for ports, shut down. sched_op_compat takes the argument
 * of shutdown by value. set_timer_op(deadline) sets the calling vcpu's singleshot timer in ns of system time.
 */
import { EFAULT, EINVAL, ENOSYS, EPERM, ESRCH } from '../abi/errno.ts';
import { namesOf } from '../abi/names.ts';
import * as sched from '../abi/sched.ts';
import {
  SCHEDOP_block,
  SCHEDOP_pin_override,
  SCHEDOP_poll,
  SCHEDOP_remote_shutdown,
  SCHEDOP_shutdown,
  SCHEDOP_shutdown_code,
  SCHEDOP_watchdog,
  SCHEDOP_yield,
  SHUTDOWN_MAX,
} from '../abi/sched.ts';
import { vcpu_info } from '../abi/shared-info.ts';
import {
  DOMID_SELF,
  HYPERVISOR_sched_op,
  HYPERVISOR_sched_op_compat,
  HYPERVISOR_set_timer_op,
} from '../abi/xen.ts';
import type { Hypervisor } from '../state/hypervisor.ts';
import type { Vcpu } from '../state/vcpu.ts';
import { isPortPending } from '../events/send.ts';
import { writeByte } from '../memory/guest-frames.ts';
import { block, poll, yieldProcessor } from '../sched/vcpus.ts';
import { setWatchdog } from '../time/watchdog.ts';
import { findDeadline, setSingleshot } from '../time/deadlines.ts';
import type { Hypercall, HypercallContext } from './hypercall.ts';
import { shutdownDomain } from '../domain/life.ts';

const MAX_POLL_PORTS = 128;

/** vcpu_block_enable_events: unmasks events, then blocks. */
function blockWithEvents(hypervisor: Hypervisor, vcpu: Vcpu): number {
  writeByte(hypervisor.frames, vcpu.info + vcpu_info.offset.evtchn_upcall_mask, 0);
  block(hypervisor, vcpu);
  return 0;
}

/** do_poll: sleeps until one of the ports is pending or the time is over. */
function pollPorts(context: HypercallContext, argument: number): number {
  const { hypervisor, vcpu, domain } = context;
  const op = context.readStruct(sched.sched_poll, argument);
  if (op === null) return -EFAULT;
  const count = op.get('nr_ports');
  if (count > MAX_POLL_PORTS) return -EINVAL;
  const list = new Uint32Array(count);
  const timeoutNs = op.get('timeout');
  if (count > 0 && !context.read(op.get('ports'), list)) return -EFAULT;
  for (const port of list) {
    if (port >= domain.events.limit) return -EINVAL;
    if (isPortPending(hypervisor, domain, port)) return 0;
  }
  if (timeoutNs !== 0 && timeoutNs <= hypervisor.nowNs()) return 0;
  poll(hypervisor, vcpu, [...list], timeoutNs === 0 ? -1 : timeoutNs);
  findDeadline(hypervisor);
  return 0;
}

function shutdown(context: HypercallContext, reason: number): number {
  if (reason > SHUTDOWN_MAX) return -EINVAL;
  shutdownDomain(context.hypervisor, context.domain, reason, null);
  return 0;
}

const operations: Readonly<Record<number, (context: HypercallContext, argument: number) => number>> = {
  [SCHEDOP_yield]({ hypervisor }) {
    yieldProcessor(hypervisor);
    return 0;
  },
  [SCHEDOP_block]: ({ hypervisor, vcpu }) => blockWithEvents(hypervisor, vcpu),
  [SCHEDOP_shutdown](context, argument) {
    const op = context.readStruct(sched.sched_shutdown, argument);
    return op === null ? -EFAULT : shutdown(context, op.get('reason'));
  },
  [SCHEDOP_poll]: pollPorts,
  [SCHEDOP_shutdown_code](context, argument) {
    const op = context.readStruct(sched.sched_shutdown, argument);
    if (op === null) return -EFAULT;
    context.domain.shutdownCode = op.get('reason');
    return 0;
  },
  [SCHEDOP_remote_shutdown](context, argument) {
    const op = context.readStruct(sched.sched_remote_shutdown, argument);
    if (op === null) return -EFAULT;
    const id = op.get('domain_id');
    const target = context.hypervisor.domains.get(id);
    if (id === DOMID_SELF || target === context.domain) return -EINVAL;
    if (target === undefined) return -ESRCH;
    if (!context.domain.isPrivileged) return -EPERM;
    shutdownDomain(context.hypervisor, target, op.get('reason') & 0xff, null);
    return 0;
  },
  [SCHEDOP_watchdog](context, argument) {
    const op = context.readStruct(sched.sched_watchdog, argument);
    if (op === null) return -EFAULT;
    return setWatchdog(context.hypervisor, context.domain, op.get('id'), op.get('timeout'));
  },
  [SCHEDOP_pin_override]: () => -EPERM,
};

export const schedOp: Hypercall = {
  number: HYPERVISOR_sched_op,
  name: 'sched_op',
  args: [
    { name: 'command', kind: 'command', commands: namesOf(sched, 'SCHEDOP_') },
    { name: 'argument', kind: 'va' },
  ],
  handler: (context, command, argument) => operations[command]?.(context, argument) ?? -ENOSYS,
};

export const schedOpCompat: Hypercall = {
  number: HYPERVISOR_sched_op_compat,
  name: 'sched_op_compat',
  args: schedOp.args,
  handler(context, command) {
    if (command === SCHEDOP_yield || command === SCHEDOP_block) return operations[command]!(context, 0);
    if (command === SCHEDOP_shutdown) return shutdown(context, context.low(1));
    return -ENOSYS;
  },
};

/** Deadlines that Linux's wrapped clocks ask for: negative, or 13 days off. They become 100 ms. */
const FAR_NS = 2 ** 50;
const MIDDLE_NS = 100_000_000;

export const setTimerOp: Hypercall = {
  number: HYPERVISOR_set_timer_op,
  name: 'set_timer_op',
  args: [{ name: 'deadline', kind: 'int' }],
  handler({ hypervisor, vcpu }, deadline) {
    const now = hypervisor.nowNs();
    if (deadline === 0) setSingleshot(hypervisor, vcpu, -1);
    else if (deadline < 0 || deadline - now >= FAR_NS) setSingleshot(hypervisor, vcpu, now + MIDDLE_NS);
    else setSingleshot(hypervisor, vcpu, deadline);
    return 0;
  },
};
