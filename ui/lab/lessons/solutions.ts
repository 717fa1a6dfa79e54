/** The solutions of all lessons, by name: for tests. */
import { BALLOONING_SOLUTION } from './ballooning/solution.ts';
import { EVENT_CHANNELS_SOLUTION } from './event-channels/solution.ts';
import { HYPERVISOR_SOLUTION } from './hypervisor/solution.ts';
import { MIGRATION_SOLUTION } from './migration/solution.ts';
import { SAVE_RESTORE_SOLUTION } from './save-restore/solution.ts';
import { SCHEDULING_SOLUTION } from './scheduling/solution.ts';
import type { Solution } from './testing-lessons.ts';
import { XM_CREATE_SOLUTION } from './xm-create/solution.ts';

export const SOLUTIONS: ReadonlyMap<string, Solution> = new Map([
  ['hypervisor', HYPERVISOR_SOLUTION],
  ['xm-create', XM_CREATE_SOLUTION],
  ['event-channels', EVENT_CHANNELS_SOLUTION],
  ['ballooning', BALLOONING_SOLUTION],
  ['scheduling', SCHEDULING_SOLUTION],
  ['save-restore', SAVE_RESTORE_SOLUTION],
  ['migration', MIGRATION_SOLUTION],
]);
