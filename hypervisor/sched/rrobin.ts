/**
 * Round robin: runnable vcpus take turns of equal length. One that wakes goes first, so that an interrupt or a lock that
 * was waited for is dealt with at once; the one it displaces is next.
 */
import type { Vcpu } from '../domain/vcpu.ts';
import type { Decision, Scheduler } from './scheduler.ts';

export const DEFAULT_SLICE_NS = 500_000;

export class RoundRobin implements Scheduler {
  readonly name = 'rrobin';
  readonly sliceNs: number;
  private readonly queue: Vcpu[] = [];
  /** Woken vcpus, in the order they woke; they run before the queue. */
  private readonly woken: Vcpu[] = [];
  /** The running vcpu's turn is over: it goes to the queue's end, else to its start. */
  private turnEndsNs = 0;
  private yielded = false;

  constructor(sliceNs = DEFAULT_SLICE_NS) {
    this.sliceNs = sliceNs;
  }

  wake(vcpu: Vcpu): boolean {
    this.woken.push(vcpu);
    return true;
  }

  sleep(vcpu: Vcpu): void {
    remove(this.queue, vcpu);
    remove(this.woken, vcpu);
  }

  yield(): void {
    this.yielded = true;
  }

  pick(running: Vcpu | null, nowNs: number, decision: Decision): void {
    if (running !== null) {
      if (this.yielded || nowNs >= this.turnEndsNs) this.queue.push(running);
      else this.queue.unshift(running);
    }
    this.yielded = false;
    const next = this.woken.shift() ?? this.queue.shift() ?? null;
    decision.vcpu = next;
    if (next !== running || nowNs >= this.turnEndsNs) this.turnEndsNs = nowNs + this.sliceNs;
    const alone = this.queue.length === 0 && this.woken.length === 0;
    decision.sliceNs = alone ? Infinity : Math.max(this.turnEndsNs - nowNs, 1);
  }
}

function remove(list: Vcpu[], vcpu: Vcpu): void {
  const at = list.indexOf(vcpu);
  if (at >= 0) list.splice(at, 1);
}
