/** A student without a screen: does in Node what somebody does at the page, before the same tutor. */
import { dom0Images } from '../../../guests/toolchain/mote-node.ts';
import { readSources } from '../../../guests/toolchain/node.ts';
import { loadCore } from '../core-node.ts';
import type { OpenedRun } from '../runs.ts';
import type { Stop } from '../stop.ts';
import { buildKernels } from './build-node.ts';
import { folderOf } from './code.ts';
import type { Changes } from './code.ts';
import type { Lesson } from './lesson.ts';
import { lessonWorld } from './lesson-world.ts';
import type { LessonWorld } from './lesson-world.ts';
import { NO_PROGRESS, withDone } from './result.ts';
import type { Progress } from './result.ts';
import { startLesson } from './start.ts';
import { Tutor } from './tutor.ts';

const PROMPT = /\n\/ \$ $/;
const PATIENCE_NS = 120e9;
const SLICE_TICKS = 50_000_000;
const NS_PER_SECOND = 1e9;
/** Ctrl-], which leaves a domain's console. */
const LEAVE = '\x1d';

/** A world of the lesson, and who looks over the student's shoulder there. */
interface Place {
  readonly opened: OpenedRun;
  readonly world: LessonWorld;
  readonly tutor: Tutor;
}

export class Student {
  readonly lesson: Lesson;
  progress: Progress = NO_PROGRESS;
  /** Of the step that is to be done next: what the tutor says that is wrong. */
  mistakes: readonly string[] = [];
  private readonly behind: readonly string[];
  private place!: Place;
  /** What of the lesson's sources was changed last. */
  private sources: Changes = {};

  private constructor(lesson: Lesson, behind: readonly string[]) {
    this.lesson = lesson;
    this.behind = behind;
  }

  /** Before a lesson's world that has come to its prompts. `done`: steps that are behind. */
  static async before(lesson: Lesson, done: readonly string[] = []): Promise<Student> {
    const student = new Student(lesson, done);
    await student.enter({});
    return student;
  }

  get world(): LessonWorld {
    return this.place.world;
  }

  private get opened(): OpenedRun {
    return this.place.opened;
  }

  private get tutor(): Tutor {
    return this.place.tutor;
  }

  /** Another world of the lesson, in which the student's kernels are built from these, at its prompts. */
  private async enter(sources: Changes): Promise<void> {
    const { lesson } = this;
    const kernels = await buildKernels(lesson, sources);
    if (typeof kernels === 'string') throw new Error(kernels);
    const opened = await startLesson(loadCore(), lesson, { ...(await dom0Images()), kernels });
    for (const { lab } of opened.hosts) lab.witness.watch();
    const tutor = new Tutor(lesson, opened, [...this.behind, ...this.done], sources, (judged) => {
      if (judged.kind === 'done') this.progress = withDone(this.progress, judged);
      this.mistakes = judged.kind === 'mistakes' ? judged.made : [];
    });
    this.place = { opened, world: lessonWorld(opened.hosts), tutor };
    this.mistakes = [];
    for (const host of opened.hosts.keys()) await this.until(PROMPT, host);
  }

  /**
   * Changes one of the lesson's kernels, its main.ts as it is by now, from text to text; builds, boots, and types what the lesson
   * begins with.
   */
  async builds(kernel: string, swaps: readonly (readonly [from: string, to: string])[]): Promise<void> {
    await this.changes(kernel, swaps);
    await this.types(this.lesson.begins!);
  }

  private async changes(
    kernel: string,
    swaps: readonly (readonly [from: string, to: string])[],
  ): Promise<void> {
    const path = `${folderOf(this.lesson, kernel)}/main.ts`;
    let text = this.sources[path] ?? readSources().get(path)!;
    for (const [from, to] of swaps) {
      if (!text.includes(from)) throw new Error(`${path} has no ${from}`);
      text = text.replace(from, () => to);
    }
    this.sources = { ...this.sources, [path]: text };
    await this.enter(this.sources);
  }

  /** As `builds`, and lets it run until the tutor tells of a mistake: of a kernel that leaves nobody else the processor. */
  async errs(
    mistake: string,
    kernel: string,
    swaps: readonly (readonly [from: string, to: string])[],
  ): Promise<void> {
    await this.changes(kernel, swaps);
    this.keys(`${this.lesson.begins!}\r`);
    const untilNs = this.lab(0).ns + PATIENCE_NS;
    while (!this.mistakes.includes(mistake) && this.lab(0).ns < untilNs) await this.waits(0.005);
  }

  /** Does something, goes back to where that began, and says what the tutor has said of it: steps that it did, and mistakes. */
  async tries(does: (student: Student) => Promise<void>): Promise<Pick<Student, 'done' | 'mistakes'>> {
    const { place, sources, progress } = this;
    const { run } = place.opened.kept;
    const { inputs } = run.past;
    const log = inputs.logged();
    const { come } = inputs;
    const saved = this.lab(0).course.save();
    await does(this);
    const tried = { done: this.done.slice(progress.done.length), mistakes: this.mistakes };
    this.place = place;
    this.sources = sources;
    this.lab(0).goTo(saved);
    // The run is that which came to there.
    inputs.replace(log);
    inputs.come = come;
    this.progress = progress;
    this.mistakes = [];
    await this.tutor.look();
    return tried;
  }

  /** The steps that were done, since this one began. */
  get done(): readonly string[] {
    return this.progress.done.map(({ step }) => step);
  }

  /** Types a line on a host's console, and waits for the prompt. */
  async types(line: string, host = 0): Promise<void> {
    this.keys(`${line}\r`, host);
    await this.until(PROMPT, host);
  }

  /** Types a line at the console of a domain. */
  async typesIn(domain: string, line: string, host = 0): Promise<void> {
    this.keys(`xm console ${domain}\recho here\r`, host);
    await this.until(/\nhere\n\/ \$ $/, host);
    await this.types(line, host);
    this.keys(LEAVE, host);
    await this.until(PROMPT, host);
  }

  keys(text: string, host = 0): void {
    this.lab(host).type(new TextEncoder().encode(text));
  }

  /** Lets time pass; the tutor looks ten times on the way. */
  async waits(seconds: number): Promise<void> {
    for (let n = 0; n < 10; n++) {
      const ns = this.lab(0).ns + (seconds / 10) * NS_PER_SECOND;
      await this.run(() => this.lab(0).run({ ns }, SLICE_TICKS));
    }
  }

  /** Runs until a host's console has printed this. */
  async until(text: RegExp, host = 0): Promise<void> {
    const lab = this.lab(host);
    const pattern = new RegExp(text.source.replaceAll('\\n', '\\r?\\n'));
    const untilNs = lab.ns + PATIENCE_NS;
    const stop = await this.run(() => lab.run({ text: pattern, ns: untilNs }, SLICE_TICKS));
    if (stop.kind === 'text') return;
    throw new Error(
      `${String(text)} has not come: ${stop.kind}; ${this.world.hosts[host]!.printed(0).slice(-300)}`,
    );
  }

  private lab(host: number) {
    return this.opened.hosts[host]!.lab;
  }

  private async run(go: () => Stop | undefined): Promise<Stop> {
    let stop: Stop | undefined;
    while (stop === undefined) stop = go();
    await this.tutor.look();
    return stop;
  }
}
