/** The messages of the store that wait until a process reads them: struct xsd_sockmsg and what belongs to it, each in a block. */
import { xsd_sockmsg, XENSTORE_PAYLOAD_MAX, XS_WATCH_EVENT } from 'xen';
import { dispose, free, tryAlloc } from 'kernel/memory/heap';

export const HEADER: usize = xsd_sockmsg.SIZE;
/** Bytes of the longest message. */
export const MESSAGE_MAX: usize = HEADER + XENSTORE_PAYLOAD_MAX;
const MAX_WAITING: i32 = 1024;

class Message {
  next: Message | null = null;
  block: usize;
  taken: usize = 0;

  constructor(block: usize) {
    this.block = block;
  }
}

export class MessageQueue {
  private first: Message | null = null;
  private last: Message | null = null;
  private count: i32 = 0;

  get isEmpty(): bool {
    return this.first == null;
  }
  /** Nobody reads. */
  get isFull(): bool {
    return this.count >= MAX_WAITING;
  }

  /** Puts a message at the end; its block is the queue's from now on. */
  add(block: usize): void {
    const message = new Message(block);
    const last = this.last;
    if (last == null) this.first = message;
    else last.next = message;
    this.last = message;
    this.count++;
  }

  /** Puts a notice at the end: path and token, NUL-terminated. Without room or memory it is lost. */
  addNotice(path: usize, token: usize): void {
    const pathBytes = lengthOf(path) + 1;
    const bytes = pathBytes + lengthOf(token) + 1;
    const block = this.isFull || bytes > <usize>XENSTORE_PAYLOAD_MAX ? 0 : tryAlloc(HEADER + bytes);
    if (block == 0) return;
    memory.fill(block, 0, HEADER);
    store<u32>(block, XS_WATCH_EVENT, xsd_sockmsg.type);
    store<u32>(block, <u32>bytes, xsd_sockmsg.len);
    memory.copy(block + HEADER, path, pathBytes);
    memory.copy(block + HEADER + pathBytes, token, bytes - pathBytes);
    this.add(block);
  }

  /** Gives out what is there: bytes. A message need not be taken at once. */
  take(to: usize, bytes: usize): usize {
    let done: usize = 0;
    for (let message = this.first; message != null && done < bytes; message = this.first) {
      const length = HEADER + load<u32>(message.block, xsd_sockmsg.len);
      const part = min(bytes - done, length - message.taken);
      memory.copy(to + done, message.block + message.taken, part);
      message.taken += part;
      done += part;
      if (message.taken == length) this.drop(message);
    }
    return done;
  }

  /** Drops the first. */
  private drop(message: Message): void {
    this.first = message.next;
    if (this.first == null) this.last = null;
    this.count--;
    free(message.block);
    dispose(message);
  }

  release(): void {
    for (let message = this.first; message != null; message = this.first) this.drop(message);
    dispose(this);
  }
}

/** Bytes of a NUL-terminated text. */
export function lengthOf(text: usize): usize {
  let length: usize = 0;
  while (load<u8>(text + length) != 0) length++;
  return length;
}
