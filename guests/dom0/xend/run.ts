/** Running a program, whose output goes to the log or to who asks. */
import { close, dup2, exec, exit, fork, pipe, wait, waitStatus } from 'programs/lib/calls';
import { Input } from 'programs/lib/io';
import { info, refuse } from './log';

const ENVIRONMENT: string[] = ['PATH=/bin', 'HOME=/'];

/** The exit status of what `output` has run. */
export let outputStatus: i32 = 0;

/** What a program of /bin prints, errors too. */
export function output(args: string[]): string {
  let text = '';
  outputStatus = each(args, (line: string) => {
    collected.push(line);
  });
  for (let n = 0; n < collected.length; n++) text += collected[n] + '\n';
  collected.splice(0);
  return text;
}
const collected: string[] = [];

/** The exit status of a program of /bin, whose output goes to the log. */
export function run(args: string[]): i32 {
  return each(args, info);
}

/** Runs a program, and gives each line that it prints: its exit status. */
function each(args: string[], take: (line: string) => void): i32 {
  const ends = new StaticArray<i32>(2);
  if (pipe(ends) < 0) return 1;
  const child = fork();
  if (child == 0) {
    close(ends[0]);
    dup2(ends[1], 1);
    dup2(ends[1], 2);
    close(ends[1]);
    exit(-exec('/bin/' + args[0], args, ENVIRONMENT));
  }
  close(ends[1]);
  const lines = new Input(ends[0]);
  for (let line = lines.line(); line != null; line = lines.line()) take(line);
  lines.close();
  if (child > 0 && wait(child) == child) return waitStatus();
  refuse(args[0] + ': it cannot be run');
  return 1;
}
