/** What a toolstack is told of a domain and its vcpus (getdomaininfo in common/domctl.c). */
import {
  xen_domctl_getdomaininfo,
  xen_domctl_getvcpuinfo,
  XEN_DOMINF_blocked,
  XEN_DOMINF_dying,
  XEN_DOMINF_paused,
  XEN_DOMINF_running,
  XEN_DOMINF_shutdown,
  XEN_DOMINF_shutdownshift,
  XEN_INVALID_MAX_VCPU_ID,
} from '../../abi/domctl.ts';
import { EINVAL, ESRCH } from '../../abi/errno.ts';
import type { ControlBuffer } from '../control.ts';
import type { HypercallContext } from '../hypercall.ts';
import type { StructOf } from '../../memory/guest-struct.ts';
import type { Hypervisor } from '../../state/hypervisor.ts';
import type { Domain } from '../../state/domain.ts';
import type { Vcpu } from '../../state/vcpu.ts';
import { RUNSTATE_RUNNING } from '../../state/vcpu.ts';

/** SHUTDOWN_CODE_INVALID, as far as the flags have room for it: the domain has not shut down. */
const NO_SHUTDOWN_CODE = 0xffff;
const LEAF_ADDRESS_BITS = 0x80000008;

/** ns that a vcpu has had a processor. */
export function cpuTimeNs(vcpu: Vcpu, nowNs: number): number {
  const before = vcpu.runstateNs[RUNSTATE_RUNNING]!;
  return vcpu.runstate === RUNSTATE_RUNNING ? before + nowNs - vcpu.runstateSinceNs : before;
}

/** Fills in struct xen_domctl_getdomaininfo. No pages are shared or paged out; there is one pool of processors, 0. */
function fillDomainInfo(
  hypervisor: Hypervisor,
  domain: Domain,
  info: StructOf<typeof xen_domctl_getdomaininfo>,
): void {
  const now = hypervisor.nowNs();
  const online = domain.vcpus.filter(({ down }) => !down);
  info.bytes.fill(0);
  info.set('domain', domain.id);
  info.set('flags', flagsOf(domain, online));
  const remains = hypervisor.frames.remains.get(domain.id);
  info.set('tot_pages', domain.isDying ? (remains ?? 0) : domain.totalPages);
  info.set('outstanding_pages', hypervisor.frames.claims.get(domain.id) ?? 0);
  info.set('max_pages', domain.maxPages);
  info.set('shared_info_frame', domain.sharedInfoMfn);
  info.set(
    'cpu_time',
    domain.vcpus.reduce((sum, vcpu) => sum + cpuTimeNs(vcpu, now), 0),
  );
  info.set('nr_online_vcpus', online.length);
  info.set('max_vcpu_id', domain.vcpus.length === 0 ? XEN_INVALID_MAX_VCPU_ID : domain.vcpus.length - 1);
  info.bytesOf('handle').set(domain.handle);
  info.set('gpaddr_bits', hypervisor.processor.cpuid(LEAF_ADDRESS_BITS, 0)[0] & 0xff);
  info.set('arch_config.emulation_flags', domain.emulationFlags);
}

/** Fills in what there is to say of the first domain with this id or a higher one: its id, or -1: there is none. */
export function fillNextInfo(
  hypervisor: Hypervisor,
  from: number,
  info: StructOf<typeof xen_domctl_getdomaininfo>,
): number {
  const { domains, dying, frames } = hypervisor;
  const ids = [...domains.keys(), ...frames.remains.keys()].filter((id) => id >= from);
  if (ids.length === 0) return -1;
  const id = Math.min(...ids);
  fillDomainInfo(hypervisor, domains.get(id) ?? dying.get(id)!, info);
  return id;
}

function flagsOf(domain: Domain, online: readonly Vcpu[]): number {
  let flags = 0;
  if (online.length > 0 && online.every(({ blocked }) => blocked)) flags |= XEN_DOMINF_blocked;
  if (online.some(({ runstate }) => runstate === RUNSTATE_RUNNING)) flags |= XEN_DOMINF_running;
  const shutdown = domain.isKilled ? null : domain.shutdown;
  if (domain.isDying) flags |= XEN_DOMINF_dying;
  if (shutdown !== null) flags |= XEN_DOMINF_shutdown;
  if (domain.controllerPauseCount > 0) flags |= XEN_DOMINF_paused;
  const code = shutdown?.reason ?? NO_SHUTDOWN_CODE;
  return (flags | (code << XEN_DOMINF_shutdownshift)) >>> 0;
}

/** XEN_DOMCTL_getvcpuinfo */
export function vcpuInfo({ hypervisor }: HypercallContext, domain: Domain, u: ControlBuffer): number {
  const op = u.as(xen_domctl_getvcpuinfo);
  const id = op.get('vcpu');
  if (id >= domain.maxVcpus) return -EINVAL;
  const vcpu = domain.vcpus[id];
  if (vcpu === undefined) return -ESRCH;
  op.set('online', Number(!vcpu.down));
  op.set('blocked', Number(vcpu.blocked));
  op.set('running', Number(vcpu.runstate === RUNSTATE_RUNNING));
  op.set('cpu_time', cpuTimeNs(vcpu, hypervisor.nowNs()));
  op.set('cpu', vcpu.processor);
  return 0;
}
