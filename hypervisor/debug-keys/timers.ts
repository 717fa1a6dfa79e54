/**
 * `a`: the timers that are set, by processor, the next one first (common/timer.c). Where Xen shows a timer's address stands
 * whose it is; its function has Xen's name.
 */
import type { Hypervisor } from '../state/hypervisor.ts';
import type { Pcpu } from '../state/pcpu.ts';
import { runsOn } from '../state/pcpu.ts';
import type { DebugKey } from './key.ts';

interface Timer {
  readonly processor: number;
  readonly expiresNs: number;
  readonly owner: string;
  readonly callback: string;
}

export const timers: DebugKey = {
  key: 'a',
  description: 'dump timer queues',
  diagnostic: 'tasklet',
  dump: (hypervisor) => {
    const now = hypervisor.nowNs();
    const set = [...schedulerTimers(hypervisor), ...domainTimers(hypervisor)].sort(
      (one, other) => one.expiresNs - other.expiresNs,
    );
    const ofProcessor = ({ id }: Pcpu): string[] => [
      `CPU${String(id).padStart(2, '0')}:`,
      ...set.filter(({ processor }) => processor === id).map((timer) => tell(timer, now)),
    ];
    return ['Dumping timer queues:', ...hypervisor.pcpus.flatMap(ofProcessor)];
  },
};

function tell({ expiresNs, owner, callback }: Timer, now: number): string {
  const us = String(Math.trunc((expiresNs - now) / 1000)).padStart(12);
  return `  ex=${us}us timer=${owner} cb=${callback}(${owner})`;
}

/** When the scheduler decides anew, and when it looks after its accounts. */
function schedulerTimers({ pcpus, clock, scheduler, schedulerTickNs }: Hypervisor): Timer[] {
  const slices = pcpus.map(({ id, sliceEndTicks }) => ({
    processor: id,
    expiresNs: sliceEndTicks * clock.periodNs,
    owner: `cpu${String(id)}`,
    callback: 'common/sched/core.c#s_timer_fn',
  }));
  const tick = { processor: 0, expiresNs: schedulerTickNs, owner: scheduler.name, callback: 'tick' };
  return [...slices, tick].filter(({ expiresNs }) => expiresNs !== Infinity);
}

function domainTimers({ domains, pcpus }: Hypervisor): Timer[] {
  const found: Timer[] = [];
  for (const { id, vcpus, watchdogsNs, shutdown } of domains.values()) {
    if (shutdown !== null) continue;
    const add = (processor: number, expiresNs: number, owner: string, callback: string): void => {
      if (expiresNs >= 0)
        found.push({ processor, expiresNs, owner, callback: `common/sched/core.c#${callback}` });
    };
    for (const deadline of watchdogsNs) add(0, deadline, `d${String(id)}`, 'domain_watchdog_timeout');
    for (const vcpu of vcpus) {
      const owner = `d${String(id)}v${String(vcpu.id)}`;
      add(vcpu.processor, vcpu.singleshotNs, owner, 'vcpu_singleshot_timer_fn');
      add(vcpu.processor, vcpu.pollTimeoutNs, owner, 'poll_timer_fn');
      // It stands still while its vcpu does not run.
      const periodic = runsOn(pcpus, vcpu) === undefined ? -1 : vcpu.periodicNs;
      add(vcpu.processor, periodic, owner, 'vcpu_periodic_timer_fn');
    }
  }
  return found;
}
