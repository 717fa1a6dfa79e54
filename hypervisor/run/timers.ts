/**
 * What is done when it is due: devices, the scheduler's tick, watchdogs, and vcpus' timers: singleshot, periodic (it ticks while
 * the vcpu runs, and wakes nobody), and SCHEDOP_poll's time-out.
 */
import { SHUTDOWN_watchdog } from '../abi/sched.ts';
import { VIRQ_TIMER } from '../abi/xen.ts';
import { sendVirq } from '../events/send.ts';
import { wake, wakeLate } from '../sched/vcpus.ts';
import type { Domain } from '../state/domain.ts';
import type { Hypervisor } from '../state/hypervisor.ts';
import { WAITING } from '../state/hypervisor.ts';
import { runsOn } from '../state/pcpu.ts';
import type { Vcpu } from '../state/vcpu.ts';
import { findDeadline, withSlack } from '../time/deadlines.ts';
import { shutdownDomain } from '../domain/life.ts';

/** Fires what is due; where a device waits for what is elsewhere, the rest stays due. */
export function expireTimers(hypervisor: Hypervisor): void {
  const now = hypervisor.nowNs();
  hypervisor.platform.advance(hypervisor.ticks());
  if (hypervisor.platform.waiting) {
    hypervisor.stop = WAITING;
    return;
  }
  if (hypervisor.schedulerTickNs <= now) hypervisor.scheduler.tick(now);
  wakeLate(hypervisor, now);
  for (const domain of hypervisor.domains.values()) {
    if (domain.shutdown !== null) continue;
    expireWatchdogs(hypervisor, domain, now);
    for (const vcpu of domain.vcpus) expireVcpu(hypervisor, vcpu, now);
  }
  findDeadline(hypervisor);
}

function expireVcpu(hypervisor: Hypervisor, vcpu: Vcpu, now: number): void {
  if (vcpu.singleshotNs >= 0 && vcpu.singleshotNs <= now) {
    vcpu.singleshotNs = -1;
    tell(hypervisor, vcpu, 'singleshot');
    sendVirq(hypervisor, vcpu, VIRQ_TIMER);
  }
  if (vcpu.pollTimeoutNs >= 0 && vcpu.pollTimeoutNs <= now) {
    vcpu.pollTimeoutNs = -1;
    tell(hypervisor, vcpu, 'poll');
    if (vcpu.polling) wake(hypervisor, vcpu);
  }
  if (runsOn(hypervisor.pcpus, vcpu) !== undefined) expirePeriodic(hypervisor, vcpu, now);
}

/** vcpu_periodic_timer_work: missed ticks are one tick. */
export function expirePeriodic(hypervisor: Hypervisor, vcpu: Vcpu, now: number): void {
  if (vcpu.periodicNs < 0 || vcpu.periodicNs > now) return;
  vcpu.periodicNs = withSlack(hypervisor, now + vcpu.periodNs);
  tell(hypervisor, vcpu, 'periodic');
  sendVirq(hypervisor, vcpu, VIRQ_TIMER);
}

function tell(hypervisor: Hypervisor, vcpu: Vcpu, timer: 'singleshot' | 'periodic' | 'poll'): void {
  if (hypervisor.trace.on)
    hypervisor.trace.emit({ kind: 'timer', domain: vcpu.domain.id, vcpu: vcpu.id, timer });
}

/** Shuts the domain down if one of its watchdogs has run out. */
function expireWatchdogs(hypervisor: Hypervisor, domain: Domain, now: number): void {
  for (const deadline of domain.watchdogsNs)
    if (deadline >= 0 && deadline <= now && domain.shutdown === null)
      shutdownDomain(hypervisor, domain, SHUTDOWN_watchdog, null);
}
