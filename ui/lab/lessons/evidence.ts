/**
 * What proves that steps of a lesson were done: recordings, each of a run up to where its last step was, with a mark for each
 * step. Whoever replays one comes to the same instants, in the same state, and can look whether what was to be done is done.
 */
import type { OpenedRun } from '../runs.ts';
import { markOf } from '../time/marks.ts';
import type { Mark } from '../time/recording.ts';
import type { Input } from '../world/inputs.ts';
import type { Changes } from './code.ts';

export interface Evidence {
  /** The steps that were done in this run, in their order: one for each of the recording's marks. */
  readonly steps: readonly string[];
  /** A recording's file, as text: it has no snapshots. */
  readonly recording: string;
  /** What the student's kernels were built from: their files that are not as they came. */
  readonly sources: Changes;
}

/** A mark, and what had come from outside until then. */
interface Done {
  readonly step: string;
  readonly mark: Mark;
  readonly inputs: readonly (readonly Input[])[];
}

/** Makes evidence of a run while it goes on. */
export class Witnessed {
  private readonly opened: OpenedRun;
  private readonly sources: Changes;
  private done: readonly Done[] = [];

  constructor(opened: OpenedRun, sources: Changes) {
    this.opened = opened;
    this.sources = sources;
  }

  /**
   * A step is done here and now; the hosts are all at one time (`Marked.settle`). `isNew`: the run is another than that of the
   * evidence before, because somebody went back in time and did something else.
   */
  async add(step: string): Promise<{ readonly evidence: Evidence; readonly isNew: boolean }> {
    const { run } = this.opened.kept;
    const before = this.done.filter((each) => this.isOnTheWay(each));
    const isNew = before.length < this.done.length || this.done.length === 0;
    this.done = [...before, { step, mark: await markOf(run), inputs: this.come }];
    const file = await this.opened.kept.recording(this.done.map((each) => each.mark));
    const evidence = {
      steps: this.done.map((each) => each.step),
      recording: new TextDecoder().decode(file),
      sources: this.sources,
    };
    return { evidence, isNew };
  }

  private get come(): readonly (readonly Input[])[] {
    const { inputs } = this.opened.kept.run.past;
    return inputs.logged().of.map((of, host) => of.slice(0, inputs.come[host]));
  }

  /** It has been at a mark on its way to the present. */
  private isOnTheWay({ mark, inputs }: Done): boolean {
    if (mark.ns > this.opened.kept.run.ns) return false;
    return this.come.every((now, host) => {
      const then = inputs[host]!;
      const next = now[then.length];
      return (
        then.every((input, n) => now[n] === input) && (next?.ticks ?? Infinity) >= mark.places[host]!.ticks
      );
    });
  }
}
