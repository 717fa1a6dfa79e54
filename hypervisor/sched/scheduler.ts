/**
 * What a scheduler decides: which runnable vcpu goes next, and for how long. It keeps its own queue of runnable vcpus, as
 * plain data, and decides by that and by system time alone: same history, same schedule. One file per scheduler; `sched=`
 * names it.
 */
import type { Vcpu } from '../domain/vcpu.ts';

export interface Decision {
  /** Null: nobody is runnable. */
  vcpu: Vcpu | null;
  /** How long it may run, in ns. */
  sliceNs: number;
}

export interface Scheduler {
  readonly name: string;
  /** A vcpu has become runnable. True: it should take the processor from the one that runs. */
  wake(vcpu: Vcpu, nowNs: number): boolean;
  /** A vcpu is not runnable any more: blocked, paused, down. */
  sleep(vcpu: Vcpu): void;
  /** The running vcpu gives way though it could go on. */
  yield(vcpu: Vcpu): void;
  /**
   * Decides. `running` is the vcpu that had the processor and is still runnable (it is in no queue: it is put into one
   * here), or null.
   */
  pick(running: Vcpu | null, nowNs: number, decision: Decision): void;
}
