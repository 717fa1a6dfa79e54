/**
 * What schedulers that promise time have in common: in every period a vcpu of a domain is given a slice of a processor's time; who
 * has some left runs, the earliest deadline first (EDF), so that all get theirs in time as long as no more is promised than there
 * is. What is left over goes to vcpus that blocked for a short time and still have some, then, a quantum at a time, to those of
 * domains that take it, each in proportion to its share.
 *
 * Who was blocked beyond its deadline begins a new period; or, with a latency, is given a slice in proportion within that: its
 * period and slice double then until they are what they were. All processors serve one queue.
 */
import type { Chance } from '../../devices/chance.ts';
import type { Domain } from '../state/domain.ts';
import type { Vcpu } from '../state/vcpu.ts';
import { allows, limitSlices } from '../state/pcpu.ts';
import type { Pcpu } from '../state/pcpu.ts';
import { OneQueue } from './one-queue.ts';
import type { Decision, Parameters, Scheduler } from '../state/scheduler.ts';

/** What a domain's vcpus are promised, each. */
export interface Contract {
  periodNs: number;
  sliceNs: number;
  /** 0: none, they wait for a new period. */
  latencyNs: number;
  /** Of what is left over, in proportion to others'; 0: nothing. */
  extraShare: number;
}

/** It runs on promised time; was blocked for a short time, and has some left; waits for its next period. */
type State = 'run' | 'unblocked' | 'wait';
const RANKS: Readonly<Record<State, number>> = { run: 0, unblocked: 1, wait: 2 };

export class EdfVcpu {
  readonly vcpu: Vcpu;
  readonly contract: Contract;
  state: State = 'wait';
  /** Its period ends; promised time left of it; how long its periods are now, and their slices. In ns. */
  deadlineNs = -1;
  remainNs = 0;
  periodNs: number;
  sliceNs: number;
  /** Left-over time that it has had, in ns for a share of 1. */
  extraNs = 0;
  /** Up to when its running is charged, in ns. */
  chargedNs = 0;

  constructor(vcpu: Vcpu, contract: Contract) {
    this.vcpu = vcpu;
    this.contract = contract;
    this.periodNs = contract.periodNs;
    this.sliceNs = contract.sliceNs;
  }
}

interface EdfPcpu {
  current: EdfVcpu | null;
  /** When its turn of left-over time ends, in ns. */
  turnEndsNs: number;
  hasYielded: boolean;
}

export abstract class Edf<C extends Contract> extends OneQueue<EdfVcpu, EdfPcpu, C> implements Scheduler {
  abstract readonly name: string;
  abstract readonly title: string;
  abstract readonly id: number;
  /** A turn of left-over time. */
  private readonly quantumNs: number;

  constructor(pcpus: readonly Pcpu[], quantumNs: number, chance?: Chance) {
    super(
      pcpus,
      pcpus.map(() => ({ current: null, turnEndsNs: 0, hasYielded: false })),
      chance,
    );
    this.quantumNs = quantumNs;
  }

  abstract parameters(domain: Domain): Parameters;
  abstract adjust(domain: Domain, parameters: Parameters, nowNs: number): number;
  abstract dumpSettings(): string[];

  insert(vcpu: Vcpu): void {
    this.vcpus.set(vcpu, new EdfVcpu(vcpu, this.ofDomain(vcpu.domain)));
  }

  wake(vcpu: Vcpu, nowNs: number): void {
    this.tick(nowNs);
    const woken = this.vcpus.get(vcpu)!;
    unblock(woken, nowNs);
    woken.extraNs = Math.max(woken.extraNs, this.leastExtraNs());
    this.enqueue(woken, nowNs);
  }

  affinityChanged(vcpu: Vcpu, nowNs: number): void {
    this.tick(nowNs);
    this.sleep(vcpu);
    this.enqueue(this.vcpus.get(vcpu)!, nowNs);
  }

  pick(pcpu: Pcpu, running: Vcpu | null, nowNs: number, decision: Decision): void {
    this.tick(nowNs);
    const state = this.states[pcpu.id]!;
    if (running === null || !this.goesOn(pcpu, nowNs)) this.switch(pcpu, running !== null, nowNs);
    else if (nowNs >= state.turnEndsNs) state.turnEndsNs = nowNs + this.quantumNs;
    state.hasYielded = false;
    decision.vcpu = state.current?.vcpu ?? null;
    decision.sliceNs = this.sliceFor(pcpu, nowNs);
  }

  /** The next period of one who waits. Who runs, or sleeps, need not be told of his on time. */
  get tickNs(): number {
    let first = Infinity;
    for (const { state, deadlineNs } of this.queue) if (state !== 'run') first = Math.min(first, deadlineNs);
    return first;
  }

  /** Charges who runs, and begins periods. */
  tick(nowNs: number): void {
    for (const { current } of this.states) if (current !== null) charge(current, nowNs);
    for (const vcpu of this.queue) {
      if (vcpu.state === 'run' || vcpu.deadlineNs > nowNs) continue;
      startPeriod(vcpu, nowNs);
      if (vcpu.remainNs > 0) this.demand(vcpu);
    }
  }

  /** New periods begin at once. */
  protected begin(contract: C, nowNs: number): void {
    for (const vcpu of this.vcpus.values()) {
      if (vcpu.contract !== contract) continue;
      vcpu.remainNs = 0;
      vcpu.deadlineNs = nowNs;
      vcpu.periodNs = contract.periodNs;
      vcpu.sliceNs = contract.sliceNs;
      // Who sleeps begins when it wakes.
      if (this.isRunnable(vcpu)) startPeriod(vcpu, nowNs);
      else vcpu.deadlineNs = nowNs - 1;
    }
    this.pcpus.forEach((pcpu, id) => {
      if (this.states[id]!.current !== null || this.best(pcpu) !== undefined) pcpu.mustSchedule = true;
    });
  }

  settings(): Parameters {
    return {};
  }

  configure(): number {
    return 0;
  }

  protected describe(vcpu: EdfVcpu): string {
    return describe(vcpu);
  }

  private isRunnable(vcpu: EdfVcpu): boolean {
    return this.queue.includes(vcpu) || this.states.some(({ current }) => current === vcpu);
  }

  private enqueue(vcpu: EdfVcpu, nowNs: number): void {
    this.join(vcpu, nowNs);
    limitSlices(this.pcpus);
    if (canRun(vcpu)) this.demand(vcpu);
  }

  /** The least left-over time that anybody runnable has had: who slept does not catch up with them. */
  private leastExtraNs(): number {
    const takers = [...this.running, ...this.queue].filter(({ contract }) => contract.extraShare > 0);
    const all = takers.map(({ extraNs }) => extraNs);
    return all.length === 0 ? 0 : Math.min(...all);
  }

  /** An idle processor is to take it; or the one that runs who comes last of all, if that is behind it. */
  private demand(vcpu: EdfVcpu): void {
    let last: Pcpu | null = null;
    let runs: EdfVcpu | null = null;
    for (const pcpu of this.pcpus) {
      if (!allows(vcpu.vcpu, pcpu)) continue;
      const { current } = this.states[pcpu.id]!;
      if (current === null) {
        if (pcpu.mustSchedule) continue;
        pcpu.mustSchedule = true;
        return;
      }
      if (runs !== null && !precedes(runs, current)) continue;
      last = pcpu;
      runs = current;
    }
    if (last !== null && runs !== null && precedes(vcpu, runs)) last.mustSchedule = true;
  }

  /** Whether who runs on a processor goes on before all who wait for it. */
  private goesOn(pcpu: Pcpu, nowNs: number): boolean {
    const { current, turnEndsNs, hasYielded } = this.states[pcpu.id]!;
    if (current === null || !allows(current.vcpu, pcpu) || !canRun(current)) return false;
    const next = this.best(pcpu);
    if (next === undefined) return true;
    if (hasYielded || precedes(next, current)) return false;
    return current.state !== 'wait' || nowNs < turnEndsNs;
  }

  private switch(pcpu: Pcpu, staysRunnable: boolean, nowNs: number): void {
    const state = this.states[pcpu.id]!;
    const before = state.current;
    // Who yields lets anybody else go first.
    const other = state.hasYielded ? this.best(pcpu) : undefined;
    if (before !== null && staysRunnable) this.queue.push(before);
    const next = other ?? this.best(pcpu);
    this.take(pcpu, next ?? null);
    if (next !== undefined) {
      next.chargedNs = nowNs;
      state.turnEndsNs = nowNs + this.quantumNs;
    }
    if (before === null || before === next || !staysRunnable) return;
    limitSlices(this.pcpus);
    const idle = this.idleFor(before);
    if (idle !== undefined && canRun(before)) idle.mustSchedule = true;
  }

  /** Who is next on a processor. */
  private best(pcpu: Pcpu): EdfVcpu | undefined {
    let best: EdfVcpu | undefined;
    for (const vcpu of this.queue)
      if (canRun(vcpu) && allows(vcpu.vcpu, pcpu) && (best === undefined || isBefore(vcpu, best)))
        best = vcpu;
    return best;
  }

  /** Until its promised time, or its turn, is over. Alone, it needs no end, if it may have all that there is. */
  private sliceFor(pcpu: Pcpu, nowNs: number): number {
    const { current, turnEndsNs } = this.states[pcpu.id]!;
    if (current === null) return Infinity;
    if (this.queue.length === 0 && current.contract.extraShare > 0) return Infinity;
    const next = this.best(pcpu);
    const isBehind = current.state === 'wait' || (next !== undefined && precedes(next, current));
    return Math.max(isBehind ? turnEndsNs - nowNs : current.remainNs, 1);
  }
}

/** Whether it may have a processor: it has promised time left, or takes what is left over. */
function canRun({ state, contract }: EdfVcpu): boolean {
  return state !== 'wait' || contract.extraShare > 0;
}

/** Whether one goes before another: promised time before left-over time, the earlier deadline first. */
function precedes(one: EdfVcpu, other: EdfVcpu): boolean {
  if (one.state !== other.state) return RANKS[one.state] < RANKS[other.state];
  return one.state !== 'wait' && one.deadlineNs < other.deadlineNs;
}

/** As `precedes`; of left-over time, who has had less gets the next turn. */
function isBefore(one: EdfVcpu, other: EdfVcpu): boolean {
  if (one.state === 'wait' && other.state === 'wait') return one.extraNs < other.extraNs;
  return precedes(one, other);
}

/** What it ran since it was last charged is promised time while there was some, in each of the periods since. */
function charge(vcpu: EdfVcpu, nowNs: number): void {
  while (vcpu.chargedNs < nowNs) {
    if (vcpu.state === 'wait') {
      const untilNs = Math.max(Math.min(nowNs, vcpu.deadlineNs), vcpu.chargedNs);
      vcpu.extraNs += (untilNs - vcpu.chargedNs) / (vcpu.contract.extraShare || 1);
      vcpu.chargedNs = untilNs;
      if (vcpu.deadlineNs <= nowNs) startPeriod(vcpu, untilNs);
      continue;
    }
    const untilNs = vcpu.state === 'run' ? nowNs : Math.min(nowNs, vcpu.deadlineNs);
    const ranNs = Math.min(Math.max(untilNs - vcpu.chargedNs, 0), vcpu.remainNs);
    vcpu.chargedNs += ranNs;
    vcpu.remainNs -= ranNs;
    if (vcpu.remainNs === 0 || vcpu.chargedNs < nowNs) vcpu.state = 'wait';
  }
}

/** What was left of the last period is lost, and so are periods that were missed altogether. */
function startPeriod(vcpu: EdfVcpu, nowNs: number): void {
  const { periodNs, sliceNs } = vcpu.contract;
  if (vcpu.periodNs !== periodNs) {
    vcpu.periodNs = Math.min(vcpu.periodNs * 2, periodNs);
    vcpu.sliceNs = vcpu.periodNs === periodNs ? sliceNs : vcpu.sliceNs * 2;
  }
  vcpu.remainNs = vcpu.sliceNs;
  if (vcpu.deadlineNs + vcpu.periodNs <= nowNs) vcpu.deadlineNs = nowNs;
  vcpu.deadlineNs += vcpu.periodNs;
  vcpu.state = vcpu.remainNs > 0 ? 'run' : 'wait';
}

/** unblock: within its period it keeps what it has left; after it, it is given some within its latency, or a new period. */
function unblock(vcpu: EdfVcpu, nowNs: number): void {
  if (vcpu.deadlineNs >= nowNs) {
    vcpu.state = vcpu.remainNs > 0 ? 'unblocked' : 'wait';
    return;
  }
  const { periodNs, sliceNs, latencyNs } = vcpu.contract;
  vcpu.periodNs = latencyNs === 0 ? periodNs : latencyNs;
  vcpu.deadlineNs = nowNs + vcpu.periodNs;
  vcpu.sliceNs = Math.floor((sliceNs * vcpu.periodNs) / periodNs);
  vcpu.remainNs = vcpu.sliceNs;
  vcpu.state = vcpu.remainNs > 0 ? 'run' : 'wait';
}

function describe({ vcpu, state, deadlineNs, remainNs, contract }: EdfVcpu): string {
  const who = `[${String(vcpu.domain.id)}.${String(vcpu.id)}] ${state}`;
  return `${who} deadline=${String(deadlineNs)} remain=${String(remainNs)} extra=${String(contract.extraShare)}`;
}
