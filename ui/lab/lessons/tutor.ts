/** Looks over a student's shoulder: judges the step that is to be done next, and keeps the evidence of those that are done. */
import type { OpenedRun } from '../runs.ts';
import type { Changes } from './code.ts';
import { Witnessed } from './evidence.ts';
import type { Evidence } from './evidence.ts';
import { lessonWorld } from './lesson-world.ts';
import type { LessonWorld } from './lesson-world.ts';
import type { Lesson, Step } from './lesson.ts';

/** What has become of a lesson. */
export type Judged =
  /** A step is done. */
  | {
      readonly kind: 'done';
      readonly step: string;
      /** The right answer to its question; null: it has none. */
      readonly answer: number | null;
      readonly evidence: Evidence;
      /** It is of another run than the evidence before. */
      readonly isNew: boolean;
    }
  /** Mistakes of the step that is to be done next that are made now: ids. */
  | { readonly kind: 'mistakes'; readonly step: string; readonly made: readonly string[] };

export class Tutor {
  readonly lesson: Lesson;
  private readonly opened: OpenedRun;
  private readonly world: LessonWorld;
  private readonly witnessed: Witnessed;
  private readonly tell: (judged: Judged) => void;
  private readonly left: Step[];
  private made: readonly string[] = [];
  /** Of the step that is to be done next: what was so when it began was not done in it. */
  private before: readonly string[] = [];
  private isLooking = false;

  /** `done`: the steps that were done before, in whatever run. `sources`: what of his the student's kernels were built from. */
  constructor(
    lesson: Lesson,
    opened: OpenedRun,
    done: readonly string[],
    sources: Changes,
    tell: (judged: Judged) => void,
  ) {
    this.lesson = lesson;
    this.opened = opened;
    this.world = lessonWorld(opened.hosts);
    this.witnessed = new Witnessed(opened, sources);
    this.tell = tell;
    this.left = lesson.steps.filter(({ id }) => !done.includes(id));
  }

  /** To be called while the run stands, as often as it does: tells of steps that are done, and of mistakes. */
  async look(): Promise<void> {
    if (this.isLooking) return;
    this.isLooking = true;
    try {
      for (let step = this.left[0]; step !== undefined; step = this.left[0])
        if (!(await this.judge(step))) return;
    } finally {
      this.isLooking = false;
    }
  }

  /** Whether it is done. */
  private async judge(step: Step): Promise<boolean> {
    const { world } = this;
    if (!step.done(world)) {
      this.tellMistakes(step);
      return false;
    }
    // What is done is looked at where all hosts are at one time: a replay comes there.
    await this.opened.kept.run.settle();
    if (!step.done(world)) return false;
    const answer = step.prediction?.answer(world) ?? null;
    const { evidence, isNew } = await this.witnessed.add(step.id);
    this.left.shift();
    this.made = [];
    this.before = this.madeIn(this.left[0]);
    this.tell({ kind: 'done', step: step.id, answer, evidence, isNew });
    return true;
  }

  private tellMistakes(step: Step): void {
    const all = this.madeIn(step);
    this.before = this.before.filter((each) => all.includes(each));
    const made = all.filter((each) => !this.before.includes(each));
    if (made.join() === this.made.join()) return;
    this.made = made;
    this.tell({ kind: 'mistakes', step: step.id, made });
  }

  private madeIn(step: Step | undefined): readonly string[] {
    return (step?.mistakes ?? []).filter(({ made }) => made(this.world)).map(({ id }) => id);
  }
}
