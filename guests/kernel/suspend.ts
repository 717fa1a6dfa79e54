/**
 * Suspending: the domain gives up all that is not its own memory, says in pfns what it says in machine frames, and calls Xen.
 * What returns is either the same domain (the suspension was called off, or a checkpoint made of it: 1), or a new one that was
 * restored from what was saved of this one (0), with the same memory in other frames, and no event channel, grant or watch.
 */
import { SHUTDOWN_suspend, sched_shutdown, start_info } from 'xen';
import { findConsole } from './console/print';
import { listenToConsole, pumpInput } from './console/input';
import { now, resumeClock } from './events/clock';
import { forgetPorts } from './events/events';
import { initTimers } from './events/timers';
import { Frontend } from './frontends/frontend';
import { hasGrants, initGrants, mapGrants, unmapGrants } from './grants/grants';
import { PAGE_SHIFT } from './memory/pages';
import { flush, mfnOf, pageOf } from './memory/pagetable';
import { publishP2m } from './memory/published-p2m';
import { mapForeign, SHARED_INFO, unmapPage } from './memory/window';
import { done, holdXenbus, resumeXenbus } from './store/xenbus';
import { resumeWatches } from './store/watches';
import { HYPERVISOR_suspend } from './xen/hypercalls';
import { startInfo } from './xen/start-info';

const request: usize = memory.data(8, 8);

/**
 * Suspends the domain. True: it was restored. `restored` is called first then, when no port is bound: it does not sleep. `lost`
 * is called for each frontend that does not find its backend again. No thread calls it that hands out watches' notices.
 */
export function suspend(restored: () => void, lost: (frontend: Frontend) => void): bool {
  Frontend.holdAll();
  holdXenbus();
  // From here on nothing sleeps: nobody else runs, and upcalls are masked.
  const before = now();
  if (!leave()) {
    done();
    Frontend.releaseAll();
    return false;
  }
  forgetPorts();
  restored();
  publishP2m();
  findConsole(startInfo());
  listenToConsole();
  resumeClock(before);
  initTimers();
  Frontend.resetAll();
  resumeXenbus();
  resumeWatches();
  pumpInput();
  Frontend.reconnectAll(lost);
  return true;
}

/** Is gone, and comes back. True: restored. */
function leave(): bool {
  const info = startInfo();
  const storeMfn = load<u64>(info + start_info.store_mfn);
  const consoleMfn = load<u64>(info + start_info.console_domU_mfn);
  if (hasGrants()) unmapGrants();
  unmapPage(SHARED_INFO);
  flush();
  store<u64>(info + start_info.store_mfn, pageOf(storeMfn) >> PAGE_SHIFT);
  store<u64>(info + start_info.console_domU_mfn, pageOf(consoleMfn) >> PAGE_SHIFT);
  store<u32>(request + sched_shutdown.reason, SHUTDOWN_suspend);
  const isCalledOff = HYPERVISOR_suspend(request, mfnOf(info)) != 0;
  mapForeign(SHARED_INFO, load<u64>(info + start_info.shared_info) >> PAGE_SHIFT);
  if (isCalledOff) {
    store<u64>(info + start_info.store_mfn, storeMfn);
    store<u64>(info + start_info.console_domU_mfn, consoleMfn);
    if (hasGrants()) mapGrants();
  } else if (hasGrants()) initGrants();
  return !isCalledOff;
}
