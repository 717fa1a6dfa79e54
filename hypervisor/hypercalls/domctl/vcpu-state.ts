/**
 * A toolstack's hand on what a vcpu has beyond its contexts: the state that XSAVE knows, and MSRs (arch/x86/domctl.c). The
 * processor has no XSAVE, so there is nothing of the first.
 */
import {
  xen_domctl_vcpu_msr,
  xen_domctl_vcpu_msrs,
  xen_domctl_vcpuextstate,
  XEN_DOMCTL_get_vcpu_msrs,
} from '../../abi/domctl.ts';
import { EFAULT, EINVAL, ENOBUFS, ESRCH } from '../../abi/errno.ts';
import { fromHalves, highHalf, lowHalf } from '../../../core/machine.ts';
import type { ControlBuffer } from '../control.ts';
import type { HypercallContext } from '../hypercall.ts';
import type { StructOf } from '../../memory/guest-struct.ts';
import type { Domain } from '../../state/domain.ts';
import type { Vcpu } from '../../state/vcpu.ts';
import { readMsr, writeMsr } from '../../traps/privop/msr.ts';

/** XCR0 and xcr0_accum, which stand before XSAVE's area. */
const EXTENDED_HEADER_BYTES = 16;

/** The vcpu, or a negative errno: there is none, or it is the caller's own. */
function another({ vcpu: own }: HypercallContext, domain: Domain, id: number): Vcpu | number {
  const vcpu = domain.vcpus[id];
  if (vcpu === undefined) return -ESRCH;
  return vcpu === own ? -EINVAL : vcpu;
}

/** XEN_DOMCTL_getvcpuextstate: how large a buffer is to be, or what a vcpu has: the header alone, of zeroes. */
export function getExtendedState(context: HypercallContext, domain: Domain, u: ControlBuffer): number {
  const op = u.as(xen_domctl_vcpuextstate);
  const vcpu = another(context, domain, op.get('vcpu'));
  if (typeof vcpu === 'number') return vcpu;
  const buffer = op.get('buffer');
  const asks = (op.get('size') === 0 && op.get('xfeature_mask') === 0) || buffer === 0;
  if (!asks) {
    if (op.get('size') < EXTENDED_HEADER_BYTES || op.get('xfeature_mask') !== 0) return -EINVAL;
    if (!context.writeBytes(buffer, new Uint8Array(EXTENDED_HEADER_BYTES))) return -EFAULT;
  }
  op.set('xfeature_mask', 0);
  op.set('size', EXTENDED_HEADER_BYTES);
  return 0;
}

/** XEN_DOMCTL_setvcpuextstate: nothing is all that can be set. */
export function setExtendedState(context: HypercallContext, domain: Domain, u: ControlBuffer): number {
  const op = u.as(xen_domctl_vcpuextstate);
  const vcpu = another(context, domain, op.get('vcpu'));
  if (typeof vcpu === 'number') return vcpu;
  if (op.get('size') !== EXTENDED_HEADER_BYTES) return -EINVAL;
  const words = new Uint32Array(EXTENDED_HEADER_BYTES / 4);
  if (!context.read(op.get('buffer'), words)) return -EFAULT;
  return words.every((word) => word === 0) ? 0 : -EINVAL;
}

/** Those that a vcpu can have set: SPEC_CTRL, MISC_FEATURES_ENABLES, TSC_AUX, AMD's DR_ADDRESS_MASKs. */
const SENT = [0x48, 0x140, 0xc0000103, 0xc0011027, 0xc0011019, 0xc001101a, 0xc001101b];
const ENTRY_BYTES = xen_domctl_vcpu_msr.size;

/** XEN_DOMCTL_get_vcpu_msrs: how many there may be, or those that are not 0. -ENOBUFS: there are more than find room. */
function get(context: HypercallContext, vcpu: Vcpu, op: StructOf<typeof xen_domctl_vcpu_msrs>): number {
  const buffer = op.get('msrs');
  if (buffer === 0) {
    op.set('msr_count', SENT.length);
    return 0;
  }
  const room = op.get('msr_count');
  const value = { low: 0, high: 0 };
  let count = 0;
  for (const index of SENT) {
    if (!readMsr(context.hypervisor, vcpu, index, value) || (value.low === 0 && value.high === 0)) continue;
    const entry = new Uint32Array([index, 0, value.low, value.high]);
    if (count < room && !context.write(buffer + count * ENTRY_BYTES, entry)) return -EFAULT;
    count++;
  }
  op.set('msr_count', count);
  return count > room ? -ENOBUFS : 0;
}

/** XEN_DOMCTL_set_vcpu_msrs: `msr_count` says how many of them were set before one was refused. */
function set(context: HypercallContext, vcpu: Vcpu, op: StructOf<typeof xen_domctl_vcpu_msrs>): number {
  const count = op.get('msr_count');
  if (count > SENT.length) return -EINVAL;
  const entry = new Uint32Array(ENTRY_BYTES / 4);
  for (let done = 0; done < count; done++) {
    op.set('msr_count', done);
    if (!context.read(op.get('msrs') + done * ENTRY_BYTES, entry)) return -EFAULT;
    const [index, reserved, low, high] = entry as unknown as [number, number, number, number];
    if (reserved !== 0 || !SENT.includes(index)) return -EINVAL;
    const wide = fromHalves(low, high);
    if (!writeMsr(context.hypervisor, vcpu, index, { low: lowHalf(wide), high: highHalf(wide) }))
      return -EINVAL;
  }
  op.set('msr_count', count);
  return 0;
}

/** XEN_DOMCTL_get_vcpu_msrs and XEN_DOMCTL_set_vcpu_msrs. */
export function msrs(context: HypercallContext, domain: Domain, u: ControlBuffer, command: number): number {
  const op = u.as(xen_domctl_vcpu_msrs);
  const vcpu = another(context, domain, op.get('vcpu'));
  if (typeof vcpu === 'number') return vcpu;
  return command === XEN_DOMCTL_get_vcpu_msrs ? get(context, vcpu, op) : set(context, vcpu, op);
}
