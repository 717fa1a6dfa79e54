/** What a lesson is made of besides its words, which stand in its `text.md` (text.ts): a world, and steps with checks. */
import type { Note } from './facts.ts';
import type { LessonWorld } from './lesson-world.ts';

/** Asked of what a world is now, and of what has been noted of it (facts.ts). It changes nothing. */
export type Predicate = (world: LessonWorld) => boolean;

/** A question that is asked before a step shows what to do. */
export interface Prediction {
  /** The number of its choice, as the text lists them, from 0: computed from the run, at the instant at which the step was done. */
  readonly answer: (world: LessonWorld) => number;
}

/** Something else than what a step asks for, that the text warns of. */
export interface Mistake {
  /** By which the text knows it. */
  readonly id: string;
  /** It has been made: the text says what is wrong. What is to be done is not done by it. */
  readonly made: Predicate;
}

export interface Step {
  /** By which the text and results know it: letters and dashes. */
  readonly id: string;
  /** It is done. Once it is, it stays so, whatever becomes of the world. */
  readonly done: Predicate;
  readonly prediction?: Prediction;
  readonly mistakes?: readonly Mistake[];
}

/** What a lesson's world is made from: Mote is domain 0 of each host. */
export interface LessonHosts {
  /** How many, alike, on one LAN: A, B, …; one unless given. */
  readonly hosts?: number;
  /** Domain 0's memory, and all of a host's, in MiB. */
  readonly memoryMb: number;
  readonly hostMb: number;
  /** Files that domain 0 finds at /lab, by path. */
  readonly files?: Readonly<Record<string, string>>;
}

export interface Lesson {
  /** Its folder. */
  readonly name: string;
  readonly title: string;
  /** How long somebody takes who does it for the first time. */
  readonly minutes: number;
  readonly world: LessonHosts;
  /** Kernels that the student writes, each a folder of guests/lessons/NAME/; domain 0 finds them as /lab/KERNEL.elf (code.ts). */
  readonly kernels?: readonly string[];
  /** What is typed at domain 0's console when these were built anew. */
  readonly begins?: string;
  /** What of the trace is noted for the checks; and what of hypercalls that have ended, when they have a result. */
  readonly note?: Note;
  readonly noteEnd?: Note;
  readonly steps: readonly Step[];
}
