/** Commands that are the shell's own: they change the shell, or are too small for a program. */
import { chdir, currentDirectory, readDirectory } from 'programs/lib/calls';
import { echo } from 'programs/lib/echo';
import { complain, complainOf, Input, print, readFile } from 'programs/lib/io';
import { bad, number } from 'programs/lib/text';
import { tellAll, tellOf } from './help';
import { isStruck } from './interrupt';
import * as jobs from './jobs';
import { test } from './test';
import * as variables from './variables';

/** The shell is to end: with `variables.lastStatus`. */
export let leaving: bool = false;
/** How many loops `break` and `continue` leave, and which of them; `return` leaves a function. */
export let breaking: i32 = 0;
export let continuing: bool = false;
export let returning: bool = false;

export function clearBreak(): void {
  breaking = max(breaking - 1, 0);
  if (breaking == 0) continuing = false;
}
export function clearReturn(): void {
  returning = false;
}
/** Whether what follows is to be skipped. */
export function unwinding(): bool {
  return leaving || returning || breaking > 0 || isStruck();
}

/** Their names, for completion, and what help says of them: filled from the table. */
export const NAMES: string[] = [];
const usages: string[] = [];

class Builtin {
  constructor(
    /** `NAME ARGUMENTS: what it does`, as programs say it. */
    public usage: string,
    public run: (args: string[]) => i32,
  ) {}

  get name(): string {
    const end = this.usage.indexOf(' ');
    const colon = this.usage.indexOf(': ');
    return this.usage.substring(0, max(min(end, colon), 1));
  }
}

/** Runs a text in this shell, and makes a program of this shell; set by the executor. */
let runText: (text: string) => i32 = (text: string): i32 => 0;
let become: (words: string[]) => i32 = (words: string[]): i32 => 0;
export function setRunners(text: (text: string) => i32, program: (words: string[]) => i32): void {
  runText = text;
  become = program;
}

const BUILTINS: Builtin[] = [
  new Builtin('. FILE: runs the commands of a file in this shell.', source),
  new Builtin(': does nothing.', () => 0),
  new Builtin('[ CONDITION ]: as test.', bracket),
  new Builtin('bg [JOB]: lets a stopped job go on in the background.', (args) => resume(args, false)),
  new Builtin('break [N]: leaves a loop, or N of them.', (args) => leaveLoop(args, false)),
  new Builtin('cd [DIRECTORY]: goes there; home, without one.', changeDirectory),
  new Builtin('clear: an empty screen.', () => say('\x1b[2J\x1b[H')),
  new Builtin('continue [N]: goes on with the next turn of a loop.', (args) => leaveLoop(args, true)),
  new Builtin('echo [-n] [TEXT...]: prints its arguments; -n: without the end of the line.', echo),
  new Builtin('eval [TEXT...]: runs its arguments as a command.', (args) => runText(args.slice(1).join(' '))),
  new Builtin('exec COMMAND...: the shell becomes a program.', (args) =>
    args.length > 1 ? become(args.slice(1)) : 0,
  ),
  new Builtin('exit [STATUS]: ends the shell.', leave),
  new Builtin('export [NAME[=VALUE]...]: what programs get in their environment.', exportAll),
  new Builtin('false: fails.', () => 1),
  new Builtin('fg [JOB]: takes a job to the foreground.', (args) => resume(args, true)),
  new Builtin('help [NAME...]: what there is; what is called with what, and does what.', help),
  new Builtin('jobs: what runs or is stopped in the background.', () => list()),
  new Builtin('local NAME[=VALUE]...: variables of a function.', declareLocal),
  new Builtin('man NAME...: as help.', help),
  new Builtin('pwd: the current directory.', () => say(currentDirectory() + '\n')),
  new Builtin('read [-r] [NAME...]: takes a line of the input apart, at its blanks.', readLine),
  new Builtin('return [STATUS]: leaves a function.', leaveFunction),
  new Builtin('set [--] [PARAMETER...]: sets $1 and so on; without any: shows the variables.', setAll),
  new Builtin('shift [N]: drops $1, and N - 1 more.', shift),
  new Builtin('test CONDITION: -f FILE, A = B, N -lt M, ! X, X -a Y and the like.', (args) =>
    test(args.slice(1)),
  ),
  new Builtin('true: does nothing.', () => 0),
  new Builtin('type NAME...: whether it is a builtin or a program.', type),
  new Builtin('unset NAME...: forgets variables.', unsetAll),
  new Builtin('wait [PID]: until jobs have ended.', (args) =>
    jobs.waitFor(args.length > 1 ? <i32>number(args[1]) : 0),
  ),
];

for (let n = 0; n < BUILTINS.length; n++) {
  NAMES.push(BUILTINS[n].name);
  usages.push(BUILTINS[n].usage);
}

function find(name: string): i32 {
  return name == ':' ? NAMES.indexOf('true') : NAMES.indexOf(name);
}

export function isBuiltin(name: string): bool {
  return find(name) >= 0;
}

/** Runs a builtin: its status. */
export function builtin(args: string[]): i32 {
  return BUILTINS[find(args[0])].run(args);
}

function help(args: string[]): i32 {
  return args.length > 1 ? tellOf(args.slice(1), usages) : tellAll(usages);
}

function say(text: string): i32 {
  print(text);
  return 0;
}

function source(args: string[]): i32 {
  if (args.length < 2) {
    complain('.: which file?');
    return 2;
  }
  const text = readFile(args[1]);
  if (text == null) return complainOf('.: ' + args[1], -2);
  const status = runText(text);
  if (returning) clearReturn();
  return status;
}

function declareLocal(args: string[]): i32 {
  for (let n = 1; n < args.length; n++) {
    const at = args[n].indexOf('=');
    variables.cover(at < 0 ? args[n] : args[n].substring(0, at));
    if (at >= 0) variables.assign(args[n]);
    else variables.set(args[n], '');
  }
  return 0;
}

function changeDirectory(args: string[]): i32 {
  const to = args.length > 1 ? args[1] : variables.isSet('HOME') ? variables.get('HOME') : '/';
  const failed = chdir(to);
  return failed < 0 ? complainOf('cd: ' + to, failed) : 0;
}

function statusOf(args: string[]): i32 {
  return args.length > 1 ? (<i32>number(args[1])) & 0xff : variables.lastStatus;
}

function leave(args: string[]): i32 {
  leaving = true;
  return statusOf(args);
}

function leaveFunction(args: string[]): i32 {
  returning = true;
  return statusOf(args);
}

function leaveLoop(args: string[], next: bool): i32 {
  breaking = args.length > 1 ? max(<i32>number(args[1]), 1) : 1;
  continuing = next;
  return 0;
}

function exportAll(args: string[]): i32 {
  for (let n = 1; n < args.length; n++) {
    const at = args[n].indexOf('=');
    const name = at < 0 ? args[n] : args[n].substring(0, at);
    if (!variables.isName(name)) return complainOf('export: ' + name, -22);
    if (at >= 0) variables.assign(args[n]);
    variables.markExported(name);
  }
  return args.length > 1 ? 0 : sayAll(variables.environment());
}

function sayAll(lines: string[]): i32 {
  for (let n = 0; n < lines.length; n++) print(lines[n] + '\n');
  return 0;
}

function setAll(args: string[]): i32 {
  if (args.length == 1) return sayAll(variables.all());
  const list = args.slice(args[1] == '--' ? 2 : 1);
  list.unshift(variables.parameters[0]);
  variables.setParameters(list);
  return 0;
}

function unsetAll(args: string[]): i32 {
  for (let n = 1; n < args.length; n++) variables.unset(args[n]);
  return 0;
}

function shift(args: string[]): i32 {
  const count = args.length > 1 ? <i32>number(args[1]) : 1;
  const list = variables.parameters;
  if (bad || count < 0 || count >= list.length) return 1;
  list.splice(1, count);
  return 0;
}

/** One byte at a time: what follows the line belongs to whoever reads next. */
function readLine(args: string[]): i32 {
  let line = '';
  let got = -1;
  const input = new Input(0);
  input.single = true;
  while ((got = input.byte()) >= 0 && got != 10) line += String.fromCharCode(got);
  if (got < 0 && line == '') return 1;
  // A backslash is one anyhow.
  const names = args.slice(args.length > 1 && args[1] == '-r' ? 2 : 1);
  line = line.trim();
  for (let n = 0; n < names.length; n++) {
    const end = n == names.length - 1 ? line.length : blankIn(line);
    variables.set(names[n], line.substring(0, end));
    line = line.substring(end).trimStart();
  }
  return 0;
}

/** Where the first space or tab of a line is, or its end. */
function blankIn(line: string): i32 {
  let at = 0;
  while (at < line.length && line.charCodeAt(at) != 0x20 && line.charCodeAt(at) != 9) at++;
  return at;
}

function bracket(args: string[]): i32 {
  if (args[args.length - 1] == ']') return test(args.slice(1, args.length - 1));
  complain("[: there is no ']'");
  return 2;
}

function list(): i32 {
  jobs.reap();
  jobs.list();
  return 0;
}

function resume(args: string[], foreground: bool): i32 {
  const which = args.length > 1 ? <i32>number(args[1].startsWith('%') ? args[1].substring(1) : args[1]) : 0;
  const status = jobs.resume(which, foreground);
  if (status >= 0) return status;
  complain('there is no such job');
  return 1;
}

function type(args: string[]): i32 {
  let status = 0;
  for (let n = 1; n < args.length; n++) {
    const name = args[n];
    const path = isBuiltin(name) ? '' : pathOf(name);
    if (path == '' && !isBuiltin(name)) {
      complain('type: ' + name + ': not found');
      status = 1;
    } else print(name + (path == '' ? ' is a builtin\n' : ' is ' + path + '\n'));
  }
  return status;
}

/** Where a program is; empty: nowhere in PATH. */
function pathOf(name: string): string {
  const directories = variables.get('PATH').split(':');
  for (let n = 0; n < directories.length; n++) {
    const names = readDirectory(directories[n]);
    if (names != null && names.includes(name)) return directories[n] + '/' + name;
  }
  return '';
}
