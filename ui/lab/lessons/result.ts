/** How far a student is in a lesson, and that as a file: answers, and evidence that `xenoscope grade` replays. */
import { DescriptionError, Field } from '../world/field.ts';
import type { Evidence } from './evidence.ts';
import type { Judged } from './tutor.ts';

export interface Progress {
  /** The steps that are done, in the order in which they were, and what was right of their questions (null: there was none). */
  readonly done: readonly { readonly step: string; readonly answer: number | null }[];
  /** What the student has said before, by step. */
  readonly guesses: Readonly<Record<string, number>>;
  /** Of runs, the oldest first. */
  readonly evidence: readonly Evidence[];
}

export const NO_PROGRESS: Progress = { done: [], guesses: {}, evidence: [] };

export function withDone(progress: Progress, judged: Extract<Judged, { kind: 'done' }>): Progress {
  const { step, answer, evidence, isNew } = judged;
  const kept = isNew ? progress.evidence : progress.evidence.slice(0, -1);
  return { ...progress, done: [...progress.done, { step, answer }], evidence: [...kept, evidence] };
}

const FORMAT = 'result of a lesson of Xenoscope';
/** Goes up when the content changes, or what it means. */
const VERSION = 2;
const MOST = 1000;

/** A result that was read from a file. */
export interface Result {
  /** The lesson's name. */
  readonly lesson: string;
  readonly guesses: Readonly<Record<string, number>>;
  readonly evidence: readonly Evidence[];
}

export class ResultError extends Error {}

/** A file's text. The recordings stand in it as what they are, JSON. */
export function writeResult(lesson: string, { guesses, evidence }: Progress): string {
  const runs = evidence.map(({ steps, recording, sources }) => ({
    steps,
    sources,
    recording: JSON.parse(recording) as unknown,
  }));
  return `${JSON.stringify({ format: FORMAT, version: VERSION, lesson, guesses, evidence: runs }, null, 1)}\n`;
}

/** Reads a file. Throws ResultError, in one line, for what is none, of another version, or damaged. */
export function readResult(text: string): Result {
  try {
    const given = new Field('', parsed(text)).object(['format', 'version', 'lesson', 'guesses', 'evidence']);
    if (given.format.text() !== FORMAT) throw new ResultError(`it is no ${FORMAT}`);
    if (given.version.number(0, MOST) !== VERSION)
      throw new ResultError(`it is of another version than this Xenoscope reads, ${String(VERSION)}`);
    return {
      lesson: given.lesson.text(),
      guesses: Object.fromEntries(
        [...given.guesses.entries()].map(([step, guess]) => [step, guess.number(0, MOST)]),
      ),
      evidence: given.evidence.list(MOST).map(evidenceOf),
    };
  } catch (error) {
    if (error instanceof DescriptionError) throw new ResultError(`it is no ${FORMAT}: ${error.message}`);
    throw error;
  }
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new ResultError('it is damaged, or something else: it is no JSON', { cause: error });
  }
}

function evidenceOf(field: Field): Evidence {
  const { steps, recording, sources } = field.object(['steps', 'recording', 'sources']);
  return {
    steps: steps.list(MOST).map((step) => step.text()),
    recording: JSON.stringify(recording.value),
    sources: Object.fromEntries([...sources.entries()].map(([path, text]) => [path, text.text()])),
  };
}
