/** The lab in front goes on for a face: by one run or step at a time, which says, when it stands, why. */
import { passes, wantedFilter } from '../event-filter.ts';
import { isEventStep } from '../event-steps.ts';
import type { Lab } from '../lab.ts';
import { drive, driveStep } from '../pacing.ts';
import type { StepKind } from '../protocol.ts';
import { beginSeek, beginStep } from '../stepping.ts';
import type { Stepping } from '../stepping.ts';
import { describeStop, wantedBy } from '../stop-text.ts';
import type { Start } from '../stop-text.ts';
import type { Stop, Until } from '../stop.ts';

/** How far a step to a hypercall or event goes before it gives up, in ticks (10 s of guest time). */
const STEP_TICKS = 10_000_000_000;

/** Who is told of it. */
export interface Listener {
  /** A run begins. `isFree`: it is to stop at nothing. */
  begins(isFree: boolean): void;
  /** A step begins: it may be there at once, which needs no word of its beginning. */
  beginsStep(): void;
  /** A piece is done; what comes next waits for it. */
  onSlice(): Promise<void>;
  /** It has ended, however it ended: the lab stands until this has. */
  ended(): Promise<void> | undefined;
  /** The lab stands, nothing else has taken its place. */
  stands(lab: Lab): void;
}

export class Going {
  private readonly front: () => Lab | null;
  private readonly listener: Listener;
  private run: AbortController | null = null;
  /** Ends when the last run or step has. */
  private over: Promise<unknown> = Promise.resolve();
  /** What the step under way is after; null: it is a run. */
  private wanted: string | null = null;
  private why: string | null = null;
  /** How often somebody has paused it. */
  private pauses = 0;
  /** Guest time never runs ahead of the wall clock; a busy guest is slower anyway. */
  realTime = true;

  /** `front`: the lab that goes on. */
  constructor(front: () => Lab | null, listener: Listener) {
    this.front = front;
    this.listener = listener;
  }

  get isRunning(): boolean {
    return this.run !== null;
  }
  /** What the step under way is after; null: there is none. */
  get stepping(): string | null {
    return this.isRunning ? this.wanted : null;
  }
  /** Why it stands; null: it runs, or has not run yet. */
  get stopped(): string | null {
    return this.isRunning ? null : this.why;
  }
  set stopped(why: string | null) {
    this.why = why;
  }

  pause(): void {
    this.pauses++;
    this.run?.abort();
  }

  /** Another world is there: what goes on is of no interest any more. */
  forget(): void {
    this.run?.abort();
    this.run = null;
    this.why = null;
  }

  /** Ends what goes on, and comes back when the lab stands. */
  async halt(): Promise<void> {
    this.run?.abort();
    await this.over;
  }

  /** As `halt`, for a moment: whether what went on is a run, which nobody has paused meanwhile, and should go on. */
  async interrupt(): Promise<boolean> {
    const { run, pauses } = this;
    const isRun = run !== null && this.wanted === null;
    await this.halt();
    if (this.run === run) this.run = null;
    return isRun && this.pauses === pauses;
  }

  /** Runs until something stops it, which is returned; undefined: a pause, or another run that takes its place. */
  go(until: Until): Promise<Stop | undefined> {
    const isRealTime = (): boolean => this.realTime;
    const run = (lab: Lab, signal: AbortSignal): Promise<Stop | undefined> =>
      drive(lab, until, {
        get realTime() {
          return isRealTime();
        },
        signal,
        onSlice: () => this.listener.onSlice(),
      });
    return this.drive(undefined, run, Object.keys(until).length === 0);
  }

  /** `domain`: to an event of that one. */
  async step(kind: StepKind, domain?: number): Promise<void> {
    await this.stepWith(kind, isEventStep(kind) ? STEP_TICKS : Infinity, (lab) =>
      beginStep(lab, kind, domain),
    );
  }

  /** To the next event like this (event-filter.ts). */
  async seek(event: string): Promise<void> {
    const filter = wantedFilter(event);
    await this.stepWith(undefined, STEP_TICKS, (lab) => beginSeek(lab, (each) => passes(filter, each)));
  }

  private async stepWith(
    kind: StepKind | undefined,
    ticks: number,
    begin: (lab: Lab) => Stepping,
  ): Promise<void> {
    await this.drive(kind, async (lab, signal) => {
      const stepping = begin(lab);
      const onSlice = (): Promise<void> => this.listener.onSlice();
      try {
        return await driveStep(lab, stepping, ticks, { signal, onSlice });
      } finally {
        stepping.end();
      }
    });
  }

  /** Lets the lab go on in place of whatever it does; says where it stands then, and why. `kind`: of a step; `isFree`: of a run that is to stop at nothing. */
  private async drive(
    kind: StepKind | undefined,
    how: (lab: Lab, signal: AbortSignal) => Promise<Stop | undefined | null>,
    isFree = false,
  ): Promise<Stop | undefined> {
    const lab = this.front();
    if (lab === null) return undefined;
    this.run?.abort();
    const run = new AbortController();
    this.run = run;
    await this.over;
    const start: Start = { ns: lab.ns, instructions: lab.instructions };
    if (this.run !== run) return undefined;
    this.wanted = kind === undefined ? null : wantedBy(kind);
    if (kind === undefined) this.listener.begins(isFree);
    else this.listener.beginsStep();
    const going = how(lab, run.signal).finally(() => this.listener.ended());
    this.over = going.catch(() => undefined);
    let stop: Stop | undefined | null;
    try {
      stop = await going;
    } finally {
      if (this.run === run) this.run = null;
    }
    if (this.isRunning || this.front() !== lab) return undefined;
    this.why = describeStop(lab, stop, start, kind);
    this.listener.stands(lab);
    return stop ?? undefined;
  }
}
