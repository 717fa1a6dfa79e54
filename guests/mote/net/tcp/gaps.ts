/**
 * What has come before its turn: ranges of sequence numbers, in order, that do not touch. Their bytes lie in the ring behind
 * its end already.
 */
import { dispose } from 'kernel/memory/heap';
import { before, notAfter } from './sequence';

/** More ranges than this are not kept: what comes beyond is sent again some day. */
const MAX: i32 = 16;

export class Gaps {
  private starts: StaticArray<u32> = new StaticArray<u32>(MAX);
  private ends: StaticArray<u32> = new StaticArray<u32>(MAX);
  private count: i32 = 0;

  get isEmpty(): bool {
    return this.count == 0;
  }

  /** Adds a range, joined with those that it meets. False: there is no room for one more. */
  add(start: u32, end: u32): bool {
    let first = 0;
    while (first < this.count && before(this.ends[first], start)) first++;
    let behind = first;
    let joinedStart = start;
    let joinedEnd = end;
    while (behind < this.count && notAfter(this.starts[behind], end)) {
      if (before(this.starts[behind], joinedStart)) joinedStart = this.starts[behind];
      if (before(joinedEnd, this.ends[behind])) joinedEnd = this.ends[behind];
      behind++;
    }
    if (behind == first && this.count == MAX) return false;
    this.replace(first, behind);
    this.starts[first] = joinedStart;
    this.ends[first] = joinedEnd;
    return true;
  }

  /** Makes one place of the places from `first` to before `behind`. */
  private replace(first: i32, behind: i32): void {
    const shift = 1 - (behind - first);
    if (shift > 0) for (let index = this.count; index > first; index--) this.move(index - 1, index);
    else for (let index = behind; index < this.count; index++) this.move(index, index + shift);
    this.count += shift;
  }

  private move(from: i32, to: i32): void {
    this.starts[to] = this.starts[from];
    this.ends[to] = this.ends[from];
  }

  /** All before `next` has come: where what has come without a gap ends. Ranges before it are forgotten. */
  advance(next: u32): u32 {
    let gone = 0;
    while (gone < this.count && notAfter(this.starts[gone], next)) {
      if (before(next, this.ends[gone])) next = this.ends[gone];
      gone++;
    }
    for (let index = gone; index < this.count; index++) this.move(index, index - gone);
    this.count -= gone;
    return next;
  }

  release(): void {
    dispose(this.starts);
    dispose(this.ends);
    dispose(this);
  }
}
