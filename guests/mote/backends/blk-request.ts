/**
 * A block frontend's request as a backend takes it out of the ring: what is to be done, where on the disk, and with which
 * sectors of which of the frontend's pages (its segments). They are in the request itself, or in a page that it names
 * (indirect): copied before they are looked at, for the frontend may write there whenever it likes.
 */
import * as xen from 'xen';
import { blkif_request, blkif_request_discard, blkif_request_indirect, blkif_request_segment } from 'xen';
import { copyGranted, finishCopies, mustCopyAgain, waitToCopyAgain } from './granted';
import { alloc, free } from '../../kernel/memory/heap';

export const SECTOR: u32 = 512;
const PAGE_SECTORS: u32 = 8;
/** Of a request whose segments are in a page of their own: Linux's backend has the same. */
export const MAX_INDIRECT_SEGMENTS: u32 = 256;

export class BlockRequest {
  /** Where it is to be copied to from the ring. */
  at: usize = alloc(blkif_request.SIZE);
  /** BLKIF_OP_*, echoed in the response: of an indirect request, what it is about. */
  operation: i32 = 0;
  segments: u32 = 0;
  sector: u64 = 0;
  /** Of the disk: of all segments, or to be discarded. */
  sectors: u64 = 0;
  private table: usize = alloc(MAX_INDIRECT_SEGMENTS * <u32>blkif_request_segment.SIZE);

  release(): void {
    free(this.at);
    free(this.table);
  }

  /** To be echoed in the response. */
  get id(): u64 {
    return load<u64>(this.at + blkif_request.id);
  }

  /** Takes in what is at `at`, from a domain. False: it is not in order. */
  read(domid: u32): bool {
    this.operation = load<u8>(this.at + blkif_request.operation);
    this.segments = 0;
    this.sectors = 0;
    if (this.operation == xen.BLKIF_OP_DISCARD) {
      this.sector = load<u64>(this.at + blkif_request_discard.sector_number);
      this.sectors = load<u64>(this.at + blkif_request_discard.nr_sectors);
      return true;
    }
    if (!(this.operation == xen.BLKIF_OP_INDIRECT ? this.readIndirect(domid) : this.readDirect()))
      return false;
    for (let index: u32 = 0; index < this.segments; index++) {
      const first = <u32>load<u8>(this.segment(index) + blkif_request_segment.first_sect);
      const last = <u32>load<u8>(this.segment(index) + blkif_request_segment.last_sect);
      if (first > last || last >= PAGE_SECTORS) return false;
      this.sectors += last - first + 1;
    }
    return true;
  }

  private readDirect(): bool {
    this.sector = load<u64>(this.at + blkif_request.sector_number);
    this.segments = load<u8>(this.at + blkif_request.nr_segments);
    if (this.segments > <u32>xen.BLKIF_MAX_SEGMENTS_PER_REQUEST) return false;
    memory.copy(this.table, this.at + blkif_request.seg, this.segments * <u32>blkif_request_segment.SIZE);
    return true;
  }

  private readIndirect(domid: u32): bool {
    this.operation = load<u8>(this.at + blkif_request_indirect.indirect_op);
    this.sector = load<u64>(this.at + blkif_request_indirect.sector_number);
    this.segments = load<u16>(this.at + blkif_request_indirect.nr_segments);
    if (this.operation != xen.BLKIF_OP_READ && this.operation != xen.BLKIF_OP_WRITE) return false;
    if (this.segments > MAX_INDIRECT_SEGMENTS) return false;
    const ref = load<u32>(this.at + blkif_request_indirect.indirect_grefs);
    let isDone = false;
    let isLater = false;
    do {
      copyGranted(domid, ref, 0, this.table, this.segments * <u32>blkif_request_segment.SIZE, false);
      isLater = mustCopyAgain();
      isDone = finishCopies();
    } while (isLater && waitToCopyAgain());
    return isDone;
  }

  private segment(index: u32): usize {
    return this.table + index * blkif_request_segment.SIZE;
  }

  /** Where in its page a segment begins, its bytes, and its page. */
  offsetOf(index: u32): u32 {
    return <u32>load<u8>(this.segment(index) + blkif_request_segment.first_sect) * SECTOR;
  }
  bytesOf(index: u32): u32 {
    const last = <u32>load<u8>(this.segment(index) + blkif_request_segment.last_sect);
    return (last + 1) * SECTOR - this.offsetOf(index);
  }
  refOf(index: u32): u32 {
    return load<u32>(this.segment(index) + blkif_request_segment.gref);
  }
}
