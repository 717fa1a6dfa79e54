/** A toolstack's hand on a domain's time: the offset of its wall clock, and its TSC. */
import { TSC_MODE_NEVER_EMULATE, xen_domctl_settimeoffset, xen_domctl_tsc_info } from '../../abi/domctl.ts';
import { EINVAL } from '../../abi/errno.ts';
import type { ControlBuffer } from '../control.ts';
import type { HypercallContext } from '../hypercall.ts';
import { setTsc, tscElapsedNs, tscKhzOf } from '../../time/tsc.ts';
import { setTimeOffset } from '../../time/wall-clock.ts';
import type { Domain } from '../../state/domain.ts';

/** XEN_DOMCTL_settimeoffset */
export function timeOffset({ hypervisor }: HypercallContext, domain: Domain, u: ControlBuffer): number {
  setTimeOffset(hypervisor, domain, u.as(xen_domctl_settimeoffset).get('time_offset_seconds'));
  return 0;
}

/** XEN_DOMCTL_gettscinfo: for how long the TSC has counted, and its frequency; nothing of one that is never emulated. */
export function tscInfo(
  { hypervisor, domain: caller }: HypercallContext,
  domain: Domain,
  u: ControlBuffer,
): number {
  const op = u.as(xen_domctl_tsc_info);
  if (domain === caller) return -EINVAL;
  const told = domain.tscMode !== TSC_MODE_NEVER_EMULATE;
  op.set('tsc_mode', domain.tscMode);
  op.set('gtsc_khz', told ? tscKhzOf(hypervisor, domain) : 0);
  op.set('incarnation', domain.tscIncarnation);
  op.set('elapsed_nsec', told ? tscElapsedNs(hypervisor, domain) : 0);
  return 0;
}

/** How far back or ahead a TSC can have begun, in ns: decades. What is beyond is no time that a machine has run for. */
const MAX_ELAPSED_NS = 2 ** 60;

/** XEN_DOMCTL_settscinfo. */
export function setTscInfo(
  { hypervisor, domain: caller }: HypercallContext,
  domain: Domain,
  u: ControlBuffer,
): number {
  const op = u.as(xen_domctl_tsc_info);
  const elapsedNs = op.get('elapsed_nsec');
  if (domain === caller || Math.abs(elapsedNs) > MAX_ELAPSED_NS) return -EINVAL;
  const isSet = setTsc(
    hypervisor,
    domain,
    op.get('tsc_mode'),
    elapsedNs,
    op.get('gtsc_khz'),
    op.get('incarnation'),
  );
  return isSet ? 0 : -EINVAL;
}
