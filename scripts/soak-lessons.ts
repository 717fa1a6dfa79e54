/**
 * `npm run soak:lessons`: in every lesson, what its text warns of and takes minutes of a processor, which tests have from data alone: done
 * at a host, it is told, and does no step. Exit status 1: it does, or is not.
 */
import { LESSONS } from '../ui/lab/lessons/lessons.ts';
import { SOLUTIONS } from '../ui/lab/lessons/solutions.ts';
import { Student } from '../ui/lab/lessons/testing.ts';

let wrong = 0;
for (const lesson of LESSONS) {
  const { steps, mistakes, weighty = [] } = SOLUTIONS.get(lesson.name)!;
  if (weighty.length === 0) continue;
  const student = await Student.before(lesson);
  for (const step of lesson.steps) {
    for (const { id } of step.mistakes ?? []) {
      if (!weighty.includes(id)) continue;
      const tried = await student.tries(mistakes[id]!);
      const well = tried.done.length === 0 && tried.mistakes.includes(id);
      if (!well) wrong++;
      process.stdout.write(`${lesson.name}, ${id}: ${well ? 'told' : `WRONG: ${JSON.stringify(tried)}`}\n`);
    }
    await steps[step.id]!(student);
  }
}
process.exitCode = wrong === 0 ? 0 : 1;
