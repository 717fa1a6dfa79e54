/** Running a program whose output goes to the log. */
import { close, dup2, exec, exit, fork, pipe, wait, waitStatus } from 'programs/lib/calls';
import { Input } from 'programs/lib/io';
import { info, refuse } from './log';

const ENVIRONMENT: string[] = ['PATH=/bin', 'HOME=/'];

/** The exit status of a program of /bin. */
export function run(args: string[]): i32 {
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
  const output = new Input(ends[0]);
  for (let line = output.line(); line != null; line = output.line()) info(line);
  output.close();
  if (child > 0 && wait(child) == child) return waitStatus();
  refuse(args[0] + ': it cannot be run');
  return 1;
}
