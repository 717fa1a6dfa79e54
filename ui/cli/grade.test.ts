/** What a student has exported, judged at the command line. */
import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, expect, test, vi } from 'vitest';
import { FIRST_KERNEL } from '../lab/lessons/first-kernel/lesson.ts';
import { FIRST_KERNEL_SOLUTION } from '../lab/lessons/first-kernel/solution.ts';
import { writeResult } from '../lab/lessons/result.ts';
import { Student } from '../lab/lessons/testing.ts';
import { XM_CREATE } from '../lab/lessons/xm-create/lesson.ts';
import { XM_CREATE_SOLUTION } from '../lab/lessons/xm-create/solution.ts';
import { EXIT_OK, EXIT_SCENARIO_FAILED, EXIT_USAGE } from './exit-codes.ts';
import { main } from './main.ts';
import { takeOutput } from './testing.ts';

const folder = mkdtempSync(join(tmpdir(), 'xenoscope-grade-'));

afterEach(() => {
  vi.restoreAllMocks();
});

/** Judges a file of this content. */
async function graded(content: string): Promise<{ readonly status: number; readonly printed: string }> {
  const path = join(folder, 'result.json');
  writeFileSync(path, content);
  let printed = '';
  takeOutput((text) => (printed += text));
  const status = await main(['node', 'xenoscope', 'grade', path]);
  vi.restoreAllMocks();
  return { status, printed };
}

test('what was done holds when it is replayed, and what was not does not', async () => {
  const student = await Student.before(XM_CREATE);
  const { paused, ...later } = XM_CREATE_SOLUTION.steps;
  await paused!(student);
  const first = { ...student.progress, guesses: { paused: 0, prompt: 0 } };
  const early = await graded(writeResult('xm-create', first));
  expect(early.status).toBe(EXIT_SCENARIO_FAILED);
  expect(early.printed).toContain('holds  A domain that has not begun\n       expected: None, and so it was');
  expect(early.printed).toContain('NOT    Its first instruction: there is no evidence of it');
  expect(early.printed).toContain('1 of 5 steps hold; 1 of 1 expectations were right');

  for (const does of Object.values(later)) await does(student);
  const late = await graded(writeResult('xm-create', { ...student.progress, guesses: first.guesses }));
  expect(late.printed).toContain('it was: `b`: blocked');
  expect(late.printed).toContain('5 of 5 steps hold');
  expect(late.status).toBe(EXIT_OK);

  // Evidence of one step is none of another, nor is that of another lesson's world.
  const [run] = first.evidence;
  const moved = { ...first, evidence: [{ ...run!, steps: ['prompt'] }] };
  expect((await graded(writeResult('xm-create', moved))).printed).toContain(
    'NOT    Its first instruction: it is not done at that instant',
  );
});

test('kernels of a student are built again from the sources in the result; other sources are another recording', async () => {
  const student = await Student.before(FIRST_KERNEL);
  await FIRST_KERNEL_SOLUTION.steps['up']!(student);
  await FIRST_KERNEL_SOLUTION.steps['asked']!(student);
  const { progress } = student;
  expect(progress.evidence.map(({ sources }) => Object.keys(sources))).toEqual([
    [],
    ['lessons/first-kernel/mine/main.ts'],
  ]);
  expect((await graded(writeResult('first-kernel', progress))).printed).toContain('2 of 4 steps hold');

  const withSource = (path: string, text: string): string => {
    const changed = progress.evidence.map((each) => ({ ...each, sources: { [path]: text } }));
    return writeResult('first-kernel', { ...progress, evidence: changed });
  };
  const own = 'lessons/first-kernel/mine/main.ts';
  const { printed: asItCame } = await graded(
    writeResult('first-kernel', {
      ...progress,
      evidence: progress.evidence.map((each) => ({ ...each, sources: {} })),
    }),
  );
  expect(asItCame).toContain('its recording is of other images');
  expect((await graded(withSource(own, 'export function main(): void { nothing(); }'))).printed).toContain(
    `its sources do not build: ${own}:1:`,
  );
  expect((await graded(withSource('kernel/boot.ts', ''))).printed).toContain(
    'kernel/boot.ts is no source of first-kernel',
  );
});

test.each([
  ['nothing', 'it is no JSON'],
  ['{}', 'it is no result of a lesson of Xenoscope'],
  [writeResult('none', { done: [], guesses: {}, evidence: [] }), 'there is no lesson none'],
  [
    writeResult('xm-create', {
      done: [],
      guesses: {},
      evidence: [{ steps: [], recording: '{}', sources: {} }],
    }),
    'it is no recording of Xenoscope',
  ],
])('what is no result is refused in one line: %s', async (content, why) => {
  const { status, printed } = await graded(content);
  expect(status).toBe(EXIT_USAGE);
  expect(printed).toMatch(/^xenoscope: [^\n]*\n$/);
  expect(printed).toContain(why);
});
