/** sh [-c TEXT | FILE [ARGUMENT...]]: the shell. Without arguments it talks to a person, or runs its standard input. */
import { SIG_IGN, SIGINT, SIGQUIT, SIGTSTP, SIGTTOU } from 'mote/abi';
import { currentDirectory, getpid, parentId, setForeground, setGroup, setSignal } from 'programs/lib/calls';
import { complain, flush, Input, openInput } from 'programs/lib/io';
import { environment } from 'programs/lib/start';
import { leaving } from './sh/builtins';
import { heedInterrupts, takeStrike } from './sh/interrupt';
import { reap, setInteractive } from './sh/jobs';
import { isTerminal } from 'programs/lib/terminal';
import { stay } from 'programs/lib/stay';
import { confirm, editLine, isInputEnded, isInterrupted } from './sh/line-editor';
import { ended, parse, parseNext, unfinished } from './sh/parse';
import { runParsed, runText } from './sh/run';
import * as variables from './sh/variables';
import { inDocument } from './sh/words';

/** The status of what Ctrl-C has ended. */
const INTERRUPTED = 128 + SIGINT;

export function main(args: string[]): i32 {
  takeEnvironment();
  if (args.length > 2 && args[1] == '-c') {
    variables.setParameters(args.length > 3 ? args.slice(3) : ['sh']);
    return runText(args[2]);
  }
  if (args.length > 1) return runFile(args);
  if (isTerminal(0)) return talk();
  return runInput(new Input(0));
}

function takeEnvironment(): void {
  const list = environment();
  for (let n = 0; n < list.length; n++) {
    const at = list[n].indexOf('=');
    if (at <= 0) continue;
    variables.assign(list[n]);
    variables.markExported(list[n].substring(0, at));
  }
  if (!variables.isSet('PATH')) variables.set('PATH', '/bin');
}

function runFile(args: string[]): i32 {
  const input = openInput(args[1]);
  if (input == null) return 127;
  variables.setParameters(args.slice(1));
  return runInput(input);
}

/** Runs what an input says, command by command: as many lines as one takes. */
function runInput(input: Input): i32 {
  for (;;) {
    const command = parseNext(input);
    if (ended) break;
    runParsed(command);
    if (leaving) break;
  }
  return variables.lastStatus;
}

/** Whether the system ends with this shell: init has started it. */
function isFirst(): bool {
  return parentId() == 1;
}

function talk(): i32 {
  setInteractive(true);
  heedInterrupts();
  setSignal(SIGQUIT, SIG_IGN);
  setSignal(SIGTSTP, SIG_IGN);
  setSignal(SIGTTOU, SIG_IGN);
  setGroup(0, 0);
  setForeground(getpid());
  stay();
  let text = '';
  while (!leaving) {
    reap();
    flush();
    const line = editLine(text == '' ? currentDirectory() + ' $ ' : '> ');
    if (line == null) {
      if (text == '' && (isInputEnded || !isFirst() || confirm('Power off?'))) break;
      if (text == '') continue;
      complain('the input ends in the middle of a command');
      text = '';
      continue;
    }
    if (isInterrupted) {
      // So are the lines before it.
      text = '';
      variables.setStatus(INTERRUPTED);
      continue;
    }
    text += line + '\n';
    const command = parse(text);
    // An empty line ends what is waited for, but for a here-document's.
    if (unfinished && (line != '' || inDocument)) continue;
    runParsed(command);
    flush();
    if (takeStrike()) variables.setStatus(INTERRUPTED);
    text = '';
  }
  return variables.lastStatus;
}
