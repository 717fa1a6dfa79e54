/**
 * Signals, in their simplest form: a bit per signal says that it waits; on its way back to user mode a process takes the
 * lowest. It may have a handler, which runs on the process's own stack: the kernel puts there what was interrupted, and a
 * return address of code that asks the kernel to put it back (rt_sigreturn). No masks, no queues; a signal does not
 * interrupt its own handler only by arriving before it has begun.
 */
import { EFAULT, EINVAL, EPERM, ESRCH, FLAT_USER_CS, FLAT_USER_SS } from 'xen';
import { current } from 'kernel/threads/threads';
import { Timer } from 'kernel/events/timers';
import { FRAME_SIZE, TrapFrame } from 'kernel/xen/frame';
import { interrupt } from 'kernel/threads/wait';
import { NSIG, SIG_DFL, SIG_IGN, SIGALRM, SIGCHLD, SIGCONT, SIGKILL, SIGSEGV } from './abi';
import { SIGSTOP, SIGTSTP, SIGTTIN, SIGTTOU } from './abi';
import { TRAMPOLINE, USER_END } from './address-space';
import { FPU_BYTES, fpuReload, fpuState } from './fpu';
import { currentProcess, exitProcess, findProcess, INIT_PID, MAX_PROCESSES, Process } from './process';
import { processAt, STATE_ALIVE, STATE_STOPPED, STATE_ZOMBIE, tellParent } from './process';
import { restartCall } from './syscall-table';
import { copyIn, copyOut } from './user-memory';

/** Signals that do nothing where there is no handler. */
const IGNORED_BY_DEFAULT: u32 = (1 << SIGCHLD) | (1 << SIGCONT);
const STOPPING: u32 = (1 << SIGSTOP) | (1 << SIGTSTP) | (1 << SIGTTIN) | (1 << SIGTTOU);
const NOT_TO_BE_HANDLED: u32 = (1 << SIGKILL) | (1 << SIGSTOP);

/** What the ABI leaves to leaf functions below RSP. */
const RED_ZONE: u64 = 128;
/** On the user's stack: the frame, whether there is FPU state, the state. */
const FPU_AT: usize = 176;
const SAVED_BYTES: usize = 176 + 512;
const RFLAGS_USER: u64 = 0xcd5;
const RFLAGS_FIXED: u64 = 0x202;

/** Signals of a process that wait and are not ignored. */
export function pendingSignals(process: Process): u32 {
  return process.pending & ~process.ignored;
}

/** Sends a signal to a process. */
export function sendSignal(process: Process, signal: i32): void {
  if (process.state == STATE_ZOMBIE) return;
  const bit: u32 = 1 << signal;
  if (signal == SIGCONT || signal == SIGKILL) {
    process.pending &= ~STOPPING;
    if (process.state == STATE_STOPPED) {
      process.state = STATE_ALIVE;
      process.news = false;
      process.stopped.wake();
    }
  }
  // init gets what it asks for alone.
  if (process.pid == INIT_PID && process.handlers[signal] <= SIG_IGN) return;
  if ((process.ignored & bit) != 0) return;
  if (process.handlers[signal] == SIG_DFL && (IGNORED_BY_DEFAULT & bit) != 0) return;
  process.pending |= bit;
  interrupt(process);
}

/** Sends to all of a process group: how many there are. */
export function signalGroup(pgid: i32, signal: i32): i32 {
  let found = 0;
  for (let slot = 0; slot < MAX_PROCESSES; slot++) {
    const process = processAt(slot);
    if (process == null || process.pgid != pgid || process.state == STATE_ZOMBIE) continue;
    found++;
    if (signal != 0) sendSignal(process, signal);
  }
  return found;
}

/** kill: 0, or -EINVAL, -ESRCH, -EPERM (init). */
export function kill(pid: i32, signal: i32): i32 {
  if (signal < 0 || signal >= NSIG) return -EINVAL;
  if (pid == 0) pid = -currentProcess().pgid;
  if (pid < -1) return signalGroup(-pid, signal) > 0 ? 0 : -ESRCH;
  if (pid == -1) return killAll(signal);
  const process = findProcess(pid);
  if (process == null || process.state == STATE_ZOMBIE) return -ESRCH;
  if (pid == INIT_PID && signal == SIGKILL) return -EPERM;
  if (signal != 0) sendSignal(process, signal);
  return 0;
}

/** All but init and oneself. */
function killAll(signal: i32): i32 {
  for (let slot = 0; slot < MAX_PROCESSES; slot++) {
    const process = processAt(slot);
    if (process != null && process.pid != INIT_PID && process != current() && signal != 0)
      sendSignal(process, signal);
  }
  return 0;
}

/** signal: the last handler, or -EINVAL. */
export function setHandler(signal: i32, handler: u64): i64 {
  if (signal <= 0 || signal >= NSIG || ((1 << signal) & NOT_TO_BE_HANDLED) != 0) return -EINVAL;
  if (handler >= USER_END) return -EINVAL;
  const process = currentProcess();
  const last = process.handlers[signal];
  process.handlers[signal] = handler;
  const bit: u32 = 1 << signal;
  const isIgnored = handler == SIG_IGN || (handler == SIG_DFL && (IGNORED_BY_DEFAULT & bit) != 0);
  if (isIgnored) process.pending &= ~bit;
  if (handler == SIG_IGN) process.ignored |= bit;
  else process.ignored &= ~bit;
  return last;
}

/** A new program begins: handlers are gone, what is ignored stays so. */
export function resetHandlers(process: Process): void {
  for (let signal = 0; signal < NSIG; signal++)
    if (process.handlers[signal] > SIG_IGN) process.handlers[signal] = SIG_DFL;
}

/** Before a return to user mode: what waits is dealt with. */
export function deliverSignals(frame: TrapFrame): void {
  const process = currentProcess();
  while (pendingSignals(process) != 0) {
    const signal = <i32>ctz(pendingSignals(process));
    const bit: u32 = 1 << signal;
    process.pending &= ~bit;
    const handler = process.handlers[signal];
    if (handler > SIG_IGN) {
      // It finds that it was interrupted.
      process.interruptedCall = -1;
      if (!enterHandler(process, frame, signal, handler)) exitProcess(SIGSEGV);
      return;
    }
    if ((STOPPING & bit) != 0) stop(process, signal);
    else if ((IGNORED_BY_DEFAULT & bit) == 0) exitProcess(signal);
  }
  restartCall(process, frame);
}

function stop(process: Process, signal: i32): void {
  process.state = STATE_STOPPED;
  process.status = (signal << 8) | 0x7f;
  tellParent(process);
  while (process.state == STATE_STOPPED) process.stopped.sleep();
}

const word: usize = memory.data(8, 8);

function enterHandler(process: Process, frame: TrapFrame, signal: i32, handler: u64): bool {
  const saved = (frame.rsp - RED_ZONE - SAVED_BYTES) & ~15;
  if (copyOut(saved, changetype<usize>(frame), FRAME_SIZE) < 0) return false;
  const state = fpuState(process);
  store<u64>(word, state != 0 ? 1 : 0);
  if (copyOut(saved + FRAME_SIZE, word, 8) < 0) return false;
  if (state != 0 && copyOut(saved + FPU_AT, state, FPU_BYTES) < 0) return false;
  store<u64>(word, TRAMPOLINE);
  if (copyOut(saved - 8, word, 8) < 0) return false;
  frame.rsp = saved - 8;
  frame.rip = handler;
  frame.rdi = signal;
  frame.rflags &= ~0x400;
  return true;
}

/** rt_sigreturn: puts back what was interrupted. RAX of then, or -EFAULT. */
export function returnFromHandler(frame: TrapFrame): i64 {
  const process = currentProcess();
  const saved = frame.rsp;
  if (copyIn(changetype<usize>(frame), saved, FRAME_SIZE) < 0 || frame.rip >= USER_END) exitProcess(SIGSEGV);
  frame.cs = FLAT_USER_CS;
  frame.ss = FLAT_USER_SS;
  frame.rflags = (frame.rflags & RFLAGS_USER) | RFLAGS_FIXED;
  if (copyIn(word, saved + FRAME_SIZE, 8) < 0) return -EFAULT;
  if (load<u64>(word) != 0 && process.fpu != 0) {
    if (copyIn(process.fpu, saved + FPU_AT, FPU_BYTES) < 0) return -EFAULT;
    // Bits of MXCSR that do not exist would fault.
    store<u32>(process.fpu + 24, load<u32>(process.fpu + 24) & 0xffbf);
    fpuReload(process);
  }
  return frame.rax;
}

/** SIGALRM at a time. */
export class AlarmTimer extends Timer {
  process: Process;

  constructor(process: Process) {
    super();
    this.process = process;
  }

  fire(): void {
    sendSignal(this.process, SIGALRM);
  }
}
