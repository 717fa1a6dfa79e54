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
import type { Hypervisor } from '../../state/hypervisor.ts';
import type { Domain } from '../../state/domain.ts';
import type { Vcpu } from '../../state/vcpu.ts';
import { RUNSTATE_RUNNING } from '../../state/vcpu.ts';

const { offset } = xen_domctl_getdomaininfo;
/** SHUTDOWN_CODE_INVALID, as far as the flags have room for it: the domain has not shut down. */
const NO_SHUTDOWN_CODE = 0xffff;
const LEAF_ADDRESS_BITS = 0x80000008;
const INFO_BYTES = xen_domctl_getdomaininfo.size;

/** ns that a vcpu has had a processor. */
export function cpuTimeNs(vcpu: Vcpu, nowNs: number): number {
  const before = vcpu.runstateNs[RUNSTATE_RUNNING]!;
  return vcpu.runstate === RUNSTATE_RUNNING ? before + nowNs - vcpu.runstateSinceNs : before;
}

/** Fills in struct xen_domctl_getdomaininfo. No pages are claimed, shared or paged out; there is one pool of processors, 0. */
function fillDomainInfo(hypervisor: Hypervisor, domain: Domain, info: ControlBuffer): void {
  const now = hypervisor.nowNs();
  const online = domain.vcpus.filter(({ down }) => !down);
  info.bytes.fill(0, 0, INFO_BYTES);
  info.setU16(offset.domain, domain.id);
  info.setU32(offset.flags, flagsOf(domain, online));
  const remains = hypervisor.frames.remains.get(domain.id);
  info.setWide(offset.tot_pages, domain.isDying ? (remains ?? 0) : domain.totalPages);
  info.setWide(offset.max_pages, domain.maxPages);
  info.setWide(offset.shared_info_frame, domain.sharedInfoMfn);
  info.setWide(
    offset.cpu_time,
    domain.vcpus.reduce((sum, vcpu) => sum + cpuTimeNs(vcpu, now), 0),
  );
  info.setU32(offset.nr_online_vcpus, online.length);
  info.setU32(
    offset.max_vcpu_id,
    domain.vcpus.length === 0 ? XEN_INVALID_MAX_VCPU_ID : domain.vcpus.length - 1,
  );
  info.bytes.set(domain.handle, offset.handle);
  info.setU8(offset.gpaddr_bits, hypervisor.processor.cpuid(LEAF_ADDRESS_BITS, 0)[0] & 0xff);
  info.setU32(offset['arch_config.emulation_flags'], domain.emulationFlags);
}

/** Fills in what there is to say of the first domain with this id or a higher one: its id, or -1: there is none. */
export function fillNextInfo(hypervisor: Hypervisor, from: number, info: ControlBuffer): number {
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
  const at = xen_domctl_getvcpuinfo.offset;
  const id = u.u32(at.vcpu);
  if (id >= domain.maxVcpus) return -EINVAL;
  const vcpu = domain.vcpus[id];
  if (vcpu === undefined) return -ESRCH;
  u.setU8(at.online, Number(!vcpu.down));
  u.setU8(at.blocked, Number(vcpu.blocked));
  u.setU8(at.running, Number(vcpu.runstate === RUNSTATE_RUNNING));
  u.setWide(at.cpu_time, cpuTimeNs(vcpu, hypervisor.nowNs()));
  u.setU32(at.cpu, vcpu.processor);
  return 0;
}
