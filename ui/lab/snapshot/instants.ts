/**
 * Saves a lab at random instants and restores it elsewhere: both must go on alike, to the bit. For tests, and for the long run
 * of scripts/soak-snapshots.ts.
 */
import { Random } from '../../../devices/random.ts';
import { checkFrameTable } from '../../../hypervisor/state/check.ts';
import type { Lab } from '../lab.ts';
import { differenceOf } from './compare.ts';
import type { SavedWorld } from './format.ts';

export interface Instants {
  readonly count: number;
  readonly seed: number;
  /** Ticks from one instant to the next, at most, and how long both go on. */
  readonly apartTicks: number;
  readonly onTicks: number;
  /** The same world elsewhere: made anew, or another lab that goes to it. */
  readonly elsewhere: (saved: SavedWorld, n: number) => Promise<Lab> | Lab;
  /** Told of each instant. */
  readonly progress?: (n: number) => void;
}

/** Runs on for exactly so many ticks, or to where nothing happens any more. */
function runFor(lab: Lab, ticks: number): void {
  const ns = (lab.hypervisor.ticks() + ticks) * lab.periodNs;
  for (
    let stop = lab.run({ ns }, ticks);
    stop === undefined || stop.kind === 'text';
    stop = lab.run({ ns }, ticks)
  );
}

/** What went wrong, a line each: nothing. */
export async function tryInstants(lab: Lab, instants: Instants): Promise<string[]> {
  const { count, seed, apartTicks, onTicks, elsewhere, progress } = instants;
  const random = new Random(seed);
  const faults: string[] = [];
  for (let n = 0; n < count; n++) {
    // Short ways are as likely as long ones.
    runFor(lab, Math.ceil(random.share() ** 3 * apartTicks));
    const saved = lab.save();
    const other = await elsewhere(saved, n);
    const at = `saved at ${String(lab.instructions)} instructions`;
    const restored = differenceOf(other.save(), saved);
    if (restored !== null) faults.push(`${at}: it is another when it is restored: ${restored}`);
    const ticks = Math.ceil(random.share() ** 2 * onTicks);
    runFor(lab, ticks);
    runFor(other, ticks);
    const later = differenceOf(other.save(), lab.save());
    if (later !== null) faults.push(`${at}: ${String(ticks)} ticks later: ${later}`);
    const { frames, domains } = other.hypervisor;
    faults.push(...checkFrameTable(frames, domains).map((fault) => `${at}: ${fault}`));
    progress?.(n);
  }
  return faults;
}
