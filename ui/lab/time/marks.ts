/** Marks of a run: made on its way, and compared with when it goes the same way again. */
import type { Lab } from '../lab.ts';
import type { Stop, Until } from '../stop.ts';
import { pause } from '../pacing.ts';
import { stateHash } from '../state-hash.ts';
import type { Mark } from './recording.ts';

/** From one mark to the next at least, in guest time and in instructions: a host that idles needs none. */
const MARK_NS = 1e9;
const MARK_INSTRUCTIONS = 20_000_000;
/** A stretch of running without others' turns. */
const SLICE_TICKS = 10_000_000;

/** Makes marks of a lab that somebody else runs. */
export class Marks {
  readonly made: Mark[] = [];
  private readonly lab: Lab;
  private lastNs = 0;
  private lastInstructions = 0;

  constructor(lab: Lab) {
    this.lab = lab;
  }

  /** To be called while the lab stands: makes a mark if it is time for one. */
  async look(): Promise<void> {
    const { lab } = this;
    if (lab.ns < this.lastNs + MARK_NS || lab.instructions < this.lastInstructions + MARK_INSTRUCTIONS)
      return;
    // What has come at this instant may not be all that does.
    if (hasInputNow(lab)) return;
    await this.add();
  }

  /** Makes the mark of the end. */
  async end(): Promise<void> {
    if (hasInputNow(this.lab)) settle(this.lab);
    if (this.made.at(-1)?.ticks === this.lab.hypervisor.ticks()) this.made.pop();
    await this.add();
  }

  private async add(): Promise<void> {
    this.lastNs = this.lab.ns;
    this.lastInstructions = this.lab.instructions;
    this.made.push(await markOf(this.lab));
  }
}

/** Lets inputs of this instant come, and what is due then be done: a run comes back at one place of a tick alone. */
function settle(lab: Lab): void {
  lab.run({}, 0);
}

function hasInputNow({ past, hypervisor }: Lab): boolean {
  return past.inputs[past.come - 1]?.ticks === hypervisor.ticks();
}

/** What the state of a lab is now. */
export async function markOf({ hypervisor, instructions, past }: Lab): Promise<Mark> {
  return { ticks: hypervisor.ticks(), instructions, inputs: past.come, hash: await stateHash(hypervisor) };
}

/** How a replay ended. */
export interface Replayed {
  /** Why it stopped before the end; undefined: it has come to the last mark, or to one that differs. */
  readonly stop: Stop | undefined;
  /** Marks that it was alike at. */
  readonly alike: number;
  /** The number of the first mark, from 1, at which it was not, and what is there instead. */
  readonly differs: { readonly number: number; readonly mark: Mark; readonly found: Mark } | null;
}

/**
 * Runs a lab from mark to mark, up to `until`, and compares. Rejects with DiskUnavailable for bytes of a disk that cannot be had.
 */
export async function replay(lab: Lab, marks: readonly Mark[], until: Until): Promise<Replayed> {
  for (const [index, mark] of marks.entries()) {
    const stop = await runToTicks(lab, mark.ticks, until);
    if (stop !== undefined && stop.kind !== 'ended') return { stop, alike: index, differs: null };
    // Inputs of this instant that nobody has run behind.
    if (lab.past.come < mark.inputs) settle(lab);
    const found = await markOf(lab);
    if (!isSame(found, mark)) return { stop, alike: index, differs: { number: index + 1, mark, found } };
    if (stop !== undefined) return { stop, alike: index + 1, differs: null };
  }
  return { stop: undefined, alike: marks.length, differs: null };
}

function isSame(one: Mark, other: Mark): boolean {
  return one.ticks === other.ticks && one.instructions === other.instructions && one.hash === other.hash;
}

/** Runs up to an instant; a stop: what came before. */
async function runToTicks(lab: Lab, ticks: number, until: Until): Promise<Stop | undefined> {
  for (;;) {
    const left = ticks - lab.hypervisor.ticks();
    if (left <= 0) return undefined;
    const stop = lab.run(until, Math.min(left, SLICE_TICKS));
    if (stop?.kind === 'waiting') await lab.fetch();
    else if (stop !== undefined) return stop;
    await pause(0);
  }
}
