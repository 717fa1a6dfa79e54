/**
 * Plants small bugs, one at a time, and tells which of them the tests nearest to them catch:
 *
 *   npm run mutate -- [--count N] [--seed N] [--in PATH] [--list]
 *
 * The same seed plants the same bugs in the same sources. A bug is a comparison turned, a number one too large, a condition
 * denied, a call left out and the like. Its nearest tests are those of its folder, or of the nearest folder above that has any;
 * what they let pass is tried by all tests that import the file or run the image that it is part of. Sources are changed where they are, one after another, and put
 * back: the working tree must be clean. Exit status: 0 when nine of ten are caught, 1 when fewer are, 2 for bad usage.
 */
import { spawnSync } from 'node:child_process';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { parseArgs } from 'node:util';
import ts from 'typescript';
import { Random } from '../devices/random.ts';

/** Where bugs are planted; not in what is data, is generated, or is itself for tests. */
const ROOMS = ['core', 'devices', 'hypervisor', 'guests', 'ui/lab', 'ui/cli'];
const LEFT_OUT =
  /\.test\.ts$|\.d\.ts$|(^|\/)(testing|generated|bench|silicon|corpus|build|cache|tests|abi|proof|examples)|\/abi\.ts$/;

interface Bug {
  readonly file: string;
  readonly start: number;
  readonly end: number;
  readonly becomes: string;
}

const TURNED: ReadonlyMap<string, string> = new Map(
  Object.entries({
    '<': '<=',
    '<=': '<',
    '>': '>=',
    '>=': '>',
    '==': '!=',
    '!=': '==',
    '===': '!==',
    '!==': '===',
    '+': '-',
    '-': '+',
    '&': '|',
    '|': '&',
    '&&': '||',
    '||': '&&',
    '<<': '>>',
    '>>': '<<',
    '+=': '-=',
    '-=': '+=',
    '|=': '&=',
    '&=': '|=',
  }),
);

/** What a node becomes; undefined: no bug is made of it. */
function mutated(node: ts.Node, source: ts.SourceFile): string | undefined {
  const text = node.getText(source);
  if (ts.isBinaryExpression(node)) {
    const operator = TURNED.get(node.operatorToken.getText(source));
    const { left, right } = node;
    return operator && `${left.getText(source)} ${operator} ${right.getText(source)}`;
  }
  if (ts.isIfStatement(node)) {
    const condition = node.expression.getText(source);
    return text.replace(condition, () => `!(${condition})`);
  }
  if (ts.isExpressionStatement(node) && ts.isCallExpression(node.expression)) return ';';
  if (ts.isNumericLiteral(node)) return String(Number(text) + 1);
  if (node.kind === ts.SyntaxKind.TrueKeyword) return 'false';
  if (node.kind === ts.SyntaxKind.FalseKeyword) return 'true';
  return undefined;
}

function bugsOf(file: string): Bug[] {
  const text = readFileSync(file, 'utf8');
  const source = ts.createSourceFile(file, text, ts.ScriptTarget.Latest, true);
  const bugs: Bug[] = [];
  const visit = (node: ts.Node): void => {
    if (ts.isImportDeclaration(node) || ts.isTypeNode(node) || ts.isInterfaceDeclaration(node)) return;
    const becomes = mutated(node, source);
    if (becomes !== undefined) bugs.push({ file, start: node.getStart(source), end: node.getEnd(), becomes });
    ts.forEachChild(node, visit);
  };
  visit(source);
  return bugs;
}

function filesBelow(folder: string): string[] {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .map((name) => `${folder}/${name}`)
    .filter((path) => path.endsWith('.ts') && !LEFT_OUT.test(path))
    .sort();
}

/** So many bugs, from every room alike, no two in one place. */
function choose(count: number, seed: number, within: string | undefined): Bug[] {
  const random = new Random(seed);
  const rooms = ROOMS.map((room) =>
    filesBelow(room)
      .filter((file) => within === undefined || file.startsWith(within))
      .flatMap(bugsOf),
  ).filter((bugs) => bugs.length > 0);
  if (rooms.length === 0) throw new UsageError(`there are no sources below ${within ?? '.'}`);
  return Array.from({ length: count }, (_, n) => {
    const bugs = rooms[n % rooms.length]!;
    return bugs.splice(random.next() % bugs.length, 1)[0]!;
  }).filter((bug) => bug !== undefined);
}

class UsageError extends Error {}

/** The tests of a file's folder, or of the nearest one above that has any. */
function nearestTests(file: string): string[] {
  for (let folder = dirname(file); ; folder = dirname(folder)) {
    const tests = readdirSync(folder)
      .filter((name) => name.endsWith('.test.ts'))
      .map((name) => join(folder, name));
    if (tests.length > 0 || folder === '.') return tests;
  }
}

/** What runs sources that are compiled into an image, and not imported. */
const RUN_BY: readonly (readonly [sources: RegExp, tests: readonly string[]])[] = [
  [/^core\/wasm\//, ['core', 'hypervisor', 'guests/tests/kernels.test.ts']],
  [/^guests\/(?!toolchain\/|debian\/)/, ['guests/kernel', 'guests/mote', 'guests/programs', 'guests/tests']],
];
/** A bug that makes the tests of a file hang is caught, too. */
const HANGS_MS = 1_200_000;

/** Whether the tests fail. */
function fails(...args: readonly string[]): boolean {
  const options = ['--run', '--bail=1', '--maxWorkers=2', '--reporter=dot', '--passWithNoTests'];
  return (
    spawnSync('npx', ['vitest', ...args, ...options], { stdio: 'ignore', timeout: HANGS_MS }).status !== 0
  );
}

function othersFail(file: string): boolean {
  const tests = RUN_BY.find(([sources]) => sources.test(file))?.[1];
  return tests === undefined ? fails('related', file) : fails(...tests);
}

type Verdict = 'caught near' | 'caught by others' | 'NOT CAUGHT' | 'does not compile';

/** Plants a bug, and takes it out again. */
function tryBug({ file, start, end, becomes }: Bug): Verdict {
  const text = readFileSync(file, 'utf8');
  try {
    writeFileSync(file, text.slice(0, start) + becomes + text.slice(end));
    if (
      file.startsWith('core/wasm/') &&
      spawnSync('npm', ['run', '-s', 'build:core'], { stdio: 'ignore' }).status !== 0
    )
      return 'does not compile';
    if (fails(...nearestTests(file))) return 'caught near';
    return othersFail(file) ? 'caught by others' : 'NOT CAUGHT';
  } finally {
    writeFileSync(file, text);
  }
}

function describe({ file, start, end, becomes }: Bug): string {
  const text = readFileSync(file, 'utf8');
  const line = text.slice(0, start).split('\n').length;
  const short = (code: string): string => code.replace(/\s+/g, ' ').slice(0, 60);
  return `${file}:${String(line)}  ${short(text.slice(start, end))}  →  ${short(becomes)}`;
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

function main(): number {
  const { values } = parseArgs({
    options: {
      count: { type: 'string', default: '50' },
      seed: { type: 'string', default: '1' },
      in: { type: 'string' },
      list: { type: 'boolean', default: false },
    },
  });
  const bugs = choose(whole(values.count), whole(values.seed), values.in);
  if (values.list) {
    for (const bug of bugs) console.log(describe(bug));
    return 0;
  }
  if (!isClean()) throw new UsageError('the working tree has changes: commit them, or put them aside');
  const verdicts: Verdict[] = [];
  for (const [n, bug] of bugs.entries()) {
    const what = describe(bug);
    const verdict = tryBug(bug);
    verdicts.push(verdict);
    console.log(`${String(n + 1)} of ${String(bugs.length)}: ${verdict}: ${what}`);
  }
  const planted = verdicts.filter((verdict) => verdict !== 'does not compile').length;
  const count = (wanted: Verdict): number => verdicts.filter((verdict) => verdict === wanted).length;
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
