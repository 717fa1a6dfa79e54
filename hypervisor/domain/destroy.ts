/**
 * Destroying a domain: its vcpus stop, everything it holds is given back, and its memory is freed, but for frames that
 * other domains still map: those are freed with their last mapping. Compare domain_kill and domain_relinquish_resources
 * in Xen.
 */
import { GNTMAP_device_map, GNTMAP_host_map, GNTMAP_readonly } from '../abi/grant-table.ts';
import { SHUTDOWN_poweroff } from '../abi/sched.ts';
import { ECS_FREE } from '../state/event-channels.ts';
import { closePort } from '../events/bind.ts';
import { releaseFifo } from '../events/fifo-control.ts';
import type { GrantMapping } from '../state/grant-table.ts';
import { granterOf, unpin } from '../grants/pin.ts';
import type { Hypervisor } from '../state/hypervisor.ts';
import { PGC_XEN_HEAP, PGT_PINNED } from '../memory/frame-table.ts';
import { putPageAndType, putPageType } from '../memory/page-types.ts';
import { freePerDomain } from '../memory/per-domain.ts';
import { closeConsole } from './console-ring.ts';
import type { Domain } from '../state/domain.ts';
import { releaseTables } from './reset.ts';
import type { Vcpu } from '../state/vcpu.ts';
import { pauseDomain, shutdownDomain } from './life.ts';

/** Destroys a domain, which need not have shut down. Domain 0 is told. */
export function destroyDomain(hypervisor: Hypervisor, domain: Domain): void {
  domain.isDying = true;
  domain.isKilled = domain.shutdown === null;
  // For good: nobody unpauses it.
  pauseDomain(hypervisor, domain);
  if (domain.shutdown === null) shutdownDomain(hypervisor, domain, SHUTDOWN_poweroff, null);
  releaseDomain(hypervisor, domain);
}

/**
 * Takes everything back, and the domain is no more: one that ends, or one that was made, in part or whole, and never ran.
 * Nobody is told.
 */
export function releaseDomain(hypervisor: Hypervisor, domain: Domain): void {
  for (const pcpu of hypervisor.pcpus) {
    if (pcpu.loaded?.domain === domain) pcpu.loaded = null;
    if (pcpu.running?.domain !== domain) continue;
    pcpu.running = null;
    pcpu.mustSchedule = true;
  }
  hypervisor.scheduler.remove(domain);
  hypervisor.frames.claim(domain.id, 0);
  for (const [virq, handler] of hypervisor.virqHandlers)
    if (handler === domain.id) hypervisor.virqHandlers.delete(virq);
  for (const channel of domain.events.ports)
    if (channel !== null && channel.state !== ECS_FREE) closePort(hypervisor, domain, channel);
  releaseFifo(hypervisor, domain);
  closeConsole(hypervisor, domain);
  releaseMappings(hypervisor, domain);
  orphanMappings(hypervisor, domain);
  for (const vcpu of domain.vcpus) releaseVcpu(hypervisor, vcpu);
  if (domain.pirqEoiMfn) putPageAndType(hypervisor.frames, domain.pirqEoiMfn);
  releaseMemory(hypervisor, domain);
  if (hypervisor.current?.domain === domain) hypervisor.current = null;
}

/** Ends the use of other domains' grants. Who has mapped this one's keeps those frames until they are unmapped. */
function releaseMappings(hypervisor: Hypervisor, domain: Domain): void {
  for (const mapping of domain.grants.mappings) if (mapping) endMapping(hypervisor, mapping);
}

/** Mappings of this domain's grants are of nobody's now: the next domain with its id has not granted them. */
function orphanMappings({ domains }: Hypervisor, domain: Domain): void {
  for (const { grants } of domains.values())
    for (const mapping of grants.mappings) if (mapping?.domid === domain.id) mapping.isOrphan = true;
  domain.grants.active.clear();
}

/** The L1 entries of a mapping keep their references; a device mapping's go with it. */
function endMapping({ frames, domains }: Hypervisor, mapping: GrantMapping): void {
  const granter = granterOf(domains, mapping);
  const readOnly = (mapping.flags & GNTMAP_readonly) !== 0;
  if (mapping.flags & GNTMAP_device_map) {
    if (!readOnly) putPageType(frames, mapping.mfn, -1);
    frames.putPage(mapping.mfn);
  }
  for (const kind of [GNTMAP_device_map, GNTMAP_host_map])
    if (granter !== undefined && mapping.flags & kind) unpin(frames, domains, granter, mapping.ref, readOnly);
  mapping.flags = 0;
}

function releaseVcpu(hypervisor: Hypervisor, vcpu: Vcpu): void {
  const { frames } = hypervisor;
  releaseTables(hypervisor, vcpu);
  if (vcpu.infoMfn) putPageAndType(frames, vcpu.infoMfn);
  vcpu.infoMfn = 0;
}

function releaseMemory(hypervisor: Hypervisor, domain: Domain): void {
  const { frames } = hypervisor;
  for (let mfn = 0; mfn < frames.frames; mfn++) {
    if (frames.owner[mfn] !== domain.id) continue;
    if (frames.flags[mfn]! & PGT_PINNED) {
      frames.flags[mfn]! &= ~PGT_PINNED;
      putPageAndType(frames, mfn);
    }
  }
  hypervisor.domains.delete(domain.id);
  for (let mfn = 0; mfn < frames.frames; mfn++) {
    if (frames.owner[mfn] !== domain.id) continue;
    if (frames.flags[mfn]! & PGC_XEN_HEAP) {
      frames.flags[mfn]! &= ~PGC_XEN_HEAP;
      putPageType(frames, mfn, -1);
    }
    frames.dropAllocation(mfn, domain.id);
  }
  const left = frames.owner.reduce((count, owner) => count + Number(owner === domain.id), 0);
  for (const id of hypervisor.dying.keys()) if (!frames.remains.has(id)) hypervisor.dying.delete(id);
  if (left > 0) {
    frames.remains.set(domain.id, left);
    hypervisor.dying.set(domain.id, domain);
  }
  freePerDomain(frames, domain.memory.perDomainL3);
  domain.memory.perDomainL3 = 0;
}

/** The domain of an id that was destroyed and of which frames remain. */
export function findDying({ dying, frames }: Hypervisor, id: number): Domain | undefined {
  return frames.remains.has(id) ? dying.get(id) : undefined;
}
