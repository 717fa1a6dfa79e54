/** Lies about a disk. */
import * as xen from 'xen';
import { blkif_request, blkif_request_discard, blkif_request_indirect } from 'xen';
import { blkif_request_segment, blkif_response, sring } from 'xen';
import { sendEvent } from 'kernel/events/events';
import { grantAccess } from 'kernel/grants/grants';
import { FrontRing } from 'kernel/grants/ring';
import { writeText } from 'kernel/store/store';
import { check, checkNumber } from '../check';
import { Device, newPage, pause } from './device';

const DIRECTORY: usize = memory.data<u8>([
  100, 101, 118, 105, 99, 101, 47, 118, 98, 100, 47, 53, 49, 55, 49, 50, 0,
]);
const ENTRIES: u32 = xen.BLKIF_RING_SIZE;
const NO_GRANT: u32 = 400;
const NO_PORT: u64 = 900;
const FAR: u64 = 0xffff_ffff_ffff_ffff;
const LOOKS: i32 = 500;
const DISK_SECTORS: u64 = 2048;
/** As many as a page of them has room for. */
const SEGMENTS: usize = 512;

/** device/vbd/51728 */
const READ_ONLY: usize = memory.data<u8>([
  100, 101, 118, 105, 99, 101, 47, 118, 98, 100, 47, 53, 49, 55, 50, 56, 0,
]);
/** The one that is lied about. */
let disk = new Device(DIRECTORY);
const ring = new FrontRing(newPage(), blkif_request.SIZE, ENTRIES);
let ringRef: u32 = 0;
let writable: u32 = 0;
let readable: u32 = 0;
const table: usize = newPage();
let tableRef: u32 = 0;

export function diskLies(): void {
  ringRef = grantAccess(0, ring.page, false);
  writable = grantAccess(0, newPage(), false);
  readable = grantAccess(0, newPage(), true);
  tableRef = grantAccess(0, table, true);
  readOnly();
  disk = new Device(DIRECTORY);
  disk.begin();
  connect();
  requests();
  indirectRequests();
  discards();
  indices();
  rings();
  states();
  connect();
  checkNumber('after all that, a read', ask(<u8>xen.BLKIF_OP_READ, 0, 1, writable, 0, 7), 0);
  // It ends connected, with a request that nobody has answered.
  store<u32>(ring.page + sring.req_prod, load<u32>(ring.page + sring.req_prod) + 1);
}

function publish(ref: u64, port: u64): void {
  disk.tell('ring-ref', ref);
  disk.tell('event-channel', port);
  disk.state = xen.XenbusStateInitialised;
}

function connect(): void {
  disk.again();
  ring.reset();
  publish(ringRef, disk.port);
  check('the disk is connected', disk.becomes(xen.XenbusStateConnected));
}

/** Writes to a disk that is only to be read. */
function readOnly(): void {
  disk = new Device(READ_ONLY);
  disk.begin();
  connect();
  checkNumber('a read of it', ask(<u8>xen.BLKIF_OP_READ, 0, 1, writable, 0, 0), 0);
  checkNumber('a write to it', ask(<u8>xen.BLKIF_OP_WRITE, 0, 1, readable, 0, 0), xen.BLKIF_RSP_ERROR);
  const barrier = <u8>xen.BLKIF_OP_WRITE_BARRIER;
  checkNumber('a barrier', ask(barrier, 0, 1, readable, 0, 0), xen.BLKIF_RSP_ERROR);
  checkNumber(
    'a flush that writes',
    ask(<u8>xen.BLKIF_OP_FLUSH_DISKCACHE, 0, 1, readable, 0, 0),
    xen.BLKIF_RSP_ERROR,
  );
  checkNumber('a discard', discard(0, 1), xen.BLKIF_RSP_EOPNOTSUPP);
}

/** A request of `count` segments, the first of them as it is said: its status. */
function ask(operation: u8, sector: u64, count: u8, ref: u32, first: u8, last: u8): i32 {
  const request = ring.nextRequest();
  memory.fill(request, 0, blkif_request.SIZE);
  store<u8>(request + blkif_request.operation, operation);
  store<u8>(request + blkif_request.nr_segments, count);
  store<u64>(request + blkif_request.sector_number, sector);
  store<u32>(request + blkif_request.seg + blkif_request_segment.gref, ref);
  store<u8>(request + blkif_request.seg + blkif_request_segment.first_sect, first);
  store<u8>(request + blkif_request.seg + blkif_request_segment.last_sect, last);
  return answer();
}

/** The next answer's status. */
function answer(): i32 {
  if (ring.push()) sendEvent(disk.port);
  for (let look = 0; look < LOOKS; look++) {
    const response = ring.nextResponse();
    if (response != 0) return load<i16>(response + blkif_response.status);
    pause();
  }
  return 1;
}

/** A request of so many segments, all of one page, which the page of another grant tells. */
function askIndirect(operation: u8, sector: u64, count: u16, ref: u32): i32 {
  const request = ring.nextRequest();
  memory.fill(request, 0, blkif_request.SIZE);
  store<u8>(request + blkif_request_indirect.operation, <u8>xen.BLKIF_OP_INDIRECT);
  store<u8>(request + blkif_request_indirect.indirect_op, operation);
  store<u16>(request + blkif_request_indirect.nr_segments, count);
  store<u64>(request + blkif_request_indirect.sector_number, sector);
  store<u32>(request + blkif_request_indirect.indirect_grefs, ref);
  return answer();
}

function discard(sector: u64, count: u64): i32 {
  const request = ring.nextRequest();
  memory.fill(request, 0, blkif_request.SIZE);
  store<u8>(request + blkif_request_discard.operation, <u8>xen.BLKIF_OP_DISCARD);
  store<u64>(request + blkif_request_discard.sector_number, sector);
  store<u64>(request + blkif_request_discard.nr_sectors, count);
  return answer();
}

function requests(): void {
  const read = <u8>xen.BLKIF_OP_READ;
  checkNumber('a read', ask(read, 0, 1, writable, 0, 7), 0);
  checkNumber('a write', ask(<u8>xen.BLKIF_OP_WRITE, 0, 1, readable, 0, 7), 0);
  checkNumber('beyond the end', ask(read, 1 << 30, 1, writable, 0, 7), xen.BLKIF_RSP_ERROR);
  checkNumber('far beyond it', ask(read, FAR, 1, writable, 0, 7), xen.BLKIF_RSP_ERROR);
  checkNumber('a segment backwards', ask(read, 0, 1, writable, 5, 2), xen.BLKIF_RSP_ERROR);
  checkNumber('beyond the page', ask(read, 0, 1, writable, 0, 8), xen.BLKIF_RSP_ERROR);
  checkNumber('far beyond it', ask(read, 0, 1, writable, 255, 255), xen.BLKIF_RSP_ERROR);
  checkNumber('no segments', ask(read, 0, 0, writable, 0, 7), xen.BLKIF_RSP_ERROR);
  checkNumber('255 segments', ask(read, 0, 255, writable, 0, 7), xen.BLKIF_RSP_ERROR);
  checkNumber('no such grant', ask(read, 0, 1, NO_GRANT, 0, 7), xen.BLKIF_RSP_ERROR);
  checkNumber('no grant at all', ask(read, 0, 1, 0xffff_ffff, 0, 7), xen.BLKIF_RSP_ERROR);
  checkNumber('a grant to read from', ask(read, 0, 1, readable, 0, 7), xen.BLKIF_RSP_ERROR);
  checkNumber('no such operation', ask(77, 0, 1, writable, 0, 7), xen.BLKIF_RSP_EOPNOTSUPP);
  checkNumber('and a read again', ask(read, 0, 1, writable, 0, 7), 0);
}

function indirectRequests(): void {
  const read = <u8>xen.BLKIF_OP_READ;
  for (let index: usize = 0; index < SEGMENTS; index++) {
    store<u32>(table + index * blkif_request_segment.SIZE + blkif_request_segment.gref, writable);
    store<u8>(table + index * blkif_request_segment.SIZE + blkif_request_segment.last_sect, 7);
  }
  checkNumber('an indirect read', askIndirect(read, 0, 12, tableRef), 0);
  checkNumber('of as many segments as may be', askIndirect(read, 0, 256, tableRef), 0);
  checkNumber('of more', askIndirect(read, 0, 257, tableRef), xen.BLKIF_RSP_ERROR);
  checkNumber('of far more', askIndirect(read, 0, 0xffff, tableRef), xen.BLKIF_RSP_ERROR);
  checkNumber('of none', askIndirect(read, 0, 0, tableRef), xen.BLKIF_RSP_ERROR);
  checkNumber('beyond the end', askIndirect(read, DISK_SECTORS - 8, 2, tableRef), xen.BLKIF_RSP_ERROR);
  checkNumber('segments of no grant', askIndirect(read, 0, 12, NO_GRANT), xen.BLKIF_RSP_ERROR);
  checkNumber('an indirect flush', askIndirect(3, 0, 12, tableRef), xen.BLKIF_RSP_ERROR);
  checkNumber('one in itself', askIndirect(6, 0, 12, tableRef), xen.BLKIF_RSP_EOPNOTSUPP);
  store<u32>(table + 11 * blkif_request_segment.SIZE + blkif_request_segment.gref, NO_GRANT);
  checkNumber('a segment of no grant', askIndirect(read, 0, 12, tableRef), xen.BLKIF_RSP_ERROR);
  store<u8>(table + blkif_request_segment.first_sect, 9);
  checkNumber('a segment beyond its page', askIndirect(read, 0, 1, tableRef), xen.BLKIF_RSP_ERROR);
}

function discards(): void {
  checkNumber('a discard', discard(0, DISK_SECTORS), 0);
  checkNumber('of nothing', discard(0, 0), 0);
  checkNumber('beyond the end', discard(8, DISK_SECTORS), xen.BLKIF_RSP_ERROR);
  checkNumber('far beyond it', discard(FAR, 1), xen.BLKIF_RSP_ERROR);
  checkNumber('of more than there can be', discard(1, FAR), xen.BLKIF_RSP_ERROR);
}

/** More requests than the ring has room for: the backend closes. */
function indices(): void {
  for (let ahead: u32 = ENTRIES + 1; ahead != 0; ahead = ahead == ENTRIES + 1 ? 0x8000_0000 : 0) {
    store<u32>(ring.page + sring.req_prod, load<u32>(ring.page + sring.rsp_prod) + ahead);
    sendEvent(disk.port);
    check('too many requests', disk.becomes(xen.XenbusStateClosing));
    connect();
  }
}

/** Rings and ports that are not there. */
function rings(): void {
  const refs: StaticArray<u64> = [NO_GRANT, 2, 0xffff_ffff, 0xffff_ffff_ffff, readable];
  for (let index = 0; index < refs.length; index++) {
    disk.again();
    publish(refs[index], disk.port);
    check('a ring that is not there', disk.becomes(xen.XenbusStateClosing));
  }
  const ports: StaticArray<u64> = [NO_PORT, 0, 0xffff_ffff];
  for (let index = 0; index < ports.length; index++) {
    disk.again();
    publish(ringRef, ports[index]);
    check('a port that is not there', disk.becomes(xen.XenbusStateClosing));
  }
  for (let order = 4; order <= 99; order += 95) {
    disk.again();
    disk.tell('ring-page-order', order);
    publish(ringRef, disk.port);
    check('a ring of many pages that are not there', disk.becomes(xen.XenbusStateClosing));
  }
  disk.forget('ring-page-order');
  disk.again();
  writeText(0, disk.directory, 'ring-ref', 'here');
  disk.state = xen.XenbusStateInitialised;
  check('a ring that is no number', disk.becomes(xen.XenbusStateClosing));
}

/** States in orders that nobody would go through. */
function states(): void {
  disk.again();
  disk.forget('ring-ref');
  disk.state = xen.XenbusStateConnected;
  check('connected with nothing', disk.becomes(xen.XenbusStateClosing));
  connect();
  disk.state = xen.XenbusStateInitialised;
  disk.state = xen.XenbusStateConnected;
  disk.state = xen.XenbusStateInitialising;
  disk.state = xen.XenbusStateUnknown;
  disk.state = 99;
  checkNumber('once connected, it is', ask(<u8>xen.BLKIF_OP_READ, 0, 1, writable, 0, 7), 0);
  disk.state = xen.XenbusStateClosed;
  check('closed at once', disk.becomes(xen.XenbusStateClosed));
  disk.state = xen.XenbusStateConnected;
  disk.state = xen.XenbusStateClosing;
  check('closing once more', disk.becomes(xen.XenbusStateClosing));
  connect();
  disk.forget('state');
  check('no state at all', disk.becomes(xen.XenbusStateClosed));
  for (let count = 0; count < 200; count++) {
    disk.state = xen.XenbusStateInitialising;
    disk.state = xen.XenbusStateClosed;
  }
  connect();
  writeText(0, disk.directory, 'state', 'a word');
  check('a state that is no number', disk.becomes(xen.XenbusStateClosed));
}
