/** init: the first process. It greets, runs /etc/rc if there is one, keeps a shell on the console, and buries the children that others leave behind. */
import { LINUX_REBOOT_CMD_POWER_OFF, O_RDONLY, SIG_DFL, SIG_IGN, SIGTTOU } from 'mote/abi';
import { close, exec, exit, fork, open, setForeground, setSignal, wait } from 'programs/lib/calls';
import { endSystem } from 'programs/lib/ending';
import { complainOf, flush, print, readFile } from 'programs/lib/io';

const SHELL = '/bin/sh';
const RC = '/etc/rc';
const ENVIRONMENT = ['PATH=/bin', 'HOME=/', 'TERM=xterm'];

export function main(args: string[]): i32 {
  setSignal(SIGTTOU, SIG_IGN);
  const greeting = readFile('/etc/motd');
  if (greeting != null) print(greeting);
  flush();
  if (exists(RC)) runToEnd();
  const shell = start(['sh']);
  if (shell < 0) return complainOf(SHELL, shell);
  while (wait(-1) != shell);
  setForeground(0);
  print('Mote: powering off\n');
  flush();
  endSystem(LINUX_REBOOT_CMD_POWER_OFF);
  return 1;
}

/** Runs what the system wants done before anybody uses it. */
function runToEnd(): void {
  const pid = start(['sh', RC]);
  if (pid > 0) while (wait(-1) != pid);
}

function exists(path: string): bool {
  const fd = open(path, O_RDONLY);
  if (fd >= 0) close(fd);
  return fd >= 0;
}

function start(args: string[]): i32 {
  const pid = fork();
  if (pid != 0) return pid;
  setSignal(SIGTTOU, SIG_DFL);
  exit(-exec(SHELL, args, ENVIRONMENT));
  return 0;
}
