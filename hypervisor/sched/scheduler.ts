/**
 * What a scheduler decides: which runnable vcpu goes next on a processor, and for how long. It keeps its own queues of
 * runnable vcpus, as plain data, and decides by them and by system time alone: same history, same schedule. One file per
 * scheduler; `sched=` names it.
 */
import type { Vcpu } from '../domain/vcpu.ts';
import type { Pcpu } from './pcpu.ts';

export interface Decision {
  /** Null: nobody is runnable here. */
  vcpu: Vcpu | null;
  /** How long it may run, in ns. */
  sliceNs: number;
}

export interface Scheduler {
  readonly name: string;
  /** A vcpu has become runnable. Gives the processor that should decide anew for it, or null: none. */
  wake(vcpu: Vcpu, nowNs: number): Pcpu | null;
  /** A vcpu that waits in a queue is not runnable any more: blocked, paused, down. */
  sleep(vcpu: Vcpu): void;
  /** The vcpu that runs on a processor gives way though it could go on. */
  yield(pcpu: Pcpu): void;
  /**
   * Decides for a processor. `running` is the vcpu that had it and is still runnable (it is in no queue: it is put into one
   * here), or null.
   */
  pick(pcpu: Pcpu, running: Vcpu | null, nowNs: number, decision: Decision): void;
}
