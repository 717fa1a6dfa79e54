/** The backends of a host's domain 0: there as soon as there is a store that tells whom to serve. */
import { endThread, makeRunnable, Thread } from 'kernel/threads/threads';
import { startDisks } from './disks';
import { startNetwork } from './network';

/** Asks the store, which nobody else is to wait for. */
class Starter extends Thread {
  run(): void {
    startDisks();
    startNetwork();
    endThread();
  }
}

export function startBackends(): void {
  const thread = new Starter();
  if (thread.prepare()) makeRunnable(thread);
}
