/** A region: a range of an address space, what may be done there, and where its pages come from when they are touched. */
import { PAGE_SIZE } from 'kernel/memory/pages';

/** Where a region's first contents come from: a program's file. Counted by who holds it. */
export abstract class Backing {
  users: i32 = 1;

  /** Reads `bytes` at `offset` to linear memory: bytes read, or a negative errno. */
  abstract read(offset: u64, to: usize, bytes: usize): i32;
  /** Nobody holds it any more. */
  abstract close(): void;

  release(): void {
    if (--this.users == 0) this.close();
  }
}

export class Region {
  start: u64;
  end: u64;
  /** PROT_*. All can be read. */
  protection: i32;
  isHeap: bool = false;
  /** Its pages are another domain's: they come all at once, and no others come. */
  isForeign: bool = false;
  backing: Backing | null = null;
  /** The file's bytes from `fileOffset` on lie at `fileStart` up to `fileEnd`; the rest is zeroes. */
  fileOffset: u64 = 0;
  fileStart: u64 = 0;
  fileEnd: u64 = 0;
  next: Region | null = null;

  constructor(start: u64, end: u64, protection: i32) {
    this.start = start;
    this.end = end;
    this.protection = protection;
  }

  copy(): Region {
    const copy = new Region(this.start, this.end, this.protection);
    copy.isHeap = this.isHeap;
    copy.isForeign = this.isForeign;
    copy.setFile(this.backing, this.fileOffset, this.fileStart, this.fileEnd);
    return copy;
  }

  setFile(backing: Backing | null, offset: u64, start: u64, end: u64): void {
    if (backing != null) backing.users++;
    this.backing = backing;
    this.fileOffset = offset;
    this.fileStart = start;
    this.fileEnd = end;
  }

  release(): void {
    const backing = this.backing;
    if (backing != null) backing.release();
    this.backing = null;
  }

  /** Fills a page of zeroes with what the file has for it. 0, or a negative errno. */
  load(va: u64, page: usize): i32 {
    const backing = this.backing;
    if (backing == null) return 0;
    const from = max(va, this.fileStart);
    const to = min(va + PAGE_SIZE, this.fileEnd);
    if (from >= to) return 0;
    const offset = this.fileOffset + (from - this.fileStart);
    const read = backing.read(offset, page + <usize>(from - va), <usize>(to - from));
    return min(read, 0);
  }

  /**
   * Loses what lies between `start` and `end`. What is left behind a hole in the middle is given back as a region of its
   * own; nothing left: start is end.
   */
  cut(start: u64, end: u64): Region | null {
    if (start <= this.start && end >= this.end) {
      this.end = this.start;
      return null;
    }
    if (start <= this.start) {
      this.start = end;
      return null;
    }
    let rest: Region | null = null;
    if (end < this.end) {
      rest = this.copy();
      rest.start = end;
    }
    this.end = start;
    return rest;
  }
}
