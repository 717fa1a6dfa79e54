/**
 * The block frontend: a virtual disk. A request names up to eleven pages of memory by grants and the sectors they are for;
 * who asked sleeps until its response has come. Several may be under way.
 */
import * as xen from 'xen';
import { blkif_request, blkif_request_segment, blkif_response, EIO, EROFS } from 'xen';
import { sendEvent } from '../events/events';
import { Frontend, grantRing, reclaim } from './frontend';
import { endAccess, grantAccess } from '../grants/grants';
import { allocatePage, PAGE_SIZE } from '../memory/pages';
import { FrontRing } from '../grants/ring';
import { readNumber, writeNumber } from '../store/store';
import { dispose } from '../memory/heap';
import { WaitQueue } from '../threads/wait';

export const SECTOR: usize = 512;
const PAGE_SECTORS: u32 = 8;
const MAX_SEGMENTS: u32 = xen.BLKIF_MAX_SEGMENTS_PER_REQUEST;
const IDS: u32 = xen.BLKIF_RING_SIZE;
const BUSY: i32 = 1;

export class BlockFrontend extends Frontend {
  sectors: u64 = 0;
  readOnly: bool = false;
  private mayFlush: bool = false;
  private ring: FrontRing;
  private ringRef: u32 = 0;
  /** By request: its status; BUSY while it is under way. */
  private status: StaticArray<i32> = new StaticArray<i32>(IDS);
  private used: StaticArray<bool> = new StaticArray<bool>(IDS);
  private refs: StaticArray<u32> = new StaticArray<u32>(IDS * MAX_SEGMENTS);
  private answers: WaitQueue = new WaitQueue();
  private isHeld: bool = false;
  /** There is no backend that could answer. */
  isDead: bool = false;

  constructor(directory: usize) {
    super(directory);
    const page = allocatePage();
    assert(page != 0, 'no memory for a ring');
    this.ring = new FrontRing(page, blkif_request.SIZE, IDS);
  }

  protected publish(transaction: u32): i32 {
    if (this.ringRef == 0) this.ringRef = grantRing(this.domid, this.ring.page);
    return writeNumber(transaction, this.directory, 'ring-ref', this.ringRef);
  }

  protected hold(): void {
    this.isHeld = true;
    while (this.isBusy()) this.answers.sleep();
  }
  protected release(): void {
    this.isHeld = false;
    this.answers.wake();
  }
  protected reset(): void {
    this.ring.reset();
    this.ringRef = 0;
  }

  /** Nobody will answer any more: all that is under way fails, and all that is asked for. */
  die(): void {
    this.isDead = true;
    for (let id = 0; id < <i32>IDS; id++) if (this.status[id] == BUSY) this.status[id] = -EIO;
    this.answers.wake();
  }
  protected giveBack(): void {
    reclaim(this.ringRef, this.ring.page);
    dispose(this.ring);
    dispose(this.answers);
    dispose(this.status);
    dispose(this.used);
    dispose(this.refs);
  }

  private isBusy(): bool {
    for (let id = 0; id < <i32>IDS; id++) if (this.used[id]) return true;
    return false;
  }

  protected get publishedState(): i32 {
    return xen.XenbusStateInitialised;
  }

  protected connected(): void {
    this.sectors = <u64>max<i64>(readNumber(this.backend, 'sectors'), 0);
    this.readOnly = (readNumber(this.backend, 'info') & xen.VDISK_READONLY) != 0;
    this.mayFlush = readNumber(this.backend, 'feature-flush-cache') == 1;
  }

  /** Takes the responses that have come: what its event does. */
  serve(): void {
    for (let response = this.ring.nextResponse(); response != 0; response = this.ring.nextResponse()) {
      const id = load<u64>(response + blkif_response.id);
      // A backend that makes numbers up is not listened to.
      if (id < IDS && this.status[<i32>id] == BUSY)
        this.status[<i32>id] = min(<i32>load<i16>(response + blkif_response.status), 0);
    }
    this.answers.wake();
  }

  /**
   * Reads or writes `count` sectors from `sector` on, from or to linear memory, which begins on a sector's boundary within
   * its page. 0, -EIO, or -EROFS.
   */
  transfer(write: bool, sector: u64, memoryAt: usize, count: u32): i32 {
    if (write && this.readOnly) return -EROFS;
    if (sector + count > this.sectors || (memoryAt & (SECTOR - 1)) != 0) return -EIO;
    const operation = write ? xen.BLKIF_OP_WRITE : xen.BLKIF_OP_READ;
    let failed = 0;
    while (count > 0 && failed == 0) {
      const first = <u32>(memoryAt & (PAGE_SIZE - 1)) / <u32>SECTOR;
      const part = min(count, MAX_SEGMENTS * PAGE_SECTORS - first);
      failed = this.request(operation, sector, memoryAt, part);
      sector += part;
      memoryAt += part * SECTOR;
      count -= part;
    }
    return failed;
  }

  /** What was written is safe, as far as the backend can say so: 0, or -EIO. */
  flush(): i32 {
    return this.mayFlush ? this.request(xen.BLKIF_OP_FLUSH_DISKCACHE, 0, 0, 0) : 0;
  }

  /** Makes a request, of no sectors for a flush: 0, or -EIO. */
  private request(operation: i32, sector: u64, memoryAt: usize, count: u32): i32 {
    while (!this.isDead && (this.isHeld || this.ring.room == 0 || this.freeId() < 0)) this.answers.sleep();
    if (this.isDead) return -EIO;
    const id = this.freeId();
    this.used[id] = true;
    this.status[id] = BUSY;
    const request = this.ring.nextRequest();
    store<u8>(request + blkif_request.operation, <u8>operation);
    store<u16>(request + blkif_request.handle, 0);
    store<u64>(request + blkif_request.id, id);
    store<u64>(request + blkif_request.sector_number, sector);
    const isWrite = operation == xen.BLKIF_OP_WRITE;
    const segments = this.fill(request, id, isWrite, memoryAt, count);
    store<u8>(request + blkif_request.nr_segments, <u8>segments);
    if (this.ring.push()) sendEvent(this.port);
    while (this.status[id] == BUSY) this.answers.sleep();
    for (let index: u32 = 0; index < segments; index++)
      if (!endAccess(this.refs[id * MAX_SEGMENTS + index]))
        // One that is gone may have died with it.
        assert(this.isDead, 'a backend keeps a page that it has answered for');
    this.used[id] = false;
    this.answers.wake();
    return this.status[id] == 0 ? 0 : -EIO;
  }

  /** Grants the pages of a request: how many. */
  private fill(request: usize, id: i32, write: bool, memoryAt: usize, count: u32): u32 {
    let segments: u32 = 0;
    while (count > 0) {
      const first = <u32>(memoryAt & (PAGE_SIZE - 1)) / <u32>SECTOR;
      const part = min(count, PAGE_SECTORS - first);
      const ref = grantAccess(this.domid, memoryAt & ~(PAGE_SIZE - 1), write);
      assert(ref != 0, 'no grant for a block');
      this.refs[id * MAX_SEGMENTS + segments] = ref;
      const segment = request + blkif_request.seg + segments * blkif_request_segment.SIZE;
      store<u32>(segment + blkif_request_segment.gref, ref);
      store<u8>(segment + blkif_request_segment.first_sect, <u8>first);
      store<u8>(segment + blkif_request_segment.last_sect, <u8>(first + part - 1));
      segments++;
      memoryAt += part * SECTOR;
      count -= part;
    }
    return segments;
  }

  private freeId(): i32 {
    for (let id = 0; id < <i32>IDS; id++) if (!this.used[id]) return id;
    return -1;
  }
}
