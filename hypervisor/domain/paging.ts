/**
 * Who waits for pages that are not here (memory/paged-frames.ts), and who brings them: a vcpu stands still until the page that it has
 * reached for has come; the domain's pager hears of it by an event, asks which, and brings it (XEN_DOMCTL_pv_paging_op).
 */
import { setPortPending } from '../events/send.ts';
import { ask, isPaged, pageIn } from '../memory/paged-frames.ts';
import { update } from '../sched/vcpus.ts';
import type { Domain } from '../state/domain.ts';
import type { Hypervisor } from '../state/hypervisor.ts';
import type { Vcpu } from '../state/vcpu.ts';

/** The vcpu stands still until what is in a frame is here. */
export function awaitFrame(hypervisor: Hypervisor, vcpu: Vcpu, mfn: number): void {
  if (!isPaged(hypervisor.frames, mfn)) return;
  vcpu.awaitedMfn = mfn;
  ask(hypervisor.frames, mfn);
  if (hypervisor.trace.on)
    hypervisor.trace.emit({ kind: 'vcpu', domain: vcpu.domain.id, vcpu: vcpu.id, change: 'page' });
  update(hypervisor, vcpu);
  tellPagers(hypervisor);
}

/** Raises the ports of those who are to bring what was asked for since. */
export function tellPagers(hypervisor: Hypervisor): void {
  const { frames, domains } = hypervisor;
  if (!frames.paging.isAsked) return;
  frames.paging.isAsked = false;
  for (const { paged } of domains.values()) {
    if (paged === null || paged.asked.length === 0) continue;
    const pager = domains.get(paged.pager);
    const channel = pager?.events.at(paged.port) ?? null;
    if (pager !== undefined && channel !== null) setPortPending(hypervisor, pager, channel);
  }
}

/** What is in a frame has come: those of the domain who wait for it go on. False: it has given the frame away. */
export function bringFrame(
  hypervisor: Hypervisor,
  domain: Domain,
  mfn: number,
  content: Uint8Array,
): boolean {
  const isIn = pageIn(hypervisor.frames, mfn, domain.id, content);
  for (const vcpu of domain.vcpus) {
    if (vcpu.awaitedMfn !== mfn) continue;
    vcpu.awaitedMfn = -1;
    if (hypervisor.trace.on)
      hypervisor.trace.emit({ kind: 'vcpu', domain: domain.id, vcpu: vcpu.id, change: 'wake' });
    update(hypervisor, vcpu);
  }
  return isIn;
}
