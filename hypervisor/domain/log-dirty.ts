/**
 * Log-dirty: which pages of a domain were written since somebody asked (arch/x86/mm/paging.c). The processor notes every frame that
 * is written, whoever writes; here that is gathered by domain, and by pfn, as whoever migrates a domain thinks of it. While it is
 * off it costs nothing; while it is on, each answer costs the guests their cached translations for writes.
 */
import { takeDirtyFrames } from '../../core/machine-state.ts';
import type { Domain } from '../state/domain.ts';
import type { Hypervisor } from '../state/hypervisor.ts';
import { DirtyLog } from '../memory/dirty-log.ts';
import { getM2p } from '../memory/m2p.ts';

/** Gathers what was written since the last time, of all domains whose pages are logged. */
export function gatherDirty({ machine, frames, domains }: Hypervisor): void {
  for (const mfn of takeDirtyFrames(machine)) {
    const log = domains.get(frames.owner[mfn]!)?.dirtyLog;
    if (log === null || log === undefined) continue;
    const pfn = getM2p(frames, mfn);
    if (pfn >= 0) log.mark(pfn);
  }
}

/** Begins: nothing is dirty. */
export function startLog(hypervisor: Hypervisor, domain: Domain): void {
  gatherDirty(hypervisor);
  domain.dirtyLog = new DirtyLog();
}
