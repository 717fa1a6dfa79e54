/** Every lesson: its solution does all its steps, what its text warns of does none, and where nothing is done nothing counts. What a result is worth: ../../cli/grade.test.ts. */
import { describe, expect, test } from 'vitest';
import { LESSONS } from './lessons.ts';
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

  test('its solution does every step, none before its turn; what the text warns of does none, and is told', async () => {
    const student = await Student.before(lesson);
    // Where nothing is done, no step is: each check can fail.
    expect(lesson.steps.filter((step) => step.done(student.world))).toEqual([]);
    for (const [n, { id, mistakes = [] }] of lesson.steps.entries()) {
      expect(student.done).toHaveLength(n);
      for (const mistake of mistakes.filter((each) => solution.weighty?.includes(each.id) !== true)) {
        const tried = await student.tries(solution.mistakes[mistake.id]!);
        expect(tried.done, mistake.id).toEqual([]);
        expect(tried.mistakes, mistake.id).toContain(mistake.id);
      }
      await solution.steps[id]!(student);
      expect(student.done, id).toHaveLength(n + 1);
      expect(student.mistakes).toEqual([]);
    }
    for (const [n, { step, answer }] of student.progress.done.entries()) {
      if (lesson.steps[n]!.prediction === undefined) expect(answer, step).toBeNull();
      else expect(choices(step), step).toBeGreaterThan(answer!);
    }
  });
});
