/**
 * The TSC that a domain reads: the processor's own, or, where a toolstack wants another frequency than the processor has (that of
 * the machine that a domain was saved on) or always an emulated one, one that is reckoned from system time (arch/x86/time.c).
 */
import { TSC_MODE_ALWAYS_EMULATE, TSC_MODE_DEFAULT, TSC_MODE_NEVER_EMULATE } from '../abi/domctl.ts';
import { tscKhz } from '../state/clock.ts';
import type { Domain } from '../state/domain.ts';
import type { Hypervisor } from '../state/hypervisor.ts';
import { NS_PER_SECOND } from '../../devices/nanoseconds.ts';

const NS_PER_MS = 1_000_000n;
const TWO_32 = 2 ** 32;

/** What RDTSC gives: cycles. */
export function readTsc(hypervisor: Hypervisor, domain: Domain): number {
  if (!domain.tscEmulated) return hypervisor.ticks();
  return cyclesAt(domain, hypervisor.nowNs());
}

/** gtime_to_gtsc: an emulated TSC at a system time. */
function cyclesAt(domain: Domain, ns: number): number {
  return Number((BigInt(ns - domain.tscOffsetNs) * BigInt(domain.tscKhz)) / NS_PER_MS);
}

/** pvclock's multiplier (of 2^32) and shift for a domain: ns of its TSC's cycles (set_time_scale). */
export function tscScale({ clock }: Hypervisor, domain: Domain): { multiplier: number; shift: number } {
  if (!domain.tscEmulated) return clock;
  let hz = domain.tscKhz * 1000;
  let shift = 0;
  for (; hz > NS_PER_SECOND * 2; shift--) hz = Math.floor(hz / 2);
  for (; hz <= NS_PER_SECOND; shift++) hz *= 2;
  return { multiplier: Math.floor((TWO_32 * NS_PER_SECOND) / hz), shift };
}

/** Its frequency. */
export function tscKhzOf({ clock }: Hypervisor, domain: Domain): number {
  return domain.tscEmulated ? domain.tscKhz : tscKhz(clock);
}

/**
 * tsc_set_info: what a toolstack wants of a domain's TSC, which has counted for `elapsedNs`. `khz` 0: the processor's. False: there
 * is no such mode.
 */
export function setTsc(
  hypervisor: Hypervisor,
  domain: Domain,
  mode: number,
  elapsedNs: number,
  khz: number,
  incarnation: number,
): boolean {
  const own = tscKhz(hypervisor.clock);
  if (mode > TSC_MODE_NEVER_EMULATE) return false;
  if (mode === TSC_MODE_NEVER_EMULATE) domain.tscEmulated = false;
  else {
    domain.tscKhz = khz === 0 ? own : khz;
    domain.tscOffsetNs = hypervisor.nowNs() - elapsedNs;
    domain.tscEmulated =
      mode === TSC_MODE_ALWAYS_EMULATE || (mode === TSC_MODE_DEFAULT && domain.tscKhz !== own);
  }
  domain.tscMode = mode;
  domain.tscIncarnation = (incarnation + 1) >>> 0;
  return true;
}

/** tsc_get_info: for how many ns it has counted. */
export function tscElapsedNs(hypervisor: Hypervisor, domain: Domain): number {
  const ns = hypervisor.nowNs();
  return domain.tscEmulated ? Math.max(ns - domain.tscOffsetNs, 0) : ns;
}
