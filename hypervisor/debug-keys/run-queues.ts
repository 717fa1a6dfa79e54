/** `r`: who runs where, and what the scheduler has to say of its queues (common/sched/core.c, cpupool.c). */
import type { Vcpu } from '../state/vcpu.ts';
import type { DebugKey } from './key.ts';
import { ranges } from './key.ts';

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
      `Scheduler: ${scheduler.title} (${scheduler.name})`,
      ...scheduler.dumpSettings(),
      'CPUs info:',
      ...pcpus.flatMap((pcpu) => {
        const name = nameOf(pcpu.running, pcpu.id);
        const line = `CPU[${String(pcpu.id).padStart(2, '0')}] current=${name}, curr=${name}, prev=NULL`;
        return [line, ...scheduler.dumpPcpu(pcpu)];
      }),
    ];
  },
};

/** The idle domain has a vcpu for each processor. */
function nameOf(vcpu: Vcpu | null, processor: number): string {
  return vcpu === null ? `d[IDLE]v${String(processor)}` : `d${String(vcpu.domain.id)}v${String(vcpu.id)}`;
}
