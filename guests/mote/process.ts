/**
 * Processes: a thread of the kernel, an address space, open files, signals, a parent. They stand in a table of fixed size,
 * which bounds what a program that forks for ever can do.
 */
import { AddressSpace } from './address-space';
import { dispose, free } from 'kernel/memory/heap';
import { isMemoryLow } from 'kernel/memory/pages';
import { current, endThread, makeRunnable, Thread } from 'kernel/threads/threads';
import { now } from 'kernel/events/clock';
import { FRAME_SIZE } from 'kernel/xen/frame';
import { virtual } from 'kernel/xen/intrinsics';
import { WaitQueue } from 'kernel/threads/wait';
import { HYPERVISOR_stack_switch } from 'kernel/xen/hypercalls';
import { EAGAIN, ECHILD, EFAULT, EINTR, ENOMEM } from 'xen';
import { NSIG, SIGCHLD, WNOHANG, WUNTRACED } from './abi';
import { fpuExit, fpuFork, fpuSwitch } from './fpu';
import { ProcessFiles } from './process-files';
import { AlarmTimer, pendingSignals, sendSignal } from './signals';
import { copyOut } from './user-memory';

export const MAX_PROCESSES: i32 = 128;
/** Bytes of a process's name, its NUL included. */
export const NAME_BYTES: i32 = 32;
/** Who inherits the children of those who end. */
export const INIT_PID: i32 = 1;

export const STATE_ALIVE: i32 = 0;
export const STATE_STOPPED: i32 = 1;
export const STATE_ZOMBIE: i32 = 2;

/** All processes, and free places. */
export const processes = new StaticArray<Process | null>(MAX_PROCESSES);
let lastPid: i32 = 0;
let lastExit: (() => void) | null = null;

export class Process extends Thread {
  pid: i32;
  parent: Process | null;
  /** The process group: a job of the shell. */
  pgid: i32;
  state: i32 = STATE_ALIVE;
  /** As wait4 gives it. */
  status: i32 = 0;
  /** A stop or an end that the parent has not been told of. */
  news: bool = false;
  space: AddressSpace | null = null;
  files: ProcessFiles | null = null;
  name: StaticArray<u8> = new StaticArray<u8>(NAME_BYTES);
  /** Signals that wait to be delivered, and those to be ignored: bit n for signal n. */
  pending: u32 = 0;
  ignored: u32 = 0;
  /** By signal: what to do, SIG_DFL, SIG_IGN or the address of a handler. */
  handlers: StaticArray<u64> = new StaticArray<u64>(NSIG);
  alarm: AlarmTimer | null = null;
  /** The call that a signal has interrupted, -1 for none; and whether the call that runs is made again for that reason. */
  interruptedCall: i32 = -1;
  callAgain: bool = false;
  /** When the sleep ends that was interrupted. */
  wakeNs: u64 = 0;
  /** Where it waits for news of its children. */
  children: WaitQueue = new WaitQueue();
  /** Where it waits while it is stopped. */
  stopped: WaitQueue = new WaitQueue();
  /** The FPU's state while another process uses the FPU; 0: it has never used it. */
  fpu: usize = 0;
  /** Nanoseconds on the processor in earlier turns, the kernel's time for it included, and when its turn began. */
  cpuNs: u64 = 0;
  turnNs: u64 = 0;
  startNs: u64;

  constructor(pid: i32, parent: Process | null) {
    super();
    this.pid = pid;
    this.parent = parent;
    this.pgid = parent == null ? pid : parent.pgid;
    this.startNs = now();
  }

  /** A process begins where the frame on its stack says: nothing to do before. */
  run(): void {}

  switchedIn(): void {
    HYPERVISOR_stack_switch(virtual(this.stackTop));
    const space = this.space;
    if (space != null) space.activate();
    fpuSwitch(this);
  }

  turnBegins(): void {
    this.turnNs = now();
  }

  turnEnds(): void {
    this.cpuNs += now() - this.turnNs;
  }

  /** Nanoseconds that it has had the processor. */
  get usedNs(): u64 {
    return current() == this ? this.cpuNs + (now() - this.turnNs) : this.cpuNs;
  }

  isInterrupted(): bool {
    return pendingSignals(this) != 0;
  }

  /** Replaces its name by the last part of a path. */
  setName(path: usize): void {
    let from = path;
    for (let at = path; load<u8>(at) != 0; at++) if (load<u8>(at) == 47) from = at + 1;
    const name = changetype<usize>(this.name);
    memory.fill(name, 0, NAME_BYTES);
    for (let index: usize = 0; index < <usize>NAME_BYTES - 1 && load<u8>(from + index) != 0; index++)
      store<u8>(name + index, load<u8>(from + index));
  }
}

/** The process that runs. Only for code that runs for one. */
export function currentProcess(): Process {
  return current() as Process;
}

/** The address space of the process that runs. */
export function currentSpace(): AddressSpace {
  return (current() as Process).space!;
}

/** What happens when the first process ends; it must not return. */
export function setLastExit(action: () => void): void {
  lastExit = action;
}

/** The process in a slot of the table, null: none. */
export function processAt(slot: i32): Process | null {
  return processes[slot];
}

export function findProcess(pid: i32): Process | null {
  for (let slot = 0; slot < MAX_PROCESSES; slot++) {
    const process = processes[slot];
    if (process != null && process.pid == pid) return process;
  }
  return null;
}

export function processCount(): i32 {
  let count = 0;
  for (let slot = 0; slot < MAX_PROCESSES; slot++) if (processes[slot] != null) count++;
  return count;
}

/** A new process in the table, with a stack and nothing else; null: no room, or no memory. */
export function createProcess(parent: Process | null): Process | null {
  let slot = 0;
  while (slot < MAX_PROCESSES && processes[slot] != null) slot++;
  if (slot == MAX_PROCESSES || isMemoryLow()) return null;
  const process = new Process(nextPid(), parent);
  if (!process.prepare()) {
    disposeProcess(process);
    return null;
  }
  processes[slot] = process;
  return process;
}

function nextPid(): i32 {
  do lastPid = lastPid < 0x7fff_ffff ? lastPid + 1 : 1;
  while (findProcess(lastPid) != null);
  return lastPid;
}

/** fork: the child's pid, or -EAGAIN (the table is full), -ENOMEM. */
export function forkProcess(parent: Process): i32 {
  const child = createProcess(parent);
  if (child == null) return processCount() == MAX_PROCESSES ? -EAGAIN : -ENOMEM;
  child.space = parent.space!.fork();
  if (child.space == null) {
    removeProcess(child);
    return -ENOMEM;
  }
  const files = parent.files;
  if (files != null) child.files = files.fork();
  memory.copy(changetype<usize>(child.name), changetype<usize>(parent.name), NAME_BYTES);
  memory.copy(changetype<usize>(child.handlers), changetype<usize>(parent.handlers), NSIG * 8);
  child.ignored = parent.ignored;
  fpuFork(parent, child);
  memory.copy(changetype<usize>(child.frame), changetype<usize>(parent.frame), FRAME_SIZE);
  child.frame.rax = 0;
  makeRunnable(child);
  return child.pid;
}

/** Ends the current process with a status as wait4 gives it. Does not return. */
export function exitProcess(status: i32): void {
  const process = currentProcess();
  if (process.pid == INIT_PID) lastExit!();
  const files = process.files;
  process.files = null;
  if (files != null) files.release();
  const alarm = process.alarm;
  if (alarm != null) alarm.cancel();
  fpuExit(process);
  const space = process.space;
  process.space = null;
  if (space != null) space.destroy();
  const init = findProcess(INIT_PID)!;
  for (let slot = 0; slot < MAX_PROCESSES; slot++) {
    const child = processes[slot];
    if (child == null || child.parent != process) continue;
    child.parent = init;
    if (child.state == STATE_ZOMBIE) init.children.wake();
  }
  process.status = status;
  process.state = STATE_ZOMBIE;
  tellParent(process);
  endThread();
}

/** Something has become of a process that its parent may wait for. */
export function tellParent(process: Process): void {
  process.news = true;
  const parent = process.parent;
  if (parent == null) return;
  sendSignal(parent, SIGCHLD);
  parent.children.wake();
}

/**
 * wait4: for a child (`pid` > 0), one of its group (0), of group -`pid` (< -1) or any (-1). Its pid; 0: none has news
 * (WNOHANG); or -ECHILD: there is none, -EINTR, -EFAULT.
 */
export function waitForChild(pid: i32, statusAt: u64, options: i32): i32 {
  const process = currentProcess();
  for (;;) {
    let children = false;
    for (let slot = 0; slot < MAX_PROCESSES; slot++) {
      const child = processes[slot];
      if (child == null || child.parent != process || !isMeant(child, pid)) continue;
      children = true;
      if (!child.news || (child.state == STATE_STOPPED && (options & WUNTRACED) == 0)) continue;
      return collect(child, statusAt);
    }
    if (!children) return -ECHILD;
    if ((options & WNOHANG) != 0) return 0;
    process.children.sleep();
    // The news may have come with SIGCHLD: they go first.
    if (pendingSignals(process) & ~(1 << SIGCHLD)) return -EINTR;
  }
  return 0;
}

function isMeant(child: Process, pid: i32): bool {
  if (pid > 0) return child.pid == pid;
  if (pid == -1) return true;
  return child.pgid == (pid == 0 ? child.parent!.pgid : -pid);
}

const statusWord: usize = memory.data(4, 4);

function collect(child: Process, statusAt: u64): i32 {
  store<i32>(statusWord, child.status);
  if (statusAt != 0 && copyOut(statusAt, statusWord, 4) < 0) return -EFAULT;
  const pid = child.pid;
  child.news = false;
  if (child.state == STATE_ZOMBIE) removeProcess(child);
  return pid;
}

/** Takes a process out of the table, and all that is left of it out of memory. */
function removeProcess(process: Process): void {
  for (let slot = 0; slot < MAX_PROCESSES; slot++) if (processes[slot] == process) processes[slot] = null;
  disposeProcess(process);
}

function disposeProcess(process: Process): void {
  process.releaseThread();
  free(process.fpu);
  const alarm = process.alarm;
  if (alarm != null) dispose(alarm);
  dispose(process.name);
  dispose(process.handlers);
  dispose(process.children);
  dispose(process.stopped);
  dispose(process);
}
