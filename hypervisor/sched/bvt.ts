/**
 * Borrowed Virtual Time (Duda and Cheriton, SOSP 1999), as Xen 2 and 3.0 had it: a vcpu's virtual time advances by
 * `mcu_adv` for each MCU (100 us) that it runs, and whose time is least runs; so `mcu_adv` is the inverse of a weight. Who
 * runs may get ahead of the next by the context switch allowance. Who wakes starts at the system's virtual time, the least
 * of all: nobody saves time by sleeping. A domain that warps borrows from its future: its vcpus count as `warpvalue`
 * earlier, for at most `warpl` ms at a stretch, and then not for `warpu` ms (0: never again). Compare common/sched_bvt.c.
 *
 * There, each processor has a queue and a virtual time of its own, and vcpus stay where they are put. Here all processors
 * serve one queue. A vcpu whose share would be more than a whole processor runs all the time, and is owed nothing.
 */
import type { Chance } from '../../devices/chance.ts';
import { SCHED_BVT } from '../abi/domctl.ts';
import { EINVAL } from '../abi/errno.ts';
import type { Domain } from '../state/domain.ts';
import type { Vcpu } from '../state/vcpu.ts';
import { allows, limitSlices } from '../state/pcpu.ts';
import type { Pcpu } from '../state/pcpu.ts';
import { OneQueue } from './one-queue.ts';
import type { Decision, Parameters, Scheduler } from '../state/scheduler.ts';
import { NS_PER_MS } from '../../devices/nanoseconds.ts';

/** The minimum charging unit. */
const MCU_NS = 100_000;
const DEFAULT_MCU_ADVANCE = 10;
const DEFAULT_ALLOWANCE_NS = 5_000_000;
const MIN_ALLOWANCE_NS = 10_000;
/** Virtual times beyond this are all put back, so that they stay exact. */
const OVERRUN = 2 ** 40;

export class BvtDomain {
  mcuAdvance = DEFAULT_MCU_ADVANCE;
  /** Whether it is to warp; how far, in virtual time; how long at a stretch (0: no limit), how long not, in ns. */
  warpback = 0;
  warpValue = 0;
  warpLimitNs = 2000 * NS_PER_MS;
  unwarpNs = 1000 * NS_PER_MS;
  /** It warps now; when its stretch ends; when it may warp again. In ns of system time. */
  isWarping = false;
  warpEndsNs = Infinity;
  unwarpEndsNs = Infinity;
}

export class BvtVcpu {
  readonly vcpu: Vcpu;
  readonly domain: BvtDomain;
  /** Actual virtual time. */
  avt: number;
  /** Up to when its running is counted, in ns. */
  countedNs = 0;

  constructor(vcpu: Vcpu, domain: BvtDomain, avt: number) {
    this.vcpu = vcpu;
    this.domain = domain;
    this.avt = avt;
  }
}

interface BvtPcpu {
  current: BvtVcpu | null;
  sliceEndNs: number;
  /** Someone goes before who runs, or it yields. */
  isPreempted: boolean;
  hasYielded: boolean;
}

export class Bvt extends OneQueue<BvtVcpu, BvtPcpu, BvtDomain> implements Scheduler {
  readonly name = 'bvt';
  readonly title = 'Borrowed Virtual Time';
  readonly id = SCHED_BVT;
  private allowanceNs = DEFAULT_ALLOWANCE_NS;
  /** The system's virtual time. */
  private svt = 0;

  constructor(pcpus: readonly Pcpu[], chance?: Chance) {
    super(
      pcpus,
      pcpus.map(() => ({ current: null, sliceEndNs: 0, isPreempted: false, hasYielded: false })),
      chance,
    );
  }

  insert(vcpu: Vcpu): void {
    this.vcpus.set(vcpu, new BvtVcpu(vcpu, this.ofDomain(vcpu.domain), this.svt));
  }

  wake(vcpu: Vcpu, nowNs: number): void {
    this.tick(nowNs);
    this.advance(nowNs);
    const woken = this.vcpus.get(vcpu)!;
    woken.avt = Math.max(woken.avt, this.svt);
    this.enqueue(woken, nowNs);
  }

  affinityChanged(vcpu: Vcpu, nowNs: number): void {
    this.sleep(vcpu);
    this.enqueue(this.vcpus.get(vcpu)!, nowNs);
  }

  pick(pcpu: Pcpu, running: Vcpu | null, nowNs: number, decision: Decision): void {
    this.tick(nowNs);
    const state = this.states[pcpu.id]!;
    const before = state.current;
    if (before !== null) count(before, nowNs);
    const goesOn = before !== null && running !== null && this.goesOn(pcpu, nowNs);
    if (!goesOn) this.switch(pcpu, running !== null, nowNs);
    this.advance(nowNs);
    state.isPreempted = false;
    state.hasYielded = false;
    decision.vcpu = state.current?.vcpu ?? null;
    decision.sliceNs = Infinity;
    if (state.current === null) return;
    const endNs = nowNs + this.aheadNs(pcpu, state.current);
    state.sliceEndNs = goesOn ? Math.min(state.sliceEndNs, endNs) : endNs;
    decision.sliceNs = Math.max(state.sliceEndNs - nowNs, 1);
  }

  get tickNs(): number {
    let first = Infinity;
    for (const { warpEndsNs, unwarpEndsNs } of this.allDomains)
      first = Math.min(first, warpEndsNs, unwarpEndsNs);
    return first;
  }

  /** Ends stretches of warping, and of not being allowed to. */
  tick(nowNs: number): void {
    for (const domain of this.allDomains) {
      if (domain.warpEndsNs <= nowNs) {
        if (domain.unwarpNs === 0) domain.warpback = 0;
        else domain.unwarpEndsNs = domain.warpEndsNs + domain.unwarpNs;
        domain.warpEndsNs = Infinity;
        domain.isWarping = false;
        this.reconsider();
      }
      if (domain.unwarpEndsNs <= nowNs) {
        domain.unwarpEndsNs = Infinity;
        domain.isWarping = domain.warpback !== 0;
        this.reconsider();
      }
    }
  }

  parameters(domain: Domain): Parameters {
    const { mcuAdvance, warpback, warpValue, warpLimitNs, unwarpNs } = this.ofDomain(domain);
    return {
      mcu_adv: mcuAdvance,
      warpback,
      warpvalue: warpValue,
      warpl: warpLimitNs / NS_PER_MS,
      warpu: unwarpNs / NS_PER_MS,
    };
  }

  /** -EINVAL: `mcu_adv` is 0, or a limit below it. */
  adjust(domain: Domain, parameters: Parameters, nowNs: number): number {
    const { mcu_adv, warpback, warpvalue, warpl, warpu } = { ...this.parameters(domain), ...parameters };
    if (!(mcu_adv! > 0 && warpl! >= 0 && warpu! >= 0)) return -EINVAL;
    this.tick(nowNs);
    this.advance(nowNs);
    const adjusted = this.ofDomain(domain);
    adjusted.mcuAdvance = mcu_adv!;
    adjusted.warpback = warpback!;
    adjusted.warpValue = warpvalue!;
    adjusted.warpLimitNs = warpl! * NS_PER_MS;
    adjusted.unwarpNs = warpu! * NS_PER_MS;
    adjusted.isWarping = warpback !== 0;
    adjusted.warpEndsNs = Infinity;
    adjusted.unwarpEndsNs = Infinity;
    for (const { current } of this.states) if (current?.domain === adjusted) startStretch(adjusted, nowNs);
    this.reconsider();
    return 0;
  }

  settings(): Parameters {
    return { ctx_allow: this.allowanceNs };
  }

  configure({ ctx_allow = DEFAULT_ALLOWANCE_NS }: Parameters): number {
    this.allowanceNs = Math.max(ctx_allow, MIN_ALLOWANCE_NS);
    return 0;
  }

  dumpSettings(): string[] {
    return [`BVT: mcu=${String(MCU_NS)}ns ctx_allow=${String(this.allowanceNs)}ns svt=${String(this.svt)}`];
  }

  protected usual(): BvtDomain {
    return new BvtDomain();
  }

  protected describe(vcpu: BvtVcpu): string {
    return describe(vcpu);
  }

  /** Virtual times have changed their order. */
  private reconsider(): void {
    this.pcpus.forEach((pcpu, id) => {
      const state = this.states[id]!;
      if (state.current === null) return;
      state.isPreempted = true;
      pcpu.mustSchedule = true;
    });
  }

  private enqueue(vcpu: BvtVcpu, nowNs: number): void {
    this.join(vcpu, nowNs);
    const allowed = this.pcpus.filter((pcpu) => allows(vcpu.vcpu, pcpu));
    const idle = this.idleFor(vcpu);
    if (idle !== undefined) {
      idle.mustSchedule = true;
      return;
    }
    limitSlices(this.pcpus);
    let last: Pcpu | null = null;
    let lastEvt = -Infinity;
    for (const pcpu of allowed) {
      const { current } = this.states[pcpu.id]!;
      if (current === null) continue;
      count(current, nowNs);
      if (evt(current) <= lastEvt) continue;
      last = pcpu;
      lastEvt = evt(current);
    }
    if (last === null) return;
    last.mustSchedule = true;
    if (evt(vcpu) <= lastEvt) this.states[last.id]!.isPreempted = true;
  }

  private goesOn(pcpu: Pcpu, nowNs: number): boolean {
    const { current, sliceEndNs, isPreempted, hasYielded } = this.states[pcpu.id]!;
    return !isPreempted && !hasYielded && nowNs < sliceEndNs && allows(current!.vcpu, pcpu);
  }

  /** Takes whose virtual time is least. */
  private switch(pcpu: Pcpu, staysRunnable: boolean, nowNs: number): void {
    const state = this.states[pcpu.id]!;
    const before = state.current;
    if (before !== null && staysRunnable) {
      const next = this.best(pcpu);
      // It has nothing to give but its place.
      if (state.hasYielded && next !== undefined) before.avt = Math.max(before.avt, evt(next));
      this.queue.push(before);
    }
    const next = this.best(pcpu) ?? null;
    this.take(pcpu, next);
    if (before !== null && before !== next) this.leave(before, staysRunnable);
    if (next === null) return;
    next.countedNs = nowNs;
    if (before !== next) startStretch(next.domain, nowNs);
  }

  /** It has lost its processor; an idle one may take it. */
  private leave(vcpu: BvtVcpu, isRunnable: boolean): void {
    if (this.states.every(({ current }) => current?.domain !== vcpu.domain))
      vcpu.domain.warpEndsNs = Infinity;
    if (!isRunnable) return;
    limitSlices(this.pcpus);
    const idle = this.idleFor(vcpu);
    if (idle !== undefined) idle.mustSchedule = true;
  }

  /** Who is next on a processor: the first of those whose effective virtual time is least. */
  private best(pcpu: Pcpu): BvtVcpu | undefined {
    let best: BvtVcpu | undefined;
    for (const vcpu of this.queue)
      if ((best === undefined || evt(vcpu) < evt(best)) && allows(vcpu.vcpu, pcpu)) best = vcpu;
    return best;
  }

  /** How long it may run until it is ahead of the next by the allowance, in ns. */
  private aheadNs(pcpu: Pcpu, vcpu: BvtVcpu): number {
    const next = this.best(pcpu);
    if (next === undefined) return Infinity;
    const behind = Math.max(evt(next) - evt(vcpu), 0);
    return Math.ceil((behind / vcpu.domain.mcuAdvance) * MCU_NS) + this.allowanceNs;
  }

  /** Counts what has run, and lets the system's virtual time follow. */
  private advance(nowNs: number): void {
    const { running } = this;
    for (const vcpu of running) count(vcpu, nowNs);
    this.forgive(running);
    const avts = [...running, ...this.queue].map(({ avt }) => avt);
    if (avts.length > 0) this.svt = Math.max(this.svt, Math.min(...avts));
    if (this.svt < OVERRUN) return;
    for (const vcpu of this.vcpus.values()) vcpu.avt -= this.svt;
    this.svt = 0;
  }

  /** Who runs all the time and falls behind nevertheless wants more than there is: it is not owed that. */
  private forgive(running: readonly BvtVcpu[]): void {
    const others = this.queue.length > 0 ? this.queue : running;
    const avts = others.map(({ avt }) => avt);
    const least = this.queue.length > 0 ? Math.min(...avts) : Math.max(...avts);
    const advance = Math.max(...others.map(({ domain }) => domain.mcuAdvance));
    const warped = Math.max(...others.map(({ domain }) => domain.warpValue), 0);
    const floor = least - warped - 2 * (this.allowanceNs / MCU_NS) * advance;
    for (const vcpu of running) vcpu.avt = Math.max(vcpu.avt, floor);
  }
}

/** Advances the virtual time of who runs. */
function count(vcpu: BvtVcpu, nowNs: number): void {
  vcpu.avt += ((nowNs - vcpu.countedNs) / MCU_NS) * vcpu.domain.mcuAdvance;
  vcpu.countedNs = nowNs;
}

/** Effective virtual time. */
function evt({ avt, domain }: BvtVcpu): number {
  return domain.isWarping ? avt - domain.warpValue : avt;
}

/** A vcpu of a domain that warps begins to run. */
function startStretch(domain: BvtDomain, nowNs: number): void {
  if (domain.isWarping && domain.warpLimitNs > 0 && domain.warpEndsNs === Infinity)
    domain.warpEndsNs = nowNs + domain.warpLimitNs;
}

function describe({ vcpu, domain, avt }: BvtVcpu): string {
  const who = `[${String(vcpu.domain.id)}.${String(vcpu.id)}]`;
  return `${who} mcua=${String(domain.mcuAdvance)} av=${avt.toFixed(0)} warp=${String(Number(domain.isWarping))}`;
}
