/**
 * Plants small bugs, one at a time, and tells which of them the tests nearest to them catch:
 *
 *   npm run mutate -- [--count N] [--seed N] [--in FOLDER]... [--from N] [--near] [--list]
 *
 * The same seed plants the same bugs in the same sources. A bug's nearest tests are those of its folder and those that import
 * its file over the fewest others; where the file is compiled into an image, a table has the tests that run it. What they let pass
 * is tried by all tests of its room, unless `--near`. Sources are changed where they are, one after another, and put
 * back: the working tree must be clean. Exit status: 0 when nine of ten are caught, 1 when fewer are, 2 for bad usage. A bug
 * that changes nothing (of a number that only must be large enough, say) is told from others by a reader alone.
 */
import { spawnSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { bugText, chooseBugs, type Bug } from './mutate/bugs.ts';
import { ROOMS, runTests, testsFor } from './mutate/tests.ts';

class UsageError extends Error {}

type Verdict = 'caught near' | 'caught by its room' | 'NOT CAUGHT' | 'does not compile';

interface Result {
  readonly verdict: Verdict;
  /** The test that failed. */
  readonly by?: string;
}

function buildsCore(): boolean {
  return spawnSync('npm', ['run', '-s', 'build:core'], { stdio: 'ignore' }).status === 0;
}

/** Plants a bug, and takes it out again. */
function tryBug({ file, start, end, becomes }: Bug, nearOnly: boolean): Result {
  const text = readFileSync(file, 'utf8');
  const isCore = /^core\/(wasm|dispatch)\//.test(file);
  try {
    writeFileSync(file, text.slice(0, start) + becomes + text.slice(end));
    if (isCore && !buildsCore()) return { verdict: 'does not compile' };
    for (const [tier, tests] of testsFor(file)
      .slice(0, nearOnly ? 1 : 2)
      .entries()) {
      const outcome = runTests(file, tests);
      if (outcome === 'does not compile') return { verdict: outcome };
      if (outcome.failed !== undefined)
        return { verdict: tier === 0 ? 'caught near' : 'caught by its room', by: outcome.failed };
    }
    return { verdict: 'NOT CAUGHT' };
  } finally {
    writeFileSync(file, text);
    if (isCore) buildsCore();
  }
}

function isClean(): boolean {
  return (
    spawnSync('git', ['status', '--porcelain', '--untracked-files=no'], { encoding: 'utf8' }).stdout === ''
  );
}

function whole(text: string): number {
  const value = Number(text);
  if (!Number.isInteger(value) || value < 1) throw new UsageError(`${text} is not a whole number above 0`);
  return value;
}

/** Tries bugs one after another and says what became of each; all verdicts. */
function campaign(bugs: readonly Bug[], from: number, nearOnly: boolean): Verdict[] {
  return bugs.slice(from - 1).map((bug, n) => {
    const what = bugText(bug);
    const { verdict, by } = tryBug(bug, nearOnly);
    const tail = by === undefined ? '' : `  (${by})`;
    console.log(`${String(from + n)} of ${String(bugs.length)}: ${verdict}: ${what}${tail}`);
    return verdict;
  });
}

function main(): number {
  const { values } = parseArgs({
    options: {
      count: { type: 'string', default: '50' },
      seed: { type: 'string', default: '1' },
      in: { type: 'string', multiple: true, default: ROOMS },
      from: { type: 'string', default: '1' },
      near: { type: 'boolean', default: false },
      list: { type: 'boolean', default: false },
    },
  });
  const bugs = chooseBugs(whole(values.count), whole(values.seed), values.in);
  if (bugs.length === 0) throw new UsageError(`there are no sources below ${values.in.join(', ')}`);
  if (values.list) {
    for (const bug of bugs) console.log(bugText(bug));
    return 0;
  }
  if (!isClean()) throw new UsageError('the working tree has changes: commit them, or put them aside');
  const verdicts = campaign(bugs, whole(values.from), values.near);
  const count = (wanted: Verdict): number => verdicts.filter((verdict) => verdict === wanted).length;
  const planted = verdicts.length - count('does not compile');
  const caught = planted - count('NOT CAUGHT');
  console.log(
    `${String(caught)} of ${String(planted)} caught, ${String(count('caught near'))} of them by the nearest tests`,
  );
  return caught >= 0.9 * planted ? 0 : 1;
}

try {
  process.exitCode = main();
} catch (error) {
  if (!(error instanceof UsageError) && !(error instanceof TypeError)) throw error;
  console.error(`mutate: ${error.message}`);
  process.exitCode = 2;
}
