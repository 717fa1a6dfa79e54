/**
 * Bytes in order, in a ring: what is to be sent and not acknowledged yet, or what has been received and not read yet. Bytes
 * may also be put behind the end (`place`), for what has come before its turn; `extend` makes them count.
 */
import { free, tryAlloc } from 'kernel/memory/heap';

export class Ring {
  private memory_: usize = 0;
  capacity: u32 = 0;
  private start: u32 = 0;
  /** Bytes that are there. */
  count: u32 = 0;

  /** False: there is no memory for it. */
  open(capacity: u32): bool {
    this.memory_ = tryAlloc(capacity);
    this.capacity = this.memory_ == 0 ? 0 : capacity;
    return this.memory_ != 0;
  }

  /** Another length, while nothing is in it. False: there is no memory for it, and it stays as it is. */
  resize(capacity: u32): bool {
    const before = this.memory_;
    const old = this.capacity;
    if (!this.open(capacity)) {
      this.memory_ = before;
      this.capacity = old;
      return false;
    }
    this.start = 0;
    free(before);
    return true;
  }

  close(): void {
    free(this.memory_);
    this.memory_ = 0;
    this.capacity = 0;
    this.count = 0;
  }

  get room(): u32 {
    return this.capacity - this.count;
  }

  /** Puts bytes at the end: as many as there is room for. */
  put(from: usize, bytes: u32): u32 {
    const taken = min(bytes, this.room);
    this.place(0, from, taken);
    this.count += taken;
    return taken;
  }

  /** Puts bytes `offset` bytes behind the end, where there is room; they do not count yet. */
  place(offset: u32, from: usize, bytes: u32): void {
    let at = (this.start + this.count + offset) % max(this.capacity, 1);
    while (bytes > 0) {
      const part = min(bytes, this.capacity - at);
      memory.copy(this.memory_ + at, from, part);
      from += part;
      bytes -= part;
      at = 0;
    }
  }

  /** Makes bytes behind the end count. */
  extend(bytes: u32): void {
    this.count += bytes;
  }

  /** Copies bytes that are there, from `offset` on. */
  peek(offset: u32, to: usize, bytes: u32): void {
    let at = (this.start + offset) % max(this.capacity, 1);
    while (bytes > 0) {
      const part = min(bytes, this.capacity - at);
      memory.copy(to, this.memory_ + at, part);
      to += part;
      bytes -= part;
      at = 0;
    }
  }

  /** Forgets the first bytes. */
  drop(bytes: u32): void {
    this.start = (this.start + bytes) % max(this.capacity, 1);
    this.count -= bytes;
  }
}
