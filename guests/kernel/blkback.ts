/**
 * The block backend: serves a frontend's requests from whatever holds the data. A thread for each disk takes them in their
 * order. Xen copies the data between the frontend's pages and a buffer here.
 */
import * as xen from 'xen';
import { blkif_request, blkif_request_segment, blkif_response } from 'xen';
import { Backend } from './backend';
import { BackRing } from './back-ring';
import { bindInterdomain, closePort, MAX_PORTS, sendEvent } from './events';
import { copyGranted, finishCopies, GrantedPages } from './granted';
import { alloc, dispose, free } from './heap';
import { allocatePages, PAGE_SIZE, putPage } from './pages';
import { readNumber, writeNumber } from './store';
import { endThread, makeRunnable, Thread } from './threads';
import { WaitQueue } from './wait';

const SECTOR: u32 = 512;
const PAGE_SECTORS: u32 = 8;
const MAX_SEGMENTS: u32 = xen.BLKIF_MAX_SEGMENTS_PER_REQUEST;
/** Pages of a ring at most: 2 to the power of this. */
const MAX_RING_ORDER: i32 = 4;
const MAX_RING_PAGES: u32 = 1 << MAX_RING_ORDER;

/** How the frontend names the grants of a ring of several pages. */
const RING_REFS: StaticArray<string> = [
  'ring-ref0',
  'ring-ref1',
  'ring-ref2',
  'ring-ref3',
  'ring-ref4',
  'ring-ref5',
  'ring-ref6',
  'ring-ref7',
  'ring-ref8',
  'ring-ref9',
  'ring-ref10',
  'ring-ref11',
  'ring-ref12',
  'ring-ref13',
  'ring-ref14',
  'ring-ref15',
];

export abstract class BlockBackend extends Backend {
  sectors: u64 = 0;
  readOnly: bool = false;
  /** Requests that have come, and sectors that were moved for them. */
  reads: u64 = 0;
  writes: u64 = 0;
  flushes: u64 = 0;
  readSectors: u64 = 0;
  writtenSectors: u64 = 0;
  port: u32 = 0;
  work: WaitQueue = new WaitQueue();
  private stopping: bool = false;
  private running: bool = false;
  private pages: GrantedPages = new GrantedPages();
  private ring: BackRing | null = null;
  private thread: Server | null = null;
  private buffer: usize = 0;
  private request: usize = alloc(blkif_request.SIZE);

  /** Reads or writes sectors: 0, or a negative errno. */
  protected abstract transfer(write: bool, sector: u64, at: usize, count: u32): i32;
  /** What was written is safe: 0, or a negative errno. */
  protected abstract flush(): i32;

  protected describe(transaction: u32): i32 {
    let failed = writeNumber(transaction, this.directory, 'feature-flush-cache', 1);
    if (failed == 0) failed = writeNumber(transaction, this.directory, 'feature-barrier', 1);
    if (failed == 0) failed = writeNumber(transaction, this.directory, 'sectors', this.sectors);
    if (failed == 0)
      failed = writeNumber(transaction, this.directory, 'info', this.readOnly ? xen.VDISK_READONLY : 0);
    if (failed == 0) failed = writeNumber(transaction, this.directory, 'sector-size', SECTOR);
    if (failed == 0) failed = writeNumber(transaction, this.directory, 'physical-sector-size', SECTOR);
    return failed;
  }

  protected connect(): bool {
    const remotePort = readNumber(this.frontend, 'event-channel');
    this.buffer = allocatePages(MAX_SEGMENTS);
    if (this.buffer == 0) return this.fail('no memory for its buffer');
    if (!this.mapRing()) return this.fail('its ring cannot be mapped');
    this.stopping = false;
    const thread = new Server(this);
    const port = remotePort < 0 ? -1 : bindInterdomain(this.domid, <u32>remotePort, serve);
    if (port >= 0) {
      this.port = port;
      connected[port] = this;
    }
    if (port < 0 || !thread.prepare()) {
      dispose(thread);
      return this.fail(port < 0 ? 'its event channel cannot be bound' : 'no memory for its thread');
    }
    this.thread = thread;
    this.running = true;
    makeRunnable(thread);
    return true;
  }

  private fail(what: string): bool {
    this.complain(what);
    this.disconnect();
    return false;
  }

  /** One page by `ring-ref`, or several by `ring-page-order` and `ring-ref0` and so on. */
  private mapRing(): bool {
    const order = readNumber(this.frontend, 'ring-page-order');
    if (order > MAX_RING_ORDER) return false;
    const count: u32 = order < 0 ? 1 : 1 << (<u32>order);
    for (let index: u32 = 0; index < count; index++) {
      const ref = readNumber(this.frontend, order < 0 ? 'ring-ref' : RING_REFS[index]);
      if (ref < 0 || !this.pages.add(this.domid, <u32>ref, MAX_RING_PAGES)) return false;
    }
    this.ring = new BackRing(this.pages.at, count, blkif_request.SIZE);
    return true;
  }

  protected disconnect(): void {
    this.stopping = true;
    this.work.wake();
    // A request that is being served is finished first.
    while (this.running) this.work.sleep();
    const thread = this.thread;
    if (thread != null) dispose(thread);
    this.thread = null;
    if (this.port != 0) {
      connected[this.port] = null;
      closePort(this.port);
    }
    this.port = 0;
    this.pages.release(MAX_RING_PAGES);
    const ring = this.ring;
    if (ring != null) dispose(ring);
    this.ring = null;
    if (this.buffer != 0) putPage(this.buffer);
    this.buffer = 0;
  }

  protected release(): void {
    free(this.request);
    dispose(this.pages);
    dispose(this.work);
  }

  /** The thread's work: until the backend is disconnected. */
  run(): void {
    const ring = this.ring!;
    while (!this.stopping) {
      if (ring.take(this.request)) {
        this.answer(ring, this.serveRequest());
        continue;
      }
      if (ring.broken) this.accuse('there are more requests than its ring has room for');
      this.work.sleep();
    }
    this.running = false;
    this.work.wake();
  }

  private answer(ring: BackRing, status: i32): void {
    const response = ring.nextResponse();
    store<u64>(response + blkif_response.id, load<u64>(this.request + blkif_request.id));
    store<u8>(response + blkif_response.operation, load<u8>(this.request + blkif_request.operation));
    store<u16>(response + blkif_response.status, <u16>status);
    if (ring.push()) sendEvent(this.port);
  }

  /** BLKIF_RSP_*. */
  private serveRequest(): i32 {
    const operation = <i32>load<u8>(this.request + blkif_request.operation);
    if (operation == xen.BLKIF_OP_READ) {
      this.reads++;
      return this.move(false);
    }
    const isBarrier = operation == xen.BLKIF_OP_WRITE_BARRIER;
    const isFlush = operation == xen.BLKIF_OP_FLUSH_DISKCACHE;
    if (operation != xen.BLKIF_OP_WRITE && !isBarrier && !isFlush) return xen.BLKIF_RSP_EOPNOTSUPP;
    if (isBarrier || isFlush) this.flushes++;
    if ((isBarrier || isFlush) && this.flush() < 0) return xen.BLKIF_RSP_ERROR;
    // Either may come with nothing to write.
    const hasData = load<u8>(this.request + blkif_request.nr_segments) > 0;
    let result = xen.BLKIF_RSP_OKAY;
    if (hasData || operation == xen.BLKIF_OP_WRITE) {
      this.writes++;
      result = this.readOnly ? xen.BLKIF_RSP_ERROR : this.move(true);
    }
    if (isBarrier && result == xen.BLKIF_RSP_OKAY && this.flush() < 0) return xen.BLKIF_RSP_ERROR;
    return result;
  }

  /** Where a segment is described. */
  private segment(index: u32): usize {
    return this.request + blkif_request.seg + index * blkif_request_segment.SIZE;
  }

  /** Checks every segment; sectors of all, 0: the request is not in order. */
  private countSectors(): u32 {
    const segments = <u32>load<u8>(this.request + blkif_request.nr_segments);
    if (segments == 0 || segments > MAX_SEGMENTS) return 0;
    let sectors: u32 = 0;
    for (let index: u32 = 0; index < segments; index++) {
      const first = <u32>load<u8>(this.segment(index) + blkif_request_segment.first_sect);
      const last = <u32>load<u8>(this.segment(index) + blkif_request_segment.last_sect);
      if (first > last || last >= PAGE_SECTORS) return 0;
      sectors += last - first + 1;
    }
    const start = load<u64>(this.request + blkif_request.sector_number);
    return start > this.sectors || sectors > this.sectors - start ? 0 : sectors;
  }

  private move(write: bool): i32 {
    if (this.countSectors() == 0) return xen.BLKIF_RSP_ERROR;
    if (write && !this.copySegments(write)) return xen.BLKIF_RSP_ERROR;
    let sector = load<u64>(this.request + blkif_request.sector_number);
    const segments = <u32>load<u8>(this.request + blkif_request.nr_segments);
    // Segments that touch in the buffer go together.
    let from: usize = this.buffer + this.first(0);
    let bytes: usize = 0;
    for (let index: u32 = 0; index < segments; index++) {
      bytes += this.bytesOf(index);
      const end = from + bytes;
      const touches =
        index + 1 < segments && end == this.buffer + (index + 1) * PAGE_SIZE + this.first(index + 1);
      if (touches) continue;
      const count = <u32>(bytes / SECTOR);
      if (this.transfer(write, sector, from, count) < 0) return xen.BLKIF_RSP_ERROR;
      sector += count;
      if (write) this.writtenSectors += count;
      else this.readSectors += count;
      if (index + 1 < segments) from = this.buffer + (index + 1) * PAGE_SIZE + this.first(index + 1);
      bytes = 0;
    }
    return write || this.copySegments(write) ? xen.BLKIF_RSP_OKAY : xen.BLKIF_RSP_ERROR;
  }

  /** Where in its page a segment begins, and its bytes. */
  private first(index: u32): usize {
    return <usize>load<u8>(this.segment(index) + blkif_request_segment.first_sect) * SECTOR;
  }
  private bytesOf(index: u32): usize {
    const last = <usize>load<u8>(this.segment(index) + blkif_request_segment.last_sect);
    return (last + 1) * SECTOR - this.first(index);
  }

  /** Copies what is to be written from the frontend's pages, what was read to them; a page of the buffer for each. */
  private copySegments(write: bool): bool {
    const segments = <u32>load<u8>(this.request + blkif_request.nr_segments);
    for (let index: u32 = 0; index < segments; index++) {
      const ref = load<u32>(this.segment(index) + blkif_request_segment.gref);
      const first = this.first(index);
      const at = this.buffer + index * PAGE_SIZE + first;
      copyGranted(this.domid, ref, <u32>first, at, <u32>this.bytesOf(index), !write);
    }
    return finishCopies();
  }
}

class Server extends Thread {
  constructor(private backend: BlockBackend) {
    super();
  }

  run(): void {
    this.backend.run();
    endThread();
  }
}

/** Those that are connected, by port. */
const connected = new StaticArray<BlockBackend | null>(MAX_PORTS);

/** Whose event has come. */
function serve(port: u32): void {
  const backend = connected[port];
  if (backend != null) backend.work.wake();
}
