/**
 * A watch on bytes of machine memory, of whoever looks at the machine: not the guest's debug registers, and nothing that a
 * guest can see. Pages that are watched are not tagged for writes: each write to them comes through here.
 */
import { WRITE_TAG } from './tlb-entry';
import {
  MEMORY,
  TLB,
  TLB_BANKS,
  TLB_BANK_BYTES,
  TLB_ENTRY_BYTES,
  WATCH_END,
  WATCH_FIRST,
  WATCH_HIT,
} from './layout';

const BY_GUEST: u32 = 1;
const FROM_OUTSIDE: u32 = 2;

// @ts-ignore: decorator
@inline
export function watching(): bool {
  return load<u32>(WATCH_END) != 0;
}

function touches(pointer: u32, bytes: u32): bool {
  return pointer < load<u32>(WATCH_END) && pointer + bytes > load<u32>(WATCH_FIRST);
}

/** Whether any byte of a frame is watched. */
export function isWatchedFrame(frame: u32): bool {
  return watching() && touches(MEMORY + (frame << 12), 0x1000);
}

/** Bytes were written by the guest, or by the processor for it. */
export function noteWatched(pointer: u32, bytes: u32): void {
  if (watching() && touches(pointer, bytes)) store<u32>(WATCH_HIT, load<u32>(WATCH_HIT) | BY_GUEST);
}

/** A frame was written from outside. */
export function noteOutside(frame: u32): void {
  if (isWatchedFrame(frame)) store<u32>(WATCH_HIT, load<u32>(WATCH_HIT) | FROM_OUTSIDE);
}

/** What is watched has changed: no page is tagged for writes, as if none had been written yet. */
export function watchChanged(): void {
  store<u32>(WATCH_HIT, 0);
  for (let e: u32 = TLB; e < <u32>(TLB + TLB_BANKS * TLB_BANK_BYTES); e += TLB_ENTRY_BYTES)
    store<u64>(e, -1, WRITE_TAG);
}
