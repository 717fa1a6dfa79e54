/**
 * Round robin: runnable vcpus take turns of equal length, from one queue for all processors. One that wakes goes first, so
 * that an interrupt or a lock that was waited for is dealt with at once; the one it displaces is next.
 */
import type { Vcpu } from '../domain/vcpu.ts';
import { allows, placeFor } from './pcpu.ts';
import type { Pcpu } from './pcpu.ts';
import type { Decision, Scheduler } from './scheduler.ts';

export const DEFAULT_SLICE_NS = 500_000;

export class RoundRobin implements Scheduler {
  readonly name = 'rrobin';
  readonly sliceNs: number;
  private readonly pcpus: readonly Pcpu[];
  private readonly queue: Vcpu[] = [];
  /** Woken vcpus, in the order they woke; they run before the queue. */
  private readonly woken: Vcpu[] = [];
  /** By processor: when its running vcpu's turn is over. It goes to the queue's end then, else to its start. */
  private readonly turnEndsNs: number[];
  private readonly yielded: boolean[];

  constructor(pcpus: readonly Pcpu[], sliceNs = DEFAULT_SLICE_NS) {
    this.pcpus = pcpus;
    this.sliceNs = sliceNs;
    this.turnEndsNs = pcpus.map(() => 0);
    this.yielded = pcpus.map(() => false);
  }

  wake(vcpu: Vcpu): Pcpu | null {
    this.woken.push(vcpu);
    return placeFor(this.pcpus, vcpu) ?? null;
  }

  sleep(vcpu: Vcpu): void {
    remove(this.queue, vcpu);
    remove(this.woken, vcpu);
  }

  yield({ id }: Pcpu): void {
    this.yielded[id] = true;
  }

  pick(pcpu: Pcpu, running: Vcpu | null, nowNs: number, decision: Decision): void {
    const { id } = pcpu;
    if (running !== null) {
      if (this.yielded[id] || nowNs >= this.turnEndsNs[id]!) this.queue.push(running);
      else this.queue.unshift(running);
    }
    this.yielded[id] = false;
    const next = takeFirst(this.woken, pcpu) ?? takeFirst(this.queue, pcpu);
    decision.vcpu = next;
    if (next !== running || nowNs >= this.turnEndsNs[id]!) this.turnEndsNs[id] = nowNs + this.sliceNs;
    // Others may come to wait while this one runs; on a lone processor whoever wakes interrupts it anyway.
    const alone = this.pcpus.length === 1 && this.queue.length === 0 && this.woken.length === 0;
    decision.sliceNs = alone ? Infinity : Math.max(this.turnEndsNs[id]! - nowNs, 1);
  }
}

function takeFirst(list: Vcpu[], pcpu: Pcpu): Vcpu | null {
  const at = list.findIndex((vcpu) => allows(vcpu, pcpu));
  return at < 0 ? null : list.splice(at, 1)[0]!;
}

function remove(list: Vcpu[], vcpu: Vcpu): void {
  const at = list.indexOf(vcpu);
  if (at >= 0) list.splice(at, 1);
}
