/**
 * Waiting for something: a thread sleeps in the queue of what it waits for until somebody wakes the queue. Waking says only
 * that something may have changed, and other threads may have run since, so a wait is a loop:
 *
 *     while (buffer is empty) {
 *       queue.sleep();
 *       if (interrupted()) return -EINTR;
 *     }
 *
 * The kernel is never preempted: between the test and `sleep` nothing happens.
 */
import { block, current, makeFirstRunnable, makeRunnable, Thread } from './threads';

export class WaitQueue {
  first: Thread | null = null;
  last: Thread | null = null;

  /** Lets other threads run until the queue is woken or the thread is interrupted. */
  sleep(): void {
    const thread = current();
    assert(thread.queue == null, 'a thread waits in two queues');
    thread.queue = this;
    thread.next = null;
    const last = this.last;
    if (last == null) this.first = thread;
    else last.next = thread;
    this.last = thread;
    block();
  }

  /** As `sleep`, until a system time in ns at the latest. False: the time has come. */
  sleepUntil(deadlineNs: u64): bool {
    const timer = current().sleepTimer();
    timer.set(deadlineNs);
    this.sleep();
    const woken = timer.armed;
    timer.cancel();
    return woken;
  }

  /** Makes who sleeps here longest runnable, before all others. */
  wakeUrgently(): void {
    const thread = this.first;
    if (thread == null) return;
    this.remove(thread);
    makeFirstRunnable(thread);
  }

  /** Makes all who sleep here runnable. */
  wake(): void {
    let thread = this.first;
    this.first = null;
    this.last = null;
    while (thread != null) {
      const next = thread.next;
      thread.queue = null;
      makeRunnable(thread);
      thread = next;
    }
  }

  /** Takes a thread out. */
  remove(thread: Thread): void {
    let before: Thread | null = null;
    let each = this.first;
    while (each != null && each != thread) {
      before = each;
      each = each.next;
    }
    if (each == null) return;
    if (before == null) this.first = thread.next;
    else before.next = thread.next;
    if (this.last == thread) this.last = before;
    thread.next = null;
    thread.queue = null;
  }
}

/** Ends a thread's sleep, wherever it sleeps: for a signal, or when its time is up. */
export function interrupt(thread: Thread): void {
  const queue = thread.queue;
  if (queue == null) return;
  queue.remove(thread);
  makeRunnable(thread);
}

/** Whether the current thread has been asked to stop waiting. */
export function interrupted(): bool {
  return current().isInterrupted();
}

const nothing = new WaitQueue();

/** Sleeps until a system time in ns. False: interrupted before. */
export function sleepUntil(deadlineNs: u64): bool {
  return !nothing.sleepUntil(deadlineNs);
}
