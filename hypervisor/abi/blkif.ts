/**
 * Block devices: what a frontend asks a backend for, and its answers.
 * Source: xen/include/public/io/blkif.h, Xen 4.17.
 */
import { array, gref, i16, struct, u16, u64, u8 } from './layout.ts';

export const BLKIF_OP_READ = 0;
export const BLKIF_OP_WRITE = 1;
export const BLKIF_OP_WRITE_BARRIER = 2;
export const BLKIF_OP_FLUSH_DISKCACHE = 3;
export const BLKIF_OP_DISCARD = 5;
export const BLKIF_OP_INDIRECT = 6;

export const BLKIF_MAX_SEGMENTS_PER_REQUEST = 11;
export const BLKIF_MAX_INDIRECT_PAGES_PER_REQUEST = 8;

export const BLKIF_RSP_EOPNOTSUPP = -2;
export const BLKIF_RSP_ERROR = -1;
export const BLKIF_RSP_OKAY = 0;

// The node `info`.
export const VDISK_CDROM = 1;
export const VDISK_REMOVABLE = 2;
export const VDISK_READONLY = 4;

/** Entries of the ring in one page. */
export const BLKIF_RING_SIZE = 32;

/** Sectors are 512 bytes, first and last included. */
export const blkif_request_segment = struct({ gref, first_sect: u8, last_sect: u8 });

export const blkif_request = struct({
  operation: u8,
  nr_segments: u8,
  handle: u16,
  id: u64,
  sector_number: u64,
  seg: array(blkif_request_segment, BLKIF_MAX_SEGMENTS_PER_REQUEST),
});

/** Of BLKIF_OP_DISCARD: what these sectors hold is not needed any more. */
export const blkif_request_discard = struct({
  operation: u8,
  flag: u8,
  handle: u16,
  id: u64,
  sector_number: u64,
  nr_sectors: u64,
});

/** Of BLKIF_OP_INDIRECT: the pages that are named hold the segments, one behind the other. */
export const blkif_request_indirect = struct({
  operation: u8,
  indirect_op: u8,
  nr_segments: u16,
  id: u64,
  sector_number: u64,
  handle: u16,
  indirect_grefs: array(gref, BLKIF_MAX_INDIRECT_PAGES_PER_REQUEST),
});

export const blkif_response = struct({ id: u64, operation: u8, status: i16 });
