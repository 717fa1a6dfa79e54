/** SCHEDOP_watchdog: a domain that does not renew its watchdog in time is shut down. */
import { EINVAL, ENOSPC } from '../abi/errno.ts';
import type { Domain } from '../state/domain.ts';
import type { Hypervisor } from '../state/hypervisor.ts';
import { findDeadline } from './deadlines.ts';
import { NS_PER_SECOND } from '../../devices/nanoseconds.ts';

/** Sets (`id` 0: a free one), renews, or stops (0 seconds) a watchdog. Its id, 0, or a negative errno. */
export function setWatchdog(hypervisor: Hypervisor, domain: Domain, id: number, seconds: number): number {
  const timers = domain.watchdogsNs;
  if (id > timers.length) return -EINVAL;
  const deadline = hypervisor.nowNs() + seconds * NS_PER_SECOND;
  if (id === 0) {
    const free = timers.indexOf(-1);
    // Xen tells this errno as an unsigned number of 32 bits.
    if (free < 0) return -ENOSPC >>> 0;
    timers[free] = deadline;
    findDeadline(hypervisor);
    return free + 1;
  }
  if (timers[id - 1] === -1) return -EINVAL;
  timers[id - 1] = seconds === 0 ? -1 : deadline;
  findDeadline(hypervisor);
  return 0;
}
