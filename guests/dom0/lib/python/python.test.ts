/** Configurations as programs, in Node: what names are worth when a text has been executed, and what is said of a wrong one. */
import fc from 'fast-check';
import { beforeAll, expect, test } from 'vitest';
import { compile } from '../../../toolchain/compile.ts';
import { readSources } from '../../../toolchain/node.ts';

const MAIN = `
  import { Program } from 'dom0/lib/python/program';
  import { FUNCTION, literalOf, MODULE, text } from 'dom0/lib/python/values';
  export function room(bytes: i32): usize { return heap.alloc(bytes); }
  /** Names and what they are worth, a line each; or what was wrong. */
  export function execute(at: usize, units: i32): string {
    const program = new Program();
    program.set('vmid', text('3'));
    if (!program.run('c', String.UTF16.decodeUnsafe(at, units * 2))) return '!' + program.problem;
    const names = program.scope.names.keys();
    let said = '';
    for (let n = 0; n < names.length; n++) {
      const value = program.scope.names.get(names[n]);
      if (value.kind != FUNCTION && value.kind != MODULE) said += names[n] + ' = ' + literalOf(value) + '\\n';
    }
    return said;
  }`;

/** What a guest asks of its kernel. */
const CALLS = `
  export function currentDirectory(): string { return '/root'; }
  export function readDirectory(path: string): string[] | null { return path == '/etc/xen' ? ['.', '..', 'web'] : null; }
  export function systemName(field: usize): string { return field == 0 ? 'Linux' : 'x86_64'; }
  export class Stat {
    of(path: string): i32 { return path.startsWith('/boot') ? 0 : -2; }
    get type(): u32 { return 0o100000; }
  }`;
const IO = 'export function print(text: string): void {}';
const START = "export function environment(): string[] { return ['HOME=/root']; }";

let aborts = 0;
let memory: WebAssembly.Memory;
let room: (bytes: number) => number;
let execute: (at: number, units: number) => number;

beforeAll(async () => {
  const added = {
    'main.ts': MAIN,
    'programs/lib/calls.ts': CALLS,
    'programs/lib/io.ts': IO,
    'programs/lib/start.ts': START,
  };
  const sources = new Map([...readSources(), ...Object.entries(added)]);
  const { wasm } = await compile(sources, 'main.ts', { runtime: 'bare', memoryBase: 0x1000 });
  const { instance } = await WebAssembly.instantiate(wasm as BufferSource, {
    env: { abort: () => void aborts++ },
  });
  memory = instance.exports['memory'] as WebAssembly.Memory;
  (instance.exports['start'] as () => void)();
  room = instance.exports['room'] as typeof room;
  execute = instance.exports['execute'] as typeof execute;
});

function said(program: string): string {
  const at = room(program.length * 2);
  const units = new Uint16Array(memory.buffer, at, program.length);
  for (let n = 0; n < program.length; n++) units[n] = program.charCodeAt(n);
  const result = execute(at, program.length);
  const bytes = new Uint32Array(memory.buffer, result - 4, 1)[0]!;
  return new TextDecoder('utf-16le').decode(new Uint8Array(memory.buffer, result, bytes));
}

/** What `x` is worth; or what was wrong, without the line. */
function worth(program: string): string {
  const all = said(program);
  return all.startsWith('!') ? all.split('\n')[0]! : (/^x = (.*)$/m.exec(all)?.[1] ?? all);
}

test.each([
  ['x = 16 + 16', '32'],
  [
    'x = -7 / 2, -7 % 3, 7 // -2, 2 ** 10, 0x1f, 0755, 0o17, 5 | 8, 6 & ~2, 1 << 4, 12L',
    '(-4, 2, -4, 1024, 31, 493, 15, 13, 4, 16, 12)',
  ],
  [
    'x = not 3 in [1, 2], 1 < 2 <= 2, 1 == 1 and "yes" or "no", None or [], 2 if 0 else 3',
    "(True, True, 'yes', [], 3)",
  ],
  [String.raw`x = 'a' "b" r'\n' '\x41\t' """c"d"""`, String.raw`'ab\\nA\tc"d'`],
  [
    'x = ["%s-%03d|%-4s|%x" % ("a", 7, "b", 255), "%(n)d%%" % {"n": 5}, "%s" % [1]]',
    "['a-007|b   |ff', '5%', '[1]']",
  ],
  ['x = [n * m for n in range(4) if n % 2 for m in (1, 10)]', '[1, 10, 3, 30]'],
  [
    'x = "a,b,,c".split(","), " a  b ".split(), "-".join(["1", "2"]), "x.img"[:-4], "aXbX".replace("X", "")',
    "(['a', 'b', '', 'c'], ['a', 'b'], '1-2', 'x', 'ab')",
  ],
  [
    'd = {"a": 1}; d["b"] = [1, 2, 3][1:]; x = sorted(d.items(), reverse=True), d.get("z", 0), "a" in d',
    "([('b', [2, 3]), ('a', 1)], 0, True)",
  ],
  [
    'def f(a, b=2):\n  if a > b: return a - b\n  elif a == b:\n    return "same"\n  return [a, b]\nx = f(1), f(2), f(b=1, a=9)',
    "([1, 2], 'same', 8)",
  ],
  ['n = 0\nwhile True:\n  n += 1\n  if n == 3: continue\n  if n > 4: break\nx = n', '5'],
  ['(a, b), x = (1, 2), [3]\nx += [a]; y = x; y.append(b)', '[3, 1, 2]'],
  [
    'try:\n  x = int("much")\nexcept (KeyError, ValueError), e:\n  x = str(e)\nfinally:\n  y = 1',
    `"invalid literal for int() with base 10: 'much'"`,
  ],
  ['try:\n  x = 1 / 0\nexcept LookupError:\n  x = 1\nexcept ArithmeticError:\n  x = 2', '2'],
  [
    'import os, re\nfrom os.path import exists as there\nx = re.search("64", os.uname()[4]) and "lib64", there("/boot/k"), os.environ["HOME"]',
    "('lib64', True, '/root')",
  ],
  [
    'count = 0\ndef up():\n  global count\n  count = count + 1\nup(); up()\nx = count, map(str, [1, 2]), max(3, 9), len("abc")',
    "(2, ['1', '2'], 9, 3)",
  ],
  [
    'import string\nx = string.split("a:b:c", ":", 1), string.upper("a"), string.replace("aXb", "X", "-")',
    "(['a', 'b:c'], 'A', 'a-b')",
  ],
  ['if vmid == "3": x = "VM" + vmid', "'VM3'"],
])('%j', (program, wanted) => {
  expect(worth(program)).toBe(wanted);
});

test('what is wrong is told with its place, the line, and a mark', () => {
  expect(said('kernel = "k"\n\tx = "VM%d" % vmid')).toBe(
    '!c:2:2: it is indented further than the line before, for no reason\n    \tx = "VM%d" % vmid\n    \t^',
  );
  expect(said('x = "VM%d" % vmid')).toBe(
    '!c:1:12: TypeError: %d format: a number is required, not str\n    x = "VM%d" % vmid\n               ^',
  );
});

test.each([
  ['x = (1,\n  2', '!c:1:5: ( is not closed'],
  ['x = [1, 2)', '!c:1:10: ) closes nothing'],
  ["x = 'abc", '!c:1:5: a text has no end'],
  ['x = ', "!c:1:5: a value is expected here, not the line's end"],
  ['x = 1 2', "!c:1:7: the line's end is expected here, not 2"],
  ['if 1:\n    x = 1\n  y = 2', '!c:3:3: it is indented as no line before it is'],
  ['if 1:\nx = 1', '!c:2:1: an indented block is expected here'],
  ['f() = 1', '!c:1:2: nothing can be assigned to this'],
  ['class X: pass', '!c:1:1: class is not known here'],
  ['x = lambda: 1', '!c:1:5: lambda is not known here: write a function'],
  ['x = 1.5', '!c:1:5: numbers with a point are not known here'],
  ['x = 09', '!c:1:5: 09 is no number'],
  ['x = 9999999999999999999', '!c:1:5: 9999999999999999999 is no number'],
  ['import socket', '!c:1:1: ImportError: there is no module socket here: os, re, string, sys are'],
  ['x = [1][2]', '!c:1:8: IndexError: list index out of range'],
  ['x = {}["a"]', "!c:1:7: KeyError: 'a'"],
  ['def f(a): pass\nf()', '!c:2:2: TypeError: f() takes 1 (a), not 0'],
  ['def f(): return f()\nf()', '!c:1:18: RuntimeError: functions call each other too deep'],
  [`x = ${'('.repeat(99)}1${')'.repeat(99)}`, '!c:1:65: this is in too many brackets or blocks'],
  ['x = "a" * 9999999', '!c:1:9: OverflowError: that is too long'],
  ['import sys\nsys.exit("not today")', '!c:2:9: not today'],
  ['raise ValueError, "no"', '!c:1:1: ValueError: no'],
  ['x = ValueError("no")\nraise x', '!c:2:1: ValueError: no'],
  ['x = ValueError("no")\nx()', "!c:2:2: TypeError: 'exception' object is not callable"],
  [
    'xm_vars.var("n", use="A number.")\nxm_vars.check()',
    '!c:2:14: ValueError: Variable n is not set: A number. Give it on the command line: n=...',
  ],
])('wrong: %j', (program, told) => {
  expect(worth(program)).toBe(told);
});

test('whatever stands in a file, it comes to an end', () => {
  const words = fc.constantFrom(
    ...[
      'x',
      'y',
      '1',
      "'a'",
      '"%s"',
      '=',
      '+=',
      '(',
      ')',
      '[',
      ']',
      '{',
      '}',
      ':',
      ',',
      '.',
      '\n',
      '\n  ',
      ' ',
      '%',
      '*',
      '-',
    ],
    ...[
      'if',
      'else',
      'for',
      'in',
      'def',
      'return',
      'try',
      'except',
      'raise',
      'import',
      'os',
      'not',
      'range',
      'str',
      'sorted',
      'append',
    ],
  );
  fc.assert(
    fc.property(fc.array(words, { maxLength: 40 }), (all) => {
      said(all.join(' '));
      expect(aborts).toBe(0);
    }),
    { numRuns: 500, seed: 16 },
  );
});
