/** kill [-SIGNAL] PID..., kill -l: sends a signal, by number or name, TERM unless said otherwise; -l: the names that there are. */
import { SIGCONT, SIGHUP, SIGINT, SIGKILL, SIGSTOP, SIGTERM, SIGUSR1, SIGUSR2 } from 'mote/abi';
import { kill } from 'programs/lib/calls';
import { complain, complainOf, print } from 'programs/lib/io';
import { bad, number } from 'programs/lib/text';

const NAMES = ['HUP', 'INT', 'KILL', 'TERM', 'STOP', 'CONT', 'USR1', 'USR2'];
const NUMBERS: i32[] = [SIGHUP, SIGINT, SIGKILL, SIGTERM, SIGSTOP, SIGCONT, SIGUSR1, SIGUSR2];

export function main(args: string[]): i32 {
  let signal = SIGTERM;
  let first = 1;
  if (args.length == 2 && args[1] == '-l') return list();
  if (args.length > 1 && args[1].startsWith('-')) {
    signal = signalOf(args[1].substring(1));
    first = 2;
  }
  if (args.length <= first || signal < 0) {
    complain('usage: kill [-SIGNAL] PID... | -l');
    return 2;
  }
  let result = 0;
  for (let n = first; n < args.length; n++) {
    const pid = <i32>number(args[n]);
    const failed = bad ? -3 : kill(pid, signal);
    if (failed < 0) result = complainOf(args[n], failed);
  }
  return result;
}

/** The signals' numbers and names. */
function list(): i32 {
  for (let n = 0; n < NAMES.length; n++) print(NUMBERS[n].toString().padStart(2) + ') SIG' + NAMES[n] + '\n');
  return 0;
}

function signalOf(text: string): i32 {
  const name = text.startsWith('SIG') ? text.substring(3) : text;
  const at = NAMES.indexOf(name);
  if (at >= 0) return NUMBERS[at];
  const value = <i32>number(text);
  return bad ? -1 : value;
}
