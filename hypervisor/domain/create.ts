/**
 * Creating a domain: its number, its vcpus, what it shares with Xen, and its memory. Compare domain_create and
 * pv_domain_initialise in Xen, and xc_dom_boot_mem_init in its toolstack.
 */
import { vcpu_info, XEN_LEGACY_MAX_VCPUS } from '../abi/shared-info.ts';
import { DOMID_FIRST_RESERVED } from '../abi/xen.ts';
import { EventChannels } from '../state/event-channels.ts';
import { createGrantTable } from '../grants/grant-table.ts';
import type { Hypervisor } from '../state/hypervisor.ts';
import { DomainMemory } from '../memory/domain-memory.ts';
import type { FrameTable } from '../memory/frame-table.ts';
import { setM2p } from '../memory/m2p.ts';
import { freePerDomain, makePerDomain, MAX_VCPUS } from '../memory/per-domain.ts';
import { Domain } from '../state/domain.ts';
import { permitHardware } from './dom0-permissions.ts';
import { Vcpu } from '../state/vcpu.ts';
import { PAGE_BYTES } from '../memory/pages.ts';

/** Pages a domain may have beyond its memory, as the toolstack allows (LIBXL_MAXMEM_CONSTANT, 1 MiB). */
const SPARE_PAGES = 256;

export interface DomainOptions {
  readonly id: number;
  readonly isPrivileged: boolean;
  readonly vcpus: number;
}

/**
 * Makes a domain without memory, and room for its vcpus, which `createVcpus` makes. Throws RangeError for options that
 * cannot be, or where the machine has no room.
 */
export function createDomain(hypervisor: Hypervisor, options: DomainOptions): Domain {
  const { id, isPrivileged, vcpus } = options;
  const { frames } = hypervisor;
  if (!(Number.isInteger(id) && id >= 0 && id < DOMID_FIRST_RESERVED) || hypervisor.domains.has(id))
    throw new RangeError(`there can be no domain ${String(id)}, or there is one already`);
  if (!(Number.isInteger(vcpus) && vcpus >= 1 && vcpus <= MAX_VCPUS))
    throw new RangeError(`a domain has 1 to ${String(MAX_VCPUS)} vcpus, not ${String(vcpus)}`);
  const domain = new Domain(id, isPrivileged);
  domain.memory = new DomainMemory();
  domain.events = new EventChannels();
  domain.memory.perDomainL3 = makePerDomain(frames, vcpus);
  domain.sharedInfoMfn = frames.allocateForXen();
  const grants = createGrantTable(frames, id);
  if (domain.memory.perDomainL3 < 0 || domain.sharedInfoMfn < 0 || !grants) {
    // Frames are short: what was had goes back.
    if (grants) for (const mfn of grants.frames) frames.release(mfn);
    if (domain.sharedInfoMfn >= 0) frames.release(domain.sharedInfoMfn);
    if (domain.memory.perDomainL3 >= 0) freePerDomain(frames, domain.memory.perDomainL3);
    throw new RangeError('the machine has no room for another domain');
  }
  domain.grants = grants;
  frames.shareWithDomain(domain.sharedInfoMfn, id, true);
  domain.maxVcpus = vcpus;
  if (isPrivileged) permitHardware(hypervisor, domain);
  hypervisor.domains.set(id, domain);
  return domain;
}

/** Makes the vcpus of a new domain. */
export function createVcpus({ scheduler }: Hypervisor, domain: Domain): void {
  for (let id = domain.vcpus.length; id < domain.maxVcpus; id++) {
    const vcpu = makeVcpu(domain, id);
    domain.vcpus.push(vcpu);
    scheduler.insert(vcpu);
  }
}

/** The first vcpus have their vcpu_info in shared_info; others must register one. */
function makeVcpu(domain: Domain, id: number): Vcpu {
  const vcpu = new Vcpu(domain, id);
  if (id < XEN_LEGACY_MAX_VCPUS) vcpu.info = domain.sharedInfoMfn * PAGE_BYTES + id * vcpu_info.size;
  return vcpu;
}

/**
 * Gives a new domain `pages` pages, pseudo-physical from 0 on. Gives their machine frames, or undefined, changing
 * nothing, where the machine has not so many.
 */
export function populateDomain(frames: FrameTable, domain: Domain, pages: number): Uint32Array | undefined {
  if (pages > frames.unclaimedFrames) return undefined;
  domain.maxPages = pages + SPARE_PAGES;
  const p2m = new Uint32Array(pages);
  for (let pfn = 0; pfn < pages; pfn++) {
    const mfn = frames.allocate(domain.id);
    p2m[pfn] = mfn;
    setM2p(frames, mfn, pfn, 0);
  }
  return p2m;
}
