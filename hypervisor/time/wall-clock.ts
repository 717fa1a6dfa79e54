/** The wall clock: what system time 0 was, for everyone, and how far off a domain has it (common/time.c). */
import { shared_info } from '../abi/shared-info.ts';
import type { Domain } from '../state/domain.ts';
import type { Hypervisor } from '../state/hypervisor.ts';
import { writeWord } from '../memory/guest-frames.ts';
import { PAGE_BYTES } from '../memory/pages.ts';
import { NS_PER_SECOND } from '../../devices/nanoseconds.ts';

const WORD_BITS = 32n;

/** do_settime: it was `seconds` and `ns` when system time was `systemNs`. Seconds are counted from 1970; all wrap at 64 bits. */
export function setTime(hypervisor: Hypervisor, seconds: bigint, ns: number, systemNs: bigint): void {
  const atZero = BigInt.asUintN(64, seconds * BigInt(NS_PER_SECOND) + BigInt(ns) - systemNs);
  hypervisor.wallClock.seconds = Number(atZero / BigInt(NS_PER_SECOND));
  hypervisor.wallClock.ns = Number(atZero % BigInt(NS_PER_SECOND));
  for (const domain of hypervisor.domains.values()) writeWallClock(hypervisor, domain);
}

/** domain_set_time_offset */
export function setTimeOffset(hypervisor: Hypervisor, domain: Domain, seconds: number): void {
  domain.timeOffsetSeconds = seconds;
  writeWallClock(hypervisor, domain);
}

/** update_domain_wallclock_time: what a domain reads of it in shared_info. */
export function writeWallClock({ frames, wallClock }: Hypervisor, domain: Domain): void {
  if (domain.isDying) return;
  const seconds = BigInt.asUintN(64, BigInt(wallClock.seconds) + BigInt(domain.timeOffsetSeconds));
  const { words } = frames.memory;
  const put = (at: number, value: number): void => {
    writeWord(frames, domain.sharedInfoMfn * PAGE_BYTES + at, value);
  };
  const { wc_version, wc_sec, wc_nsec, wc_sec_hi } = shared_info.offset;
  put(wc_version, words[(domain.sharedInfoMfn * PAGE_BYTES + wc_version) / 4]! + 2);
  put(wc_sec, Number(BigInt.asUintN(32, seconds)));
  put(wc_nsec, wallClock.ns);
  put(wc_sec_hi, Number(seconds >> WORD_BITS));
}
