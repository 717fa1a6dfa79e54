/** How far somebody is in each lesson: kept by the browser. */
import { lessonNamed } from '../lab/lessons/lessons.ts';
import { NO_PROGRESS, withDone, writeResult } from '../lab/lessons/result.ts';
import type { Progress } from '../lab/lessons/result.ts';
import type { Judged } from '../lab/lessons/tutor.ts';
import { kept } from './kept.ts';

type All = Readonly<Record<string, Progress>>;

const all = kept<All>('lessons', {}, isAll);

export function progressOf(lesson: string): Progress {
  return all.value[lesson] ?? NO_PROGRESS;
}

export function isOver(lesson: string): boolean {
  return progressOf(lesson).done.length === lessonNamed(lesson)?.steps.length;
}

export function guess(lesson: string, step: string, choice: number): void {
  const progress = progressOf(lesson);
  put(lesson, { ...progress, guesses: { ...progress.guesses, [step]: choice } });
}

export function takeDone(lesson: string, judged: Extract<Judged, { kind: 'done' }>): void {
  put(lesson, withDone(progressOf(lesson), judged));
}

export function forget(lesson: string): void {
  put(lesson, NO_PROGRESS);
}

function put(lesson: string, progress: Progress): void {
  all.value = { ...all.value, [lesson]: progress };
}

/** Gives the result as a file, for who grades it. */
export function download(lesson: string): void {
  const link = document.createElement('a');
  link.href = URL.createObjectURL(
    new Blob([writeResult(lesson, progressOf(lesson))], { type: 'application/json' }),
  );
  link.download = `${lesson}.result.json`;
  link.click();
  URL.revokeObjectURL(link.href);
}

function isAll(value: unknown): value is All {
  return isRecord(value) && Object.entries(value).every(([name, each]) => isProgress(name, each));
}

function isProgress(lesson: string, value: unknown): boolean {
  if (!isRecord(value)) return false;
  const { done, guesses, evidence } = value;
  const known = lessonNamed(lesson)?.steps.map(({ id }) => id) ?? [];
  return (
    Array.isArray(done) &&
    // Lessons change: what was done of another version of one is nobody's.
    done.every((each) => isRecord(each) && known.includes(String(each['step']))) &&
    isRecord(guesses) &&
    Array.isArray(evidence) &&
    evidence.every(
      (each) =>
        isRecord(each) &&
        typeof each['recording'] === 'string' &&
        Array.isArray(each['steps']) &&
        isRecord(each['sources']),
    )
  );
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
