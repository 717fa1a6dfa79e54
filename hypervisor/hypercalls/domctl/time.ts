/** A toolstack's hand on a domain's time: the offset of its wall clock, and its TSC. */
import {
  TSC_MODE_ALWAYS_EMULATE,
  TSC_MODE_DEFAULT,
  TSC_MODE_NEVER_EMULATE,
  xen_domctl_settimeoffset,
  xen_domctl_tsc_info,
} from '../../abi/domctl.ts';
import { EINVAL, EOPNOTSUPP } from '../../abi/errno.ts';
import type { ControlBuffer } from '../control.ts';
import type { HypercallContext } from '../hypercall.ts';
import { tscKhz } from '../../state/clock.ts';
import { setTimeOffset } from '../../time/wall-clock.ts';
import type { Domain } from '../../state/domain.ts';

/** XEN_DOMCTL_settimeoffset */
export function timeOffset({ hypervisor }: HypercallContext, domain: Domain, u: ControlBuffer): number {
  setTimeOffset(hypervisor, domain, u.as(xen_domctl_settimeoffset).get('time_offset_seconds'));
  return 0;
}

/** XEN_DOMCTL_gettscinfo: what the TSC would have counted as ns, and its frequency; nothing of one that is never emulated. */
export function tscInfo(
  { hypervisor, domain: caller }: HypercallContext,
  domain: Domain,
  u: ControlBuffer,
): number {
  const op = u.as(xen_domctl_tsc_info);
  if (domain === caller) return -EINVAL;
  const told = domain.tscMode !== TSC_MODE_NEVER_EMULATE;
  op.set('tsc_mode', domain.tscMode);
  op.set('gtsc_khz', told ? tscKhz(hypervisor.clock) : 0);
  op.set('incarnation', domain.tscIncarnation);
  op.set('elapsed_nsec', told ? hypervisor.nowNs() : 0);
  return 0;
}

/**
 * XEN_DOMCTL_settscinfo. The TSC is the processor's own: -EOPNOTSUPP where Xen would emulate one, always or because the
 * domain comes from a machine with another frequency.
 */
export function setTscInfo(
  { hypervisor, domain: caller }: HypercallContext,
  domain: Domain,
  u: ControlBuffer,
): number {
  const op = u.as(xen_domctl_tsc_info);
  const mode = op.get('tsc_mode');
  const khz = op.get('gtsc_khz');
  if (domain === caller || mode > TSC_MODE_NEVER_EMULATE) return -EINVAL;
  const another = mode === TSC_MODE_DEFAULT && khz !== 0 && khz !== tscKhz(hypervisor.clock);
  if (mode === TSC_MODE_ALWAYS_EMULATE || another) return -EOPNOTSUPP;
  domain.tscMode = mode;
  domain.tscIncarnation = (op.get('incarnation') + 1) >>> 0;
  return 0;
}
