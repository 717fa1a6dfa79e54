/**
 * The credit scheduler's queues: one for each processor, ordered by priority. Who wakes goes to where it was; an idle
 * processor takes work from a busy one. Compare __runq_insert, __runq_tickle and csched_load_balance in
 * xen/common/sched/credit.c.
 */
import type { Chance } from '../../devices/chance.ts';
import type { Vcpu } from '../state/vcpu.ts';
import { IDLE, OVER } from './credit-units.ts';
import type { CreditUnit } from './credit-units.ts';
import { allows, limitSlices } from '../state/pcpu.ts';
import { placeInQueue } from './order.ts';
import type { Pcpu } from '../state/pcpu.ts';

/** A processor. */
export interface CreditPcpu {
  readonly queue: CreditUnit[];
  current: CreditUnit | null;
  /** Since when `current` has it, and when its slice ends, in ns. */
  sinceNs: number;
  sliceEndNs: number;
}

export class CreditQueues {
  readonly states: readonly CreditPcpu[];
  private readonly pcpus: readonly Pcpu[];
  private readonly chance: Chance | undefined;
  /** The processors from which one took last, and that was woken last while it idled. */
  private stolenFrom = 0;
  private tickled = 0;

  constructor(pcpus: readonly Pcpu[], chance?: Chance) {
    this.pcpus = pcpus;
    this.chance = chance;
    this.states = pcpus.map(() => ({ queue: [], current: null, sinceNs: 0, sliceEndNs: 0 }));
  }

  /** Whether nobody waits in any queue. */
  get isEmpty(): boolean {
    return this.states.every(({ queue }) => queue.length === 0);
  }

  /** It waits in no queue any more. */
  dequeue(unit: CreditUnit): void {
    const { queue } = this.states[unit.pcpu]!;
    const at = queue.indexOf(unit);
    if (at >= 0) queue.splice(at, 1);
  }

  /**
   * Puts a vcpu into a queue and tells a processor of it. It waits in none while it is parked, or has nowhere to run. `wokeNs`:
   * it has woken then.
   */
  enqueue(unit: CreditUnit, wokeNs = -1): void {
    unit.isWaiting = true;
    if (unit.isParked || !this.place(unit)) return;
    this.insertInto(this.states[unit.pcpu]!.queue, unit, wokeNs);
    const own = this.pcpus[unit.pcpu]!;
    const idle = this.isIdle(own) ? own : this.idleFor(unit.vcpu);
    const { current } = this.states[own.id]!;
    if (idle !== undefined) this.tickle(idle);
    else if (unit.priority > (current?.priority ?? IDLE) || this.canGive(own)) own.mustSchedule = true;
    limitSlices(this.pcpus);
  }

  /** Puts who has run back. Its processor is about to decide anyway. */
  giveBack(unit: CreditUnit): void {
    unit.isWaiting = true;
    if (!unit.isParked && allows(unit.vcpu, this.pcpus[unit.pcpu]!)) {
      this.insertInto(this.states[unit.pcpu]!.queue, unit);
    } else this.enqueue(unit);
  }

  /** csched_runq_sort: periods end, and with them priorities change. */
  sort(): void {
    for (const { queue } of this.states)
      queue.sort((a, b) => Number(b.priority > OVER) - Number(a.priority > OVER));
  }

  /** Behind those of its priority; one that yields lets one more pass, if there is one. */
  private insertInto(queue: CreditUnit[], unit: CreditUnit, wokeNs = -1): void {
    const lower = queue.findIndex(({ priority }) => priority < unit.priority);
    if (lower >= 0 && unit.hasYielded) {
      queue.splice(lower + 1, 0, unit);
      return;
    }
    const end = lower < 0 ? queue.length : lower;
    let first = end;
    while (first > 0 && queue[first - 1]!.priority === unit.priority) first--;
    queue.splice(first + placeInQueue(end - first, this.chance, wokeNs), 0, unit);
  }

  /** Where it waits: where it did, if it may run there; else at the shortest queue. False: it may run nowhere. */
  private place(unit: CreditUnit): boolean {
    if (allows(unit.vcpu, this.pcpus[unit.pcpu]!)) return true;
    const load = ({ id }: Pcpu): number =>
      this.states[id]!.queue.length + (this.states[id]!.current === null ? 0 : 1);
    const allowed = this.pcpus.filter((pcpu) => allows(unit.vcpu, pcpu));
    if (allowed.length === 0) return false;
    unit.pcpu = allowed.reduce((best, pcpu) => (load(pcpu) < load(best) ? pcpu : best)).id;
    return true;
  }

  private isIdle({ id, mustSchedule }: Pcpu): boolean {
    return this.states[id]!.current === null && !mustSchedule;
  }

  /** An idle processor that a vcpu may run on: they take turns. */
  private idleFor(vcpu: Vcpu): Pcpu | undefined {
    const { length } = this.pcpus;
    for (let step = 1; step <= length; step++) {
      const pcpu = this.pcpus[(this.tickled + step) % length]!;
      if (this.isIdle(pcpu) && allows(vcpu, pcpu)) return pcpu;
    }
    return undefined;
  }

  /** Whether who runs on a processor can make room for one who waits there by going to an idle one. */
  canGive({ id }: Pcpu): boolean {
    const { queue, current } = this.states[id]!;
    return current !== null && queue.length > 0 && this.idleFor(current.vcpu) !== undefined;
  }

  private tickle(pcpu: Pcpu): void {
    this.tickled = pcpu.id;
    pcpu.mustSchedule = true;
  }

  /** Someone who waits for a processor that is busy may find an idle one. */
  offer({ queue }: CreditPcpu): void {
    for (const { vcpu } of queue) {
      const idle = this.idleFor(vcpu);
      if (idle === undefined) continue;
      this.tickle(idle);
      return;
    }
  }

  /**
   * Who runs next on a processor: who has credits before who has none, wherever they wait. Who ran after `hotSinceNs`
   * stays where it did.
   */
  takeNext(pcpu: Pcpu, hotSinceNs: number): CreditUnit | null {
    const { queue } = this.states[pcpu.id]!;
    const first = queue[0];
    if (first !== undefined && first.priority > OVER) return queue.shift()!;
    return this.steal(pcpu, first?.priority ?? IDLE, hotSinceNs) ?? queue.shift() ?? null;
  }

  /** csched_load_balance: takes a vcpu of a higher priority from the queue of a busy processor. */
  private steal(pcpu: Pcpu, priority: number, hotSinceNs: number): CreditUnit | null {
    const { length } = this.pcpus;
    for (let step = 1; step <= length; step++) {
      const peer = (this.stolenFrom + step) % length;
      const { queue, current } = this.states[peer]!;
      if (peer === pcpu.id || current === null) continue;
      const at = queue.findIndex(
        (unit) => unit.priority > priority && unit.ranNs <= hotSinceNs && allows(unit.vcpu, pcpu),
      );
      if (at < 0) continue;
      this.stolenFrom = peer;
      const unit = queue.splice(at, 1)[0]!;
      unit.pcpu = pcpu.id;
      return unit;
    }
    return null;
  }
}
