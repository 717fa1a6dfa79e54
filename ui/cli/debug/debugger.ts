/** A debugger of a lab: where it stands, how it moves. Commands (commands.ts) are what a person asks of it. */
import { DiskUnavailable } from '../../lab/host-devices.ts';
import { HostCrash } from '../../lab/host-crash.ts';
import { KernelNames } from '../../lab/inside/kernel-names.ts';
import type { Lab } from '../../lab/lab.ts';
import { driveStep, pause } from '../../lab/pacing.ts';
import type { StepKind } from '../../lab/protocol.ts';
import { SnapshotError } from '../../lab/snapshot/errors.ts';
import { beginStep } from '../../lab/stepping.ts';
import type { Stop, Until } from '../../lab/stop.ts';
import { describeStop } from '../../lab/stop-text.ts';
import type { Kept } from '../../lab/runs.ts';
import { Story } from '../../lab/story.ts';
import { recallBefore } from '../../lab/timeline/recalled.ts';
import type { Mark } from '../../lab/time/recording.ts';
import { backTo, goToInstruction, goToTicks, type Search } from '../../lab/time/travel.ts';
import { type Instant, nsOfTick } from '../instant.ts';
import { UserError } from '../user-error.ts';
import { Stops } from './stops.ts';
import { orWrong, Wrong } from './wrong.ts';

const SLICE_TICKS = 5_000_000;
const NS_PER_SECOND = 1e9;
/** Beyond the end of a recording, and in a step, it goes on for so long at once. */
export const PATIENCE_SECONDS = 60;

/** What a file is of. */
export interface Opened {
  /** One that is alone, or those of a world. */
  readonly hosts: readonly { readonly name: string; readonly lab: Lab }[];
  readonly kept: Kept;
  /** Of a recording; null: it is a snapshot. */
  readonly marks: readonly Mark[] | null;
}

/** A host of a world, and what it is stopped at while it is looked at. */
interface Host {
  readonly name: string;
  readonly lab: Lab;
  readonly names: KernelNames;
  readonly stops: Stops;
  /** What has happened as it was moved on. */
  readonly story: Story;
}

export class Debugger {
  readonly hosts: readonly Host[];
  /** The one that is looked at: commands mean it, and the others go with it. */
  private shown: Host;
  readonly kept: Kept;
  /** Of the recording, until another run is begun. */
  marks: readonly Mark[] | null;
  readonly sources: ReadonlyMap<string, string>;
  /** Gives up what is under way. */
  signal: AbortSignal = new AbortController().signal;

  constructor({ hosts, kept, marks }: Opened, sources: ReadonlyMap<string, string>) {
    this.hosts = hosts.map(({ name, lab }) => ({
      name,
      lab,
      names: new KernelNames(lab.hypervisor),
      stops: new Stops(lab),
      story: new Story(lab.periodNs, () => lab.witness.names),
    }));
    this.shown = this.hosts[0]!;
    this.kept = kept;
    this.marks = marks;
    this.sources = sources;
    kept.run.past.isKept = true;
    kept.run.past.keep();
    for (const { lab } of hosts) lab.witness.watch();
  }

  get lab(): Lab {
    return this.shown.lab;
  }

  private get story(): Story {
    return this.shown.story;
  }

  get stops(): Stops {
    return this.shown.stops;
  }

  /** Names that kernels of its domains bring. */
  get names(): KernelNames {
    return this.shown.names;
  }

  get hostName(): string {
    return this.shown.name;
  }

  /** Looks at another host. Throws Wrong where there is none of that name. */
  look(name: string): void {
    const wanted = this.hosts.find((host) => host.name === name);
    if (wanted === undefined) throw new Wrong(`there is no host ${name}`);
    this.lab.breaks.disarm();
    this.shown = wanted;
    this.lab.breaks.arm();
  }

  get ticks(): number {
    return this.lab.place.ticks;
  }

  /** The tick at which the recording ends; without one, the furthest that this run has been. */
  get endTicks(): number {
    return this.marks?.at(-1)?.places[this.lab.course.host]?.ticks ?? this.lab.endTicks;
  }

  /** Runs on; says why it stopped. `ignores`: it passes what it would stop at. */
  async go(until: Until, ignores = false): Promise<string> {
    const { lab } = this;
    const start = { ns: lab.ns, instructions: lab.instructions };
    // What was printed before is no answer: a way of no length forgets it.
    lab.runTo(this.ticks);
    if (ignores) lab.breaks.disarm();
    lab.breaks.leave();
    try {
      return await this.telling(() => this.goOn(until, start));
    } finally {
      lab.breaks.arm();
    }
  }

  /** Hears what happens; what had happened behind here has not. */
  private async telling<T>(work: () => Promise<T>): Promise<T> {
    const { story, lab } = this;
    story.resume(this.ticks);
    lab.hypervisor.trace.add(story);
    try {
      return await work();
    } finally {
      lab.hypervisor.trace.remove(story);
      story.leave(this.ticks);
    }
  }

  /** The story up to here: where nobody has heard it, the past is run again. */
  async told(): Promise<Story> {
    const { story, lab, hosts, signal } = this;
    story.resume(this.ticks);
    if (story.lacks === null) return story;
    const labs = hosts.map((host) => host.lab);
    const recalled = await recallBefore(lab, labs, story.lacks, signal);
    if (recalled !== undefined) story.recall(recalled.events, recalled.isAll);
    return story;
  }

  private async goOn(
    until: Until,
    start: { readonly ns: number; readonly instructions: number },
  ): Promise<string> {
    const { lab } = this;
    const isRecorded = this.ticks < this.endTicks && this.marks !== null;
    const limit = isRecorded
      ? this.endTicks
      : Math.max(this.ticks, lab.endTicks) + (PATIENCE_SECONDS * NS_PER_SECOND) / lab.periodNs;
    while (!this.signal.aborted) {
      const stop = lab.run(until, Math.min(SLICE_TICKS, limit - this.ticks));
      if (stop?.kind === 'waiting') await lab.fetch();
      else if (stop !== undefined) return describeStop(lab, stop, start);
      else if (lab.waitsForEver && !isRecorded) return describeStop(lab, { kind: 'idle' }, start);
      if (this.ticks >= limit) return this.atLimit(isRecorded, start);
      await pause(0);
    }
    return describeStop(lab, undefined, start);
  }

  private atLimit(
    isRecorded: boolean,
    start: { readonly ns: number; readonly instructions: number },
  ): string {
    const went = describeStop(this.lab, { kind: 'time' }, start);
    return isRecorded
      ? went.replace(
          /^That much guest time is over/,
          'The recording ends here; what comes now was never recorded',
        )
      : went.replace(
          /^That much guest time is over/,
          `Nothing that it was to stop at has come for ${String(PATIENCE_SECONDS)} s of guest time`,
        );
  }

  /** Makes steps forward; says where the last one has led. */
  async step(kind: StepKind, count: number): Promise<string> {
    const { lab } = this;
    const start = { ns: lab.ns, instructions: lab.instructions };
    let stop: Stop | undefined | null;
    for (let n = 0; n < count; n++) {
      const stepping = orWrong(() => beginStep(lab, kind));
      const ticks = (PATIENCE_SECONDS * NS_PER_SECOND) / lab.periodNs;
      try {
        stop = await this.telling(() => driveStep(lab, stepping, ticks, { signal: this.signal }));
      } finally {
        stepping.end();
      }
      if (stop?.kind !== 'step') break;
    }
    return describeStop(lab, stop, start, kind);
  }

  /** Looks for something backwards. */
  back(search: Search, what: string): void {
    if (!backTo(this.lab, search)) throw new Wrong(`there is no ${what} between here and ${this.beginning}`);
  }

  /** What cannot be gone behind. */
  get beginning(): string {
    return this.marks === null ? 'the snapshot, where this begins' : 'the beginning of the run';
  }

  /** Goes to an instant, back or forth; where that cannot be, it stays where it is. */
  async goTo(instant: Instant): Promise<void> {
    const present = this.ticks;
    try {
      await this.goToInstant(instant);
    } catch (error) {
      if (error instanceof Wrong) this.goToTicks(present);
      throw error;
    }
  }

  private async goToInstant(instant: Instant): Promise<void> {
    if (instant.kind === 'start') this.lab.past.returnTo(this.lab.past.moments[0]!);
    else if (instant.kind === 'end') await this.goToTime(this.endTicks);
    else if (instant.kind === 'tick') await this.goToTime(instant.value);
    else if (instant.kind === 'instruction') await this.goToInstruction(instant.value);
    else await this.goToTime(Math.ceil(instant.value / this.lab.periodNs));
  }

  private async goToTime(ticks: number): Promise<void> {
    if (ticks <= this.lab.endTicks) this.goToTicks(ticks);
    else {
      this.goToTicks(this.lab.endTicks);
      // A recording may have snapshots of where this has not been.
      const { past, course } = this.lab;
      const near = past.before(course.host, ticks);
      if (near !== undefined && near.places[course.host]!.ticks > this.ticks) past.returnTo(near);
      const until = { ns: nsOfTick(ticks, this.lab.periodNs) };
      const said = await this.go(until, true);
      if (this.ticks < ticks) throw new Wrong(`it has not come so far: ${said}`);
    }
  }

  private goToTicks(ticks: number): void {
    // A domain may end just there.
    if (!goToTicks(this.lab, ticks) && this.ticks !== ticks)
      throw new Wrong(`that is before ${this.beginning}`);
  }

  private async goToInstruction(instructions: number): Promise<void> {
    const { lab } = this;
    if (instructions < lab.instructions) {
      if (!goToInstruction(lab, instructions)) throw new Wrong(`that is before ${this.beginning}`);
      return;
    }
    const said = await this.go({ instructions }, true);
    if (lab.instructions < instructions) throw new Wrong(`it has not come so far: ${said}`);
  }
}

/** What a person or a host may do wrong: it is told, and the next command comes. */
const TOLD = [Wrong, UserError, SnapshotError, DiskUnavailable, HostCrash] as const;

/** An error in words. Throws it where it is none of those. */
export function tell(error: unknown): string {
  if (TOLD.some((kind) => error instanceof kind)) return (error as Error).message;
  throw error;
}
