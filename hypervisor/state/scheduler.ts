/**
 * What a scheduler decides: which runnable vcpu goes next on a processor, and for how long. It keeps its own queues of
 * runnable vcpus, as plain data, and decides by them and by system time alone: same history, same schedule. One file per
 * scheduler; `sched=` names it. Whom its decision concerns it tells by setting a processor's `mustSchedule`.
 */
import type { Domain } from './domain.ts';
import type { Vcpu } from './vcpu.ts';
import type { Pcpu } from './pcpu.ts';

export interface Decision {
  /** Null: nobody is runnable here. */
  vcpu: Vcpu | null;
  /** How long it may run, in ns; Infinity: until someone else wants to. */
  sliceNs: number;
}

/** Parameters by the names, and in the units, that their structure in the interface gives them (abi/domctl.ts, sysctl.ts). */
export type Parameters = Readonly<Record<string, number>>;

export interface Scheduler {
  /** As `sched=` names it; what Xen calls it; SCHED_* or XEN_SCHEDULER_*. */
  readonly name: string;
  readonly title: string;
  readonly id: number;

  /** A vcpu was made. It is not runnable yet. */
  insert(vcpu: Vcpu): void;
  /** A domain is no more: nor are its vcpus, none of which runs. */
  remove(domain: Domain): void;
  /** A vcpu has become runnable that runs nowhere. */
  wake(vcpu: Vcpu, nowNs: number): void;
  /** A vcpu that waits in a queue is not runnable any more: blocked, paused, down. */
  sleep(vcpu: Vcpu): void;
  /** A runnable vcpu that runs nowhere has got another hard affinity. */
  affinityChanged(vcpu: Vcpu, nowNs: number): void;
  /** The vcpu that runs on a processor gives way though it could go on. */
  yield(pcpu: Pcpu): void;
  /**
   * Decides for a processor. `running` is the vcpu that had it and is still runnable (it is in no queue: it is put into one
   * here), or null.
   */
  pick(pcpu: Pcpu, running: Vcpu | null, nowNs: number, decision: Decision): void;

  /** When `tick` is to be called, in ns of system time; Infinity: not until something else happens. */
  readonly tickNs: number;
  tick(nowNs: number): void;

  /** A domain's parameters: XEN_DOMCTL_scheduler_op. `adjust` gives 0 or -EINVAL, and then changes nothing. */
  parameters(domain: Domain): Parameters;
  adjust(domain: Domain, parameters: Parameters, nowNs: number): number;
  /** The scheduler's own: XEN_SYSCTL_scheduler_op. */
  settings(): Parameters;
  configure(settings: Parameters, nowNs: number): number;

  /**
   * Who waits for a processor, in the order of its queue: for this one, where each has a queue of its own; else in the one
   * queue, which all processors serve.
   */
  waiting(pcpu: Pcpu): readonly Vcpu[];

  /** For the debug key that shows the queues: lines on the scheduler, and on one processor. */
  dumpSettings(): string[];
  dumpPcpu(pcpu: Pcpu): string[];
}
