/** Judges a result: its recordings are replayed, and at each of their marks the world says whether the step is done. */
import type { OpenedRun } from '../runs.ts';
import { SnapshotError } from '../snapshot/errors.ts';
import { readRecording } from '../time/recording.ts';
import type { Recording } from '../time/recording.ts';
import type { Evidence } from './evidence.ts';
import { lessonWorld } from './lesson-world.ts';
import { isOwnSource } from './code.ts';
import type { Build } from './code.ts';
import type { Lesson, Step } from './lesson.ts';
import { ResultError } from './result.ts';
import type { Result } from './result.ts';
import { bootAgain, goAgain } from './sitting.ts';
import { startLesson } from './start.ts';
import type { LessonImages } from './start.ts';

export interface Verdict {
  readonly step: string;
  readonly holds: boolean;
  /** Why it does not; empty: it does. */
  readonly why: string;
  /** What was said before, and what was right; null: there is no question, or nothing was said. */
  readonly guess: number | null;
  readonly answer: number | null;
}

/**
 * A verdict for each of the lesson's steps; `build` makes the student's kernels again. Rejects with a ResultError for evidence that
 * cannot be read, is of another world, or has sources that are not the student's or do not build.
 */
export async function gradeResult(
  core: WebAssembly.Module,
  lesson: Lesson,
  result: Result,
  images: LessonImages,
  build: Build,
): Promise<readonly Verdict[]> {
  const found = new Map<string, Seen>();
  for (const evidence of result.evidence)
    for (const [step, seen] of await lookAgain(
      core,
      lesson,
      evidence,
      await withKernels(lesson, evidence, images, build),
    ))
      if (found.get(step)?.why !== '') found.set(step, seen);
  return lesson.steps.map(({ id }) => {
    const { why, answer } = found.get(id) ?? { why: 'there is no evidence of it', answer: null };
    return { step: id, holds: why === '', why, guess: result.guesses[id] ?? null, answer };
  });
}

async function withKernels(
  lesson: Lesson,
  { sources }: Evidence,
  images: LessonImages,
  build: Build,
): Promise<LessonImages> {
  const strange = Object.keys(sources).find((path) => !isOwnSource(lesson, path));
  if (strange !== undefined) throw new ResultError(`${strange} is no source of ${lesson.name}`);
  if (lesson.kernels === undefined) return images;
  const kernels = await build(lesson, sources);
  if (typeof kernels === 'string') throw new ResultError(`its sources do not build: ${kernels}`);
  return { ...images, kernels };
}

/** What is seen of a step where it should be done. */
interface Seen {
  readonly why: string;
  readonly answer: number | null;
}

async function lookAgain(
  core: WebAssembly.Module,
  lesson: Lesson,
  { steps, recording: text }: Evidence,
  images: LessonImages,
): Promise<Map<string, Seen>> {
  const recording = await recordingOf(text);
  const wanted = steps.map((id) => lesson.steps.find((step) => step.id === id));
  if (wanted.length !== recording.marks.length || wanted.includes(undefined))
    throw new ResultError('damaged: its recording has other steps than the lesson');
  await checkWorld(core, lesson, recording, images);
  const opened = await bootAgain(core, lesson, recording, images);
  for (const { lab } of opened.hosts) lab.witness.watch();
  const seen = new Map<string, Seen>();
  for (const [n, step] of (wanted as readonly Step[]).entries())
    seen.set(step.id, await lookAt(opened, step, recording.marks[n]!));
  return seen;
}

async function lookAt(opened: OpenedRun, step: Step, mark: Recording['marks'][number]): Promise<Seen> {
  const { stop, differs } = await goAgain(opened, [mark]);
  if (differs !== null)
    return { why: 'its recording comes to another state: another version made it', answer: null };
  if (stop !== undefined) return { why: 'its recording ends before', answer: null };
  const world = lessonWorld(opened.hosts);
  if (!step.done(world)) return { why: 'it is not done at that instant', answer: null };
  return { why: '', answer: step.prediction?.answer(world) ?? null };
}

async function recordingOf(text: string): Promise<Recording> {
  try {
    return await readRecording(new TextEncoder().encode(text));
  } catch (error) {
    if (error instanceof SnapshotError) throw new ResultError(error.message, { cause: error });
    throw error;
  }
}

/** Whoever brings a recording of another world has done something else than the lesson. */
async function checkWorld(
  core: WebAssembly.Module,
  lesson: Lesson,
  { kind, description, images: names }: Recording,
  images: LessonImages,
): Promise<void> {
  const { kept } = await startLesson(core, lesson, images);
  const own = await recordingOf(new TextDecoder().decode(await kept.recording([])));
  if (JSON.stringify([kind, description]) !== JSON.stringify([own.kind, own.description]))
    throw new ResultError(`its recording is not of the world of ${lesson.name}`);
  if (JSON.stringify(names) !== JSON.stringify(own.images))
    throw new ResultError('its recording is of other images of Mote: another version of Xenoscope made it');
}
