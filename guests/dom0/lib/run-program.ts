/** Running a program of /bin to its end. */
import { exec, exit, fork, wait, waitStatus } from 'programs/lib/calls';

const ENVIRONMENT: string[] = ['PATH=/bin', 'HOME=/'];

/** Its exit status; what it prints goes where this program's goes. */
export function runProgram(args: string[]): i32 {
  const child = fork();
  if (child == 0) exit(-exec('/bin/' + args[0], args, ENVIRONMENT));
  return child > 0 && wait(child) == child ? waitStatus() : 1;
}
