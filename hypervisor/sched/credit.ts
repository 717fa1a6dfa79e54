/**
 * The credit scheduler: a domain gets processor time by its weight, and at most its cap. Every processor has a queue of
 * vcpus, ordered by priority: who has just woken before who has credits before who has none; within one they take turns
 * of a time slice. A processor whose own queue has nobody with credits takes one from another's. What weight and cap mean
 * is in credit-units.ts. Compare xen/common/sched/credit.c.
 *
 * Xen's ticks, on which a running vcpu pays and competes, decide nothing by themselves: they are caught up with before the
 * next decision. So time passes without interruption while nobody waits. Only a cap needs its accounting on time.
 */
import type { Chance } from '../../devices/chance.ts';
import { EINVAL } from '../abi/errno.ts';
import { XEN_SCHEDULER_CREDIT } from '../abi/domctl.ts';
import * as abi from '../abi/sysctl.ts';
import type { Domain } from '../state/domain.ts';
import type { Vcpu } from '../state/vcpu.ts';
import { CreditQueues } from './credit-queues.ts';
import type { CreditPcpu } from './credit-queues.ts';
import {
  account,
  BOOST,
  CreditDomain,
  CreditUnit,
  DEFAULT_WEIGHT,
  IDLE,
  pay,
  UNDER,
} from './credit-units.ts';
import { allows } from '../state/pcpu.ts';
import type { Pcpu } from '../state/pcpu.ts';
import type { Decision, Parameters, Scheduler } from '../state/scheduler.ts';
import { NS_PER_MS, NS_PER_US } from '../../devices/nanoseconds.ts';

const TICKS_PER_SLICE = 3;
/** CSCHED_CREDITS_PER_MSEC: for the dump. */
const NS_PER_CREDIT = 100_000;
/** A cap of all ones leaves the cap as it is. */
const SAME_CAP = 0xffff;

export class Credit implements Scheduler {
  readonly name = 'credit';
  readonly title = 'SMP Credit Scheduler';
  readonly id = XEN_SCHEDULER_CREDIT;
  private readonly pcpus: readonly Pcpu[];
  private readonly queues: CreditQueues;
  private readonly domains = new Map<Domain, CreditDomain>();
  private readonly units = new Map<Vcpu, CreditUnit>();
  private sliceMs = 30;
  private ratelimitUs = 1000;
  private migrationDelayUs = 0;
  /** The next tick, and how many are left until the accounting: that one included. */
  private nextTickNs = 0;
  private ticksLeft = 0;

  constructor(pcpus: readonly Pcpu[], chance?: Chance) {
    this.pcpus = pcpus;
    this.queues = new CreditQueues(pcpus, chance);
    this.startPeriod(0);
  }

  insert(vcpu: Vcpu): void {
    const domain = this.domainOf(vcpu.domain);
    const counts = this.pcpus.map(
      ({ id }) => [...this.units.values()].filter(({ pcpu }) => pcpu === id).length,
    );
    const unit = new CreditUnit(vcpu, domain, counts.indexOf(Math.min(...counts)));
    domain.units.push(unit);
    this.units.set(vcpu, unit);
  }

  remove(domain: Domain): void {
    for (const vcpu of domain.vcpus) {
      this.sleep(vcpu);
      for (const state of this.queues.states) if (state.current?.vcpu === vcpu) state.current = null;
      this.units.delete(vcpu);
    }
    this.domains.delete(domain);
  }

  wake(vcpu: Vcpu, nowNs: number): void {
    this.advance(nowNs);
    const unit = this.units.get(vcpu)!;
    if (unit.priority === UNDER && !unit.isParked) unit.priority = BOOST;
    this.queues.enqueue(unit, nowNs);
  }

  sleep(vcpu: Vcpu): void {
    const unit = this.units.get(vcpu)!;
    unit.isWaiting = false;
    this.queues.dequeue(unit);
  }

  affinityChanged(vcpu: Vcpu, nowNs: number): void {
    this.advance(nowNs);
    const unit = this.units.get(vcpu)!;
    this.queues.dequeue(unit);
    this.queues.enqueue(unit);
  }

  yield({ id }: Pcpu): void {
    const { current } = this.queues.states[id]!;
    if (current !== null) current.hasYielded = true;
  }

  pick(pcpu: Pcpu, running: Vcpu | null, nowNs: number, decision: Decision): void {
    this.advance(nowNs);
    const state = this.queues.states[pcpu.id]!;
    const before = state.current;
    if (before !== null) {
      pay(before, nowNs);
      before.ranNs = nowNs;
      if (running !== null && this.goesOn(pcpu, before, nowNs)) {
        decision.vcpu = running;
        decision.sliceNs = this.sliceFor(state, nowNs);
        return;
      }
      this.leave(pcpu, before, running !== null);
    }
    const next = this.queues.takeNext(pcpu, nowNs - this.migrationDelayUs * NS_PER_US);
    if (next !== before) state.sinceNs = nowNs;
    state.current = next;
    state.sliceEndNs = nowNs + this.sliceNs;
    decision.vcpu = next?.vcpu ?? null;
    decision.sliceNs = Infinity;
    if (next === null) return;
    next.isRunning = true;
    next.isWaiting = false;
    next.paidNs = nowNs;
    this.queues.offer(state);
    decision.sliceNs = this.sliceFor(state, nowNs);
  }

  get tickNs(): number {
    for (const { domain, isParked, isRunning, isWaiting } of this.units.values())
      if (isParked || (domain.cap !== 0 && (isRunning || isWaiting)))
        return this.nextTickNs + (this.ticksLeft - 1) * this.tickPeriodNs;
    return Infinity;
  }

  tick(nowNs: number): void {
    this.advance(nowNs);
  }

  parameters(domain: Domain): Parameters {
    const { weight, cap } = this.domainOf(domain);
    return { weight, cap };
  }

  /** A weight of 0 and a cap of 0xffff leave it as it is. */
  adjust(domain: Domain, { weight = 0, cap = SAME_CAP }: Parameters, nowNs: number): number {
    this.advance(nowNs);
    const adjusted = this.domainOf(domain);
    if (weight !== 0) adjusted.weight = weight;
    if (cap !== SAME_CAP) adjusted.cap = cap;
    return 0;
  }

  settings(): Parameters {
    return {
      tslice_ms: this.sliceMs,
      ratelimit_us: this.ratelimitUs,
      vcpu_migr_delay_us: this.migrationDelayUs,
    };
  }

  configure(settings: Parameters, nowNs: number): number {
    const { tslice_ms = 0, ratelimit_us = 0, vcpu_migr_delay_us = 0 } = settings;
    const isRate =
      ratelimit_us === 0 ||
      (ratelimit_us <= abi.XEN_SYSCTL_SCHED_RATELIMIT_MAX &&
        ratelimit_us >= abi.XEN_SYSCTL_SCHED_RATELIMIT_MIN);
    if (tslice_ms > abi.XEN_SYSCTL_CSCHED_TSLICE_MAX || tslice_ms < abi.XEN_SYSCTL_CSCHED_TSLICE_MIN)
      return -EINVAL;
    if (!isRate || ratelimit_us * NS_PER_US > tslice_ms * NS_PER_MS) return -EINVAL;
    if (vcpu_migr_delay_us > abi.XEN_SYSCTL_CSCHED_MGR_DLY_MAX_US) return -EINVAL;
    this.advance(nowNs);
    this.sliceMs = tslice_ms;
    this.ratelimitUs = ratelimit_us;
    this.migrationDelayUs = vcpu_migr_delay_us;
    this.startPeriod(nowNs);
    return 0;
  }

  waiting({ id }: Pcpu): Vcpu[] {
    return this.queues.states[id]!.queue.map(({ vcpu }) => vcpu);
  }

  dumpSettings(): string[] {
    const credits = (ns: number): string => String(Math.round(ns / NS_PER_CREDIT));
    return [
      'info:',
      `\tncpus              = ${String(this.pcpus.length)}`,
      '\tmaster             = 0',
      `\tcredit             = ${credits(this.pcpus.length * this.sliceNs)}`,
      `\tdefault-weight     = ${String(DEFAULT_WEIGHT)}`,
      `\ttslice             = ${String(this.sliceMs)}ms`,
      `\tratelimit          = ${String(this.ratelimitUs)}us`,
      `\tcredits per msec   = ${credits(NS_PER_MS)}`,
      `\tticks per tslice   = ${String(this.ticksPerSlice)}`,
      `\tmigration delay    = ${String(this.migrationDelayUs)}us`,
      'units:',
      ...[...this.units.values()].map(
        (unit, index) => `\t${String(index + 1).padStart(3)}: ${describe(unit)}`,
      ),
    ];
  }

  dumpPcpu({ id }: Pcpu): string[] {
    const { queue, current } = this.queues.states[id]!;
    const cpu = String(id).padStart(2, '0');
    const runnable = queue.length + (current === null ? 0 : 1);
    return [
      `CPU[${cpu}] nr_run=${String(runnable)}`,
      ...(current === null ? [] : [`\trun: ${describe(current)}`]),
      ...queue.map((unit, index) => `\t${String(index + 1).padStart(3)}: ${describe(unit)}`),
    ];
  }

  private get ticksPerSlice(): number {
    return this.sliceMs < TICKS_PER_SLICE ? 1 : TICKS_PER_SLICE;
  }

  private get sliceNs(): number {
    return this.sliceMs * NS_PER_MS;
  }

  private get tickPeriodNs(): number {
    return Math.floor(this.sliceNs / this.ticksPerSlice);
  }

  private domainOf(domain: Domain): CreditDomain {
    const known = this.domains.get(domain);
    if (known !== undefined) return known;
    const made = new CreditDomain();
    this.domains.set(domain, made);
    return made;
  }

  private startPeriod(nowNs: number): void {
    this.nextTickNs = nowNs + this.tickPeriodNs;
    this.ticksLeft = this.ticksPerSlice;
  }

  /** Does what the ticks up to now have to do. Who ran at each of them is known: it is who runs now. */
  private advance(nowNs: number): void {
    while (this.nextTickNs <= nowNs) {
      if (this.queues.states.every(({ current }) => current === null) && !this.someoneEarns()) {
        const missed = Math.floor((nowNs - this.nextTickNs) / this.tickPeriodNs) + 1;
        this.nextTickNs += missed * this.tickPeriodNs;
        const left = (this.ticksLeft - missed) % this.ticksPerSlice;
        this.ticksLeft = left <= 0 ? left + this.ticksPerSlice : left;
        return;
      }
      for (const { current } of this.queues.states) if (current !== null) tickUnit(current, this.nextTickNs);
      this.nextTickNs += this.tickPeriodNs;
      if (--this.ticksLeft === 0) this.endPeriod();
    }
  }

  private someoneEarns(): boolean {
    for (const { creditNs } of this.units.values()) if (creditNs < this.sliceNs) return true;
    return false;
  }

  private endPeriod(): void {
    this.ticksLeft = this.ticksPerSlice;
    const parked = [...this.units.values()].filter(({ isParked }) => isParked);
    const { domains, pcpus } = this;
    account(domains.values(), pcpus.length, this.sliceNs);
    for (const unit of this.units.values()) if (unit.isParked) this.queues.dequeue(unit);
    this.queues.sort();
    for (const unit of parked) if (!unit.isParked && unit.isWaiting) this.queues.enqueue(unit);
    for (const { id } of pcpus) if (this.queues.states[id]!.current?.isParked) pcpus[id]!.mustSchedule = true;
  }

  /**
   * Whether who runs may go on: nobody waits for anything, or its slice is not over and nobody with a higher priority is
   * there, or it has only just come.
   */
  private goesOn(pcpu: Pcpu, unit: CreditUnit, nowNs: number): boolean {
    const state = this.queues.states[pcpu.id]!;
    if (unit.isParked || unit.hasYielded || !allows(unit.vcpu, pcpu) || this.queues.canGive(pcpu))
      return false;
    const { sliceNs } = this;
    // Nobody waited until now: it took one slice after the other.
    if (pcpu.sliceEndTicks === Infinity && nowNs >= state.sliceEndNs)
      state.sliceEndNs += (Math.floor((nowNs - state.sliceEndNs) / sliceNs) + 1) * sliceNs;
    if (nowNs - state.sinceNs < this.ratelimitUs * NS_PER_US) return true;
    return nowNs < state.sliceEndNs && (state.queue[0]?.priority ?? IDLE) <= unit.priority;
  }

  /** Until the slice ends, or until whoever waits with a higher priority need not wait any more. */
  private sliceFor(state: CreditPcpu, nowNs: number): number {
    if (this.queues.isEmpty) return Infinity;
    const isWanted = (state.queue[0]?.priority ?? IDLE) > state.current!.priority;
    const limitedNs = state.sinceNs + this.ratelimitUs * NS_PER_US;
    const endNs = isWanted ? limitedNs : state.sliceEndNs;
    return Math.max(endNs - nowNs, 1);
  }

  private leave(pcpu: Pcpu, unit: CreditUnit, isRunnable: boolean): void {
    this.queues.states[pcpu.id]!.current = null;
    unit.isRunning = false;
    if (isRunnable) this.queues.giveBack(unit);
    unit.hasYielded = false;
  }
}

/** csched_unit_acct: a tick finds a vcpu running. It pays, and is not urgent any more. */
function tickUnit(unit: CreditUnit, nowNs: number): void {
  if (unit.priority === BOOST) unit.priority = UNDER;
  pay(unit, nowNs);
}

function describe({ vcpu, priority, pcpu, creditNs, domain }: CreditUnit): string {
  const who = `[${String(vcpu.domain.id)}.${String(vcpu.id)}] pri=${String(priority)} cpu=${String(pcpu)}`;
  const credit = String(Math.floor(creditNs / NS_PER_CREDIT));
  return `${who} credit=${credit} [w=${String(domain.weight)},cap=${String(domain.cap)}]`;
}
