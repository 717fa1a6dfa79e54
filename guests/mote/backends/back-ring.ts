/**
 * A backend's side of a shared ring: requests are taken out, responses put in and pushed. The frontend is another domain, and
 * may write into the ring whatever and whenever it likes: a request is copied before it is looked at, and an index that
 * cannot be is the end of it.
 */
import { sring } from 'xen';

export class BackRing {
  /** The first page, mapped; the others lie behind it. */
  page: usize;
  entryBytes: usize;
  /** Entries, a power of two. */
  size: u32;
  /** The frontend says that there are more requests than the ring holds: nothing more is taken. */
  broken: bool = false;
  private consumed: u32 = 0;
  private produced: u32 = 0;

  constructor(page: usize, pages: u32, entryBytes: usize) {
    this.page = page;
    this.entryBytes = entryBytes;
    const room = (pages * 4096 - <u32>sring.SIZE) / <u32>entryBytes;
    this.size = 1 << (31 - <u32>clz(room));
  }

  private entry(index: u32): usize {
    return this.page + sring.SIZE + (index & (this.size - 1)) * this.entryBytes;
  }

  /** Requests that wait. */
  get waiting(): u32 {
    if (this.broken) return 0;
    const count = atomic.load<u32>(this.page + sring.req_prod) - this.consumed;
    // A sum with the unanswered ones would wrap where an index lies just behind.
    if (count <= this.size - (this.consumed - this.produced)) return count;
    this.broken = true;
    return 0;
  }

  /** Whether a request waits; where none does, the frontend will tell of the next one. */
  isWaiting(): bool {
    if (this.waiting > 0) return true;
    store<u32>(this.page + sring.req_event, this.consumed + 1);
    // One may have come just before that was set.
    return this.waiting > 0;
  }

  /** Copies the next request to `to`. False: there is none, and the frontend will tell of the next one. */
  take(to: usize): bool {
    if (!this.isWaiting()) return false;
    memory.copy(to, this.entry(this.consumed++), this.entryBytes);
    return true;
  }

  /** The next request, which was looked at, is taken: what is in it by now does not count. */
  pass(): void {
    assert(this.waiting > 0, 'a request that does not wait');
    this.consumed++;
  }

  /** Copies a request that waits, the first one being 0, and leaves it there. False: there is none. */
  look(to: usize, index: u32): bool {
    if (index >= this.waiting) return false;
    memory.copy(to, this.entry(this.consumed + index), this.entryBytes);
    return true;
  }

  /** Where the next response goes: there is one for each request that was taken. */
  nextResponse(): usize {
    assert(this.produced != this.consumed, 'a response without a request');
    return this.entry(this.produced++);
  }

  /** Shows the frontend the responses. Whether it wants to be told. */
  push(): bool {
    const before = load<u32>(this.page + sring.rsp_prod);
    atomic.store<u32>(this.page + sring.rsp_prod, this.produced);
    const event = atomic.load<u32>(this.page + sring.rsp_event);
    return this.produced - event < this.produced - before;
  }
}
