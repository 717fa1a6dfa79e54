/** All lessons, in the order in which they are best taken. */
import { BALLOONING } from './ballooning/lesson.ts';
import { HYPERVISOR } from './hypervisor/lesson.ts';
import { EVENT_CHANNELS } from './event-channels/lesson.ts';
import type { Lesson } from './lesson.ts';
import { MIGRATION } from './migration/lesson.ts';
import { SAVE_RESTORE } from './save-restore/lesson.ts';
import { SCHEDULING } from './scheduling/lesson.ts';
import { XM_CREATE } from './xm-create/lesson.ts';

export const LESSONS: readonly Lesson[] = [
  HYPERVISOR,
  XM_CREATE,
  EVENT_CHANNELS,
  BALLOONING,
  SCHEDULING,
  SAVE_RESTORE,
  MIGRATION,
];

export function lessonNamed(name: string): Lesson | undefined {
  return LESSONS.find((lesson) => lesson.name === name);
}
