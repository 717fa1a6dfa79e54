/** A domain pauses and goes on, shuts down, crashes (common/domain.c). */
import {
  SHUTDOWN_crash,
  SHUTDOWN_poweroff,
  SHUTDOWN_reboot,
  SHUTDOWN_suspend,
  SHUTDOWN_watchdog,
} from '../abi/sched.ts';
import { VIRQ_DOM_EXC } from '../abi/xen.ts';
import { sendEvent, sendGlobalVirq } from '../events/send.ts';
import { update } from '../sched/vcpus.ts';
import type { CrashReport } from '../state/crash.ts';
import type { Domain } from '../state/domain.ts';
import type { Hypervisor } from '../state/hypervisor.ts';
import { findDeadline } from '../time/deadlines.ts';
import { reportCrash } from './crash-report.ts';

/** domain_crash: the domain runs no more; the report says why. */
export function crashDomain(hypervisor: Hypervisor, domain: Domain, message: string): void {
  if (domain.shutdown !== null) return;
  if (hypervisor.trace.on) hypervisor.trace.emit({ kind: 'crash', domain: domain.id, message });
  const report = reportCrash(hypervisor, domain, message);
  shutdownDomain(hypervisor, domain, SHUTDOWN_crash, report);
}

/** domain_shutdown: none of the domain's vcpus runs any more. A kernel that crashes itself is reported too. */
export function shutdownDomain(
  hypervisor: Hypervisor,
  domain: Domain,
  reason: number,
  crash: CrashReport | null,
): void {
  if (domain.shutdown !== null) return;
  const code = domain.shutdownCode >= 0 ? domain.shutdownCode : reason;
  const report =
    crash ?? (code === SHUTDOWN_crash ? reportCrash(hypervisor, domain, 'the kernel crashed') : null);
  domain.shutdown = { reason: code, crash: report };
  if (report !== null) hypervisor.console.log(report.text);
  if (hypervisor.trace.on) hypervisor.trace.emit({ kind: 'shutdown', domain: domain.id, reason: code });
  if (domain.isPrivileged && hypervisor.parameters.isOnLine)
    hypervisor.console.log(hostEnds(hypervisor, code));
  for (const vcpu of domain.vcpus) update(hypervisor, vcpu);
  findDeadline(hypervisor);
  if (code === SHUTDOWN_suspend && domain.suspendPort !== 0)
    sendEvent(hypervisor, domain, domain.suspendPort);
  else sendGlobalVirq(hypervisor, VIRQ_DOM_EXC);
  hypervisor.stop = { kind: 'shutdown', domain };
}

/** What Xen's console says of the end of the hardware domain, and so of the host (hwdom_shutdown in common/shutdown.c). */
function hostEnds({ parameters }: Hypervisor, code: number): string {
  const after = parameters.rebootsAfterCrash ? 'rebooting machine' : "'noreboot' set - not rebooting.";
  if (code === SHUTDOWN_poweroff) return 'Hardware Dom0 halted: halting machine';
  if (code === SHUTDOWN_reboot) return 'Hardware Dom0 shutdown: rebooting machine';
  if (code === SHUTDOWN_watchdog) return 'Hardware Dom0 shutdown: watchdog rebooting machine';
  if (code === SHUTDOWN_crash) return `Hardware Dom0 crashed: ${after}`;
  return `Hardware Dom0 shutdown (unknown reason ${String(code)}): ${after}`;
}

/** domain_resume: a domain that has shut down goes on where it was. */
export function resumeDomain(hypervisor: Hypervisor, domain: Domain): void {
  if (domain.shutdown === null) return;
  domain.shutdown = null;
  domain.shutdownCode = -1;
  for (const vcpu of domain.vcpus) update(hypervisor, vcpu);
  findDeadline(hypervisor);
}

/** domain_pause and domain_unpause. */
export function pauseDomain(hypervisor: Hypervisor, domain: Domain): void {
  domain.pauseCount++;
  for (const vcpu of domain.vcpus) update(hypervisor, vcpu);
}
export function unpauseDomain(hypervisor: Hypervisor, domain: Domain): void {
  domain.pauseCount--;
  for (const vcpu of domain.vcpus) update(hypervisor, vcpu);
}
