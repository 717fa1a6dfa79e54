/** The scheduler and its queues, as the debug key that shows them prints them (schedule_dump in common/sched/core.c). */
import type { Hypervisor } from '../hypervisor.ts';
import type { Pcpu } from './pcpu.ts';

/** The lines, without their ends. */
export function dumpScheduler(hypervisor: Hypervisor): string[] {
  const { scheduler, pcpus } = hypervisor;
  return [
    `NOW=${String(hypervisor.nowNs())}`,
    `Online Cpus: ${pcpus.length === 1 ? '0' : `0-${String(pcpus.length - 1)}`}`,
    `Scheduler: ${scheduler.title} (${scheduler.name})`,
    ...scheduler.dumpSettings(),
    'CPUs info:',
    ...pcpus.flatMap((pcpu) => [
      `CPU[${twoDigits(pcpu.id)}] current=${current(pcpu)}`,
      ...scheduler.dumpPcpu(pcpu),
    ]),
  ];
}

function current({ id, running }: Pcpu): string {
  return running === null ? `d[IDLE]v${String(id)}` : `d${String(running.domain.id)}v${String(running.id)}`;
}

function twoDigits(id: number): string {
  return String(id).padStart(2, '0');
}
