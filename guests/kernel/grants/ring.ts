/**
 * A frontend's side of a shared ring: requests are put in and pushed, responses taken out. The other side is told of new
 * requests only when it has asked to be, and the same the other way: so a busy ring needs no events at all.
 */
import { sring } from 'xen';

export class FrontRing {
  /** The shared page, whoever has granted it. */
  page: usize;
  entryBytes: usize;
  /** Entries, a power of two. */
  size: u32;
  /** Requests that have been filled in; what is shared follows with `push`. */
  private produced: u32 = 0;
  private consumed: u32 = 0;

  constructor(page: usize, entryBytes: usize, size: u32) {
    this.page = page;
    this.entryBytes = entryBytes;
    this.size = size;
    this.reset();
  }

  /** Makes the page an empty ring. */
  reset(): void {
    memory.fill(this.page, 0, 4096);
    store<u32>(this.page + sring.req_event, 1);
    store<u32>(this.page + sring.rsp_event, 1);
    this.produced = 0;
    this.consumed = 0;
  }

  /** Requests that find room. */
  get room(): u32 {
    return this.size - (this.produced - this.consumed);
  }

  private entry(index: u32): usize {
    return this.page + sring.SIZE + (index & (this.size - 1)) * this.entryBytes;
  }

  /** The next request, to be filled in. There must be room. */
  nextRequest(): usize {
    assert(this.room > 0, 'the ring is full');
    return this.entry(this.produced++);
  }

  /** Shows the other side what has been filled in. Whether it wants to be told. */
  push(): bool {
    const before = load<u32>(this.page + sring.req_prod);
    atomic.store<u32>(this.page + sring.req_prod, this.produced);
    const event = atomic.load<u32>(this.page + sring.req_event);
    return this.produced - event < this.produced - before;
  }

  /** The next response; 0: there is none, and the other side will tell of the next one. */
  nextResponse(): usize {
    if (this.consumed == this.shown) {
      store<u32>(this.page + sring.rsp_event, this.consumed + 1);
      // One may have come just before that was set.
      if (this.consumed == this.shown) return 0;
    }
    return this.entry(this.consumed++);
  }

  /** How far the other side says that it has come: never believed beyond what was asked for. */
  private get shown(): u32 {
    const shown = atomic.load<u32>(this.page + sring.rsp_prod);
    return shown - this.consumed > this.produced - this.consumed ? this.consumed : shown;
  }
}
