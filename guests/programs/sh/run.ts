/** Walking a command's tree: processes, pipes, redirections, and the constructs of the language. */
import * as abi from 'mote/abi';
import {
  close,
  dupFrom,
  exit,
  fork,
  getpid,
  pipe,
  read,
  setForeground,
  setGroup,
  setSignal,
  wait,
  waitStatus,
} from 'programs/lib/calls';
import { complain, complainOf, flush, forgetFailure } from 'programs/lib/io';
import {
  breaking,
  builtin,
  clearBreak,
  clearReturn,
  continuing,
  isBuiltin,
  returning,
  setRunners,
  unwinding,
} from './builtins';
import { execute } from './execute';
import { expandAll, expandOne, expandPattern, setSubstitution } from './expand';
import * as jobs from './jobs';
import { parse, problem } from './parse';
import { matches } from './pattern';
import { moveTo, redirect, redirectTo } from './redirect';
import {
  Case,
  Command,
  For,
  FunctionDefinition,
  If,
  Loop,
  Pipeline,
  Sequence,
  Simple,
  Subshell,
} from './tree';
import * as variables from './variables';

const MAX_DEPTH = 200;

const functions = new Map<string, Command>();
let depth: i32 = 0;

/** Parses and runs a text. Its status. */
export function runText(text: string): i32 {
  return runParsed(parse(text));
}

/** Runs what `parse` has made of a text, or says what is wrong with that. The status. */
export function runParsed(command: Sequence | null): i32 {
  if (problem != '') {
    complain(problem);
    variables.setStatus(2);
  } else if (command != null) run(command);
  return variables.lastStatus;
}

/** Runs a command; its status is `lastStatus` too. */
export function run(command: Command): i32 {
  let status = 0;
  if (depth++ > MAX_DEPTH) {
    complain('functions call each other too deeply');
    status = 2;
  } else if (command.redirections.length > 0 && !(command instanceof Simple)) status = runRedirected(command);
  else status = runPlain(command);
  depth--;
  variables.setStatus(status);
  return status;
}

function runPlain(command: Command): i32 {
  if (command instanceof Simple) return runSimple(<Simple>command);
  if (command instanceof Sequence) return runSequence(<Sequence>command);
  if (command instanceof Pipeline) return runPipeline(<Pipeline>command);
  if (command instanceof Subshell) return runChild((<Subshell>command).body, '( )');
  if (command instanceof If) return runIf(<If>command);
  if (command instanceof Loop) return runLoop(<Loop>command);
  if (command instanceof For) return runFor(<For>command);
  if (command instanceof Case) return runCase(<Case>command);
  const definition = <FunctionDefinition>command;
  functions.set(definition.name, definition.body);
  return 0;
}

function runSequence(sequence: Sequence): i32 {
  let status = 0;
  for (let n = 0; n < sequence.commands.length && !unwinding(); n++) {
    const before = n > 0 ? sequence.operators[n - 1] : ';';
    if ((before == '&&' && status != 0) || (before == '||' && status == 0)) continue;
    if (sequence.operators[n] == '&') {
      status = 0;
      startInBackground(sequence.commands[n]);
    } else status = run(sequence.commands[n]);
  }
  return status;
}

function textOf(command: Command): string {
  if (command instanceof Simple) return (<Simple>command).words.join(' ');
  if (command instanceof Pipeline)
    return (<Pipeline>command).parts.map<string>((part) => textOf(part)).join(' | ');
  return '( )';
}

// Processes.

/** In a child: signals as programs expect them, and a process group where a person has jobs. */
function becomeChild(group: i32, foreground: bool): void {
  if (jobs.interactive) {
    setGroup(0, group);
    if (foreground) setForeground(group == 0 ? getpid() : group);
  }
  leaveTerminal();
}

/** What a child starts belongs to the job that it is, and signals end it. */
function leaveTerminal(): void {
  jobs.setInteractive(false);
  setSignal(abi.SIGINT, abi.SIG_DFL);
  setSignal(abi.SIGTSTP, abi.SIG_DFL);
  setSignal(abi.SIGTTOU, abi.SIG_DFL);
  setSignal(abi.SIGQUIT, abi.SIG_DFL);
}

/** Runs a command in the child and ends it; a program takes the child's place at once. */
function finishChild(command: Command): void {
  if (command instanceof Simple) becomeSimple(<Simple>command);
  const status = run(command);
  flush();
  exit(status);
}

/** Becomes the program that a command names; comes back where it names none, but something of the shell's own. */
function becomeSimple(command: Simple): void {
  let first = 0;
  while (first < command.words.length && isAssignment(command.words[first])) first++;
  if (first == command.words.length) return;
  const words = expandAll(command.words.slice(first));
  if (words.length == 0 || functions.has(words[0]) || isBuiltin(words[0])) return;
  if (!redirect(command.redirections)) exit(1);
  for (let n = 0; n < first; n++) {
    assign(command.words[n]);
    variables.markExported(command.words[n].substring(0, command.words[n].indexOf('=')));
  }
  exit(execute(words));
}

function startInBackground(command: Command): void {
  flush();
  const pid = fork();
  if (pid < 0) {
    complainOf('fork', pid);
    return;
  }
  if (pid == 0) {
    becomeChild(0, false);
    redirectTo('/dev/null', abi.O_RDONLY, 0);
    finishChild(command);
  }
  if (jobs.interactive) setGroup(pid, pid);
  jobs.addJob(pid, textOf(command));
}

function runChild(command: Command, text: string): i32 {
  flush();
  const pid = fork();
  if (pid < 0) return complainOf('fork', pid);
  if (pid == 0) {
    becomeChild(0, true);
    finishChild(command);
  }
  if (jobs.interactive) setGroup(pid, pid);
  return jobs.waitForeground(pid, text);
}

const ends = new StaticArray<i32>(2);

/** All parts run at once, in one process group, each writing to the next; the status is the last one's. */
function runPipeline(pipeline: Pipeline): i32 {
  const parts = pipeline.parts;
  if (parts.length == 1) return run(parts[0]) == 0 ? 1 : 0;
  flush();
  const pids: i32[] = [];
  let input = -1;
  let group = 0;
  for (let n = 0; n < parts.length; n++) {
    const last = n == parts.length - 1;
    const failed = last ? 0 : pipe(ends);
    const output = last || failed < 0 ? -1 : ends[1];
    const next = last || failed < 0 ? -1 : ends[0];
    const pid = failed < 0 ? failed : fork();
    if (pid == 0) {
      becomeChild(group, true);
      if (next >= 0) close(next);
      if (input >= 0) moveTo(input, 0);
      if (output >= 0) moveTo(output, 1);
      finishChild(parts[n]);
    }
    if (input >= 0) close(input);
    if (output >= 0) close(output);
    input = next;
    if (pid < 0) {
      complainOf('fork', pid);
      break;
    }
    if (group == 0) group = pid;
    if (jobs.interactive) setGroup(pid, group);
    pids.push(pid);
  }
  if (input >= 0) close(input);
  let status = 1;
  for (let n = 0; n < pids.length; n++) {
    const last = n == pids.length - 1;
    if (last) status = jobs.waitForeground(pids[n], textOf(pipeline));
    else wait(pids[n]);
  }
  return pipeline.negated ? (status == 0 ? 1 : 0) : status;
}

// Redirections.

/** Where copies of the standard files lie while a command of the shell's own has others in their place. */
const KEPT = 10;

function runRedirected(command: Command): i32 {
  flush();
  const kept: i32[] = [];
  for (let fd = 0; fd < 3; fd++) kept.push(dupFrom(fd, KEPT));
  let status = 1;
  if (redirect(command.redirections)) status = command instanceof Simple ? runBuiltin() : runPlain(command);
  if (flush() < 0) {
    status = 1;
    forgetFailure();
  }
  for (let fd = 0; fd < 3; fd++) if (kept[fd] >= 0) moveTo(kept[fd], fd);
  return status;
}

// Simple commands.

let builtinWords: string[] = [];

function runBuiltin(): i32 {
  if (functions.has(builtinWords[0])) return call(functions.get(builtinWords[0]), builtinWords);
  return builtin(builtinWords);
}

function runSimple(command: Simple): i32 {
  let first = 0;
  while (first < command.words.length && isAssignment(command.words[first])) first++;
  const words = expandAll(command.words.slice(first));
  if (words.length == 0) {
    hasCaptured = first == 0;
    for (let n = 0; n < first; n++) assign(command.words[n]);
    // What was substituted last says how it went.
    if (command.redirections.length == 0) return hasCaptured ? variables.lastStatus : 0;
    builtinWords = [':'];
    return runRedirected(command);
  }
  if (functions.has(words[0]) || isBuiltin(words[0])) {
    for (let n = 0; n < first; n++) assign(command.words[n]);
    builtinWords = words;
    return command.redirections.length > 0 ? runRedirected(command) : runBuiltin();
  }
  return runChild(command, words.join(' '));
}

function isAssignment(word: string): bool {
  const at = word.indexOf('=');
  return at > 0 && variables.isName(word.substring(0, at));
}

function assign(word: string): void {
  const at = word.indexOf('=');
  variables.set(word.substring(0, at), expandOne(word.substring(at + 1)));
}

/** Calls a function: its parameters are the shell's as long as it runs. */
function call(body: Command, words: string[]): i32 {
  const before = variables.parameters;
  const list = words.slice(1);
  list.unshift(before[0]);
  variables.setParameters(list);
  const scope = variables.beginScope();
  const status = run(body);
  variables.endScope(scope);
  variables.setParameters(before);
  if (returning) clearReturn();
  return status;
}

// The language.

function runIf(command: If): i32 {
  for (let n = 0; n < command.conditions.length; n++) {
    const status = run(command.conditions[n]);
    if (unwinding()) return status;
    if (status == 0) return run(command.branches[n]);
  }
  const hasElse = command.branches.length > command.conditions.length;
  return hasElse ? run(command.branches[command.branches.length - 1]) : 0;
}

/** Whether a loop ends here because of `break`, `return` or `exit`; `continue` of this loop has been seen to. */
function loopEnds(): bool {
  if (!unwinding()) return false;
  const next = breaking == 1 && continuing;
  if (breaking > 0) clearBreak();
  return !next;
}

function runLoop(loop: Loop): i32 {
  let status = 0;
  while ((run(loop.condition) == 0) != loop.until && !unwinding()) {
    status = run(loop.body);
    if (loopEnds() || interrupted(status)) break;
  }
  return status;
}

/** Ctrl-C at a program in a loop ends the loop. */
function interrupted(status: i32): bool {
  return jobs.interactive && status == 128 + abi.SIGINT;
}

function runFor(loop: For): i32 {
  let status = 0;
  const words = expandAll(loop.words);
  for (let n = 0; n < words.length; n++) {
    variables.set(loop.variable, words[n]);
    status = run(loop.body);
    if (loopEnds() || interrupted(status)) return status;
  }
  return status;
}

function runCase(command: Case): i32 {
  const word = expandOne(command.word);
  for (let n = 0; n < command.patterns.length; n++)
    for (let m = 0; m < command.patterns[n].length; m++)
      if (matches(expandPattern(command.patterns[n][m]), word)) return run(command.bodies[n]);
  return 0;
}

/** Whether something was substituted since somebody last cleared this. */
let hasCaptured: bool = false;

/** `$(...)`: what a text prints when a child runs it. */
function capture(text: string): string {
  flush();
  if (pipe(ends) < 0) return '';
  const from = ends[0];
  const to = ends[1];
  const pid = fork();
  if (pid == 0) {
    leaveTerminal();
    close(from);
    moveTo(to, 1);
    const status = runText(text);
    flush();
    exit(status);
  }
  close(to);
  let output = '';
  const buffer = new ArrayBuffer(4096);
  let got = 0;
  while ((got = read(from, buffer, 4096)) > 0)
    output += String.UTF8.decodeUnsafe(changetype<usize>(buffer), got);
  close(from);
  if (pid > 0) {
    wait(pid);
    variables.setStatus(waitStatus());
    hasCaptured = true;
  }
  return output;
}
setSubstitution(capture);

/** `exec COMMAND`: the shell becomes a program. */
function become(words: string[]): i32 {
  flush();
  return execute(words);
}
setRunners(runText, become);
