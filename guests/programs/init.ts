/** init: the first process. It greets, keeps a shell on the console, and buries the children that others leave behind. */
import { LINUX_REBOOT_CMD_POWER_OFF, SIG_DFL, SIG_IGN, SIGTTOU } from 'mote/abi';
import { exec, exit, fork, reboot, setForeground, setSignal, sync, wait } from 'programs/lib/calls';
import { complainOf, flush, print, readFile } from 'programs/lib/io';

const SHELL = '/bin/sh';
const ENVIRONMENT = ['PATH=/bin', 'HOME=/', 'TERM=xterm'];

export function main(args: string[]): i32 {
  setSignal(SIGTTOU, SIG_IGN);
  const greeting = readFile('/etc/motd');
  if (greeting != null) print(greeting);
  flush();
  const shell = start();
  if (shell < 0) return complainOf(SHELL, shell);
  while (wait(-1) != shell);
  setForeground(0);
  print('Mote: powering off\n');
  flush();
  sync();
  reboot(LINUX_REBOOT_CMD_POWER_OFF);
  return 1;
}

function start(): i32 {
  const pid = fork();
  if (pid != 0) return pid;
  setSignal(SIGTTOU, SIG_DFL);
  exit(-exec(SHELL, ['sh'], ENVIRONMENT));
  return 0;
}
