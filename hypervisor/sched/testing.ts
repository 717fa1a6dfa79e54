/**
 * For tests: a scheduler in virtual time. Vcpus that are nothing but a pattern of running and blocking are driven as
 * run/schedule.ts and vcpus.ts drive real ones; what each got, and how long it waited when it woke, is counted.
 */
import type { Chance } from '../../devices/chance.ts';
import { Domain } from '../state/domain.ts';
import { Vcpu } from '../state/vcpu.ts';
import { Random } from '../fuzz/random.ts';
import { allows, makePcpus, runsOn } from '../state/pcpu.ts';
import type { Pcpu } from '../state/pcpu.ts';
import type { Decision, Parameters, Scheduler } from '../state/scheduler.ts';
import { makeScheduler } from './schedulers.ts';

export const MS = 1_000_000;

/** How far off the furthest is of what it should be. */
export function deviation(got: readonly number[], wanted: readonly number[]): number {
  return Math.max(...got.map((value, index) => Math.abs(value - wanted[index]!)));
}

/** How a vcpu spends its time: runs for about `runNs`, then blocks for about `blockNs`. Without it, it runs for ever. */
export interface Pattern {
  readonly runNs: number;
  readonly blockNs: number;
}

export interface Task {
  readonly vcpu: Vcpu;
  readonly pattern: Pattern | null;
  /** What it still wants before it blocks; when it wakes, while it is blocked. In ns. */
  leftNs: number;
  wakesNs: number;
  isRunnable: boolean;
  ranNs: number;
  /** Since when it has waited for a processor since it woke; -1: it has had one. In ns. */
  wokenNs: number;
  /** How long it waited for a processor each time it woke. In ns. */
  readonly waitsNs: number[];
}

export class Simulation {
  readonly pcpus: readonly Pcpu[];
  readonly scheduler: Scheduler;
  readonly tasks: Task[] = [];
  nowNs = 0;
  /** How often a scheduler was asked, be it by the end of a slice, a tick, or because someone woke. */
  asked = 0;
  private readonly random: Random;
  private readonly slicesEndNs: number[];
  private readonly decision: Decision = { vcpu: null, sliceNs: 0 };
  private domains = 0;

  constructor(scheduler: string, pcpus = 1, seed = 1, chance?: Chance) {
    this.pcpus = makePcpus(pcpus);
    this.scheduler = makeScheduler(scheduler, this.pcpus, chance);
    this.slicesEndNs = this.pcpus.map(() => Infinity);
    this.random = new Random(seed);
  }

  /** Adds a domain of vcpus that all do the same, with these parameters of the scheduler. */
  add(parameters: Parameters = {}, pattern: Pattern | null = null, vcpus = 1): Task[] {
    const domain = new Domain(++this.domains, false);
    const tasks = Array.from({ length: vcpus }, (_, id) => this.makeTask(domain, id, pattern));
    const isUsual = Object.keys(parameters).length === 0;
    const refused = isUsual ? 0 : this.scheduler.adjust(domain, parameters, this.nowNs);
    if (refused !== 0) throw new Error(`the parameters were refused: ${String(refused)}`);
    for (const task of tasks) this.wake(task);
    return tasks;
  }

  /** Lets time pass. */
  run(forNs: number): void {
    const untilNs = this.nowNs + forNs;
    while (this.nowNs < untilNs) {
      this.settle();
      this.advanceTo(Math.min(this.nextNs(), untilNs));
    }
  }

  /** Which part of the time of one processor each of these tasks has had since `start`, as `ran` gave it. */
  shares(tasks: readonly Task[], start: readonly number[], forNs: number): number[] {
    return tasks.map(({ ranNs }, index) => (ranNs - start[index]!) / forNs);
  }

  /** Lets time pass, and says which part of one processor's time each task has had of it. */
  measure(tasks: readonly Task[], forNs: number): number[] {
    const start = tasks.map(({ ranNs }) => ranNs);
    this.run(forNs);
    return this.shares(tasks, start, forNs);
  }

  /** Sets the hard affinity of a task. */
  pin({ vcpu, isRunnable }: Task, affinity: number): void {
    vcpu.affinity = affinity;
    const pcpu = runsOn(this.pcpus, vcpu);
    if (pcpu !== undefined) pcpu.mustSchedule = true;
    else if (isRunnable) this.scheduler.affinityChanged(vcpu, this.nowNs);
  }

  private makeTask(domain: Domain, id: number, pattern: Pattern | null): Task {
    const vcpu = new Vcpu(domain, id);
    domain.vcpus.push(vcpu);
    this.scheduler.insert(vcpu);
    const task: Task = {
      vcpu,
      pattern,
      leftNs: 0,
      wakesNs: Infinity,
      isRunnable: false,
      ranNs: 0,
      wokenNs: -1,
      waitsNs: [],
    };
    this.tasks.push(task);
    return task;
  }

  /** From half of it to half as much again. */
  private about(ns: number): number {
    return Math.floor(ns * (0.5 + this.random.below(1001) / 1000));
  }

  private wake(task: Task): void {
    task.isRunnable = true;
    task.leftNs = task.pattern === null ? Infinity : this.about(task.pattern.runNs);
    task.wakesNs = Infinity;
    task.wokenNs = this.nowNs;
    const pcpu = runsOn(this.pcpus, task.vcpu);
    if (pcpu === undefined) this.scheduler.wake(task.vcpu, this.nowNs);
    else pcpu.mustSchedule = true;
  }

  private block(task: Task, pcpu: Pcpu): void {
    task.isRunnable = false;
    task.wakesNs = this.nowNs + this.about(task.pattern!.blockNs);
    pcpu.mustSchedule = true;
  }

  private taskOf(vcpu: Vcpu | null): Task | undefined {
    return this.tasks.find((task) => task.vcpu === vcpu);
  }

  /** When something happens next, in ns. */
  private nextNs(): number {
    let next = Math.min(this.scheduler.tickNs, ...this.slicesEndNs);
    for (const { wakesNs } of this.tasks) next = Math.min(next, wakesNs);
    for (const { running } of this.pcpus) {
      const task = this.taskOf(running);
      if (task !== undefined) next = Math.min(next, this.nowNs + task.leftNs);
    }
    return Math.max(next, this.nowNs);
  }

  private advanceTo(ns: number): void {
    const passedNs = ns - this.nowNs;
    this.nowNs = ns;
    for (const pcpu of this.pcpus) {
      const task = this.taskOf(pcpu.running);
      if (task === undefined) continue;
      task.ranNs += passedNs;
      task.leftNs -= passedNs;
      if (task.leftNs <= 0) this.block(task, pcpu);
    }
    if (this.scheduler.tickNs <= ns) this.scheduler.tick(ns);
    for (const task of this.tasks) if (task.wakesNs <= ns) this.wake(task);
  }

  /** Every processor that is to decide does. */
  private settle(): void {
    const due = (pcpu: Pcpu): boolean => pcpu.mustSchedule || this.slicesEndNs[pcpu.id]! <= this.nowNs;
    for (let round = 0; this.pcpus.some(due); round++) {
      if (round > 100) throw new Error('the scheduler does not come to a decision');
      for (const pcpu of this.pcpus) if (due(pcpu)) this.decide(pcpu);
    }
  }

  private decide(pcpu: Pcpu): void {
    const before = this.taskOf(pcpu.running);
    pcpu.mustSchedule = false;
    this.asked++;
    this.scheduler.pick(pcpu, before?.isRunnable ? before.vcpu : null, this.nowNs, this.decision);
    const { vcpu, sliceNs } = this.decision;
    this.slicesEndNs[pcpu.id] = this.nowNs + sliceNs;
    pcpu.sliceEndTicks = this.slicesEndNs[pcpu.id]!;
    pcpu.running = vcpu;
    const task = this.taskOf(vcpu);
    if (task === undefined) return;
    if (!task.isRunnable || !allows(task.vcpu, pcpu)) throw new Error('it must not run here');
    if (this.pcpus.some((other) => other !== pcpu && other.running === vcpu))
      throw new Error('it runs twice');
    task.vcpu.processor = pcpu.id;
    if (task.wokenNs >= 0) task.waitsNs.push(this.nowNs - task.wokenNs);
    task.wokenNs = -1;
  }
}
