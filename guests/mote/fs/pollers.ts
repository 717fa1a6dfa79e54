/**
 * Who waits for any of several files. A thread stands in one queue only, so all of them stand in this one, and whatever
 * becomes ready wakes them all: they look for themselves whether it was for them.
 */
import { WaitQueue } from 'kernel/threads/wait';

export const pollers = new WaitQueue();

/** A file may have become ready. */
export function wakePollers(): void {
  pollers.wake();
}
