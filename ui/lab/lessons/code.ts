/**
 * Kernels that a student writes: sources below guests/lessons/, as they come and as he has changed them, and what is built of them.
 * The same sources make the same kernel wherever they are built: a recording of it can be replayed.
 */
import type { Lesson } from './lesson.ts';

/** Files that differ from what the lesson came with: texts by path below guests/. */
export type Changes = Readonly<Record<string, string>>;

/** ELF files by kernel. */
export type Kernels = Readonly<Record<string, Uint8Array>>;

/** Builds a lesson's kernels; a text says what is wrong with the sources. */
export type Build = (lesson: Lesson, changes: Changes) => Promise<Kernels | string>;

/** Where a lesson's sources are, below guests/. */
const rootOf = ({ name }: Lesson): string => `lessons/${name}/`;

/** The folder of one of its kernels. */
export const folderOf = (lesson: Lesson, kernel: string): string => `${rootOf(lesson)}${kernel}`;

/** Whether a file is the student's. */
export const isOwnSource = (lesson: Lesson, path: string): boolean =>
  (lesson.kernels ?? []).some((kernel) => path.startsWith(`${folderOf(lesson, kernel)}/`));

/** Of all that somebody has changed, what is of this lesson. */
export function changesOf(lesson: Lesson, all: Iterable<readonly [path: string, text: string]>): Changes {
  return Object.fromEntries([...all].filter(([path]) => isOwnSource(lesson, path)));
}
