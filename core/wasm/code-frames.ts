/** The frames that decoded code comes from, and what a write to one of them does. */
import { BLOCK_FALL, BLOCK_LENGTH, BLOCK_RECORDS, BLOCK_TAKEN } from './block-header';
import { ADDEND, WRITE_TAG } from './tlb-entry';
import { OP_STOP } from './generated/operations';
import {
  CURRENT_BLOCK,
  FRAME_VERSIONS,
  MEMORY,
  TLB,
  TLB_BANKS,
  TLB_BANK_BYTES,
  TLB_ENTRY_BYTES,
  WRITTEN_FRAMES,
} from './layout';
import { RECORD_BYTES } from './record';

/** Marks a frame as holding decoded code: no TLB entry lets a write to it pass unseen. Returns its version. */
export function markCode(frame: u32): u32 {
  const at = FRAME_VERSIONS + frame * 4;
  const version = load<u32>(at);
  if (version & 1) return version;
  store<u32>(at, version | 1);
  const page = MEMORY + (frame << 12);
  for (let e: u32 = TLB; e < <u32>(TLB + TLB_BANKS * TLB_BANK_BYTES); e += TLB_ENTRY_BYTES) {
    if (<u32>load<u64>(e, WRITE_TAG) + load<u32>(e, ADDEND) == page) store<u64>(e, -1, WRITE_TAG);
  }
  return version | 1;
}

/**
 * The code of `frame` was written. If the block being executed comes from there, its records that are still ahead are
 * turned into stops, so that what follows is decoded afresh.
 */
function stopBlock(frame: u32): void {
  const block = load<u32>(CURRENT_BLOCK);
  if (!block || load<u32>(block) >> 12 != frame) return;
  store<u32>(block, 0, BLOCK_TAKEN);
  store<u32>(block, 0, BLOCK_FALL);
  const end = block + BLOCK_RECORDS + <u32>load<u16>(block, BLOCK_LENGTH) * RECORD_BYTES;
  for (let p = block + BLOCK_RECORDS; p < end; p += RECORD_BYTES) store<u16>(p, OP_STOP);
}

/** The frame is going to be written, or may be from now on. */
// @ts-ignore: decorator
@inline
export function noteWrite(frame: u32): void {
  store<u8>(WRITTEN_FRAMES + frame, 3);
}

/** The frame was written: decoded code of it is not valid any more. */
export function invalidateFrame(frame: u32): void {
  noteWrite(frame);
  const at = FRAME_VERSIONS + frame * 4;
  const version = load<u32>(at);
  if (version & 1) {
    store<u32>(at, version + 1);
    stopBlock(frame);
  }
}
