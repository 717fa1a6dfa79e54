/**
 * Round robin: runnable vcpus take turns of equal length, from one queue for all processors. One that wakes goes first, so
 * that an interrupt or a lock that was waited for is dealt with at once; the one it displaces is next.
 */
import type { Chance } from '../../devices/chance.ts';
import { SCHED_RROBIN } from '../abi/domctl.ts';
import { EINVAL } from '../abi/errno.ts';
import type { Domain } from '../state/domain.ts';
import type { Vcpu } from '../state/vcpu.ts';
import { allows, placeFor } from '../state/pcpu.ts';
import { placeInQueue } from './order.ts';
import type { Pcpu } from '../state/pcpu.ts';
import type { Decision, Parameters, Scheduler } from '../state/scheduler.ts';

const DEFAULT_SLICE_NS = 500_000;
const MIN_SLICE_NS = 10_000;

export class RoundRobin implements Scheduler {
  readonly name = 'rrobin';
  readonly title = 'Round-Robin Scheduler';
  readonly id = SCHED_RROBIN;
  readonly tickNs = Infinity;
  private sliceNs = DEFAULT_SLICE_NS;
  private readonly pcpus: readonly Pcpu[];
  private readonly chance: Chance | undefined;
  private readonly queue: Vcpu[] = [];
  /** Woken vcpus, in the order they woke; they run before the queue. */
  private readonly woken: Vcpu[] = [];
  /** By processor: when its running vcpu's turn is over. It goes to the queue's end then, else to its start. */
  private readonly turnEndsNs: number[];
  private readonly yielded: boolean[];

  constructor(pcpus: readonly Pcpu[], chance?: Chance) {
    this.pcpus = pcpus;
    this.chance = chance;
    this.turnEndsNs = pcpus.map(() => 0);
    this.yielded = pcpus.map(() => false);
  }

  insert(): void {
    // It is runnable when it wakes.
  }

  remove({ vcpus }: Domain): void {
    for (const vcpu of vcpus) this.sleep(vcpu);
  }

  wake(vcpu: Vcpu, nowNs: number): void {
    this.woken.splice(placeInQueue(this.woken.length, this.chance, nowNs), 0, vcpu);
    const pcpu = placeFor(this.pcpus, vcpu);
    if (pcpu !== undefined) pcpu.mustSchedule = true;
  }

  affinityChanged(vcpu: Vcpu, nowNs: number): void {
    this.sleep(vcpu);
    this.wake(vcpu, nowNs);
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
    if (running !== null && next !== running) this.offer(running);
    if (next !== running || nowNs >= this.turnEndsNs[id]!) this.turnEndsNs[id] = nowNs + this.sliceNs;
    // Others may come to wait while this one runs; on a lone processor whoever wakes interrupts it anyway.
    const alone = this.pcpus.length === 1 && this.queue.length === 0 && this.woken.length === 0;
    decision.sliceNs = alone || next === null ? Infinity : Math.max(this.turnEndsNs[id]! - nowNs, 1);
  }

  /** An idle processor may take the vcpu that lost its own. */
  private offer(vcpu: Vcpu): void {
    const idle = this.pcpus.find((pcpu) => pcpu.running === null && allows(vcpu, pcpu));
    if (idle !== undefined) idle.mustSchedule = true;
  }

  tick(): void {
    // Nothing is due but the ends of slices.
  }

  parameters(): Parameters {
    return {};
  }

  adjust(): number {
    return 0;
  }

  settings(): Parameters {
    return { slice: this.sliceNs };
  }

  configure({ slice = 0 }: Parameters): number {
    if (slice < MIN_SLICE_NS) return -EINVAL;
    this.sliceNs = slice;
    return 0;
  }

  waiting(): Vcpu[] {
    return [...this.woken, ...this.queue];
  }

  dumpSettings(): string[] {
    return [`rr_slice = ${String(this.sliceNs)}ns`];
  }

  dumpPcpu({ id, running }: Pcpu): string[] {
    const waiting = [...this.woken, ...this.queue].map(
      (vcpu, index) => `\t${String(index + 1).padStart(3)}: [${String(vcpu.domain.id)}.${String(vcpu.id)}]`,
    );
    const run = running === null ? [] : [`\trun: [${String(running.domain.id)}.${String(running.id)}]`];
    return [`CPU[${String(id).padStart(2, '0')}]`, ...run, ...(id === 0 ? waiting : [])];
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
