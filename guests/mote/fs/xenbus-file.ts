/**
 * /dev/xen/xenbus: the store for a process, as on Linux. What is written are requests (struct xsd_sockmsg and what belongs to
 * it); what is read are their answers and, in between, the notices of what is watched. What the file watches and the
 * transactions it has begun end with it; those of others it cannot reach.
 */
import * as xen from 'xen';
import { EAGAIN, EINTR, EINVAL, ENOENT, ENOMEM, ENOSPC, xsd_sockmsg } from 'xen';
import { alloc, dispose, free, tryAlloc } from 'kernel/memory/heap';
import { endTransaction } from 'kernel/store/store';
import { interrupted, WaitQueue } from 'kernel/threads/wait';
import { unwatch, Watch, watch } from 'kernel/store/watches';
import { addBytes, begin, done, errorName, finish, reply } from 'kernel/store/xenbus';
import { POLLIN, POLLOUT } from '../abi';
import { DeviceFile } from './device-file';
import { wakePollers } from './pollers';
import { Vnode } from './vnode';
import { HEADER, lengthOf, MESSAGE_MAX, MessageQueue } from './xenbus-messages';

const MAX_WATCHES: i32 = 64;
const MAX_TRANSACTIONS: i32 = 16;

/** A path that a file watches, and the token that it has given; both NUL-terminated, one behind the other in a block. */
class FileWatch extends Watch {
  next: FileWatch | null = null;
  private file: XenbusFile;
  path: usize;
  text: usize;

  constructor(file: XenbusFile, path: usize, bytes: usize) {
    super();
    this.file = file;
    this.path = alloc(bytes);
    memory.copy(this.path, path, bytes);
    this.text = this.path + lengthOf(path) + 1;
  }

  changed(path: usize): void {
    this.file.notice(path, this.text);
  }

  release(): void {
    free(this.path);
    dispose(this);
  }
}

export class XenbusFile extends DeviceFile {
  /** The request that is being written, in a block with room for the longest, and how much of it has come; 0: none. */
  private request: usize = 0;
  private received: usize = 0;
  private messages: MessageQueue = new MessageQueue();
  private news: WaitQueue = new WaitQueue();
  private watches: FileWatch | null = null;
  private watchCount: i32 = 0;
  /** Numbers of the transactions that have begun; 0: none. */
  private transactions: StaticArray<u32> = new StaticArray<u32>(MAX_TRANSACTIONS);

  constructor(vnode: Vnode, flags: i32) {
    super(vnode, flags);
  }

  read(to: usize, bytes: usize): i32 {
    while (this.messages.isEmpty) {
      if (!this.mayWait) return -EAGAIN;
      this.news.sleep();
      if (interrupted()) return -EINTR;
    }
    return <i32>this.messages.take(to, bytes);
  }

  poll(): i32 {
    return this.messages.isEmpty ? POLLOUT : POLLIN | POLLOUT;
  }

  /** Something that is watched has changed. */
  notice(path: usize, token: usize): void {
    this.messages.addNotice(path, token);
    this.wake();
  }

  private wake(): void {
    this.news.wake();
    wakePollers();
  }

  /** Takes bytes of requests. One that is whole has its answer before this comes back. */
  write(from: usize, bytes: usize): i32 {
    let taken: usize = 0;
    while (taken < bytes) {
      if (this.messages.isFull) return -ENOSPC;
      if (this.request == 0) this.request = tryAlloc(MESSAGE_MAX);
      if (this.request == 0) return -ENOMEM;
      taken += this.receive(from + taken, bytes - taken);
      if (this.received < HEADER) continue;
      const length = HEADER + load<u32>(this.request, xsd_sockmsg.len);
      if (length <= MESSAGE_MAX && this.received < length) continue;
      // The answer takes its time, and others who have this file may write the next one meanwhile.
      const request = this.request;
      this.request = 0;
      this.received = 0;
      if (length > MESSAGE_MAX) {
        free(request);
        return -EINVAL;
      }
      this.answer(request);
    }
    return <i32>bytes;
  }

  /** Takes what belongs to the request's header or, once that is there, to the rest: bytes. */
  private receive(from: usize, bytes: usize): usize {
    const isHeader = this.received < HEADER;
    const end = isHeader ? HEADER : HEADER + load<u32>(this.request, xsd_sockmsg.len);
    const part = min(bytes, end - this.received);
    memory.copy(this.request + this.received, from, part);
    this.received += part;
    return part;
  }

  /** Makes of a request its answer, in its place, and lets it be read. */
  private answer(request: usize): void {
    const failed = this.perform(request);
    if (failed < 0) {
      store<u32>(request, xen.XS_ERROR, xsd_sockmsg.type);
      putText(request, errorName(failed));
    }
    this.messages.add(request);
    this.wake();
  }

  private perform(request: usize): i32 {
    const type = load<u32>(request, xsd_sockmsg.type);
    const transaction = load<u32>(request, xsd_sockmsg.tx_id);
    if (type == xen.XS_WATCH || type == xen.XS_UNWATCH) {
      const failed = type == xen.XS_WATCH ? this.watch(request) : this.unwatch(request);
      if (failed == 0) putText(request, 'OK');
      return failed;
    }
    // This would end the kernel's own watches.
    if (type == xen.XS_RESET_WATCHES) return -EINVAL;
    const slot = transaction != 0 ? this.slotOf(transaction) : 0;
    if (slot < 0) return -ENOENT;
    const result = ask(request, type, transaction);
    if (result == 0 && type == xen.XS_TRANSACTION_START) return this.keep(numberAt(request + HEADER));
    // One that others were in the way of has ended too.
    if (result != -EINVAL && type == xen.XS_TRANSACTION_END && transaction != 0) this.transactions[slot] = 0;
    return result;
  }

  /** Notes a transaction that has begun. */
  private keep(transaction: u32): i32 {
    const slot = this.slotOf(0);
    if (slot >= 0) this.transactions[slot] = transaction;
    else endTransaction(transaction, false);
    return slot >= 0 ? 0 : -ENOSPC;
  }

  /** The place of a transaction, or with 0 a free one; -1: none. */
  private slotOf(transaction: u32): i32 {
    for (let slot = 0; slot < MAX_TRANSACTIONS; slot++)
      if (this.transactions[slot] == transaction) return slot;
    return -1;
  }

  /** WATCH path token. */
  private watch(request: usize): i32 {
    if (!isPair(request)) return -EINVAL;
    if (this.watchCount == MAX_WATCHES) return -ENOSPC;
    const made = new FileWatch(this, request + HEADER, load<u32>(request, xsd_sockmsg.len));
    this.watchCount++;
    const failed = watch(made.path, made);
    if (failed < 0) {
      this.watchCount--;
      made.release();
      return failed;
    }
    made.next = this.watches;
    this.watches = made;
    return 0;
  }

  /** UNWATCH path token. */
  private unwatch(request: usize): i32 {
    if (!isPair(request)) return -EINVAL;
    const bytes = load<u32>(request, xsd_sockmsg.len);
    let before: FileWatch | null = null;
    for (let each: FileWatch | null = this.watches; each != null; each = each!.next) {
      if (memory.compare(each.path, request + HEADER, bytes) == 0) {
        if (before == null) this.watches = each.next;
        else before.next = each.next;
        this.end(each);
        return 0;
      }
      before = each;
    }
    return -ENOENT;
  }

  private end(each: FileWatch): void {
    unwatch(each.path, each);
    each.release();
    this.watchCount--;
  }

  protected close(): void {
    for (let each: FileWatch | null = this.watches; each != null; each = this.watches) {
      this.watches = each.next;
      this.end(each);
    }
    for (let slot = 0; slot < MAX_TRANSACTIONS; slot++)
      if (this.transactions[slot] != 0) endTransaction(this.transactions[slot], false);
    free(this.request);
    this.messages.release();
    dispose(this.news);
    dispose(this.transactions);
    super.close();
  }
}

/** Sends a request and puts the store's answer in its place: 0, or a negative errno. */
function ask(request: usize, type: u32, transaction: u32): i32 {
  begin(type, transaction);
  addBytes(request + HEADER, load<u32>(request, xsd_sockmsg.len));
  const length = finish();
  if (length >= 0) {
    memory.copy(request + HEADER, reply(), length + 1);
    store<u32>(request, length, xsd_sockmsg.len);
  }
  done();
  return min(length, 0);
}

/** Makes a text, with a NUL, what a message says. */
function putText(message: usize, text: string): void {
  for (let index = 0; index < text.length; index++)
    store<u8>(message + HEADER + index, <u8>text.charCodeAt(index));
  store<u8>(message + HEADER + text.length, 0);
  store<u32>(message, text.length + 1, xsd_sockmsg.len);
}

/** Whether a request says two texts, a NUL behind each. */
function isPair(request: usize): bool {
  const bytes = load<u32>(request, xsd_sockmsg.len);
  let count = 0;
  for (let index: u32 = 0; index < bytes; index++) if (load<u8>(request + HEADER + index) == 0) count++;
  return count == 2 && load<u8>(request + HEADER + bytes - 1) == 0;
}

function numberAt(text: usize): u32 {
  let number: u32 = 0;
  for (let at = text; load<u8>(at) >= 48 && load<u8>(at) <= 57; at++)
    number = number * 10 + (load<u8>(at) - 48);
  return number;
}
