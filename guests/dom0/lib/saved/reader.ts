/** Reads a stream to its end, whatever is in it: what is not there is told of, and nothing else comes from it then. */
import { ETIMEDOUT } from 'xen';
import { SYS_read } from 'mote/abi';
import { copy, syscall3 } from 'programs/lib/intrinsics';
import { waitToRead } from 'programs/lib/sockets';

const BUFFER_BYTES: u64 = 1 << 16;
const NEWLINE: u8 = 10;

export class Reader {
  /** It has ended too soon, or cannot be read: then a negative errno is in `failed`. */
  isShort: bool = false;
  failed: i32 = 0;
  /** Bytes that were taken. */
  at: u64 = 0;
  private buffer: ArrayBuffer = new ArrayBuffer(<i32>BUFFER_BYTES);
  private first: u64 = 0;
  private end: u64 = 0;

  /** `patienceMs`: how long it waits for more of a connection; -1: for ever, as of a file. */
  constructor(
    private fd: i32,
    public patienceMs: i32 = -1,
  ) {}

  /** Takes bytes to a place, or (0) past them. False: there are not so many. */
  take(to: u64, bytes: u64): bool {
    while (bytes > 0) {
      if (this.first == this.end && !this.fill()) return false;
      const part = min(bytes, this.end - this.first);
      if (to != 0) {
        copy(to, changetype<usize>(this.buffer) + this.first, part);
        to += part;
      }
      this.first += part;
      this.at += part;
      bytes -= part;
    }
    return true;
  }

  /** Gets more, behind what is there. */
  private fill(): bool {
    if (this.isShort) return false;
    const at = changetype<usize>(this.buffer);
    memory.copy(at, at + <usize>this.first, <usize>(this.end - this.first));
    this.end -= this.first;
    this.first = 0;
    const isLate = this.patienceMs >= 0 && waitToRead(this.fd, this.patienceMs) == 0;
    const got = isLate ? -ETIMEDOUT : syscall3(SYS_read, this.fd, at + this.end, BUFFER_BYTES - this.end);
    this.end += max<i64>(got, 0);
    this.failed = <i32>min<i64>(got, 0);
    this.isShort = got <= 0;
    return !this.isShort;
  }

  /** Whether some are here that were not taken. */
  get isBuffered(): bool {
    return this.first != this.end;
  }

  /** Whether the next bytes are these, which stay to be taken. */
  begins(text: string): bool {
    const bytes = String.UTF8.encode(text);
    while (this.end - this.first < <u64>bytes.byteLength) if (!this.fill()) return false;
    const at = changetype<usize>(this.buffer) + <usize>this.first;
    return memory.compare(at, changetype<usize>(bytes), bytes.byteLength) == 0;
  }

  /** A line without its end, which is too short where there are more bytes than so many, or an end. */
  line(most: i32): string {
    const bytes = new ArrayBuffer(most);
    for (let n = 0; n < most; n++) {
      if (!this.take(changetype<usize>(bytes) + n, 1)) return '';
      if (load<u8>(changetype<usize>(bytes) + n) == NEWLINE)
        return String.UTF8.decodeUnsafe(changetype<usize>(bytes), n);
    }
    this.isShort = true;
    return '';
  }

  /** Whether nothing is left. */
  isAtEnd(): bool {
    return this.first == this.end && !this.fill() && this.failed == 0;
  }

  word32(): u32 {
    store<u32>(changetype<usize>(word), 0);
    this.take(changetype<usize>(word), 4);
    return load<u32>(changetype<usize>(word));
  }
  word64(): u64 {
    store<u64>(changetype<usize>(word), 0);
    this.take(changetype<usize>(word), 8);
    return load<u64>(changetype<usize>(word));
  }
}

const word = new ArrayBuffer(8);
