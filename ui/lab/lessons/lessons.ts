/** All lessons, in the order in which they are best taken. */
import type { Lesson } from './lesson.ts';
import { XM_CREATE } from './xm-create/lesson.ts';

export const LESSONS: readonly Lesson[] = [XM_CREATE];

export function lessonNamed(name: string): Lesson | undefined {
  return LESSONS.find((lesson) => lesson.name === name);
}
