/** Taking a vcpu's context away again (vcpu_reset): it is down, and waits for another first context. */
import type { Hypervisor } from '../state/hypervisor.ts';
import { putPageAndType } from '../memory/page-types.ts';
import { clearGdt, clearLdt } from '../memory/per-domain.ts';
import { update } from '../sched/vcpus.ts';
import type { Vcpu } from '../state/vcpu.ts';

/** Resets a vcpu of a domain that does not run. Its registers stay until the next context. */
export function resetVcpu(hypervisor: Hypervisor, vcpu: Vcpu): void {
  if (hypervisor.current === vcpu) {
    vcpu.state = hypervisor.processor.saveState();
    hypervisor.current = null;
  }
  for (const pcpu of hypervisor.pcpus) if (pcpu.loaded === vcpu) pcpu.loaded = null;
  vcpu.initialised = false;
  vcpu.fpuInitialised = false;
  vcpu.down = true;
  hypervisor.wakings?.delete(vcpu);
  vcpu.blocked = false;
  vcpu.polling = false;
  vcpu.pollTimeoutNs = -1;
  vcpu.inNmi = false;
  update(hypervisor, vcpu);
  releaseTables(hypervisor, vcpu);
}

/** Gives back the references to a vcpu's page tables and descriptor tables. */
export function releaseTables({ frames }: Hypervisor, vcpu: Vcpu): void {
  const { perDomainL3 } = vcpu.domain.memory;
  // A dying domain has given them back.
  if (perDomainL3 === 0) return;
  clearGdt(frames, perDomainL3, vcpu.id);
  clearLdt(frames, perDomainL3, vcpu.id);
  if (vcpu.kernelRoot) putPageAndType(frames, vcpu.kernelRoot);
  if (vcpu.userRoot) putPageAndType(frames, vcpu.userRoot);
  vcpu.gdtFrames.length = 0;
  vcpu.gdtEntries = 0;
  vcpu.kernelRoot = 0;
  vcpu.userRoot = 0;
}
