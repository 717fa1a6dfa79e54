/**
 * A domain's life as its toolstack leads it: created paused, unpaused to run, paused and unpaused in pairs, resumed after
 * it has shut down, destroyed. Compare common/domctl.c and common/domain.c.
 */
import {
  xen_domctl_createdomain,
  XEN_DOMCTL_CDF_ALL,
  XEN_DOMCTL_CDF_hap,
  XEN_DOMCTL_CDF_hvm,
  XEN_DOMCTL_CDF_iommu,
  XEN_DOMCTL_CDF_nested_virt,
  XEN_DOMCTL_CDF_vpmu,
  XEN_DOMCTL_GRANT_version_mask,
  XEN_X86_EMU_PIT,
  XEN_X86_MSR_RELAXED,
} from '../../abi/domctl.ts';
import { EEXIST, EINVAL, ENOMEM, EOPNOTSUPP } from '../../abi/errno.ts';
import { DOMID_FIRST_RESERVED, VIRQ_DOM_EXC } from '../../abi/xen.ts';
import { sendGlobalVirq } from '../../events/send.ts';
import { mappingsOf } from '../../state/grant-table.ts';
import type { Hypervisor } from '../../state/hypervisor.ts';
import type { StructOf } from '../../memory/guest-struct.ts';
import type { HypercallContext } from '../hypercall.ts';
import { MAX_VCPUS } from '../../memory/per-domain.ts';
import { startTime } from '../../time/areas.ts';
import { createDomain, createVcpus } from '../../domain/create.ts';
import { destroyDomain } from '../../domain/destroy.ts';
import type { Domain } from '../../state/domain.ts';
import { pauseDomain, resumeDomain, unpauseDomain } from '../../domain/life.ts';

/** What paravirtualized domains do not have. */
const NO_HVM = XEN_DOMCTL_CDF_hvm | XEN_DOMCTL_CDF_hap | XEN_DOMCTL_CDF_nested_virt;

/** XEN_DOMCTL_createdomain. `wanted`: the caller's id; 0 or a reserved one: the next that is free. Gives the id, or an errno. */
export function create(
  hypervisor: Hypervisor,
  wanted: number,
  op: StructOf<typeof xen_domctl_createdomain>,
): number {
  const given = wanted > 0 && wanted < DOMID_FIRST_RESERVED;
  if (given && !isFreeId(hypervisor, wanted)) return -EEXIST;
  const id = given ? wanted : nextId(hypervisor);
  if (id < 0) return -ENOMEM;
  const refused = checkConfiguration(op);
  if (refused < 0) return refused;
  let domain: Domain;
  try {
    domain = createDomain(hypervisor, { id, isPrivileged: false, vcpus: op.get('max_vcpus') });
  } catch (error) {
    if (error instanceof RangeError) return -ENOMEM;
    throw error;
  }
  domain.grants.maxVersion = op.get('grant_opts') & XEN_DOMCTL_GRANT_version_mask;
  const frames = op.get('max_grant_frames') | 0;
  if (frames >= 0) domain.grants.maxFrames = frames;
  const maptrack = op.get('max_maptrack_frames') | 0;
  if (maptrack >= 0) domain.grants.maxMappings = mappingsOf(maptrack);
  domain.events.maxPort = op.get('max_evtchn_port');
  domain.emulationFlags = op.get('arch.emulation_flags');
  domain.handle.set(op.bytesOf('handle'));
  domain.controllerPauseCount = 1;
  pauseDomain(hypervisor, domain);
  return id;
}

/** sanitise_domain_config and its part for x86. */
function checkConfiguration(op: StructOf<typeof xen_domctl_createdomain>): number {
  const flags = op.get('flags');
  const grants = op.get('grant_opts');
  if (flags & ~XEN_DOMCTL_CDF_ALL || grants & ~XEN_DOMCTL_GRANT_version_mask) return -EINVAL;
  if (op.get('max_vcpus') < 1 || op.get('max_vcpus') > MAX_VCPUS) return -EINVAL;
  // Only the kind of domain that there is, on a machine without an IOMMU.
  if (flags & NO_HVM) return -EINVAL;
  if (flags & (XEN_DOMCTL_CDF_iommu | XEN_DOMCTL_CDF_vpmu) || op.get('iommu_opts') !== 0) return -EINVAL;
  if (op.get('vmtrace_size') !== 0 || op.get('arch.misc_flags') & ~XEN_X86_MSR_RELAXED) return -EINVAL;
  if (op.get('arch.emulation_flags') & ~XEN_X86_EMU_PIT) return -EOPNOTSUPP;
  const version = grants & XEN_DOMCTL_GRANT_version_mask;
  if (version < 1 || version > 2 || op.get('max_grant_frames') === 0) return -EINVAL;
  return 0;
}

/** Nobody has this id, nor is anything left of who had it. */
function isFreeId({ domains, frames }: Hypervisor, id: number): boolean {
  return !domains.has(id) && !frames.remains.has(id);
}

/** The next id behind the last that was given so. */
function nextId(hypervisor: Hypervisor): number {
  for (let id = hypervisor.lastDomainId + 1; id !== hypervisor.lastDomainId; id++) {
    if (id === DOMID_FIRST_RESERVED) id = 1;
    if (!isFreeId(hypervisor, id)) continue;
    hypervisor.lastDomainId = id;
    return id;
  }
  return -ENOMEM;
}

/** XEN_DOMCTL_max_vcpus: makes the vcpus that the domain was created for. */
export function makeVcpus(
  { hypervisor, domain: caller }: HypercallContext,
  domain: Domain,
  max: number,
): number {
  if (domain === caller || max !== domain.maxVcpus) return -EINVAL;
  if (!domain.isDying) createVcpus(hypervisor, domain);
  return 0;
}

/** XEN_DOMCTL_pausedomain */
export function pause({ hypervisor, domain: caller }: HypercallContext, domain: Domain): number {
  if (domain === caller) return -EINVAL;
  domain.controllerPauseCount++;
  pauseDomain(hypervisor, domain);
  return 0;
}

/** XEN_DOMCTL_unpausedomain */
export function unpause({ hypervisor }: HypercallContext, domain: Domain): number {
  if (domain.controllerPauseCount === 0) return -EINVAL;
  domain.controllerPauseCount--;
  if (domain.controllerPauseCount === 0 && !domain.creationFinished) {
    domain.creationFinished = true;
    startTime(hypervisor, domain);
  }
  unpauseDomain(hypervisor, domain);
  return 0;
}

/** XEN_DOMCTL_resumedomain: a domain that has shut down (suspended itself) goes on. */
export function resume({ hypervisor, domain: caller }: HypercallContext, domain: Domain): number {
  if (domain === caller) return -EINVAL;
  resumeDomain(hypervisor, domain);
  return 0;
}

/** XEN_DOMCTL_destroydomain */
export function destroy({ hypervisor, domain: caller }: HypercallContext, domain: Domain): number {
  if (domain === caller) return -EINVAL;
  if (domain.isDying) return 0;
  destroyDomain(hypervisor, domain);
  sendGlobalVirq(hypervisor, VIRQ_DOM_EXC);
  return 0;
}
