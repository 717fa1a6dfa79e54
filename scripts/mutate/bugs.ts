/** Small bugs: a comparison turned, a number one too large, a condition denied, a call left out and the like. */
import { readdirSync, readFileSync } from 'node:fs';
import ts from 'typescript';
import { Random } from '../../devices/random.ts';

/** One bug: what stands between two offsets of a source becomes something else. */
export interface Bug {
  readonly file: string;
  readonly start: number;
  readonly end: number;
  readonly becomes: string;
}

/** Not in what is data, is generated, or is itself for tests. */
const LEFT_OUT =
  /\.test\.ts$|-testing\.ts$|\.d\.ts$|(^|\/)(testing|fuzz|soak|generated|bench|silicon|corpus|build|cache|tests|abi|proof|examples)|\/abi\.ts$/;

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

function oneMore(literal: string): string {
  const digits = literal.replaceAll('_', '');
  return /^(0x[0-9a-f]+|\d+)$/i.test(digits) ? String(BigInt(digits) + 1n) : String(Number(digits) + 1);
}

/** What a node may become. */
function mutated(node: ts.Node, source: ts.SourceFile): string[] {
  const text = node.getText(source);
  const all: string[] = [];
  if (ts.isBinaryExpression(node)) {
    const operator = TURNED.get(node.operatorToken.getText(source));
    if (operator !== undefined)
      all.push(`${node.left.getText(source)} ${operator} ${node.right.getText(source)}`);
  }
  const { parent } = node;
  if (ts.isIfStatement(parent) && parent.expression === node) all.push(`!(${text})`);
  if (ts.isExpressionStatement(node) && ts.isCallExpression(node.expression)) all.push(';');
  if (ts.isNumericLiteral(node)) all.push(oneMore(text));
  if (node.kind === ts.SyntaxKind.TrueKeyword) all.push('false');
  if (node.kind === ts.SyntaxKind.FalseKeyword) all.push('true');
  return all;
}

function bugsOf(file: string): Bug[] {
  const source = ts.createSourceFile(file, readFileSync(file, 'utf8'), ts.ScriptTarget.Latest, true);
  const bugs: Bug[] = [];
  const visit = (node: ts.Node): void => {
    if (ts.isImportDeclaration(node) || ts.isTypeNode(node) || ts.isInterfaceDeclaration(node)) return;
    for (const becomes of mutated(node, source))
      bugs.push({ file, start: node.getStart(source), end: node.getEnd(), becomes });
    ts.forEachChild(node, visit);
  };
  ts.forEachChild(source, visit);
  return bugs;
}

function filesBelow(folder: string): string[] {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .map((name) => `${folder}/${name}`)
    .filter((path) => path.endsWith('.ts') && !LEFT_OUT.test(path))
    .sort();
}

/** So many bugs, from every folder alike, no two in one place. */
export function chooseBugs(count: number, seed: number, folders: readonly string[]): Bug[] {
  const random = new Random(seed);
  const found = folders.map((folder) => filesBelow(folder).flatMap(bugsOf)).filter((bugs) => bugs.length > 0);
  if (found.length === 0) return [];
  return Array.from({ length: count }, (_, n) => {
    const bugs = found[n % found.length]!;
    return bugs.splice(random.next() % bugs.length, 1)[0];
  }).filter((bug) => bug !== undefined);
}

/** FILE:LINE, what stands there, and what it becomes. */
export function bugText({ file, start, end, becomes }: Bug): string {
  const text = readFileSync(file, 'utf8');
  const line = text.slice(0, start).split('\n').length;
  const short = (code: string): string => code.replace(/\s+/g, ' ').slice(0, 60);
  return `${file}:${String(line)}  ${short(text.slice(start, end))}  →  ${short(becomes)}`;
}
