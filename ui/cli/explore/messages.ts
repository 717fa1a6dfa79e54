/** What the threads that try seeds are told, and what they answer: plain data. */
import type { Vary } from '../../../devices/chance.ts';

/** A scenario, by the file that exports it and its name. */
export interface ScenarioName {
  readonly file: string;
  readonly name: string;
}

/** What a thread is made with. */
export interface ThreadData extends ScenarioName {
  /** Whether its processors translate hot code (core-node.ts). */
  readonly translates: boolean;
}

export interface Try {
  readonly vary: Vary;
  /** Whether a recording is wanted, if it fails. */
  readonly isRecorded: boolean;
}

export interface Tried {
  /** What went wrong, as it is told; null: nothing did. */
  readonly failure: string | null;
  /** Xen itself has failed. */
  readonly isHostCrash: boolean;
  /** What was otherwise than without a seed, where it has failed; else nothing. */
  readonly variations: readonly string[];
  /** A recording's file; null: there is none. */
  readonly recording: string | null;
}

/** The first line says what kind of failure it is; numbers in it are of this run. */
export function headline(failure: string): string {
  return failure.split('\n', 1)[0]!;
}

/** Whether two runs have failed alike. */
export function isAlike(one: string | null, other: string | null): boolean {
  if (one === null || other === null) return one === other;
  const kind = (failure: string): string => headline(failure).replaceAll(/\d+/g, '#');
  return kind(one) === kind(other);
}
