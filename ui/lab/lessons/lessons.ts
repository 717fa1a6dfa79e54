/** All lessons, in the order in which they are best taken. */
import { BALLOONING } from './ballooning/lesson.ts';
import { FIRST_KERNEL } from './first-kernel/lesson.ts';
import { GRANTS } from './grants/lesson.ts';
import { HYPERVISOR } from './hypervisor/lesson.ts';
import { EVENT_CHANNELS } from './event-channels/lesson.ts';
import type { Lesson } from './lesson.ts';
import { MIGRATION } from './migration/lesson.ts';
import { PAGE_FAULTS } from './page-faults/lesson.ts';
import { PAGE_TABLES } from './page-tables/lesson.ts';
import { RINGS } from './rings/lesson.ts';
import { SAVE_RESTORE } from './save-restore/lesson.ts';
import { SCHEDULING } from './scheduling/lesson.ts';
import { XM_CREATE } from './xm-create/lesson.ts';

export const LESSONS: readonly Lesson[] = [
  HYPERVISOR,
  FIRST_KERNEL,
  PAGE_TABLES,
  PAGE_FAULTS,
  XM_CREATE,
  EVENT_CHANNELS,
  GRANTS,
  RINGS,
  BALLOONING,
  SCHEDULING,
  SAVE_RESTORE,
  MIGRATION,
];

export function lessonNamed(name: string): Lesson | undefined {
  return LESSONS.find((lesson) => lesson.name === name);
}
