/**
 * Atropos, the scheduler of Nemesis, as Xen 2 had it: periods and slices (edf.ts), with a latency; what is left over is shared
 * evenly, 5 ms at a time, among domains with `xtratime`.
 *
 * Compare common/sched_atropos.c of Xen 2.0. There, left-over time was charged like promised time, so that who had used it was owed
 * nothing afterwards: here it is not. There, each processor had queues of its own.
 */
import type { Chance } from '../../devices/chance.ts';
import { NS_PER_MS } from '../../devices/nanoseconds.ts';
import { SCHED_ATROPOS } from '../abi/domctl.ts';
import { EINVAL } from '../abi/errno.ts';
import type { Domain } from '../state/domain.ts';
import type { Pcpu } from '../state/pcpu.ts';
import type { Parameters } from '../state/scheduler.ts';
import { Edf, type Contract } from './edf.ts';

/** BESTEFFORT_QUANTUM: a turn of left-over time. */
const QUANTUM_NS = 5 * NS_PER_MS;
/** The shortest period and latency: each costs a tick. */
const MIN_PERIOD_NS = 100_000;

/** What domains have until they are given something else: domain 0 what it needs to boot, all others next to nothing. */
const DOMAIN_0: Contract = {
  periodNs: 20 * NS_PER_MS,
  sliceNs: 15 * NS_PER_MS,
  latencyNs: 5 * NS_PER_MS,
  extraShare: 1,
};
const OTHERS: Contract = {
  periodNs: 10_000 * NS_PER_MS,
  sliceNs: 10 * NS_PER_MS,
  latencyNs: 10_000 * NS_PER_MS,
  extraShare: 1,
};

export class Atropos extends Edf<Contract> {
  readonly name = 'atropos';
  readonly title = 'Atropos Soft Real Time Scheduler';
  readonly id = SCHED_ATROPOS;

  constructor(pcpus: readonly Pcpu[], chance?: Chance) {
    super(pcpus, QUANTUM_NS, chance);
  }

  protected usual(domain: Domain): Contract {
    return { ...(domain.id === 0 ? DOMAIN_0 : OTHERS) };
  }

  parameters(domain: Domain): Parameters {
    const { periodNs, sliceNs, latencyNs, extraShare } = this.ofDomain(domain);
    return { nat_period: periodNs, nat_slice: sliceNs, latency: latencyNs, xtratime: extraShare };
  }

  /** -EINVAL: the latency or the slice is longer than the period, or they are too short. */
  adjust(domain: Domain, parameters: Parameters, nowNs: number): number {
    const wanted = { ...this.parameters(domain), ...parameters };
    const [periodNs, sliceNs, latencyNs] = [wanted['nat_period']!, wanted['nat_slice']!, wanted['latency']!];
    const isPossible = latencyNs <= periodNs && sliceNs <= periodNs && sliceNs >= 0;
    if (!isPossible || latencyNs < MIN_PERIOD_NS || !Number.isSafeInteger(periodNs)) return -EINVAL;
    this.tick(nowNs);
    const contract = this.ofDomain(domain);
    Object.assign(contract, { periodNs, sliceNs, latencyNs, extraShare: Number(wanted['xtratime'] !== 0) });
    this.begin(contract, nowNs);
    return 0;
  }

  dumpSettings(): string[] {
    return [`BESTEFFORT_QUANTUM = ${String(QUANTUM_NS)}ns`];
  }
}
