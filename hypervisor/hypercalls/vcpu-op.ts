/**
 * vcpu_op(command, vcpu, argument): brings vcpus up and down, sets their timers, registers areas where Xen writes about
 * them. -ENOENT for a vcpu that does not exist, -EFAULT for an argument that cannot be read, -ENOSYS for an unknown
 * command, -EINVAL for a vcpu in the wrong state.
 */
import { vcpu_guest_context } from '../abi/arch-x86.ts';
import { EEXIST, EFAULT, EINVAL, ENOENT, ENOSYS, ENXIO } from '../abi/errno.ts';
import { namesOf } from '../abi/names.ts';
import { SHUTDOWN_poweroff } from '../abi/sched.ts';
import { vcpu_info } from '../abi/shared-info.ts';
import * as vcpuAbi from '../abi/vcpu.ts';
import { HYPERVISOR_vcpu_op } from '../abi/xen.ts';
import type { Vcpu } from '../state/vcpu.ts';
import { setGuestContext } from '../domain/context.ts';
import { getPageAndType } from '../memory/page-types.ts';
import { GuestStruct } from '../memory/guest-struct.ts';
import { PGT_WRITABLE_PAGE } from '../memory/frame-table.ts';
import { isGuestAddress } from '../memory/guest-access.ts';
import { copyBytes, writeByte, writeBytes, writeWords } from '../memory/guest-frames.ts';
import { sendNmi, setDown } from '../sched/vcpus.ts';
import { fillRunstate, writeRunstate, writeVcpuTime } from '../time/areas.ts';
import { setPeriodic, setSingleshot } from '../time/deadlines.ts';
import type { Hypercall, HypercallContext } from './hypercall.ts';
import { shutdownDomain } from '../domain/life.ts';
import { PAGE_BYTES } from '../memory/pages.ts';

/** Bounds of a periodic timer's period. */
const MIN_PERIOD_NS = 1_000_000;
const MAX_PERIOD_NS = 2 ** 53;

type Operation = (context: HypercallContext, vcpu: Vcpu, argument: number) => number;

const guestContext = new Uint32Array(vcpu_guest_context.size / 4);

const operations: Readonly<Record<number, Operation>> = {
  [vcpuAbi.VCPUOP_initialise](context, vcpu, argument) {
    if (vcpu.info === 0) return -EINVAL;
    if (!context.read(argument, guestContext)) return -EFAULT;
    if (vcpu.initialised) return -EEXIST;
    return setGuestContext(context.hypervisor, vcpu, guestContext);
  },
  [vcpuAbi.VCPUOP_up]({ hypervisor }, vcpu) {
    if (vcpu.info === 0 || !vcpu.initialised) return -EINVAL;
    if (vcpu.down) setDown(hypervisor, vcpu, false);
    return 0;
  },
  [vcpuAbi.VCPUOP_down]({ hypervisor, domain }, vcpu) {
    if (domain.vcpus.every((other) => other === vcpu || other.down))
      shutdownDomain(hypervisor, domain, SHUTDOWN_poweroff, null);
    else if (!vcpu.down) setDown(hypervisor, vcpu, true);
    return 0;
  },
  [vcpuAbi.VCPUOP_is_up]: (_, vcpu) => (vcpu.down ? 0 : 1),
  [vcpuAbi.VCPUOP_get_runstate_info](context, vcpu, argument) {
    const info = new GuestStruct(vcpuAbi.vcpu_runstate_info, argument);
    const times = vcpu.runstateNs.slice();
    times[vcpu.runstate]! += context.hypervisor.nowNs() - vcpu.runstateSinceNs;
    fillRunstate(vcpu, times, info);
    return context.writeStruct(info) ? 0 : -EFAULT;
  },
  [vcpuAbi.VCPUOP_register_runstate_memory_area](context, vcpu, argument) {
    const op = context.readStruct(vcpuAbi.vcpu_register_runstate_memory_area, argument);
    if (op === null) return -EFAULT;
    const area = op.get('addr.v');
    if (!isGuestAddress(area)) return -EFAULT;
    vcpu.runstateArea = area;
    if (vcpu === context.vcpu) writeRunstate(context.hypervisor, vcpu);
    else vcpu.areasPending = true;
    return 0;
  },
  [vcpuAbi.VCPUOP_register_vcpu_time_memory_area](context, vcpu, argument) {
    const op = context.readStruct(vcpuAbi.vcpu_register_time_memory_area, argument);
    if (op === null) return -EFAULT;
    const area = op.get('addr.v');
    if (!isGuestAddress(area)) return -EFAULT;
    vcpu.timeArea = area;
    writeVcpuTime(context.hypervisor, vcpu);
    return 0;
  },
  [vcpuAbi.VCPUOP_set_periodic_timer](context, vcpu, argument) {
    const op = context.readStruct(vcpuAbi.vcpu_set_periodic_timer, argument);
    if (op === null) return -EFAULT;
    const period = op.get('period_ns');
    if (period < MIN_PERIOD_NS || period > MAX_PERIOD_NS) return -EINVAL;
    setPeriodic(context.hypervisor, vcpu, period);
    return 0;
  },
  [vcpuAbi.VCPUOP_stop_periodic_timer]({ hypervisor }, vcpu) {
    setPeriodic(hypervisor, vcpu, 0);
    return 0;
  },
  [vcpuAbi.VCPUOP_set_singleshot_timer](context, vcpu, argument) {
    if (vcpu !== context.vcpu) return -EINVAL;
    const op = context.readStruct(vcpuAbi.vcpu_set_singleshot_timer, argument);
    if (op === null) return -EFAULT;
    // VCPU_SSHOTTMR_future is not heeded any more: a deadline that is past fires at once.
    setSingleshot(context.hypervisor, vcpu, Math.max(op.get('timeout_abs_ns'), 0));
    return 0;
  },
  [vcpuAbi.VCPUOP_stop_singleshot_timer]({ hypervisor, vcpu: caller }, vcpu) {
    if (vcpu !== caller) return -EINVAL;
    setSingleshot(hypervisor, vcpu, -1);
    return 0;
  },
  [vcpuAbi.VCPUOP_register_vcpu_info](context, vcpu, argument) {
    const op = context.readStruct(vcpuAbi.vcpu_register_vcpu_info, argument);
    return op === null ? -EFAULT : registerInfo(context, vcpu, op.get('mfn'), op.get('offset'));
  },
  [vcpuAbi.VCPUOP_send_nmi]({ hypervisor }, vcpu, argument) {
    if (argument !== 0) return -EINVAL;
    sendNmi(hypervisor, vcpu);
    return 0;
  },
  // A vcpu that is not pinned has no physical id to tell.
  [vcpuAbi.VCPUOP_get_physid]: () => -EINVAL,
};

/** map_vcpu_info: moves a vcpu's vcpu_info to a page of the domain, for good. */
function registerInfo(context: HypercallContext, vcpu: Vcpu, mfn: number, offset: number): number {
  const { hypervisor, domain } = context;
  if (offset > PAGE_BYTES - vcpu_info.size || (offset & 7) !== 0) return -ENXIO;
  if (vcpu.infoMfn !== 0 || (vcpu !== context.vcpu && !vcpu.down)) return -EINVAL;
  if (getPageAndType(hypervisor.frames, mfn, domain.id, PGT_WRITABLE_PAGE) !== 0) return -EINVAL;
  const { frames } = hypervisor;
  const to = mfn * PAGE_BYTES + offset;
  if (vcpu.info !== 0) copyBytes(frames, to, vcpu.info, vcpu_info.size);
  else {
    writeBytes(frames, to, new Uint8Array(vcpu_info.size));
    writeByte(frames, to + vcpu_info.offset.evtchn_upcall_mask, 1);
  }
  vcpu.info = to;
  vcpu.infoMfn = mfn;
  // Everything is marked pending, so that nothing raised meanwhile is lost.
  writeByte(frames, to + vcpu_info.offset.evtchn_upcall_pending, 1);
  writeWords(frames, to + vcpu_info.offset.evtchn_pending_sel, [0xffff_ffff, 0xffff_ffff]);
  return 0;
}

export const vcpuOp: Hypercall = {
  number: HYPERVISOR_vcpu_op,
  name: 'vcpu_op',
  args: [
    { name: 'command', kind: 'command', commands: namesOf(vcpuAbi, 'VCPUOP_') },
    { name: 'vcpu', kind: 'unsigned' },
    { name: 'argument', kind: 'va' },
  ],
  handler(context, command, id, argument) {
    const vcpu = context.domain.vcpus[id];
    const { trace } = context.hypervisor;
    if (vcpu === undefined)
      return trace.refuse(-ENOENT, 'there is no vcpu {}: the domain has {}', id, context.domain.vcpus.length);
    const operation = operations[command];
    return operation === undefined ? -ENOSYS : operation(context, vcpu, argument);
  },
};
