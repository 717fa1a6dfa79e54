/**
 * Messages from one thread to another through shared memory, for threads that have nothing else to do than to wait for each
 * other: one turn of two hosts takes less time than it takes a thread's event loop to wake.
 */

import { waitForWord } from './waiting.ts';

/** Of the shared memory: what is in front of the bytes, in words. */
const STATE = 0;
const LENGTH = 1;
/** Bytes that come after these, in further pieces. */
const REST = 2;
const HEADER_BYTES = 16;

const EMPTY = 0;
const FULL = 1;
/** A message that is longer goes in pieces. */
const PIECE_BYTES = 1 << 18;

export class Mailbox {
  readonly shared: SharedArrayBuffer;
  private readonly words: Int32Array;
  private readonly bytes: Uint8Array;

  /** `shared`: another thread's end of it. */
  constructor(shared = new SharedArrayBuffer(HEADER_BYTES + PIECE_BYTES)) {
    this.shared = shared;
    this.words = new Int32Array(shared, 0, HEADER_BYTES / 4);
    this.bytes = new Uint8Array(shared, HEADER_BYTES);
  }

  /** Waits where the last message has not been received. */
  send(message: Uint8Array): void {
    let done = 0;
    do {
      this.waitWhile(FULL);
      const piece = message.subarray(done, done + PIECE_BYTES);
      done += piece.length;
      this.bytes.set(piece);
      this.words[LENGTH] = piece.length;
      this.words[REST] = message.length - done;
      this.become(FULL);
    } while (done < message.length);
  }

  /** Waits for the next message; null: none has come within so many ms. */
  receive(patienceMs = Infinity): Uint8Array | null {
    if (!this.waitWhile(EMPTY, patienceMs)) return null;
    const message = new Uint8Array(this.words[LENGTH]! + this.words[REST]!);
    for (let done = 0; ;) {
      const [length, rest] = [this.words[LENGTH]!, this.words[REST]!];
      message.set(this.bytes.subarray(0, length), done);
      done += length;
      this.become(EMPTY);
      if (rest === 0) return message;
      this.waitWhile(EMPTY);
    }
  }

  private become(state: number): void {
    Atomics.store(this.words, STATE, state);
    Atomics.notify(this.words, STATE);
  }

  /** False: it is that for longer. */
  private waitWhile(state: number, patienceMs = Infinity): boolean {
    return waitForWord(this.words, STATE, (now) => now !== state, patienceMs);
  }
}

/** How messages become bytes, and bytes messages. */
export interface Codec {
  encode(message: unknown): Uint8Array;
  decode(bytes: Uint8Array): unknown;
}
