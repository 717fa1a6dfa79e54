/**
 * Memory beyond linear memory: files that are read whole, and pages of other domains. It is given back when it is done with,
 * as linear memory never is.
 */
import { ENOMEM } from 'xen';
import { MAP_ANONYMOUS, MAP_PRIVATE, O_RDONLY, PROT_WRITE, SEEK_END, SEEK_SET } from 'mote/abi';
import { SYS_mmap, SYS_munmap, SYS_read } from 'mote/abi';
import { close, open, seek } from 'programs/lib/calls';
import { describe } from 'programs/lib/errno';
import { syscall2, syscall3, syscall6 } from 'programs/lib/intrinsics';
import { PAGE_BYTES } from './pages';

// @ts-ignore: decorator
@external("cpu", "fill")
declare function fill(to: u64, byte: u64, bytes: u64): void;

const CHUNK: u64 = 1 << 20;
/** Behind what is allocated is this much more at least: who reads in words need not look twice. */
const SLACK_BYTES: u64 = 64;

/** Fills with zeroes. */
export function clear(to: u64, bytes: u64): void {
  if (bytes != 0) fill(to, 0, bytes);
}

/** Why the last file could not be read; empty: it could. */
export let unread: string = '';

/** A range of memory that holds something, with its end. */
export class FarBytes {
  constructor(
    public at: u64,
    public bytes: u64,
  ) {}

  /** Whether a part of it is there. */
  has(offset: u64, bytes: u64): bool {
    return offset <= this.bytes && bytes <= this.bytes - offset;
  }

  release(): void {
    if (this.bytes != 0) syscall2(SYS_munmap, this.at, wholePages(this.bytes));
    this.bytes = 0;
  }
}

function wholePages(bytes: u64): u64 {
  return (bytes + SLACK_BYTES + PAGE_BYTES - 1) & ~(PAGE_BYTES - 1);
}

/** Memory of so many bytes, zeroes; null: there is none. Its pages come when they are touched. */
export function allocateFar(bytes: u64): FarBytes | null {
  if (bytes == 0) return new FarBytes(0, 0);
  const at = syscall6(SYS_mmap, 0, wholePages(bytes), PROT_WRITE, MAP_ANONYMOUS | MAP_PRIVATE, -1, 0);
  return at < 0 ? null : new FarBytes(at, bytes);
}

/** A whole file; null: `unread`. */
export function readFar(path: string): FarBytes | null {
  unread = '';
  const fd = open(path, O_RDONLY);
  if (fd < 0) return fail(describe(fd));
  const size = seek(fd, 0, SEEK_END);
  seek(fd, 0, SEEK_SET);
  const file = allocateFar(max(size, 0));
  if (file == null) {
    close(fd);
    return fail(describe(-ENOMEM));
  }
  let done: u64 = 0;
  let got: i64 = 1;
  while (done < file.bytes && got > 0) {
    got = syscall3(SYS_read, fd, file.at + done, min(CHUNK, file.bytes - done));
    if (got > 0) done += got;
  }
  close(fd);
  if (done == file.bytes) return file;
  file.release();
  // The kernel cannot write where there is no page to be had.
  return fail(got < 0 ? 'domain 0 has no memory to read it to' : 'it cannot be read to its end');
}

function fail(why: string): FarBytes | null {
  unread = why;
  return null;
}
