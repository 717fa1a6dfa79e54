/** Input and output as text: buffered, as programs want them. */
import { O_RDONLY } from 'mote/abi';
import { close, open, read, readBehind, writeAll } from './calls';
import { describe } from './errno';
import { argument } from './start';

const BUFFER_BYTES = 8192;

/** Writes text to a descriptor; what is written waits in a buffer until that is full, or `flush`. */
export class Output {
  private buffer: ArrayBuffer = new ArrayBuffer(BUFFER_BYTES);
  private used: i32 = 0;
  /** The first error; what comes after it is dropped. */
  failed: i32 = 0;

  constructor(private fd: i32) {}

  put(text: string): void {
    const encoded = String.UTF8.encode(text);
    this.putBytes(changetype<usize>(encoded), encoded.byteLength);
  }

  putBytes(from: usize, count: i32): void {
    while (count > 0) {
      if (this.used == BUFFER_BYTES) this.flush();
      const part = min(count, BUFFER_BYTES - this.used);
      memory.copy(changetype<usize>(this.buffer) + this.used, from, part);
      this.used += part;
      from += part;
      count -= part;
    }
  }

  flush(): void {
    const result = this.failed < 0 ? 0 : writeAll(this.fd, this.buffer, this.used);
    if (result < 0) this.failed = result;
    this.used = 0;
  }
}

const standard = new Output(1);
const errors = new Output(2);

/** To the standard output, which is flushed when the program ends. */
export function print(text: string): void {
  standard.put(text);
}
export function printBytes(from: usize, count: i32): void {
  standard.putBytes(from, count);
}
let told: bool = false;
/** Writes what waits; that it could not is said once. 0, or the first error. */
export function flush(): i32 {
  standard.flush();
  if (standard.failed < 0 && !told) {
    told = true;
    complainOf('standard output', standard.failed);
  }
  return standard.failed;
}

/** For those that go on, with another standard output: what failed does not concern it. */
export function forgetFailure(): void {
  standard.failed = 0;
  told = false;
}

/** `program: text` to the standard error. */
export function complain(text: string): void {
  flush();
  const name = argument(0);
  errors.put(name.substring(name.lastIndexOf('/') + 1) + ': ' + text + '\n');
  errors.flush();
}

/** `program: what: the error's words`. Gives 1, an exit status. */
export function complainOf(what: string, result: i64): i32 {
  complain(what + ': ' + describe(result));
  return 1;
}

const NEWLINE: u8 = 10;

/** Reads bytes and lines from a descriptor. */
export class Input {
  private buffer: ArrayBuffer = new ArrayBuffer(BUFFER_BYTES);
  private at: i32 = 0;
  private end: i32 = 0;
  failed: i32 = 0;
  /** Takes no more from the file than it gives: others read on. */
  single: bool = false;

  constructor(public fd: i32) {}

  /** Gets more where nothing is left. False: the end, or an error. */
  private fill(): bool {
    if (this.at < this.end) return true;
    this.at = 0;
    this.end = read(this.fd, this.buffer, this.single ? 1 : BUFFER_BYTES);
    if (this.end < 0) this.failed = this.end;
    return this.end > 0;
  }

  /** The next byte, or -1. */
  byte(): i32 {
    if (!this.fill()) return -1;
    return load<u8>(changetype<usize>(this.buffer) + this.at++);
  }

  /** The next line without its end; null: there is none. */
  line(): string | null {
    let text = '';
    let any = false;
    while (this.fill()) {
      any = true;
      const start = changetype<usize>(this.buffer) + this.at;
      const count = this.end - this.at;
      let length = 0;
      while (length < count && load<u8>(start + length) != NEWLINE) length++;
      text += String.UTF8.decodeUnsafe(start, length);
      this.at += length;
      if (length == count) continue;
      this.at++;
      return text;
    }
    return any ? text : null;
  }

  close(): void {
    if (this.fd > 0) close(this.fd);
  }
}

/** Opens a file to read; `-` is the standard input. Null: it cannot be, and that has been said. */
export function openInput(path: string): Input | null {
  if (path == '-') return new Input(0);
  const fd = open(path, O_RDONLY);
  if (fd >= 0) return new Input(fd);
  complainOf(path, fd);
  return null;
}

/** A whole file as text, whose last line has an end; null: it cannot be read. */
export function readFile(path: string): string | null {
  const fd = open(path, O_RDONLY);
  if (fd < 0) return null;
  let whole = new ArrayBuffer(BUFFER_BYTES);
  let used = 0;
  let got = 0;
  while ((got = readBehind(fd, whole, used)) > 0) {
    used += got;
    if (used < whole.byteLength) continue;
    const larger = new ArrayBuffer(2 * used);
    memory.copy(changetype<usize>(larger), changetype<usize>(whole), used);
    whole = larger;
  }
  close(fd);
  if (got < 0) return null;
  const text = String.UTF8.decodeUnsafe(changetype<usize>(whole), used);
  return used == 0 || text.endsWith('\n') ? text : text + '\n';
}
