/** The solutions of all lessons, by name: for tests. */
import type { Solution } from './testing-lessons.ts';
import { XM_CREATE_SOLUTION } from './xm-create/solution.ts';

export const SOLUTIONS: ReadonlyMap<string, Solution> = new Map([['xm-create', XM_CREATE_SOLUTION]]);
