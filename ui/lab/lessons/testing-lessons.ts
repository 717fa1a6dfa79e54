/** What is known of a lesson for tests alone: a page that had it would tell it. */
import type { Student } from './testing.ts';

type Does = (student: Student) => Promise<void>;

export interface Solution {
  /** What is done in each step, by its id. */
  readonly steps: Readonly<Record<string, Does>>;
  /** What is done instead that the text warns of, by its id: where the steps before are done. */
  readonly mistakes: Readonly<Record<string, Does>>;
  /** Of these, those that take minutes of a processor: `npm run soak:lessons` makes them, tests have them from data. */
  readonly weighty?: readonly string[];
}
