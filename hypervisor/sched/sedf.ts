/**
 * Simple EDF, as Xen 3 had it: domains have a period and a slice of it (edf.ts), or a weight by which they share what of a period is
 * promised to nobody else. What is left over is shared, half a millisecond at a time, among domains with extra time: in proportion to
 * their weights, or to what they are promised.
 *
 * Compare common/sched_sedf.c of Xen 4.5, the last that had it. There, each processor had queues of its own, and weights counted on each
 * by itself: here they do on all of them together.
 */
import type { Chance } from '../../devices/chance.ts';
import { NS_PER_MS } from '../../devices/nanoseconds.ts';
import { EXTRA_AWARE, XEN_SCHEDULER_SEDF } from '../abi/domctl.ts';
import { EINVAL } from '../abi/errno.ts';
import type { Domain } from '../state/domain.ts';
import type { Pcpu } from '../state/pcpu.ts';
import type { Parameters } from '../state/scheduler.ts';
import type { Vcpu } from '../state/vcpu.ts';
import { Edf, type Contract } from './edf.ts';

/** EXTRA_QUANTUM: a turn of left-over time. */
const QUANTUM_NS = 500_000;
/** WEIGHT_PERIOD: of who has a weight; and what of it is promised to nobody. */
const WEIGHT_PERIOD_NS = 100 * NS_PER_MS;
const WEIGHT_SAFETY_NS = 5 * NS_PER_MS;
const PERIOD_MAX_NS = 10_000 * NS_PER_MS;
const PERIOD_MIN_NS = 10_000;
const SLICE_MIN_NS = 5000;
/** Of left-over time, a weight of so much has as much as who is promised a whole processor. */
const WHOLE_EXTRA_WEIGHT = 128;

export interface SedfContract extends Contract {
  /** Its slice is reckoned from this; 0: it was given. */
  weight: number;
  /** Of left-over time; 0: what it is promised counts. */
  extraWeight: number;
  takesExtra: boolean;
}

export class Sedf extends Edf<SedfContract> {
  readonly name = 'sedf';
  readonly title = 'Simple EDF Scheduler';
  readonly id = XEN_SCHEDULER_SEDF;

  constructor(pcpus: readonly Pcpu[], chance?: Chance) {
    super(pcpus, QUANTUM_NS, chance);
  }

  /** Domain 0 has what it needs to boot, all others what is left over; of that all have as much. */
  protected usual(domain: Domain): SedfContract {
    const promise =
      domain.id === 0
        ? { periodNs: 20 * NS_PER_MS, sliceNs: 15 * NS_PER_MS }
        : { periodNs: WEIGHT_PERIOD_NS, sliceNs: 0 };
    return withExtra({
      ...promise,
      latencyNs: 0,
      weight: 0,
      extraWeight: 1,
      takesExtra: true,
      extraShare: 0,
    });
  }

  override insert(vcpu: Vcpu): void {
    super.insert(vcpu);
    this.weigh();
  }

  override remove(domain: Domain): void {
    super.remove(domain);
    this.weigh();
  }

  parameters(domain: Domain): Parameters {
    const { periodNs, sliceNs, latencyNs, takesExtra, weight } = this.ofDomain(domain);
    const extratime = takesExtra ? EXTRA_AWARE : 0;
    return { period: periodNs, slice: sliceNs, extratime, latency: latencyNs, weight };
  }

  /**
   * A weight without a period is of left-over time alone where the domain takes that, else of promised time; without a weight, period
   * and slice are as they are given. -EINVAL: neither; a period beyond 10 µs to 10 s; a slice below 5 µs, or longer than it.
   */
  adjust(domain: Domain, parameters: Parameters, nowNs: number): number {
    const wanted = { ...this.parameters(domain), ...parameters };
    const [period, slice] = [wanted['period']!, wanted['slice']!];
    const [latency, weight] = [wanted['latency']!, wanted['weight']!];
    const takesExtra = (wanted['extratime']! & EXTRA_AWARE) !== 0;
    if (weight === 0 && !isPossible(period, slice)) return -EINVAL;
    if (latency < 0 || latency > PERIOD_MAX_NS) return -EINVAL;
    this.tick(nowNs);
    const contract = this.ofDomain(domain);
    const isBestEffort = weight !== 0 && takesExtra && period === 0;
    if (isBestEffort)
      Object.assign(contract, { weight: 0, extraWeight: weight, periodNs: WEIGHT_PERIOD_NS, sliceNs: 0 });
    else if (weight !== 0) Object.assign(contract, { weight });
    else Object.assign(contract, { weight, extraWeight: 0, periodNs: period, sliceNs: slice });
    Object.assign(contract, { latencyNs: latency, takesExtra });
    this.weigh();
    withExtra(contract);
    this.begin(contract, nowNs);
    return 0;
  }

  dumpSettings(): string[] {
    return [`EXTRA_QUANTUM = ${String(QUANTUM_NS)}ns`];
  }

  /** Weights share what is promised to nobody else; a vcpu can have no more than a processor. New slices are of new periods. */
  private weigh(): void {
    let [promised, weights] = [0, 0];
    for (const { vcpu } of this.vcpus.values()) {
      const { weight, sliceNs, periodNs } = this.ofDomain(vcpu.domain);
      if (weight === 0) promised += (sliceNs * WEIGHT_PERIOD_NS) / periodNs;
      else weights += weight;
    }
    if (weights === 0) return;
    const most = WEIGHT_PERIOD_NS - WEIGHT_SAFETY_NS;
    const free = Math.max(0, most * this.pcpus.length - promised);
    for (const each of this.vcpus.values()) {
      const contract = this.ofDomain(each.vcpu.domain);
      if (contract.weight === 0) continue;
      const isUsual = each.periodNs === contract.periodNs;
      contract.periodNs = WEIGHT_PERIOD_NS;
      contract.sliceNs = Math.floor(Math.min(most, (free * contract.weight) / weights));
      withExtra(contract);
      if (isUsual) [each.periodNs, each.sliceNs] = [contract.periodNs, contract.sliceNs];
    }
  }
}

function isPossible(periodNs: number, sliceNs: number): boolean {
  const isPeriod = periodNs >= PERIOD_MIN_NS && periodNs <= PERIOD_MAX_NS;
  return isPeriod && sliceNs >= SLICE_MIN_NS && sliceNs <= periodNs;
}

/** Sets the share of left-over time that goes with the rest. */
function withExtra(contract: SedfContract): SedfContract {
  const { takesExtra, extraWeight, sliceNs, periodNs } = contract;
  const share = extraWeight > 0 ? extraWeight / WHOLE_EXTRA_WEIGHT : sliceNs / periodNs;
  contract.extraShare = takesExtra ? share : 0;
  return contract;
}
