/** The shell's parts that make no processes, compiled and run in Node: grammar, expansion, conditions, line editing. */
import { beforeEach, expect, test } from 'vitest';
import { compile } from '../../toolchain/compile.ts';
import { readSources } from '../../toolchain/node.ts';

const MAIN = `
import { expandAll } from 'programs/sh/expand';
import { remember as keep } from 'programs/sh/history';
import { Editor } from 'programs/sh/line-editor';
import { matches } from 'programs/sh/pattern';
import { parse, problem, unfinished } from 'programs/sh/parse';
import { test as condition } from 'programs/sh/test';
import * as tree from 'programs/sh/tree';
import * as variables from 'programs/sh/variables';

const buffer = new StaticArray<u8>(4096);
export function at(): usize { return changetype<usize>(buffer); }
function take(length: i32): string { return String.UTF8.decodeUnsafe(at(), length); }
function give(text: string): i32 { return <i32>String.UTF8.encodeUnsafe(changetype<usize>(text), text.length, at()); }

export function parsed(length: i32): i32 {
  const command = parse(take(length));
  if (problem != '') return give((unfinished ? 'unfinished: ' : '') + problem);
  return give(command == null ? 'nothing' : show(command));
}
function all(commands: tree.Command[]): string { return commands.map<string>((each) => show(each)).join(' '); }
function show(command: tree.Command): string {
  let text = shape(command);
  for (let n = 0; n < command.redirections.length; n++)
    text += ' ' + command.redirections[n].kind + command.redirections[n].word;
  return text;
}
function shape(command: tree.Command): string {
  if (command instanceof tree.Simple) return '[' + (<tree.Simple>command).words.join(' ') + ']';
  if (command instanceof tree.Pipeline) {
    const found = <tree.Pipeline>command;
    return (found.negated ? '!' : '') + '{' + found.parts.map<string>((each) => show(each)).join(' | ') + '}';
  }
  if (command instanceof tree.Subshell) return '(' + show((<tree.Subshell>command).body) + ')';
  if (command instanceof tree.If) return 'if ' + all((<tree.If>command).conditions) + ' then ' + all((<tree.If>command).branches);
  if (command instanceof tree.Loop) {
    const found = <tree.Loop>command;
    return (found.until ? 'until ' : 'while ') + show(found.condition) + ' do ' + show(found.body);
  }
  if (command instanceof tree.For) {
    const found = <tree.For>command;
    return 'for ' + found.variable + ' in ' + found.words.join(' ') + ' do ' + show(found.body);
  }
  if (command instanceof tree.FunctionDefinition) {
    const found = <tree.FunctionDefinition>command;
    return 'function ' + found.name + ' ' + show(found.body);
  }
  if (command instanceof tree.Case) {
    const found = <tree.Case>command;
    let text = 'case ' + found.word;
    for (let n = 0; n < found.bodies.length; n++) text += ' ' + found.patterns[n].join('|') + ':' + show(found.bodies[n]);
    return text;
  }
  const sequence = <tree.Sequence>command;
  let text = '';
  for (let n = 0; n < sequence.commands.length; n++) {
    const last = n == sequence.commands.length - 1;
    text += show(sequence.commands[n]) + (last && sequence.operators[n] == ';' ? '' : sequence.operators[n]);
  }
  return text;
}
/** Words one to a line. */
export function expanded(length: i32): i32 { return give(expandAll(take(length).split('\\n')).map<string>((each) => '<' + each + '>').join('')); }
export function assign(length: i32): void { variables.assign(take(length)); }
export function parameters(length: i32): void { variables.setParameters(take(length).split('\\n')); }
export function matching(length: i32): bool { const parts = take(length).split('\\n'); return matches(parts[0], parts[1]); }
export function tested(length: i32): i32 { return condition(take(length).split('\\n')); }

let editor = new Editor('$ ');
export function edit(): void { editor = new Editor('$ '); editor.begin(); }
export function remember(length: i32): void { keep(take(length)); }
export function key(code: i32): void { editor.key(code); }
export function line(): i32 { return give(editor.text + '@' + editor.cursor.toString()); }
`;

interface Exports {
  memory: WebAssembly.Memory;
  start: () => void;
  at: () => number;
  parsed: (length: number) => number;
  expanded: (length: number) => number;
  assign: (length: number) => void;
  parameters: (length: number) => void;
  matching: (length: number) => number;
  tested: (length: number) => number;
  edit: () => void;
  remember: (length: number) => void;
  key: (code: number) => void;
  line: () => number;
}

const { wasm } = await compile(new Map([...readSources(), ['main.ts', MAIN]]), 'main.ts', {
  runtime: 'program',
  memoryBase: 0x1000,
});

/** What the machine would do: directories to list, keys to read, and the screen. */
const directories: Readonly<Record<string, readonly string[]>> = {
  '.': ['b.txt', 'a.txt', '.hidden', 'sub'],
  'sub/': ['c.txt', 'd'],
  '/': ['bin'],
  '/bin/': ['ls', 'lsx', 'cat'],
  '/bin': ['ls', 'lsx', 'cat'],
};
const [READ, WRITE, OPEN, GETPID, GETDENTS] = [0, 1, 2, 39, 217];
const NOT_FOUND = -2n;
const RECORD_BYTES = 32;

let shell: Exports;
let screen: string;
let keys: number[];
let listed: readonly string[];

function textAt(address: number): string {
  const bytes = new Uint8Array(shell.memory.buffer, address);
  return new TextDecoder().decode(bytes.subarray(0, bytes.indexOf(0)));
}

function openDirectory(path: string): bigint {
  const found = directories[path];
  listed = found ?? [];
  return found === undefined ? NOT_FOUND : 3n;
}

/** All names of the directory that was opened, at once. */
function list(at: number): bigint {
  const view = new DataView(shell.memory.buffer);
  for (const [index, name] of listed.entries()) {
    view.setUint16(at + index * RECORD_BYTES + 16, RECORD_BYTES, true);
    new Uint8Array(shell.memory.buffer).set(
      new TextEncoder().encode(`${name}\0`),
      at + index * RECORD_BYTES + 19,
    );
  }
  const bytes = BigInt(listed.length * RECORD_BYTES);
  listed = [];
  return bytes;
}

function systemCall(number: number, a = 0n, b = 0n, c = 0n): bigint {
  const bytes = new Uint8Array(shell.memory.buffer);
  if (number === GETPID) return 42n;
  if (number === OPEN) return openDirectory(textAt(Number(a)));
  if (number === GETDENTS) return list(Number(b));
  if (number === WRITE) screen += new TextDecoder().decode(bytes.slice(Number(b), Number(b + c)));
  if (number === WRITE) return c;
  if (number !== READ || keys.length === 0) return 0n;
  bytes[Number(b)] = keys.shift()!;
  return 1n;
}

beforeEach(async () => {
  const calls = [0, 1, 2, 3, 4, 5, 6].map((count) => [`syscall${String(count)}`, systemCall]);
  const { instance } = await WebAssembly.instantiate(wasm as BufferSource, {
    env: { abort: () => undefined },
    sys: Object.fromEntries(calls) as Record<string, typeof systemCall>,
    cpu: { load8: () => 0n, load64: () => 0n },
  });
  shell = instance.exports as unknown as Exports;
  [screen, keys, listed] = ['', [], []];
  shell.start();
});

function give(text: string): number {
  return new TextEncoder().encodeInto(text, new Uint8Array(shell.memory.buffer, shell.at())).written;
}
function taken(length: number): string {
  return new TextDecoder().decode(new Uint8Array(shell.memory.buffer, shell.at(), length));
}
function parse(text: string): string {
  return taken(shell.parsed(give(text)));
}
function expand(...words: string[]): string {
  return taken(shell.expanded(give(words.join('\n'))));
}
/** A terminal's keys: the first goes to the editor, which reads what follows it of an escape sequence. */
function type(text: string): string {
  keys = [...new TextEncoder().encode(text)];
  while (keys.length > 0) shell.key(keys.shift()!);
  return taken(shell.line());
}

test.each([
  ['', 'nothing'],
  ['  # only a comment', 'nothing'],
  ['ls -l /', '[ls -l /]'],
  ['a | b | c > x', '{[a] | [b] | [c] >x}'],
  ['! a', '!{[a]}'],
  ['a && b || c; d & e', '[a]&&[b]||[c];[d]&[e]'],
  ['< in sort >> out 2> err', '[sort] <in >>out 2>err'],
  [`echo 'a | b' "c; d" e\\ f g#h`, `[echo 'a | b' "c; d" e\\ f g#h]`],
  ['echo $(a | b; echo ")") c', '[echo $(a | b; echo ")") c]'],
  [
    'echo $(case $x in a|b) c;; (d) e;; *) case y in z) f; esac; esac; (g)) h',
    '[echo $(case $x in a|b) c;; (d) e;; *) case y in z) f; esac; esac; (g)) h]',
  ],
  ['echo $(echo case in a) b', '[echo $(echo case in a) b]'],
  ['(a; b) | c', '{([a];[b]) | [c]}'],
  ['{ a; b; } > x', '[a];[b] >x'],
  ['if a; then b; elif c; then d; else e; fi', 'if [a] [c] then [b] [d] [e]'],
  ['while a\ndo b\ndone < x', 'while [a] do [b] <x'],
  ['until a; do b; done', 'until [a] do [b]'],
  ['for i in 1 2 3; do echo $i; done', 'for i in 1 2 3 do [echo $i]'],
  ['for i; do a; done', 'for i in "$@" do [a]'],
  ['case $x in a|b) c;; *) d; e;; esac', 'case $x a|b:[c] *:[d];[e]'],
  ['f() { a; }; f', 'function f [a];[f]'],
  ['a \\\n  b', '[a b]'],
  ['cat << EOF > f\nx $y "q"\n\n# z\nEOF\nls', '[cat] <<"x $y \\"q\\"\n\n# z\n" >f;[ls]'],
  ["cat <<'E F'\nit's $y\nE F", `[cat] <<'it'\\''s $y\n'`],
  ['a <<-x | b << "y"\n\t1\n\tx\n\t2\ny', '{[a] <<"1\n" | [b] <<\'\t2\n\'}'],
])('%j is understood', (text, tree) => {
  expect(parse(text)).toBe(tree);
});

test.each([
  ['a | ', 'unfinished: syntax error near the end'],
  ['a &&', 'unfinished: syntax error near the end'],
  ['if a; then b', 'unfinished: syntax error near the end'],
  ['echo "abc', 'unfinished: a quote is not closed'],
  ['for i in a; do b', 'unfinished: syntax error near the end'],
  ['cat << EOF\nEOFx\n\n', 'unfinished: a here-document has no end'],
  ['cat <<', 'unfinished: syntax error near the end'],
  ['a | | b', 'syntax error near `|`'],
  ['; ; )', 'syntax error near `)`'],
  ['fi', 'syntax error near `fi`'],
  ['a > | b', 'syntax error near `|`'],
  ['if a; fi', 'syntax error near `fi`'],
])('%j is refused', (text, problem) => {
  expect(parse(text)).toBe(problem);
});

test('parts of words are replaced, and split where they are not quoted', () => {
  shell.assign(give('x=a  b'));
  shell.assign(give('empty='));
  shell.assign(give('star=*.txt'));
  expect(expand('$x', '"$x"', "'$x'", '\\$x', '${x}c', '$empty', '"$empty"', 'p$empty')).toBe(
    '<a><b><a  b><$x><$x><a><bc><><p>',
  );
  expect(expand('"$star"', "'*'", '\\*', '$$', '$?', '$', 'a$')).toBe('<*.txt><*><*><42><0><$><a$>');
  shell.parameters(give('script\none\ntwo words'));
  expect(expand('$0', '$#', '$2', '"$@"', '-"$@"-', '"$*"')).toBe(
    '<script><2><two><words><one><two words><-one><two words-><one two words>',
  );
  shell.parameters(give('script'));
  expect(expand('a', '"$@"', 'b')).toBe('<a><b>');
});

test('values in braces are replaced, and cut', () => {
  shell.assign(give('path=/a/b.c.d'));
  shell.assign(give('empty='));
  shell.parameters(give('script\none'));
  const cases: readonly (readonly [string, string])[] = [
    ['${none:-x}', '<x>'],
    ['"${empty:-a b}"', '<a b>'],
    ['${empty-x}y', '<y>'],
    ['${path:+there}', '<there>'],
    ['"${none:+there}"', '<>'],
    ['${made:=now}$made', '<nownow>'],
    ['${path##*/}', '<b.c.d>'],
    ['${path#*/}', '<a/b.c.d>'],
    ['${path%.*}', '</a/b.c>'],
    ['${path%%.*}', '</a/b>'],
    ['${path%/*}', '</a>'],
    ['${#path}', '<8>'],
    ['${1:-x}${2:-${1}y}', '<oneoney>'],
    ['"${none:-}}"', '<}>'],
  ];
  for (const [word, wanted] of cases) expect([word, expand(word)]).toEqual([word, wanted]);
});

test.each([
  ['/tmp/{a,b}', '</tmp/a></tmp/b>'],
  ['x{1,2}y{3,4}', '<x1y3><x1y4><x2y3><x2y4>'],
  ['{a,b{c,d},}e', '<ae><bce><bde><e>'],
  ['{1..4} {c..a} {3..-1}', '<1><2><3><4><c><b><a><3><2><1><0><-1>'],
  ['{a} {} a{b "{a,b}" \\{a,b} ${x} {$x,$(y),"p,q"}', '<{a}><{}><a{b><{a,b}><{a,b}><p,q>'],
])('braces: %s', (written, wanted) => {
  expect(expand(...written.split(' '))).toBe(wanted);
});

test('patterns become the files that they name, in order', () => {
  expect(expand('*.txt', '?.txt', '[b-z]*', 's*/*', '/bin/l*', '.h*', 'none*', '"*".txt')).toBe(
    '<a.txt><b.txt><a.txt><b.txt><b.txt><sub><sub/c.txt><sub/d></bin/ls></bin/lsx><.hidden><none*><*.txt>',
  );
  shell.assign(give('star=*.txt'));
  expect(expand('$star')).toBe('<a.txt><b.txt>');
});

test.each([
  ['*', '', true],
  ['a*b*c', 'aXbYbZc', true],
  ['a*b', 'ab ', false],
  ['[!a]?', 'bc', true],
  ['[!a]?', 'ac', false],
  ['[a-c]', 'd', false],
  ['[]]', ']', true],
  ['[', '[', true],
  ['\\*', 'x', false],
])('pattern %j of %j: %j', (pattern, text, result) => {
  expect(shell.matching(give(`${pattern}\n${text}`)) !== 0).toBe(result);
});

test.each([
  ['a', 0],
  ['-n a', 0],
  ['-z a', 1],
  ['! a', 1],
  ['a = a', 0],
  ['a != a', 1],
  ['10 -gt 9', 0],
  ['-5 -lt 0x10', 0],
  ['x -lt 1', 2],
  ['a = b -o 1 -eq 1', 0],
  ['a = b -o 1 -eq 1 -a 1 -eq 2', 1],
  ['a b', 2],
])('test %s: %d', (words, status) => {
  expect(shell.tested(give(words.replaceAll(' ', '\n')))).toBe(status);
});

test('a line is edited where the cursor is', () => {
  expect(type('hello wörld')).toBe('hello wörld@11');
  expect(type('\x1b[D\x1b[D!')).toBe('hello wör!ld@10');
  expect(type('\x7f\x01X')).toBe('Xhello wörld@1');
  expect(type('\x1b[3~\x1b[F\x17')).toBe('Xello @6');
  expect(type('\x1b[H\x1b[C\x0b')).toBe('X@1');
  expect(type('ab\x15')).toBe('@0');
  expect(type('abc\x1b[1~\x04\x05d')).toBe('bcd@3');
});

test('the screen shows the line after every key', () => {
  shell.edit();
  type('abc\x1b[Dx');
  expect(screen).toBe('$ abc\x1b[1D\r$ abxc\x1b[K\x1b[1D');
});

/** What a row shows after this output, and the column of its cursor. */
function row(output: string): string {
  let text = '';
  let column = 0;
  for (const [piece, count, letter] of output.matchAll(/\x1b\[(\d*)([A-Z])|[^]/g)) {
    if (letter === 'C') column += Number(count);
    else if (letter === 'D') column -= Number(count);
    else if (letter === 'K') text = text.slice(0, column);
    else if (piece === '\r') column = 0;
    else {
      text = text.slice(0, column) + piece + text.slice(column + 1);
      column++;
    }
  }
  return `${text}@${String(column)}`;
}

test('of a line that is longer than the screen is wide a part is seen, and all of it at the end', () => {
  shell.assign(give('COLUMNS=22'));
  shell.edit();
  const typeAll = (keys: string): string => {
    type(keys);
    return row(screen);
  };
  expect(typeAll('abcdefghijklmnopqrs')).toBe('$ abcdefghijklmnopqrs@21');
  expect(typeAll('t')).toBe('$ <mnopqrst@11');
  expect(typeAll('uvw')).toBe('$ <mnopqrstuvw@14');
  expect(typeAll('\x1b[D\x1b[D')).toBe('$ <mnopqrstuvw@12');
  expect(typeAll('X')).toBe('$ <mnopqrstuXvw@13');
  expect(typeAll('\x01')).toBe('$ abcdefghijklmnopqrs@2');
  expect(typeAll('Y')).toBe('$ Yabcdefghijklmnopqr@3');
  screen = '';
  expect(typeAll('\r')).toBe('$ YabcdefghijklmnopqrstuXvw@27');
  shell.assign(give('COLUMNS='));
});

test.each([
  // The least that is seen of a line, be the screen ever so narrow.
  ['2', 16],
  ['40', 40 - 1 - 2],
  // No width at all: it is what most are.
  ['1', 80 - 1 - 2],
  ['0', 80 - 1 - 2],
  ['', 80 - 1 - 2],
])('where COLUMNS is %j, %i characters of a line are seen', (columns, seen) => {
  shell.assign(give(`COLUMNS=${columns}`));
  shell.edit();
  type('x'.repeat(seen));
  expect(screen).not.toContain('<');
  type('x');
  expect(row(screen)).toMatch(/^\$ <x/);
  shell.assign(give('COLUMNS='));
});

test('Ctrl-R finds what was typed before, and it can be changed', () => {
  for (const line of ['echo one', 'ls -l', 'echo two']) shell.remember(give(line));
  shell.edit();
  expect(type('\x12ech')).toBe('echo two@8');
  expect(type('\x12')).toBe('echo one@8');
  expect(type('\x12')).toBe('echo one@8');
  expect(type('\x01x')).toBe('xecho one@1');
  shell.edit();
  expect(type('draft\x12ls')).toBe('ls -l@5');
  expect(type('\x07')).toBe('draft@5');
});

test.each([
  ['1 + 2 * 3', 7n],
  ['(1 + 2) * 3', 9n],
  ['-7 / 2', -3n],
  ['-7 % 3', -1n],
  ['0x10 + 010', 24n],
  ['1 << 4 | 1', 17n],
  ['5 > 3 && 2 >= 2', 1n],
  ['0 && 1 / 0', 0n],
  ['!0 + ~0', 0n],
  ['n + n2', 5n],
  ['none', 0n],
])('arithmetic: %s is %d', (expression, value) => {
  shell.assign(give('n=2'));
  shell.assign(give('n2=3'));
  expect(expand(`$((${expression}))`, `a$((${expression}))b`)).toBe(`<${String(value)}><a${String(value)}b>`);
});

test('what cannot be calculated is said', () => {
  for (const expression of ['1 +', '1 / 0', '2 3', '09', '1x']) {
    screen = '';
    expect(expand(`"$((${expression}))"`)).toBe('<>');
    expect(screen).toContain(expression);
  }
  expect(expand('$((1) )')).not.toContain('1');
});

test('Tab completes programs and files', () => {
  shell.assign(give('PATH=/bin'));
  expect(type('ca\t')).toBe('cat @4');
  expect(type('a\t')).toBe('cat a.txt @10');
  expect(type('sub/c\t')).toBe('cat a.txt sub/c.txt @20');
  shell.edit();
  expect(type('ls\t')).toBe('ls@2');
  screen = '';
  expect(type('\t')).toBe('ls@2');
  expect(screen).toContain('ls  lsx');
});
