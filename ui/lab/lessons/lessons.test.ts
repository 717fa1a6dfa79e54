/** Every lesson: its solution does all its steps, what its text warns of does none, and where nothing is done nothing counts. */
import { describe, expect, test } from 'vitest';
import { dom0Images } from '../../../guests/toolchain/mote-node.ts';
import { loadCore } from '../core-node.ts';
import { gradeResult } from './grade.ts';
import { LESSONS } from './lessons.ts';
import { readResult, writeResult } from './result.ts';
import { SOLUTIONS } from './solutions.ts';
import { Student } from './testing.ts';
import { TEXTS } from './texts.ts';

test('words and checks are of the same steps', () => {
  expect([...TEXTS.keys()]).toEqual(LESSONS.map(({ name }) => name));
  for (const { name, title, steps } of LESSONS) {
    const text = TEXTS.get(name)!;
    expect(text.title).toBe(title);
    expect(text.steps.map(({ id }) => id)).toEqual(steps.map(({ id }) => id));
    for (const [n, step] of steps.entries()) {
      expect(text.steps[n]!.ask !== null, step.id).toBe(step.prediction !== undefined);
      expect([...text.steps[n]!.mistakes.keys()], step.id).toEqual((step.mistakes ?? []).map(({ id }) => id));
    }
  }
});

describe.each(LESSONS)('$name', (lesson) => {
  const solution = SOLUTIONS.get(lesson.name)!;
  const choices = (step: string): number =>
    TEXTS.get(lesson.name)!.steps.find(({ id }) => id === step)!.ask?.choices.length ?? 0;

  test('its solution does every step, none before its turn; the result holds when it is replayed', async () => {
    const student = await Student.before(lesson);
    for (const [n, { id, mistakes = [] }] of lesson.steps.entries()) {
      expect(student.done).toHaveLength(n);
      // What is wrong instead: the step is not done, and the tutor says why.
      for (const mistake of mistakes) {
        const other = student.fork();
        await solution.mistakes[mistake.id]!(other);
        expect(other.done, mistake.id).toEqual([]);
        expect(other.mistakes, mistake.id).toContain(mistake.id);
      }
      await solution.steps[id]!(student);
      expect(student.done, id).toHaveLength(n + 1);
      expect(student.mistakes).toEqual([]);
    }
    for (const [n, { step, answer }] of student.progress.done.entries()) {
      if (lesson.steps[n]!.prediction === undefined) expect(answer, step).toBeNull();
      else expect(choices(step), step).toBeGreaterThan(answer!);
    }
    const result = readResult(writeResult(lesson.name, student.progress));
    const verdicts = await gradeResult(loadCore(), lesson, result, await dom0Images());
    expect(verdicts.filter(({ holds }) => !holds)).toEqual([]);
    expect(verdicts.map(({ answer }) => answer)).toEqual(student.progress.done.map(({ answer }) => answer));
  });

  test('where nothing is done, no step is', async () => {
    const student = await Student.before(lesson);
    await student.waits(2);
    const done = lesson.steps.filter((step) => step.done(student.world)).map(({ id }) => id);
    expect(done).toEqual([]);
  });
});
