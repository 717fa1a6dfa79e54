/** `xenoscope grade`: replays what a student has exported, and says what holds. */
import { dom0Images } from '../../guests/toolchain/mote-node.ts';
import { buildKernels } from '../lab/lessons/build-node.ts';
import { gradeResult } from '../lab/lessons/grade.ts';
import type { Verdict } from '../lab/lessons/grade.ts';
import { LESSONS, lessonNamed } from '../lab/lessons/lessons.ts';
import { readResult, ResultError } from '../lab/lessons/result.ts';
import type { LessonText } from '../lab/lessons/text.ts';
import { TEXTS } from '../lab/lessons/texts.ts';
import { EXIT_OK, EXIT_SCENARIO_FAILED } from './exit-codes.ts';
import { readImage } from './host-files.ts';
import { ready } from './ready.ts';
import { UserError } from './user-error.ts';

/** Judges the result in a file; returns the exit status. Throws UserError for one that cannot be read. */
export async function grade(path: string): Promise<number> {
  try {
    return await gradeText(new TextDecoder().decode(readImage(path)));
  } catch (error) {
    if (error instanceof ResultError) throw new UserError(`${path}: ${error.message}`);
    throw error;
  }
}

async function gradeText(file: string): Promise<number> {
  const result = readResult(file);
  const lesson = lessonNamed(result.lesson);
  if (lesson === undefined)
    throw new ResultError(
      `there is no lesson ${result.lesson}; lessons are ${LESSONS.map(({ name }) => name).join(', ')}`,
    );
  const { core, files } = await ready(dom0Images);
  const verdicts = await gradeResult(core, lesson, result, files, buildKernels);
  const text = TEXTS.get(lesson.name)!;
  const held = verdicts.filter(({ holds }) => holds).length;
  const asked = verdicts.filter(({ answer }) => answer !== null);
  const right = asked.filter(({ guess, answer }) => guess === answer).length;
  process.stdout.write(
    [
      lesson.title,
      ...verdicts.map((verdict) => lineOf(verdict, text)),
      `${String(held)} of ${String(verdicts.length)} steps hold; ${String(right)} of ${String(asked.length)} expectations were right`,
      '',
    ].join('\n'),
  );
  return held === verdicts.length ? EXIT_OK : EXIT_SCENARIO_FAILED;
}

function lineOf({ step, holds, why, guess, answer }: Verdict, { steps }: LessonText): string {
  const text = steps.find(({ id }) => id === step)!;
  const line = `${holds ? 'holds ' : 'NOT   '} ${text.title}${why === '' ? '' : `: ${why}`}`;
  if (answer === null || text.ask === null) return line;
  const said =
    guess === null ? 'expected nothing' : `expected: ${text.ask.choices[guess] ?? 'something else'}`;
  return guess === answer
    ? `${line}\n       ${said}, and so it was`
    : `${line}\n       ${said}; it was: ${text.ask.choices[answer] ?? ''}`;
}
