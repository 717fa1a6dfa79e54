/** Marks of a run: made on its way, and compared with when it goes the same way again. */
import { pause } from '../pacing.ts';
import type { Mark } from './recording.ts';
import type { Past, Place } from './past.ts';

/** From one mark to the next at least, in guest time and in instructions: a host that idles needs none. */
const MARK_NS = 1e9;
const MARK_INSTRUCTIONS = 20_000_000;

/** What marks are made of: a lab, or a world. */
export interface Marked {
  readonly ns: number;
  readonly places: readonly Place[];
  readonly past: Past;
  hash(): Promise<string>;
  /** Brings all hosts to one time, lets inputs of this instant come, and what is due then be done: where `replay` comes. */
  settle(): Promise<void>;
}

/** Makes marks of a run on its way. */
export class Marks {
  readonly made: Mark[] = [];
  private readonly run: Marked;
  private lastNs = 0;
  private lastInstructions = 0;

  constructor(run: Marked) {
    this.run = run;
  }

  /** To be called while the run stands: makes a mark if it is time for one. */
  async look(): Promise<void> {
    const { run } = this;
    if (run.ns < this.lastNs + MARK_NS || instructionsOf(run) < this.lastInstructions + MARK_INSTRUCTIONS)
      return;
    // What has come at this instant may not be all that does.
    if (hasInputNow(run)) return;
    await run.settle();
    await this.add();
  }

  /** Makes the mark of the end. */
  async end(): Promise<void> {
    await this.run.settle();
    if (this.made.at(-1)?.ns === this.run.ns) this.made.pop();
    await this.add();
  }

  private async add(): Promise<void> {
    this.lastNs = this.run.ns;
    this.lastInstructions = instructionsOf(this.run);
    this.made.push(await markOf(this.run));
  }
}

function instructionsOf({ places }: Marked): number {
  return places.reduce((sum, { instructions }) => sum + instructions, 0);
}

function hasInputNow({ past, places }: Marked): boolean {
  return places.some(({ ticks }, host) => past.inputs.last(host)?.ticks === ticks);
}

/** What the state of a run is now. */
export async function markOf(run: Marked): Promise<Mark> {
  return { ns: run.ns, places: [...run.places], come: run.past.inputs.come, hash: await run.hash() };
}

/** What goes again where it has been. */
export interface Replayable<Stop> extends Marked {
  /**
   * Runs for a while, up to a mark at most; true: it is there, or all hosts have ended on the way. Otherwise why it has stopped
   * before; undefined: it goes on. Rejects with DiskUnavailable for bytes of a disk that cannot be had.
   */
  runTo(mark: Mark): Promise<Stop | true | undefined>;
}

/** How a replay ended. */
export interface Replayed<Stop> {
  /** Why it stopped before the end; undefined: it has come to the last mark, or to one that differs. */
  readonly stop: Stop | undefined;
  /** Marks that it was alike at. */
  readonly alike: number;
  /** The number of the first mark, from 1, at which it was not, and what is there instead. */
  readonly differs: { readonly number: number; readonly mark: Mark; readonly found: Mark } | null;
}

/** Runs from mark to mark, and compares. Rejects with DiskUnavailable for bytes of a disk that cannot be had. */
export async function replay<Stop>(run: Replayable<Stop>, marks: readonly Mark[]): Promise<Replayed<Stop>> {
  for (const [index, mark] of marks.entries()) {
    const stop = await runTo(run, mark);
    if (stop !== undefined) return { stop, alike: index, differs: null };
    // Inputs of this instant that nobody has run behind.
    if (mark.come.some((come, host) => run.past.inputs.come[host]! < come)) await run.settle();
    const found = await markOf(run);
    if (!isSame(found, mark)) return { stop, alike: index, differs: { number: index + 1, mark, found } };
  }
  return { stop: undefined, alike: marks.length, differs: null };
}

async function runTo<Stop>(run: Replayable<Stop>, mark: Mark): Promise<Stop | undefined> {
  for (;;) {
    const stop = await run.runTo(mark);
    if (stop === true) return undefined;
    if (stop !== undefined) return stop;
    await pause(0);
  }
}

/** Whether hosts are where they were, as they were. */
export function isSame(one: Mark, other: Mark): boolean {
  return one.hash === other.hash && isSamePlace(one, other);
}

export function isSamePlace({ places }: Mark, other: Mark): boolean {
  return places.every(
    ({ ticks, instructions }, host) =>
      ticks === other.places[host]?.ticks && instructions === other.places[host].instructions,
  );
}
