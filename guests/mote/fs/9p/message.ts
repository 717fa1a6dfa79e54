/**
 * A message to a 9P server and its answer, little-endian. The bytes of files do not pass through it: they go along as
 * `data`, from or to wherever the caller has them.
 */
import { EIO, ENAMETOOLONG } from 'xen';
import { alloc, dispose, free } from 'kernel/memory/heap';
import { PAGE_SIZE } from 'kernel/memory/pages';
import { equal } from '../names';
import { HEADER_BYTES, NO_TAG, RLERROR, TVERSION } from './protocol';

export const MESSAGE_PAGES: u32 = 3;
/** Of a message, and of an answer: names of 255 bytes, and where a link leads in 4095. */
export const ROOM: u32 = (MESSAGE_PAGES * <u32>PAGE_SIZE) / 2;
/** Larger errnos there are not. */
const MAX_ERRNO: u32 = 4095;

export class Message {
  request: usize;
  reply: usize;
  private tag: u32;
  /** Bytes of the message, without its data; room for the answer, without its data. */
  length: u32 = 0;
  replyBytes: u32 = 0;
  /** Bytes that follow the message (`sends`), or the answer. */
  data: usize = 0;
  dataBytes: u32 = 0;
  sends: bool = false;
  /** Bytes of the answer, with its data. */
  answered: u32 = 0;
  /** Where the answer is read, and whether it had less than that. */
  private at: u32 = 0;
  isShort: bool = false;
  /** What was to be written had no room. */
  private isTooLong: bool = false;
  next: Message | null = null;

  /** No other message that is under way has this tag. */
  constructor(tag: u32) {
    this.request = alloc(MESSAGE_PAGES * PAGE_SIZE);
    this.reply = this.request + ROOM;
    this.tag = tag;
  }

  begin(type: u32): void {
    this.length = 4;
    this.replyBytes = ROOM;
    this.dataBytes = 0;
    this.sends = false;
    this.isTooLong = false;
    this.put8(type);
    this.put16(type == TVERSION ? NO_TAG : this.tag);
  }

  /** Where the next `bytes` of the message go. */
  private grow(bytes: u32): usize {
    if (bytes > ROOM - this.length) {
      this.isTooLong = true;
      return nowhere;
    }
    this.length += bytes;
    return this.request + this.length - bytes;
  }

  put8(value: u32): void {
    store<u8>(this.grow(1), <u8>value);
  }
  put16(value: u32): void {
    store<u16>(this.grow(2), <u16>value);
  }
  put32(value: u32): void {
    store<u32>(this.grow(4), value);
  }
  put64(value: u64): void {
    store<u64>(this.grow(8), value);
  }
  /** A string: its length, its bytes. */
  putText(text: usize, length: i32): void {
    this.put16(length);
    const to = this.grow(length);
    if (!this.isTooLong) memory.copy(to, text, length);
  }

  /** Data follow the message. */
  sendData(data: usize, bytes: u32): void {
    this.data = data;
    this.dataBytes = bytes;
    this.sends = true;
  }
  /** Data follow `headerBytes` of the answer. */
  takeData(data: usize, bytes: u32, headerBytes: u32): void {
    this.data = data;
    this.dataBytes = bytes;
    this.replyBytes = headerBytes;
  }

  /** It is whole: 0, or -ENAMETOOLONG. */
  finish(): i32 {
    store<u32>(this.request, this.length + (this.sends ? this.dataBytes : 0));
    this.answered = 0;
    this.at = HEADER_BYTES;
    this.isShort = false;
    return this.isTooLong ? -ENAMETOOLONG : 0;
  }

  /** What the answer says: 0, the errno that the server tells, or -EIO for what is no answer to this message. */
  result(): i32 {
    if (this.answered < HEADER_BYTES || load<u32>(this.reply) != this.answered) return -EIO;
    if (load<u16>(this.reply, 5) != load<u16>(this.request, 5)) return -EIO;
    const type = <u32>load<u8>(this.reply, 4);
    if (type == <u32>load<u8>(this.request, 4) + 1) return 0;
    const errno = this.get32();
    return type != RLERROR || this.isShort || errno == 0 || errno > MAX_ERRNO ? -EIO : -(<i32>errno);
  }

  /** Where the next `bytes` of the answer are. */
  private take(bytes: u32): usize {
    const end = min(this.answered, this.replyBytes);
    if (bytes > end || this.at > end - bytes) this.isShort = true;
    if (this.isShort) return nothing;
    this.at += bytes;
    return this.reply + this.at - bytes;
  }

  get8(): u32 {
    return load<u8>(this.take(1));
  }
  get32(): u32 {
    return load<u32>(this.take(4));
  }
  get64(): u64 {
    return load<u64>(this.take(8));
  }
  skip(bytes: u32): void {
    this.take(bytes);
  }
  /** A string, as much of it as there is room for: bytes. */
  getText(to: usize, room: usize): i32 {
    const length = <u32>load<u16>(this.take(2));
    const from = this.take(length);
    if (this.isShort) return 0;
    const bytes = min(<usize>length, room);
    memory.copy(to, from, bytes);
    return <i32>bytes;
  }

  /** Whether the next string is this one. */
  hasText(text: usize, length: i32): bool {
    const found = <u32>load<u16>(this.take(2));
    const from = this.take(found);
    return !this.isShort && equal(from, found, text, length);
  }

  release(): void {
    free(this.request);
    dispose(this);
  }
}

/** What has no room is written here, what is not there is read here. */
const nowhere: usize = memory.data(8, 8);
const nothing: usize = memory.data(8, 8);
