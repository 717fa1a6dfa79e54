/** A student sits down: to a lesson's world as it begins, or as it was when the last step was done. */
import { bootRun } from '../runs.ts';
import type { OpenedRun } from '../runs.ts';
import { imagesAmong } from '../own-images.ts';
import { LabRun } from '../time/lab-run.ts';
import { replay } from '../time/marks.ts';
import type { Replayed } from '../time/marks.ts';
import type { Mark, Recording } from '../time/recording.ts';
import { readRecording } from '../time/recording.ts';
import { WorldRun } from '../world/world-run.ts';
import type { Changes } from './code.ts';
import type { Lesson } from './lesson.ts';
import { lessonNamed } from './lessons.ts';
import { noteFor, startLesson } from './start.ts';
import type { LessonImages } from './start.ts';

export interface LessonRequest extends LessonImages {
  /** The lesson's name. */
  readonly lesson: string;
  /** The steps that are done. */
  readonly done: readonly string[];
  /** What the student has changed of the sources that `kernels` were built from. */
  readonly sources?: Changes;
  /** A recording, at whose end it goes on. */
  readonly from?: string;
}

export interface Sitting {
  readonly lesson: Lesson;
  readonly opened: OpenedRun;
  /** What is to happen again before it goes on. */
  readonly marks: readonly Mark[];
}

/** A lesson's world, before its first instruction. Rejects with a RangeError where there is no such lesson, SnapshotError for another recording. */
export async function sitDown(core: WebAssembly.Module, request: LessonRequest): Promise<Sitting> {
  const lesson = lessonNamed(request.lesson);
  if (lesson === undefined) throw new RangeError(`there is no lesson ${request.lesson}`);
  if (request.from === undefined)
    return { lesson, opened: await startLesson(core, lesson, request), marks: [] };
  const recording = await readRecording(new TextEncoder().encode(request.from));
  return {
    lesson,
    opened: await bootAgain(core, lesson, recording, request),
    marks: recording.marks.slice(-1),
  };
}

/** The world of a recording, before its first instruction, in which is noted what the lesson wants to know. Rejects with a SnapshotError. */
export async function bootAgain(
  core: WebAssembly.Module,
  lesson: Lesson,
  recording: Recording,
  { kernel, ramdisk, kernels = {} }: LessonImages,
): Promise<OpenedRun> {
  const files = Object.values(lesson.world.files ?? {}).map((text) => new TextEncoder().encode(text));
  const opened = await bootRun(core, recording, {
    image: imagesAmong([kernel, ramdisk, ...files, ...Object.values(kernels)]),
  });
  noteFor(lesson, opened);
  return opened;
}

/** Goes to marks of a recording, one after the other, from before the first. */
export function goAgain({ hosts, world }: OpenedRun, marks: readonly Mark[]): Promise<Replayed<unknown>> {
  return replay<unknown>(world === null ? new LabRun(hosts[0]!.lab) : new WorldRun(world), marks);
}
