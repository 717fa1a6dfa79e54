/** What carries 9P messages to a server and brings its answers: each has the name, the tag, that its tree is mounted by. */
import { equal } from '../names';
import { Message } from './message';

/** Data that goes along with one message at most, in bytes: whole pages. */
export const MAX_PAYLOAD: u32 = 128 << 10;

export abstract class Transport {
  next: Transport | null = null;
  tag: usize = 0;
  tagLength: i32 = 0;
  /** A server has one session at a time. */
  isMounted: bool = false;

  /** Sends a message and waits for the answer: `answered` are its bytes. */
  abstract exchange(message: Message): void;
}

let first: Transport | null = null;

export function addTransport(transport: Transport): void {
  transport.next = first;
  first = transport;
}

/** The transport of a tag; null: there is none. */
export function findTransport(tag: usize, length: i32): Transport | null {
  let each = first;
  while (each != null && !equal(each.tag, each.tagLength, tag, length)) each = each.next;
  return each;
}
