/** System calls about processes and signals. */
import { EINTR, EINVAL, ENOMEM, EPERM, ESRCH } from 'xen';
import { free, alloc } from 'kernel/memory/heap';
import { yieldProcessor } from 'kernel/threads/threads';
import { now, SECOND } from 'kernel/events/clock';
import { interrupted, sleepUntil, WaitQueue } from 'kernel/threads/wait';
import * as abi from './abi';
import { Arguments } from './arguments';
import { execImage } from './exec';
import { failure } from './fs/vnode';
import { openImage } from './image';
import { currentProcess, exitProcess, findProcess, forkProcess, Process, waitForChild } from './process';
import { AlarmTimer, kill, returnFromHandler, setHandler } from './signals';
import { setSyscall } from './syscall-table';
import { copyIn, copyInString, copyOut } from './user-memory';

export function initProcessCalls(): void {
  setSyscall(abi.SYS_fork, (a: u64, b: u64, c: u64, d: u64, e: u64, f: u64): i64 =>
    forkProcess(currentProcess()),
  );
  setSyscall(abi.SYS_execve, execve);
  setSyscall(abi.SYS_exit, exit);
  setSyscall(abi.SYS_exit_group, exit);
  setSyscall(abi.SYS_wait4, (pid: u64, status: u64, options: u64, d: u64, e: u64, f: u64): i64 =>
    waitForChild(<i32>pid, status, <i32>options),
  );
  setSyscall(abi.SYS_kill, (pid: u64, signal: u64, c: u64, d: u64, e: u64, f: u64): i64 =>
    kill(<i32>pid, <i32>signal),
  );
  setSyscall(abi.SYS_signal, (signal: u64, handler: u64, c: u64, d: u64, e: u64, f: u64): i64 =>
    setHandler(<i32>signal, handler),
  );
  setSyscall(abi.SYS_rt_sigreturn, (a: u64, b: u64, c: u64, d: u64, e: u64, f: u64): i64 =>
    returnFromHandler(currentProcess().frame),
  );
  setSyscall(abi.SYS_getpid, (a: u64, b: u64, c: u64, d: u64, e: u64, f: u64): i64 => currentProcess().pid);
  setSyscall(abi.SYS_getppid, getppid);
  setSyscall(abi.SYS_getpgrp, (a: u64, b: u64, c: u64, d: u64, e: u64, f: u64): i64 => currentProcess().pgid);
  setSyscall(abi.SYS_setpgid, setpgid);
  setSyscall(abi.SYS_setsid, setsid);
  setSyscall(abi.SYS_sched_yield, schedYield);
  setSyscall(abi.SYS_nanosleep, nanosleep);
  setSyscall(abi.SYS_pause, pause);
  setSyscall(abi.SYS_alarm, alarm);
}

const PATH_BYTES: usize = 4096;

function execve(path: u64, argv: u64, envp: u64, d: u64, e: u64, f: u64): i64 {
  const given = Arguments.create();
  if (given == null) return -ENOMEM;
  const name = alloc(PATH_BYTES);
  const length = copyInString(name, path, PATH_BYTES);
  let result = length < 0 ? length : given.copyIn(argv, envp);
  if (result == 0) result = execPath(currentProcess(), name, given);
  given.release();
  free(name);
  return result;
}

/** Begins the program at a path (NUL-terminated, the kernel's). 0, or a negative errno. */
export function execPath(process: Process, path: usize, given: Arguments): i32 {
  const image = openImage(path);
  if (image == null) return failure();
  const result = execImage(process, image, given);
  image.release();
  if (result == 0) process.setName(path);
  return result;
}

function exit(status: u64, b: u64, c: u64, d: u64, e: u64, f: u64): i64 {
  exitProcess(((<i32>status) & 0xff) << 8);
  return 0;
}

function getppid(a: u64, b: u64, c: u64, d: u64, e: u64, f: u64): i64 {
  const parent = currentProcess().parent;
  return parent == null ? 0 : parent.pid;
}

function setpgid(pid: u64, pgid: u64, c: u64, d: u64, e: u64, f: u64): i64 {
  const process = <i32>pid == 0 ? currentProcess() : findProcess(<i32>pid);
  if (process == null) return -ESRCH;
  if (process != currentProcess() && process.parent != currentProcess()) return -EPERM;
  if (<i32>pgid < 0) return -EINVAL;
  process.pgid = <i32>pgid == 0 ? process.pid : <i32>pgid;
  return 0;
}

function setsid(a: u64, b: u64, c: u64, d: u64, e: u64, f: u64): i64 {
  const process = currentProcess();
  process.pgid = process.pid;
  return process.pid;
}

function schedYield(a: u64, b: u64, c: u64, d: u64, e: u64, f: u64): i64 {
  yieldProcessor();
  return 0;
}

const time: usize = memory.data(16, 8);

function nanosleep(wanted: u64, rest: u64, c: u64, d: u64, e: u64, f: u64): i64 {
  let failed = copyIn(time, wanted, abi.timespec.SIZE);
  if (failed < 0) return failed;
  const seconds = load<u64>(time, abi.timespec.tv_sec);
  const nanoseconds = load<u64>(time, abi.timespec.tv_nsec);
  if (nanoseconds >= SECOND || seconds > 1 << 32) return -EINVAL;
  const process = currentProcess();
  const end = process.callAgain ? process.wakeNs : now() + seconds * SECOND + nanoseconds;
  if (sleepUntil(end)) return 0;
  process.wakeNs = end;
  const left = now() < end ? end - now() : 0;
  store<u64>(time, left / SECOND, abi.timespec.tv_sec);
  store<u64>(time, left % SECOND, abi.timespec.tv_nsec);
  failed = rest == 0 ? 0 : copyOut(rest, time, abi.timespec.SIZE);
  return failed < 0 ? failed : -EINTR;
}

const never = new WaitQueue();

function pause(a: u64, b: u64, c: u64, d: u64, e: u64, f: u64): i64 {
  while (!interrupted()) never.sleep();
  return -EINTR;
}

function alarm(seconds: u64, b: u64, c: u64, d: u64, e: u64, f: u64): i64 {
  const process = currentProcess();
  let timer = process.alarm;
  if (timer == null) {
    timer = new AlarmTimer(process);
    process.alarm = timer;
  }
  const left = timer.armed && timer.deadlineNs > now() ? timer.deadlineNs - now() : 0;
  timer.cancel();
  if (<u32>seconds != 0) timer.set(now() + <u64>(<u32>seconds) * SECOND);
  return (left + SECOND - 1) / SECOND;
}
