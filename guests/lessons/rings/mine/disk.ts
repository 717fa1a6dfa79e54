/** The disk, but for how its ring is used: finds the backend, and fills in requests. Nothing here is to be changed. */
import * as xen from 'xen';
import { blkif_request, blkif_request_segment, sring } from 'xen';
import { EventHandler } from 'kernel/events/events';
import { Frontend, grantRing } from 'kernel/frontends/frontend';
import { grantAccess } from 'kernel/grants/grants';
import { alloc } from 'kernel/memory/heap';
import { allocatePage, PAGE_SIZE } from 'kernel/memory/pages';
import { writeNumber } from 'kernel/store/store';
import { initXenbus } from 'kernel/store/xenbus';

const DIRECTORY: string = 'device/vbd/51712';
/** Entries of the ring. */
const SIZE: u32 = xen.BLKIF_RING_SIZE;

export class Disk extends Frontend {
  /** The page that is shared with the backend: indices, and entries behind them. */
  ring: usize = allocatePage();
  private ringRef: u32 = 0;
  /** A page for what is read, by entry, and its grant. */
  private buffers: StaticArray<usize> = new StaticArray<usize>(SIZE);
  private refs: StaticArray<u32> = new StaticArray<u32>(SIZE);

  constructor(directory: usize) {
    super(directory);
    memory.fill(this.ring, 0, PAGE_SIZE);
    store<u32>(this.ring + sring.req_event, 1);
    store<u32>(this.ring + sring.rsp_event, 1);
  }

  protected publish(transaction: u32): i32 {
    if (this.ringRef == 0) this.ringRef = grantRing(this.domid, this.ring);
    return writeNumber(transaction, this.directory, 'ring-ref', this.ringRef);
  }
  protected get publishedState(): i32 {
    return xen.XenbusStateInitialised;
  }
  protected connected(): void {}
  protected reset(): void {}

  /** Fills in request number `index`: to read a sector. The backend does not see it yet. */
  fill(index: u32, sector: u64): void {
    const slot = index & (SIZE - 1);
    if (this.buffers[slot] == 0) {
      this.buffers[slot] = allocatePage();
      this.refs[slot] = grantAccess(this.domid, this.buffers[slot], false);
    }
    const request = this.ring + sring.SIZE + slot * blkif_request.SIZE;
    memory.fill(request, 0, blkif_request.SIZE);
    store<u8>(request + blkif_request.operation, xen.BLKIF_OP_READ);
    store<u8>(request + blkif_request.nr_segments, 1);
    store<u64>(request + blkif_request.id, index);
    store<u64>(request + blkif_request.sector_number, sector);
    // The first sector of the buffer's page, and no more.
    store<u32>(request + blkif_request.seg + blkif_request_segment.gref, this.refs[slot]);
  }

  /** The text that request number `index` has read, once it is answered. */
  textOf(index: u32): usize {
    return this.buffers[index & (SIZE - 1)];
  }
}

/** The disk, connected; who is called when the backend notifies. */
export function connectDisk(handler: EventHandler): Disk {
  initXenbus();
  const directory = alloc(DIRECTORY.length + 1);
  for (let at = 0; at < DIRECTORY.length; at++) store<u8>(directory + at, <u8>DIRECTORY.charCodeAt(at));
  store<u8>(directory + DIRECTORY.length, 0);
  const disk = new Disk(directory);
  assert(disk.connect(handler), 'the backend does not connect');
  return disk;
}
