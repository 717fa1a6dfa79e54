/** `r`: who runs where, and what the scheduler has to say of its queues (common/sched/core.c, cpupool.c). */
import type { Vcpu } from '../domain/vcpu.ts';
import type { Scheduler } from '../sched/scheduler.ts';
import type { DebugKey } from './key.ts';
import { ranges } from './key.ts';

/** Their names as their own sources give them: Xen 4.17's, and Xen 2.0's. */
const FULL_NAMES: Readonly<Record<string, string>> = {
  credit: 'SMP Credit Scheduler',
  bvt: 'Borrowed Virtual Time',
  atropos: 'Atropos Soft Real Time Scheduler',
  rrobin: 'Round-Robin Scheduler',
};

export const runQueues: DebugKey = {
  key: 'r',
  description: 'dump run queues',
  diagnostic: 'tasklet',
  dump: (hypervisor) => {
    const { scheduler, pcpus } = hypervisor;
    const cpus = ranges(pcpus.map(({ id }) => id));
    return [
      'sched_smt_power_savings: disabled',
      `NOW=${String(hypervisor.nowNs())}`,
      `Online Cpus: ${cpus}`,
      'Cpupool 0:',
      `Cpus: ${cpus}`,
      'Scheduling granularity: cpu, 1 CPU per sched-resource',
      `Scheduler: ${FULL_NAMES[scheduler.name] ?? scheduler.name} (${scheduler.name})`,
      ...queuesOf(scheduler),
      'CPUs info:',
      ...pcpus.map(({ id, running }) => {
        const name = nameOf(running, id);
        return `CPU[${String(id).padStart(2, '0')}] current=${name}, curr=${name}, prev=NULL`;
      }),
    ];
  },
};

/** What a scheduler tells of itself, where it does. */
function queuesOf(scheduler: Scheduler & { readonly dump?: () => readonly string[] }): readonly string[] {
  return scheduler.dump?.() ?? [];
}

/** The idle domain has a vcpu for each processor. */
function nameOf(vcpu: Vcpu | null, processor: number): string {
  return vcpu === null ? `d[IDLE]v${String(processor)}` : `d${String(vcpu.domain.id)}v${String(vcpu.id)}`;
}
