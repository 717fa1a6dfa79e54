/**
 * What the credit scheduler knows of domains and vcpus, and how it hands out credits. A vcpu pays for the time it runs;
 * with credits left it is UNDER, else OVER. Every accounting period the time of all processors is shared out anew, by
 * weight; a domain gets no more than its cap, and nobody more than he can save, which is a period's worth, or three while
 * he waits: what is left over goes to the others. So what is earned is what is spent, and in the long run each runs by its
 * weight.
 *
 * It does what csched_acct of xen/common/sched/credit.c does, with these differences. Credits are kept as the ns of
 * processor time that they pay for (one of Xen's is 0.1 ms). Xen shares among those alone whom a tick found running, and
 * takes half of his savings from whom it strikes off: time that falls between the ticks is run and never paid for.
 */
import type { Vcpu } from '../state/vcpu.ts';

/** CSCHED_PRI_TS_*: just woken; with credits; without. An idle processor's is below all of them. */
export const BOOST = 0;
export const UNDER = -1;
export const OVER = -2;
export const IDLE = -64;

export const DEFAULT_WEIGHT = 256;
/** How many periods' worth one can save who wants to run, and is kept waiting. */
const SAVED_PERIODS = 3;

export class CreditDomain {
  weight = DEFAULT_WEIGHT;
  /** In percent of a processor; 0: none. */
  cap = 0;
  readonly units: CreditUnit[] = [];
}

/** A vcpu. Xen's schedulers call it a unit. */
export class CreditUnit {
  readonly vcpu: Vcpu;
  readonly domain: CreditDomain;
  /** The processor in whose queue it waits, or waited last. */
  pcpu: number;
  priority = UNDER;
  creditNs = 0;
  /** Its domain's cap keeps it from running until it has credits again. */
  isParked = false;
  hasYielded = false;
  isRunning = false;
  /** It is runnable, and runs nowhere. */
  isWaiting = false;
  /** Up to when it has paid, while it runs; when it ran last. In ns. */
  paidNs = 0;
  ranNs = 0;

  constructor(vcpu: Vcpu, domain: CreditDomain, pcpu: number) {
    this.vcpu = vcpu;
    this.domain = domain;
    this.pcpu = pcpu;
  }
}

/** burn_credits: a running vcpu pays for its time up to now. */
export function pay(unit: CreditUnit, nowNs: number): void {
  unit.creditNs -= nowNs - unit.paidNs;
  unit.paidNs = nowNs;
}

/** csched_acct: a period ends, and the time of `pcpus` processors is shared out. */
export function account(domains: Iterable<CreditDomain>, pcpus: number, periodNs: number): void {
  const claims = [...domains].map((domain) => claimOf(domain, periodNs));
  share(claims, pcpus * periodNs);
  for (const { domain, units, shareNs } of claims) {
    share(units, shareNs);
    const parkBelowNs = domain.cap === 0 ? -Infinity : -capNs(domain, periodNs) / units.length;
    for (const { unit, shareNs: earnedNs } of units) {
      unit.creditNs += Math.round(earnedNs);
      judge(unit, periodNs, parkBelowNs);
    }
  }
}

/** Who has a claim to a share, by weight, and the most that it may get, in ns. */
interface Claim {
  readonly weight: number;
  readonly peakNs: number;
  shareNs: number;
}
interface UnitClaim extends Claim {
  readonly unit: CreditUnit;
}
interface DomainClaim extends Claim {
  readonly domain: CreditDomain;
  readonly units: readonly UnitClaim[];
}

function capNs({ cap }: CreditDomain, periodNs: number): number {
  return (cap * periodNs) / 100;
}

/** The weight counts for each vcpu that can use credits, as in Xen. */
function claimOf(domain: CreditDomain, periodNs: number): DomainClaim {
  const units = domain.units.map((unit) => {
    const periods = unit.isWaiting || unit.isRunning ? SAVED_PERIODS : 1;
    const peakNs = Math.max(periods * periodNs - unit.creditNs, 0);
    return { unit, weight: peakNs > 0 ? 1 : 0, peakNs, shareNs: 0 };
  });
  const usableNs = units.reduce((sum, { peakNs }) => sum + peakNs, 0);
  const weight = domain.weight * units.reduce((sum, unit) => sum + unit.weight, 0);
  const peakNs = domain.cap === 0 ? usableNs : Math.min(usableNs, capNs(domain, periodNs));
  return { domain, units, weight, peakNs, shareNs: 0 };
}

/** Shares by weight. Who would get more than its peak gets that, and leaves the rest to the others. */
function share(claims: readonly Claim[], totalNs: number): void {
  let open = claims.filter(({ weight }) => weight > 0);
  let leftNs = totalNs;
  while (open.length > 0) {
    const perWeightNs = leftNs / open.reduce((sum, { weight }) => sum + weight, 0);
    for (const claim of open) claim.shareNs = Math.min(perWeightNs * claim.weight, claim.peakNs);
    const full = open.filter(({ shareNs, peakNs }) => shareNs === peakNs);
    if (full.length === 0) return;
    for (const { peakNs } of full) leftNs -= peakNs;
    open = open.filter((claim) => !full.includes(claim));
  }
}

/** Sets a vcpu's priority by its credits; it can owe no more than a period's. */
function judge(unit: CreditUnit, periodNs: number, parkBelowNs: number): void {
  if (unit.creditNs >= 0) {
    unit.priority = UNDER;
    unit.isParked = false;
    return;
  }
  unit.priority = OVER;
  if (unit.creditNs < parkBelowNs) unit.isParked = true;
  unit.creditNs = Math.max(unit.creditNs, -periodNs);
}
