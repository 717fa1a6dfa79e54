/** Commands that are the shell's own: they change the shell, or are too small for a program. */
import { chdir, currentDirectory } from 'programs/lib/calls';
import { echo } from 'programs/lib/echo';
import { complain, complainOf, Input, print } from 'programs/lib/io';
import { bad, number } from 'programs/lib/text';
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
  return leaving || returning || breaking > 0;
}

/** Runs a builtin, one of NAMES: its status. */
export function builtin(args: string[]): i32 {
  const name = args[0];
  if (name == ':' || name == 'true') return 0;
  if (name == 'false') return 1;
  if (name == 'cd') return changeDirectory(args);
  if (name == 'echo') return echo(args);
  if (name == 'pwd') return say(currentDirectory());
  if (name == 'exit') return leave(args);
  if (name == 'return') return leaveFunction(args);
  if (name == 'break' || name == 'continue') return leaveLoop(args, name == 'continue');
  if (name == 'export') return exportAll(args);
  if (name == 'set') return setAll(args);
  if (name == 'unset') return unsetAll(args);
  if (name == 'shift') return shift(args);
  if (name == 'read') return readLine(args);
  if (name == 'test') return test(args.slice(1));
  if (name == '[') return bracket(args);
  if (name == 'jobs') return list();
  if (name == 'wait') return jobs.waitFor(args.length > 1 ? <i32>number(args[1]) : 0);
  if (name == 'fg' || name == 'bg') return resume(args, name == 'fg');
  return type(args);
}

/** Names for `type` and completion. */
export const NAMES: string[] = [
  ':',
  '[',
  'bg',
  'break',
  'cd',
  'continue',
  'echo',
  'exit',
  'export',
  'false',
  'fg',
  'jobs',
  'pwd',
  'read',
  'return',
  'set',
  'shift',
  'test',
  'true',
  'type',
  'unset',
  'wait',
];

function say(text: string): i32 {
  print(text + '\n');
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
  for (let n = 1; n < args.length; n++) {
    const space = n == args.length - 1 ? -1 : line.indexOf(' ');
    variables.set(args[n], space < 0 ? line : line.substring(0, space));
    line = space < 0 ? '' : line.substring(space + 1).trimStart();
  }
  return 0;
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
  for (let n = 1; n < args.length; n++)
    print(args[n] + (NAMES.includes(args[n]) ? ' is a builtin\n' : ' is a program\n'));
  return 0;
}
