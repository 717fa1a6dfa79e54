/**
 * Threads of the kernel: a stack each, and turns on the one processor. A thread runs until it blocks, yields or ends; a
 * process (mote/process.ts) is a thread that spends most of its time in user mode, where a timer can interrupt it.
 *
 * Those who can run stand in the run queue. When nobody can, whoever looked last waits for an event (SCHEDOP_block) on its
 * own stack; the upcall that ends the wait is the only one that the kernel takes while it runs itself.
 */
import { FLAT_KERNEL_CS, SCHEDOP_block } from 'xen';
import { maskUpcalls } from '../events/events';
import { dispose } from '../memory/heap';
import { HYPERVISOR_sched_op } from '../xen/hypercalls';
import { virtual } from '../xen/intrinsics';
import { freeStack, allocateStack, STACK_SIZE } from '../memory/stacks';
import { Timer } from '../events/timers';
import { FRAME_SIZE, TrapFrame } from '../xen/frame';
import { interrupt, WaitQueue } from './wait';

// @ts-ignore: decorator
@external("asm", "switch_context")
declare function switchContext(save: usize, sp: u64): void;
// @ts-ignore: decorator
@external("asm", "thread_entry_address")
declare function threadEntryAddress(): u64;
// @ts-ignore: decorator
@external("asm", "boot_stack_bottom")
declare function bootStackBottom(): usize;

/** Registers that switch_context keeps. */
const SAVED_REGISTERS: usize = 6;

export abstract class Thread {
  /** RSP while it does not run. */
  sp: u64 = 0;
  /** The lowest byte of its stack; 0: it has none yet. */
  stack: usize = 0;
  /** The next one in the queue it stands in. */
  next: Thread | null = null;
  /** Where it sleeps. */
  queue: WaitQueue | null = null;
  timer: SleepTimer | null = null;

  /** What it does. A process returns to user mode by the frame at the top of its stack. */
  abstract run(): void;

  /** It gets the processor, from another one, and is still on that one's stack. */
  switchedIn(): void {}

  /** Its turn begins and ends: what lies between is its time. */
  turnBegins(): void {}
  turnEnds(): void {}

  /** Whether somebody wants it to stop waiting. */
  isInterrupted(): bool {
    return false;
  }

  /** The address in linear memory behind its stack. */
  get stackTop(): usize {
    return this.stack + STACK_SIZE;
  }

  /** The frame at the top of its stack: where it left user mode. */
  get frame(): TrapFrame {
    return changetype<TrapFrame>(this.stackTop - FRAME_SIZE);
  }

  /** Gives it a stack and readies it for its first turn. False: no memory for a stack. */
  prepare(): bool {
    this.stack = allocateStack();
    if (this.stack == 0) return false;
    const frame = this.stackTop - FRAME_SIZE;
    memory.fill(frame, 0, FRAME_SIZE);
    this.frame.cs = FLAT_KERNEL_CS;
    const sp = frame - (SAVED_REGISTERS + 1) * 8;
    memory.fill(sp, 0, SAVED_REGISTERS * 8);
    store<u64>(frame - 8, threadEntryAddress());
    this.sp = virtual(sp);
    return true;
  }

  /** Gives back what belongs to the thread itself. It does not run any more. */
  releaseThread(): void {
    freeStack(this.stack);
    this.stack = 0;
    const timer = this.timer;
    if (timer != null) dispose(timer);
    this.timer = null;
  }

  /** The timer of its sleeps. */
  sleepTimer(): Timer {
    let timer = this.timer;
    if (timer == null) {
      timer = new SleepTimer(this);
      this.timer = timer;
    }
    return timer;
  }
}

class SleepTimer extends Timer {
  thread: Thread;

  constructor(thread: Thread) {
    super();
    this.thread = thread;
  }

  fire(): void {
    interrupt(this.thread);
  }
}

/** Who booted: it runs already, on the boot stack. */
class BootThread extends Thread {
  run(): void {}
}

let running: Thread = new BootThread();
let firstRunnable: Thread | null = null;
let lastRunnable: Thread | null = null;
/** The first of them is not to wait for anybody's turn to end. */
let isUrgent: bool = false;
/** Ended, and on its stack until the switch is over. */
let ended: Thread | null = null;

export function current(): Thread {
  return running;
}

/** Bytes of the current thread's stack below an address of it. */
export function stackLeft(at: usize): usize {
  return at - (running.stack == 0 ? bootStackBottom() : running.stack);
}

/** Whether somebody waits for the processor. */
export function othersRunnable(): bool {
  return firstRunnable != null;
}

/** Puts a thread at the end of the run queue. */
export function makeRunnable(thread: Thread): void {
  thread.next = null;
  const last = lastRunnable;
  if (last == null) firstRunnable = thread;
  else last.next = thread;
  lastRunnable = thread;
}

/** Puts a thread at the beginning of the run queue: what it has to do is more urgent than all that others do. */
export function makeFirstRunnable(thread: Thread): void {
  thread.next = firstRunnable;
  firstRunnable = thread;
  if (lastRunnable == null) lastRunnable = thread;
  isUrgent = true;
}

/** Whether the first of those that wait is to run before whoever runs. */
export function isHurried(): bool {
  return isUrgent;
}

/** Lets the others run first. */
export function yieldProcessor(): void {
  if (firstRunnable == null) return;
  makeRunnable(running);
  block();
}

/** Gives the processor to the next one who can run. The caller stands in a queue, or will never run again. */
export function block(): void {
  const last = running;
  last.turnEnds();
  const next = nextRunnable();
  next.turnBegins();
  if (next == last) return;
  running = next;
  next.switchedIn();
  switchContext(changetype<usize>(last) + offsetof<Thread>('sp'), next.sp);
  afterSwitch();
}

/** Takes the first of the run queue; waits until there is one. */
function nextRunnable(): Thread {
  while (firstRunnable == null) {
    // It unmasks upcalls, and they are masked again when one has come.
    HYPERVISOR_sched_op(SCHEDOP_block, 0);
    maskUpcalls();
  }
  const next = firstRunnable!;
  isUrgent = false;
  firstRunnable = next.next;
  if (firstRunnable == null) lastRunnable = null;
  next.next = null;
  return next;
}

/** Ends the current thread. Its stack goes back; the object is its owner's. */
export function endThread(): void {
  ended = running;
  block();
}

/** entry.asm: the first turn of a thread. */
export function threadBegin(): void {
  afterSwitch();
  running.run();
}

function afterSwitch(): void {
  const thread = ended;
  if (thread == null) return;
  ended = null;
  freeStack(thread.stack);
  thread.stack = 0;
}
