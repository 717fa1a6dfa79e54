/** What is due at a time: devices, and a vcpu's timers: singleshot, periodic (it ticks while the vcpu runs, and wakes nobody), and SCHEDOP_poll's time-out. */
import { VIRQ_TIMER } from '../abi/xen.ts';
import type { Vcpu } from '../state/vcpu.ts';
import { sendVirq } from '../events/send.ts';
import type { Hypervisor } from '../hypervisor.ts';
import { runsOn } from '../state/pcpu.ts';
import { wake } from '../sched/vcpus.ts';
import { ticksAt } from '../state/clock.ts';
import { expireWatchdogs } from './watchdog.ts';

/** Sets or (-1) stops the singleshot timer. */
export function setSingleshot(hypervisor: Hypervisor, vcpu: Vcpu, deadlineNs: number): void {
  vcpu.singleshotNs = deadlineNs;
  findDeadline(hypervisor);
}

/** Sets or (0) stops the periodic timer; the first tick is one period from now. */
export function setPeriodic(hypervisor: Hypervisor, vcpu: Vcpu, periodNs: number): void {
  vcpu.periodNs = periodNs;
  vcpu.periodicNs = periodNs === 0 ? -1 : hypervisor.nowNs() + periodNs;
  findDeadline(hypervisor);
}

/** Finds the earliest deadline of all timers, in ticks. To be called when one was changed. */
export function findDeadline(hypervisor: Hypervisor): void {
  hypervisor.schedulerTickNs = hypervisor.scheduler.tickNs;
  let first = hypervisor.schedulerTickNs;
  for (const domain of hypervisor.domains.values()) {
    if (domain.shutdown !== null) continue;
    for (const watchdog of domain.watchdogsNs) if (watchdog >= 0 && watchdog < first) first = watchdog;
    for (const vcpu of domain.vcpus) {
      if (vcpu.singleshotNs >= 0 && vcpu.singleshotNs < first) first = vcpu.singleshotNs;
      if (vcpu.pollTimeoutNs >= 0 && vcpu.pollTimeoutNs < first) first = vcpu.pollTimeoutNs;
      if (vcpu.periodicNs >= 0 && vcpu.periodicNs < first && runsOn(hypervisor.pcpus, vcpu) !== undefined)
        first = vcpu.periodicNs;
    }
  }
  const due = first === Infinity ? Infinity : ticksAt(hypervisor.clock, first);
  hypervisor.deadlineTicks = Math.min(due, hypervisor.platform.nextTicks());
}

/** The scheduler may want its tick at another time than before. */
export function followScheduler(hypervisor: Hypervisor): void {
  if (hypervisor.scheduler.tickNs !== hypervisor.schedulerTickNs) findDeadline(hypervisor);
}

/** Fires what is due. */
export function expireTimers(hypervisor: Hypervisor): void {
  const now = hypervisor.nowNs();
  hypervisor.platform.advance(hypervisor.ticks());
  if (hypervisor.schedulerTickNs <= now) hypervisor.scheduler.tick(now);
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
  vcpu.periodicNs = now + vcpu.periodNs;
  tell(hypervisor, vcpu, 'periodic');
  sendVirq(hypervisor, vcpu, VIRQ_TIMER);
}

function tell(hypervisor: Hypervisor, vcpu: Vcpu, timer: 'singleshot' | 'periodic' | 'poll'): void {
  if (hypervisor.trace.on) hypervisor.trace.emit({ kind: 'timer', vcpu: vcpu.id, timer });
}
