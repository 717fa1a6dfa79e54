/** Images of disks, as tapdisk and nbd-server serve them: what is read and written at an offset, in bytes. */
import { O_RDONLY, O_RDWR, SEEK_END, SEEK_SET, SYS_read, SYS_write } from 'mote/abi';
import { close, open, seek, syncFile } from 'programs/lib/calls';
import { syscall3 } from 'programs/lib/intrinsics';

/** What is wrong with an image; empty: nothing. */
export let imageProblem: string = '';
export function failImage(what: string): void {
  imageProblem = what;
}

const EIO: i32 = 5;

export abstract class Image {
  /** Bytes that whoever uses it sees. */
  size: u64 = 0;
  readOnly: bool = false;

  /** Reads all of it: 0, or a negative errno. What lies behind the end is zeroes. */
  abstract read(offset: u64, to: usize, bytes: u32): i32;
  abstract write(offset: u64, from: usize, bytes: u32): i32;
  /** What was written is safe. */
  abstract flush(): i32;
}

/** A file, or a disk, in which bytes are. */
export class Storage {
  private constructor(
    private fd: i32,
    public size: u64,
  ) {}

  /** null: `imageProblem` is left as it is, `openFailure` says why. */
  static open(path: string, readOnly: bool): Storage | null {
    const fd = open(path, readOnly ? O_RDONLY : O_RDWR);
    openFailure = fd;
    if (fd < 0) return null;
    return new Storage(fd, <u64>max<i64>(seek(fd, 0, SEEK_END), 0));
  }

  /** What lies behind the end of it is zeroes. */
  read(offset: u64, to: usize, bytes: u32): i32 {
    if (seek(this.fd, offset, SEEK_SET) < 0) return -EIO;
    let done: u32 = 0;
    while (done < bytes) {
      const got = <i32>syscall3(SYS_read, this.fd, to + done, bytes - done);
      if (got < 0) return got;
      if (got == 0) break;
      done += got;
    }
    memory.fill(to + done, 0, bytes - done);
    return 0;
  }

  write(offset: u64, from: usize, bytes: u32): i32 {
    if (seek(this.fd, offset, SEEK_SET) < 0) return -EIO;
    let done: u32 = 0;
    while (done < bytes) {
      const put = <i32>syscall3(SYS_write, this.fd, from + done, bytes - done);
      if (put <= 0) return put < 0 ? put : -EIO;
      done += put;
    }
    this.size = max(this.size, offset + bytes);
    return 0;
  }

  flush(): i32 {
    return syncFile(this.fd);
  }
  close(): void {
    close(this.fd);
  }
}
export let openFailure: i32 = 0;

/** An image that is the disk, byte for byte. */
export class RawImage extends Image {
  constructor(
    private storage: Storage,
    readOnly: bool,
  ) {
    super();
    this.size = storage.size;
    this.readOnly = readOnly;
  }

  read(offset: u64, to: usize, bytes: u32): i32 {
    return this.storage.read(offset, to, bytes);
  }
  write(offset: u64, from: usize, bytes: u32): i32 {
    return this.storage.write(offset, from, bytes);
  }
  flush(): i32 {
    return this.storage.flush();
  }
}
