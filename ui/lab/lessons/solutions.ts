/** The solutions of all lessons, by name: for tests. */
import { BALLOONING_SOLUTION } from './ballooning/solution.ts';
import { EVENT_CHANNELS_SOLUTION } from './event-channels/solution.ts';
import { FIRST_KERNEL_SOLUTION } from './first-kernel/solution.ts';
import { GRANTS_SOLUTION } from './grants/solution.ts';
import { HYPERVISOR_SOLUTION } from './hypervisor/solution.ts';
import { MIGRATION_SOLUTION } from './migration/solution.ts';
import { PAGE_FAULTS_SOLUTION } from './page-faults/solution.ts';
import { PAGE_TABLES_SOLUTION } from './page-tables/solution.ts';
import { RINGS_SOLUTION } from './rings/solution.ts';
import { SAVE_RESTORE_SOLUTION } from './save-restore/solution.ts';
import { SCHEDULING_SOLUTION } from './scheduling/solution.ts';
import type { Solution } from './testing-lessons.ts';
import { XM_CREATE_SOLUTION } from './xm-create/solution.ts';

export const SOLUTIONS: ReadonlyMap<string, Solution> = new Map([
  ['hypervisor', HYPERVISOR_SOLUTION],
  ['first-kernel', FIRST_KERNEL_SOLUTION],
  ['page-tables', PAGE_TABLES_SOLUTION],
  ['page-faults', PAGE_FAULTS_SOLUTION],
  ['xm-create', XM_CREATE_SOLUTION],
  ['event-channels', EVENT_CHANNELS_SOLUTION],
  ['grants', GRANTS_SOLUTION],
  ['rings', RINGS_SOLUTION],
  ['ballooning', BALLOONING_SOLUTION],
  ['scheduling', SCHEDULING_SOLUTION],
  ['save-restore', SAVE_RESTORE_SOLUTION],
  ['migration', MIGRATION_SOLUTION],
]);
