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

const { offset } = xen_domctl_tsc_info;

/** XEN_DOMCTL_settimeoffset */
export function timeOffset({ hypervisor }: HypercallContext, domain: Domain, u: ControlBuffer): number {
  setTimeOffset(hypervisor, domain, u.wide(xen_domctl_settimeoffset.offset.time_offset_seconds));
  return 0;
}

/** XEN_DOMCTL_gettscinfo: what the TSC would have counted as ns, and its frequency; nothing of one that is never emulated. */
export function tscInfo(
  { hypervisor, domain: caller }: HypercallContext,
  domain: Domain,
  u: ControlBuffer,
): number {
  if (domain === caller) return -EINVAL;
  const told = domain.tscMode !== TSC_MODE_NEVER_EMULATE;
  u.setU32(offset.tsc_mode, domain.tscMode);
  u.setU32(offset.gtsc_khz, told ? tscKhz(hypervisor.clock) : 0);
  u.setU32(offset.incarnation, domain.tscIncarnation);
  u.setWide(offset.elapsed_nsec, told ? hypervisor.nowNs() : 0);
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
  const mode = u.u32(offset.tsc_mode);
  const khz = u.u32(offset.gtsc_khz);
  if (domain === caller || mode > TSC_MODE_NEVER_EMULATE) return -EINVAL;
  const another = mode === TSC_MODE_DEFAULT && khz !== 0 && khz !== tscKhz(hypervisor.clock);
  if (mode === TSC_MODE_ALWAYS_EMULATE || another) return -EOPNOTSUPP;
  domain.tscMode = mode;
  domain.tscIncarnation = (u.u32(offset.incarnation) + 1) >>> 0;
  return 0;
}
