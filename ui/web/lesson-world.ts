/** The world of the lesson that is taken: made, and made again with kernels that the student has changed. */
import { signal } from '@preact/signals';
import { changesOf, isOwnSource } from '../lab/lessons/code.ts';
import type { Changes, Kernels } from '../lab/lessons/code.ts';
import type { Lesson } from '../lab/lessons/lesson.ts';
import { LESSONS } from '../lab/lessons/lessons.ts';
import type { Judged } from '../lab/lessons/tutor.ts';
import { buildKernels } from './build.ts';
import { booted, edits } from './edits.ts';
import type { LabClient } from './lab-client.ts';
import { progressOf, takeDone } from './lesson-progress.ts';
import { dom0Files } from './mote.ts';

/** The lesson whose world there is, and of which boot. */
const world = signal({ lesson: '', boot: -1 });
/** Mistakes that are made now. */
export const mistakes = signal<readonly string[]>([]);

export function isThere(client: LabClient, { name }: Lesson): boolean {
  return world.value.lesson === name && world.value.boot === client.boots.value;
}

/** The lesson that a source belongs to, if it is a student's. */
export function lessonOfSource(path: string): Lesson | undefined {
  return LESSONS.find((lesson) => isOwnSource(lesson, path));
}

/** Hears what becomes of the lesson whose world there is. */
export function judge(judged: Judged): void {
  if (judged.kind === 'mistakes') mistakes.value = judged.made;
  else {
    mistakes.value = [];
    takeDone(world.value.lesson, judged);
  }
}

/** Makes the lesson's world; where something was done in one, goes on there. */
export async function begin(client: LabClient, lesson: Lesson): Promise<void> {
  const last = progressOf(lesson.name).evidence.at(-1);
  await enter(client, lesson, last?.sources ?? changesOf(lesson, edits.value), last?.recording);
}

/** Makes the lesson's world with kernels as the editor has them. What is done stays done. */
export async function buildAndBegin(client: LabClient, lesson: Lesson): Promise<void> {
  await enter(client, lesson, changesOf(lesson, edits.value), undefined);
}

async function enter(
  client: LabClient,
  lesson: Lesson,
  sources: Changes,
  from: string | undefined,
): Promise<void> {
  try {
    const images = await dom0Files();
    const kernels = await kernelsOf(lesson, sources);
    if (kernels === null) return;
    const done = progressOf(lesson.name).done.map(({ step }) => step);
    const request = { lesson: lesson.name, done, ...images, kernels, sources };
    client.study({ ...request, ...(from === undefined ? {} : { from }) }, 'the lesson’s world');
    world.value = { lesson: lesson.name, boot: client.boots.value };
    mistakes.value = [];
    booted.value = new Map(Object.entries(sources));
    if (from === undefined && lesson.begins !== undefined) client.type(`${lesson.begins}\r`, 0);
  } catch (error) {
    client.error.value = `The lesson does not begin: ${error instanceof Error ? error.message : String(error)}.`;
  }
}

/** null: there are errors, which the editor shows, or somebody has cancelled it. */
function kernelsOf(lesson: Lesson, sources: Changes): Promise<Kernels | null> {
  return lesson.kernels === undefined ? Promise.resolve({}) : buildKernels(lesson, sources);
}
