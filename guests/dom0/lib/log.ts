/** Logs that do not grow for ever: a full one becomes the old one, NAME.1, and a new one begins. */
import { O_APPEND, O_CREAT, O_WRONLY } from 'mote/abi';
import { close, mkdir, open, rename, Stat, writeAll } from 'programs/lib/calls';

const MAX_BYTES: u64 = 65536;

export class Log {
  private bytes: u64 = 0;

  constructor(private path: string) {
    makeFolders(path);
    const stat = new Stat();
    if (stat.of(path) == 0) this.bytes = stat.size;
  }

  /** Adds bytes. A log that cannot be written goes without them. */
  add(from: ArrayBuffer, count: i32): void {
    if (this.bytes + count > MAX_BYTES) {
      rename(this.path, this.path + '.1');
      this.bytes = 0;
    }
    const fd = open(this.path, O_WRONLY | O_CREAT | O_APPEND);
    if (fd < 0) return;
    writeAll(fd, from, count);
    close(fd);
    this.bytes += count;
  }

  addText(text: string): void {
    const encoded = String.UTF8.encode(text);
    this.add(encoded, encoded.byteLength);
  }
}

/** Makes the folders above a path. */
export function makeFolders(path: string): void {
  for (let at = path.indexOf('/', 1); at > 0; at = path.indexOf('/', at + 1)) mkdir(path.substring(0, at));
}
