/**
 * A session with a 9P server: the length of messages that both agree on, the fids, and the messages themselves, of which
 * several may be under way at once. Calls give 0 or a negative errno, the server's own where it tells one.
 */
import { EIO, ENFILE } from 'xen';
import { dispose } from 'kernel/memory/heap';
import { Fids } from './fids';
import { Message, ROOM } from './message';
import * as p from './protocol';
import { MAX_PAYLOAD, Transport } from './transport';

/** 9P2000.L; root */
const VERSION: usize = memory.data<u8>([57, 80, 50, 48, 48, 48, 46, 76]);
const VERSION_LENGTH: i32 = 8;
const USER: usize = memory.data<u8>([114, 111, 111, 116]);
const USER_LENGTH: i32 = 4;
/** An answer to Twalk begins with how many names it got through. */
const NWQID_BYTES: u32 = 2;

export class Session {
  private transport: Transport;
  /** Messages that are not in use, and how many there are at all. */
  private idle: Message | null = null;
  private messages: u32 = 0;
  private underWay: u32 = 0;
  private fids: Fids = new Fids();
  /** Data of one message at most. */
  payload: u32 = 0;
  /** The qid of the file that the last walk has come to, until anything sleeps. */
  qidType: u32 = 0;
  qidPath: u64 = 0;

  constructor(transport: Transport) {
    this.transport = transport;
    transport.isMounted = true;
  }

  /** Whether somebody waits for an answer. */
  get isBusy(): bool {
    return this.underWay > 0;
  }

  /** A message of a type, to be filled. */
  protected begin(type: u32): Message {
    let message = this.idle;
    if (message == null) message = new Message(this.messages++);
    else this.idle = message.next;
    this.underWay++;
    message.begin(type);
    return message;
  }

  /** A message about a fid. */
  protected about(type: u32, fid: u32): Message {
    const message = this.begin(type);
    message.put32(fid);
    return message;
  }

  /** Sends a message and waits: what the answer says. */
  protected send(message: Message): i32 {
    const failed = message.finish();
    if (failed < 0) return failed;
    this.transport.exchange(message);
    return message.result();
  }

  protected end(message: Message): void {
    message.next = this.idle;
    this.idle = message;
    this.underWay--;
  }

  /** Sends a message whose answer tells no more than that it was done. */
  protected call(message: Message): i32 {
    const result = this.send(message);
    this.end(message);
    return result;
  }

  private takeQid(message: Message): void {
    this.qidType = message.get8();
    message.skip(p.QID_VERSION_BYTES);
    this.qidPath = message.get64();
  }

  /** Begins: a fid that means the server's root, or an error. */
  attach(): i32 {
    const failed = this.agree();
    if (failed < 0) return failed;
    const fid = this.fids.take();
    const message = this.about(p.TATTACH, fid);
    message.put32(p.NO_FID);
    message.putText(USER, USER_LENGTH);
    message.putText(USER, 0);
    message.put32(0);
    const result = this.send(message);
    this.takeQid(message);
    this.end(message);
    return result < 0 ? result : <i32>fid;
  }

  /** Agrees on the protocol, and how long messages may be. */
  private agree(): i32 {
    const wanted = MAX_PAYLOAD + p.DATA_HEADER_BYTES;
    const message = this.begin(p.TVERSION);
    message.put32(wanted);
    message.putText(VERSION, VERSION_LENGTH);
    const result = this.send(message);
    const granted = message.get32();
    const isKnown = message.hasText(VERSION, VERSION_LENGTH);
    this.end(message);
    this.payload = granted - p.DATA_HEADER_BYTES;
    return result == 0 && (!isKnown || granted < ROOM || granted > wanted) ? -EIO : result;
  }

  /** A new fid for what has a name in a directory, or, without a name, for the same file; or an error. */
  walk(from: u32, name: usize, length: i32): i32 {
    const fid = this.fids.take();
    if (fid == p.NO_FID) return -ENFILE;
    const message = this.about(p.TWALK, from);
    message.put32(fid);
    message.put16(length > 0 ? 1 : 0);
    if (length > 0) message.putText(name, length);
    const result = this.send(message);
    message.skip(NWQID_BYTES);
    if (length > 0) this.takeQid(message);
    this.end(message);
    if (result == 0) return fid;
    this.fids.give(fid);
    return result;
  }

  /** A fid means nothing any more, whatever the server says. */
  clunk(fid: u32): void {
    this.call(this.about(p.TCLUNK, fid));
    this.fids.give(fid);
  }

  /** The session is over; its fids are clunked. */
  release(): void {
    this.transport.isMounted = false;
    for (let message = this.idle; message != null; message = this.idle) {
      this.idle = message.next;
      message.release();
    }
    this.fids.release();
    dispose(this);
  }
}
