/** When the next thing is due: devices, the scheduler's tick, watchdogs, and vcpus' timers. */
import type { Vcpu } from '../state/vcpu.ts';
import type { Hypervisor } from '../state/hypervisor.ts';
import { runsOn } from '../state/pcpu.ts';
import { ticksAt } from '../state/clock.ts';

/** TIMER_SLOP: so much later than they are set to Xen's timers may fire. */
const MOST_SLACK_NS = 50_000;

/** When a timer fires, in ns, that is set to then. */
export function withSlack(hypervisor: Hypervisor, deadlineNs: number): number {
  const { chance } = hypervisor;
  return deadlineNs + (chance?.draw('timer slack', MOST_SLACK_NS, hypervisor.nowNs()) ?? 0);
}

/** Sets or (-1) stops the singleshot timer. */
export function setSingleshot(hypervisor: Hypervisor, vcpu: Vcpu, deadlineNs: number): void {
  vcpu.singleshotNs = deadlineNs < 0 ? deadlineNs : withSlack(hypervisor, deadlineNs);
  findDeadline(hypervisor);
}

/** Sets or (0) stops the periodic timer; the first tick is one period from now. */
export function setPeriodic(hypervisor: Hypervisor, vcpu: Vcpu, periodNs: number): void {
  vcpu.periodNs = periodNs;
  vcpu.periodicNs = periodNs === 0 ? -1 : withSlack(hypervisor, hypervisor.nowNs() + periodNs);
  findDeadline(hypervisor);
}

/** Finds the earliest deadline of all timers, in ticks. To be called when one was changed. */
export function findDeadline(hypervisor: Hypervisor): void {
  hypervisor.schedulerTickNs = hypervisor.scheduler.tickNs;
  let first = hypervisor.schedulerTickNs;
  for (const wakingNs of hypervisor.wakings?.values() ?? []) first = Math.min(first, wakingNs);
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
