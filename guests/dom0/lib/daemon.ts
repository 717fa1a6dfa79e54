/**
 * A daemon: a process of its own, while whoever has started it waits until it is ready, and no longer. There is one of each:
 * its number is in /var/run.
 */
import { O_RDWR, SIGTERM, SYS_setsid } from 'mote/abi';
import {
  close,
  dup2,
  exit,
  fork,
  getpid,
  kill,
  open,
  pipe,
  read,
  sleepNs,
  unlink,
  write,
} from 'programs/lib/calls';
import { syscall0 } from 'programs/lib/intrinsics';
import { complain, readFile } from 'programs/lib/io';
import { ProcessInfo } from 'programs/lib/processes';
import { bad, number } from 'programs/lib/text';
import { putFile } from './log';

const LOOK_NS: u64 = 5_000_000;

const ends = new StaticArray<i32>(2);
const byte = new ArrayBuffer(1);

function pidFile(name: string): string {
  return '/var/run/' + name + '.pid';
}

/** The process that is the daemon of a name; 0: there is none. */
export function runningDaemon(name: string): i32 {
  const text = readFile(pidFile(name));
  const pid = text == null ? 0 : <i32>number(text.trim());
  if (text == null || bad || pid <= 0 || pid == getpid()) return 0;
  // It may have ended, and its number be another's.
  const stat = readFile('/proc/' + pid.toString() + '/stat');
  if (stat == null) return 0;
  const process = new ProcessInfo(stat);
  return process.name == name && process.state != 'Z' ? pid : 0;
}

/** Whether the daemon of a name runs already, which is said then. */
export function isRunning(name: string): bool {
  const pid = runningDaemon(name);
  if (pid != 0) complain('it is running already, as process ' + pid.toString());
  return pid != 0;
}

/** Ends the daemon of a name, and waits until it is gone. What it has started goes on. */
export function stopDaemon(name: string): void {
  const pid = runningDaemon(name);
  if (pid == 0) return;
  kill(pid, SIGTERM);
  while (runningDaemon(name) == pid) sleepNs(LOOK_NS);
  unlink(pidFile(name));
}

function writePid(name: string): void {
  putFile(pidFile(name), getpid().toString() + '\n');
}

/**
 * Goes on as the daemon of a name, in a process of its own. Here it ends: with 0 when that one is `ready`, with 1 when it has
 * ended before.
 */
export function detach(name: string): void {
  if (pipe(ends) < 0) exit(1);
  const child = fork();
  if (child == 0) {
    close(ends[0]);
    syscall0(SYS_setsid);
    writePid(name);
    return;
  }
  close(ends[1]);
  exit(child > 0 && read(ends[0], byte, 1) == 1 ? 0 : 1);
}

/** Holds nothing any more of whoever has started it, who may wait until nobody writes: input and output are nobody's. */
export function letGo(): void {
  const fd = open('/dev/null', O_RDWR);
  for (let n = 0; n < 3 && fd >= 0; n++) dup2(fd, n);
  if (fd > 2) close(fd);
}

/** Whoever waits goes on. */
export function ready(): void {
  write(ends[1], byte, 1);
  close(ends[1]);
}
