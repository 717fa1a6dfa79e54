/** A lock for what must not be disturbed while it sleeps. Who has it may take it again. */
import { dispose } from 'kernel/memory/heap';
import { current, Thread } from 'kernel/threads/threads';
import { WaitQueue } from 'kernel/threads/wait';

export class Lock {
  private owner: Thread | null = null;
  private depth: i32 = 0;
  private waiting: WaitQueue = new WaitQueue();

  take(): void {
    const thread = current();
    while (this.depth > 0 && this.owner != thread) this.waiting.sleep();
    this.owner = thread;
    this.depth++;
  }

  give(): void {
    assert(this.depth > 0 && this.owner == current(), 'a lock is given by who does not have it');
    if (--this.depth > 0) return;
    this.owner = null;
    this.waiting.wake();
  }

  release(): void {
    dispose(this.waiting);
    dispose(this);
  }
}
