/**
 * The block backend: serves a frontend's requests from whatever holds the data. A thread for each disk takes them in their
 * order. Xen copies the data between the frontend's pages and a buffer here.
 */
import * as xen from 'xen';
import { blkif_request, blkif_response } from 'xen';
import { Backend } from './backend';
import { BackRing } from './back-ring';
import { BlockRequest, MAX_INDIRECT_SEGMENTS, SECTOR } from './blk-request';
import { bindInterdomain, closePort, MAX_PORTS, sendEvent } from '../../kernel/events/events';
import { copyGranted, finishCopies, GrantedPages, mustCopyAgain, waitToCopyAgain } from './granted';
import { dispose } from '../../kernel/memory/heap';
import { allocatePages, PAGE_SIZE, putPage } from '../../kernel/memory/pages';
import { readNumber, writeNumber } from '../../kernel/store/store';
import { endThread, makeRunnable, Thread } from '../../kernel/threads/threads';
import { WaitQueue } from '../../kernel/threads/wait';

/** Of a request, so much is moved at a time. */
const BUFFER_PAGES: u32 = 32;
const BUFFER_SECTORS: u32 = (BUFFER_PAGES * <u32>PAGE_SIZE) / SECTOR;
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

/**
 * What is done for whoever asks. A frontend that keeps its grants (persistent) may, for Xen copies data and nothing is mapped.
 */
const FEATURES: StaticArray<string> = ['feature-flush-cache', 'feature-barrier', 'feature-persistent'];

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
  private mayDiscard: bool = false;
  private stopping: bool = false;
  private running: bool = false;
  private pages: GrantedPages = new GrantedPages();
  private ring: BackRing | null = null;
  private thread: Server | null = null;
  private buffer: usize = 0;
  private request: BlockRequest = new BlockRequest();

  /** Reads or writes sectors: 0, or a negative errno. */
  protected abstract transfer(write: bool, sector: u64, at: usize, count: u32): i32;
  /** What was written is safe: 0, or a negative errno. */
  protected abstract flush(): i32;

  /** What it can do: before the frontend looks. */
  protected offer(): void {
    writeNumber(0, this.directory, 'feature-max-indirect-segments', MAX_INDIRECT_SEGMENTS);
    writeNumber(0, this.directory, 'multi-queue-max-queues', 1);
    writeNumber(0, this.directory, 'max-ring-page-order', MAX_RING_ORDER);
    // Where the toolstack says nothing of it, it may be.
    this.mayDiscard = !this.readOnly && readNumber(this.directory, 'discard-enable') != 0;
  }

  protected describe(transaction: u32): i32 {
    let failed = this.describeDiscard(transaction);
    for (let index = 0; index < FEATURES.length && failed == 0; index++)
      failed = writeNumber(transaction, this.directory, FEATURES[index], 1);
    if (failed == 0) failed = writeNumber(transaction, this.directory, 'sectors', this.sectors);
    if (failed == 0)
      failed = writeNumber(transaction, this.directory, 'info', this.readOnly ? xen.VDISK_READONLY : 0);
    if (failed == 0) failed = writeNumber(transaction, this.directory, 'sector-size', SECTOR);
    if (failed == 0) failed = writeNumber(transaction, this.directory, 'physical-sector-size', SECTOR);
    return failed;
  }

  private describeDiscard(transaction: u32): i32 {
    if (!this.mayDiscard) return 0;
    let failed = writeNumber(transaction, this.directory, 'discard-granularity', <u64>PAGE_SIZE);
    if (failed == 0) failed = writeNumber(transaction, this.directory, 'discard-alignment', 0);
    if (failed == 0) failed = writeNumber(transaction, this.directory, 'discard-secure', 0);
    if (failed == 0) failed = writeNumber(transaction, this.directory, 'feature-discard', 1);
    return failed;
  }

  protected connect(): bool {
    const remotePort = readNumber(this.frontend, 'event-channel');
    this.buffer = allocatePages(BUFFER_PAGES);
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
    this.request.release();
    dispose(this.request);
    dispose(this.pages);
    dispose(this.work);
  }

  /** The thread's work: until the backend is disconnected. */
  run(): void {
    const ring = this.ring!;
    while (!this.stopping) {
      if (ring.take(this.request.at)) {
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
    store<u64>(response + blkif_response.id, this.request.id);
    store<u8>(response + blkif_response.operation, <u8>this.request.operation);
    store<u16>(response + blkif_response.status, <u16>status);
    if (ring.push()) sendEvent(this.port);
  }

  /** BLKIF_RSP_*. */
  private serveRequest(): i32 {
    const request = this.request;
    const isGood = request.read(this.domid);
    const operation = request.operation;
    const isBarrier = operation == xen.BLKIF_OP_WRITE_BARRIER;
    const isFlush = operation == xen.BLKIF_OP_FLUSH_DISKCACHE;
    const isWrite = operation == xen.BLKIF_OP_WRITE || isBarrier || isFlush;
    const isDiscard = operation == xen.BLKIF_OP_DISCARD;
    if (isDiscard ? !this.mayDiscard : !isWrite && operation != xen.BLKIF_OP_READ)
      return xen.BLKIF_RSP_EOPNOTSUPP;
    if (!isGood || !this.isInside()) return xen.BLKIF_RSP_ERROR;
    if (isDiscard) return this.discard() ? xen.BLKIF_RSP_OKAY : xen.BLKIF_RSP_ERROR;
    if (isBarrier || isFlush) {
      this.flushes++;
      if (this.flush() < 0) return xen.BLKIF_RSP_ERROR;
      // Either may come with nothing to write.
      if (request.segments == 0) return xen.BLKIF_RSP_OKAY;
    }
    if (isWrite) this.writes++;
    else this.reads++;
    if ((isWrite && this.readOnly) || !this.move(isWrite)) return xen.BLKIF_RSP_ERROR;
    return !isBarrier || this.flush() == 0 ? xen.BLKIF_RSP_OKAY : xen.BLKIF_RSP_ERROR;
  }

  private isInside(): bool {
    const sector = this.request.sector;
    const sectors = this.request.sectors;
    return sectors == 0 || (sector <= this.sectors && sectors <= this.sectors - sector);
  }

  /** Moves the data of a request, as much at a time as the buffer holds: one segment behind the other. */
  private move(write: bool): bool {
    const segments = this.request.segments;
    let sector = this.request.sector;
    for (let first: u32 = 0; first < segments; first += BUFFER_PAGES) {
      const end = min(first + BUFFER_PAGES, segments);
      const count = this.countSectors(first, end);
      if (write && !this.copy(write, first, end)) return false;
      if (this.transfer(write, sector, this.buffer, count) < 0) return false;
      if (!write && !this.copy(write, first, end)) return false;
      if (write) this.writtenSectors += count;
      else this.readSectors += count;
      sector += count;
    }
    return segments > 0;
  }

  private countSectors(first: u32, end: u32): u32 {
    let bytes: u32 = 0;
    for (let index = first; index < end; index++) bytes += this.request.bytesOf(index);
    return bytes / SECTOR;
  }

  /** Copies what is to be written from the frontend's pages into the buffer, what was read to them. */
  private copy(write: bool, first: u32, end: u32): bool {
    let isDone = false;
    let isLater = false;
    do {
      let at = this.buffer;
      for (let index = first; index < end; index++) {
        const bytes = this.request.bytesOf(index);
        copyGranted(this.domid, this.request.refOf(index), this.request.offsetOf(index), at, bytes, !write);
        at += bytes;
      }
      isLater = mustCopyAgain();
      isDone = finishCopies();
      // As long as the domain is there: its pager has been asked.
    } while (isLater && !this.stopping && waitToCopyAgain());
    return isDone;
  }

  /** Sectors that nobody needs read as zeroes from now on. */
  private discard(): bool {
    memory.fill(this.buffer, 0, BUFFER_SECTORS * SECTOR);
    let sector = this.request.sector;
    for (let left = this.request.sectors; left > 0 && !this.stopping;) {
      const count = <u32>min<u64>(left, BUFFER_SECTORS);
      if (this.transfer(true, sector, this.buffer, count) < 0) return false;
      sector += count;
      left -= count;
    }
    return !this.stopping;
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
