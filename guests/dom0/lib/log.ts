/** Logs that do not grow for ever: a full one becomes the old one, NAME.1, and a new one begins. */
import { O_APPEND, O_CREAT, O_TRUNC, O_WRONLY } from 'mote/abi';
import { close, mkdir, open, rename, Stat, writeAll } from 'programs/lib/calls';

const MAX_BYTES: u64 = 65536;
const BUFFER_BYTES: i32 = 4096;

export class Log {
  /** Bytes in the file, and what waits to be there. */
  private bytes: u64 = 0;
  private buffer: ArrayBuffer = new ArrayBuffer(BUFFER_BYTES);
  private waiting: i32 = 0;

  constructor(private path: string) {
    makeFolders(path);
    const stat = new Stat();
    if (stat.of(path) == 0) this.bytes = stat.size;
  }

  get isWaiting(): bool {
    return this.waiting > 0;
  }

  /** Adds bytes, which may wait for `flush`. */
  add(from: usize, count: i32): void {
    for (let done = 0; done < count;) {
      const part = min(count - done, BUFFER_BYTES - this.waiting);
      memory.copy(changetype<usize>(this.buffer) + this.waiting, from + done, part);
      this.waiting += part;
      done += part;
      if (this.waiting == BUFFER_BYTES) this.flush();
    }
  }

  /** Writes what waits. A log that cannot be written goes without it. */
  flush(): void {
    if (this.waiting == 0) return;
    if (this.bytes + this.waiting > MAX_BYTES) {
      rename(this.path, this.path + '.1');
      this.bytes = 0;
    }
    const fd = open(this.path, O_WRONLY | O_CREAT | O_APPEND);
    if (fd >= 0) {
      writeAll(fd, this.buffer, this.waiting);
      close(fd);
      this.bytes += this.waiting;
    }
    this.waiting = 0;
  }

  addLine(text: string): void {
    const encoded = String.UTF8.encode(text + '\n');
    this.add(changetype<usize>(encoded), encoded.byteLength);
    this.flush();
  }
}

/** Makes a file of a text, and the folders above it where there are none; one that is there holds something else then. 0, or a negative errno. */
export function putFile(path: string, text: string): i32 {
  makeFolders(path);
  const fd = open(path, O_WRONLY | O_CREAT | O_TRUNC);
  if (fd < 0) return fd;
  const bytes = String.UTF8.encode(text);
  const failed = writeAll(fd, bytes, bytes.byteLength);
  close(fd);
  return min(failed, 0);
}

/** Makes the folders above a path. */
export function makeFolders(path: string): void {
  for (let at = path.indexOf('/', 1); at > 0; at = path.indexOf('/', at + 1)) mkdir(path.substring(0, at));
}
