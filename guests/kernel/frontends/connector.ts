/**
 * Connects the devices of a kind that the toolstack has given this domain, one after the other, in a thread: a backend may take
 * its time, and nobody is to wait for it.
 */
import { alloc, dispose, free } from '../memory/heap';
import { listNames } from '../store/store';
import { endThread, makeRunnable, Thread } from '../threads/threads';
import { hasXenstore } from '../store/xenbus';

const NAMES_BYTES: usize = 1024;
const SLASH: u8 = 47;

function lengthOf(text: usize): usize {
  let length: usize = 0;
  while (load<u8>(text + length) != 0) length++;
  return length;
}

export abstract class Connector extends Thread {
  /** "device/vbd", NUL-terminated; it stays. */
  constructor(private kind: usize) {
    super();
  }

  /** Connects the device of a directory, which it takes over; `name` is the directory's last part. */
  protected abstract connect(directory: usize, name: usize): void;

  /** Looks for devices, where there is a store that could tell of them. */
  start(): void {
    if (hasXenstore() && this.prepare()) makeRunnable(this);
    else dispose(this);
  }

  run(): void {
    const names = alloc(NAMES_BYTES);
    const bytes = listNames(this.kind, names, NAMES_BYTES);
    for (let at: i32 = 0; at < bytes; at += <i32>lengthOf(names + at) + 1) {
      const start = lengthOf(this.kind) + 1;
      const length = lengthOf(names + at);
      const directory = alloc(start + length + 1);
      memory.copy(directory, this.kind, start - 1);
      store<u8>(directory + start - 1, SLASH);
      memory.copy(directory + start, names + at, length + 1);
      this.connect(directory, directory + start);
    }
    free(names);
    endThread();
  }
}
