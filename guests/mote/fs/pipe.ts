/** A pipe: a page between those who write and those who read. Readers sleep while it is empty, writers while it is full. */
import { EAGAIN, EINTR } from 'xen';
import { alloc, dispose, free } from 'kernel/memory/heap';
import { interrupted, WaitQueue } from 'kernel/threads/wait';
import { EPIPE, O_RDONLY, O_WRONLY, POLLERR, POLLHUP, POLLIN, POLLOUT, SIGPIPE } from '../abi';
import { currentProcess } from '../process';
import { sendSignal } from '../signals';
import { File } from './file';
import { wakePollers } from './pollers';

const BYTES: u32 = 4096;

export class Pipe {
  private buffer: usize = alloc(BYTES);
  /** Counts of bytes read and written; the place is what they leave modulo BYTES. */
  private read_: u32 = 0;
  private written: u32 = 0;
  readers: i32 = 1;
  writers: i32 = 1;
  private changed: WaitQueue = new WaitQueue();

  /** Bytes; 0: nobody writes any more; -EINTR; -EAGAIN. */
  read(to: usize, bytes: usize, mayWait: bool): i32 {
    while (this.read_ == this.written) {
      if (this.writers == 0) return 0;
      if (!mayWait) return -EAGAIN;
      this.changed.sleep();
      if (interrupted()) return -EINTR;
    }
    let done: u32 = 0;
    while (done < <u32>bytes && this.read_ != this.written) {
      const at = this.read_ % BYTES;
      const part = min(min(<u32>bytes - done, this.written - this.read_), BYTES - at);
      memory.copy(to + done, this.buffer + at, part);
      this.read_ += part;
      done += part;
    }
    this.wake();
    return <i32>done;
  }

  /** All bytes, unless it is interrupted or nobody reads any more: -EPIPE, and a signal. */
  write(from: usize, bytes: usize, mayWait: bool): i32 {
    let done: u32 = 0;
    while (done < <u32>bytes) {
      if (this.readers == 0) {
        sendSignal(currentProcess(), SIGPIPE);
        return -EPIPE;
      }
      const room = BYTES - (this.written - this.read_);
      if (room == 0) {
        if (!mayWait) return done > 0 ? <i32>done : -EAGAIN;
        this.changed.sleep();
        if (interrupted()) return done > 0 ? <i32>done : -EINTR;
        continue;
      }
      const at = this.written % BYTES;
      const part = min(min(<u32>bytes - done, room), BYTES - at);
      memory.copy(this.buffer + at, from + done, part);
      this.written += part;
      done += part;
      this.wake();
    }
    return <i32>done;
  }

  /** What an end can do at once: POLL*. */
  poll(writes: bool): i32 {
    if (writes) {
      if (this.readers == 0) return POLLERR | POLLOUT;
      return this.written - this.read_ < BYTES ? POLLOUT : 0;
    }
    const come = this.read_ != this.written ? POLLIN : 0;
    return this.writers == 0 ? come | POLLHUP : come;
  }

  private wake(): void {
    this.changed.wake();
    wakePollers();
  }

  /** An end is closed. */
  left(): void {
    this.wake();
    if (this.readers > 0 || this.writers > 0) return;
    free(this.buffer);
    dispose(this.changed);
    dispose(this);
  }
}

/** An end of a pipe. */
export class PipeEnd extends File {
  private pipe: Pipe;
  private writes: bool;

  constructor(pipe: Pipe, writes: bool) {
    super(writes ? O_WRONLY : O_RDONLY);
    this.pipe = pipe;
    this.writes = writes;
  }

  read(to: usize, bytes: usize): i32 {
    return this.pipe.read(to, bytes, this.mayWait);
  }
  write(from: usize, bytes: usize): i32 {
    return this.pipe.write(from, bytes, this.mayWait);
  }
  poll(): i32 {
    return this.pipe.poll(this.writes);
  }
  protected close(): void {
    if (this.writes) this.pipe.writers--;
    else this.pipe.readers--;
    this.pipe.left();
  }
}
