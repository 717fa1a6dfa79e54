/**
 * The cache of decoded blocks: straight-line code of one machine frame, keyed by machine address and mode, valid while
 * the frame's version is the one it was decoded from.
 * block-header.ts has what a block is made of.
 */
import {
  BLOCK_BEGAN,
  BLOCK_CODE,
  BLOCK_END,
  BLOCK_FALL,
  BLOCK_HEAT,
  BLOCK_LAST,
  BLOCK_MODE,
  BLOCK_NEXT,
  BLOCK_RECORDS,
  BLOCK_STOPS,
  BLOCK_TAKEN,
  BLOCK_VERSION,
} from './block-header';
import { markCode } from './code-frames';
import { currentMode, insideSegment, linearOf, readCodeSegment } from './code-segment';
import { anyBreakpoints, isBreakpointOffset, stopsAt } from './breakpoints';
import { decodeInto } from './decode/block';
import { raise } from './fault';
import { dropTranslations } from './handover';
import {
  BLOCKS,
  BLOCKS_END,
  BLOCK_HASH,
  BLOCK_HASH_ENTRIES,
  CODE_PAGE,
  CODE_POINTER,
  FRAME_VERSIONS,
  HOT_ENTRIES,
  MEMORY,
  RECENT_BLOCKS,
  RECENT_BLOCK_ENTRIES,
  REGS,
  RIP,
  SCRATCH_BLOCK,
  SLOT_PAGE,
  VECTOR_GP,
} from './layout';
import { PAGE_MASK, tlbEntry, translateExecute } from './paging';
import { OP_STOP } from './generated/operations';
import { RECORD_BYTES } from './record';
import { ADDEND, EXECUTE_TAG } from './tlb-entry';

/** BLOCK_HEAT of what is never hot: blocks that are not kept, or cannot be translated. */
export const COLD: i32 = 0x7fffffff;

/** Frames may be rewritten so often, as they come to hold other code; and more than the second does not count. */
const REWRITES_FREE: u32 = 8;
const REWRITES_COUNTED: u32 = 72;

/** Instructions in a block at most, and what the largest block can take. */
export const BLOCK_LIMIT: u32 = 64;
const BLOCK_BYTES_LIMIT: u32 = BLOCK_RECORDS + (2 * BLOCK_LIMIT + 2) * RECORD_BYTES;

let free: u32 = BLOCKS;
/** Tells the cache that CS may have changed. */
export function modeChanged(): void {
  if (!readCodeSegment()) return;
  store<u64>(CODE_PAGE, -1);
  dropBlocks();
}

/** Counts `dropBlocks`: pointers to blocks are only good while it stays. */
let epoch: u32 = 0;

/** Forgets all blocks. */
export function dropBlocks(): void {
  epoch++;
  memory.fill(BLOCK_HASH, 0, BLOCK_HASH_ENTRIES * 4);
  memory.fill(RECENT_BLOCKS, 0, RECENT_BLOCK_ENTRIES * 8);
  free = BLOCKS;
  dropTranslations();
}

// @ts-ignore: decorator
@inline
function hashOf(key: u32): u32 {
  return (key * 0x9e3779b1) >>> 15;
}

// @ts-ignore: decorator
@inline
function bucketOf(key: u32): u32 {
  return BLOCK_HASH + ((hashOf(key) & (BLOCK_HASH_ENTRIES - 1)) << 2);
}

/** Whether a block is one of that mode, of its frame as it is. */
// @ts-ignore: decorator
@inline
function isOf(block: u32, mode: u32, version: u32): bool {
  return load<u8>(block, BLOCK_MODE) == mode && load<u32>(block, BLOCK_VERSION) == version;
}

/**
 * The block at a virtual address, decoded if need be; SLOT_PAGE is set. 0 with a fault raised and RIP set when the
 * fetch faults, or there is a breakpoint.
 */
export function lookup(rip: u64): u32 {
  if (anyBreakpoints() && stopsAt(rip, linearOf(rip))) return 0;
  const pointer = fetchPointer(rip);
  if (!pointer) return 0;
  const key = pointer - MEMORY;
  const version = load<u32>(FRAME_VERSIONS + (key >> 12) * 4);
  const mode = currentMode();
  // Heads of chains, and what stands before in one, are seldom in the processor's own caches; these are.
  const recent = RECENT_BLOCKS + ((hashOf(key) & (RECENT_BLOCK_ENTRIES - 1)) << 3);
  let block = load<u32>(recent, 4);
  if (block && load<u32>(recent) == key && isOf(block, mode, version)) return block;
  let place = bucketOf(key);
  block = load<u32>(place);
  while (block) {
    if (load<u32>(block) == key && load<u8>(block, BLOCK_MODE) == mode) {
      if (load<u32>(block, BLOCK_VERSION) == version) {
        store<u32>(recent, key);
        store<u32>(recent, block, 4);
        return block;
      }
      // What stands before is newer: all there is of this key is not valid any more. It leaves the chain, which else gets as
      // long as the frame's code has been rewritten often.
      store<u32>(place, load<u32>(block, BLOCK_NEXT));
      break;
    }
    place = block + BLOCK_NEXT;
    block = load<u32>(place);
  }
  return decode(rip, pointer);
}

/**
 * Translated code goes on with a block in another page, which it knows to have been there: whether it is there still, as the
 * processor has cached the page and the frame's version says, and the budget is not used up. A look-up would come to the block
 * then, and would change what this changes; else nothing is changed.
 */
export function turnTo(page: u64, block: u32, remaining: i32): bool {
  if (!remaining) return false;
  const key = load<u32>(block);
  const pointer = MEMORY + (key & ~0xfff);
  const e = tlbEntry(page);
  if (load<u64>(e, EXECUTE_TAG) != page || <u32>page + load<u32>(e, ADDEND) != pointer) return false;
  if (load<u32>(FRAME_VERSIONS + (key >> 12) * 4) != load<u32>(block, BLOCK_VERSION)) return false;
  store<u64>(CODE_PAGE, page);
  store<u32>(CODE_POINTER, pointer);
  store<u64>(REGS + SLOT_PAGE * 8, page);
  return true;
}

function fetchPointer(rip: u64): u32 {
  const linear = linearOf(rip);
  if (currentMode() && (rip >> 32 || !insideSegment(linear))) {
    store<u64>(RIP, rip);
    raise(VECTOR_GP, 0);
    return 0;
  }
  const page = linear & PAGE_MASK;
  if (page == load<u64>(CODE_PAGE)) {
    store<u64>(REGS + SLOT_PAGE * 8, rip - (linear & 0xfff));
    return load<u32>(CODE_POINTER) + ((<u32>linear) & 0xfff);
  }
  const pointer = translateExecute(linear);
  if (!pointer) {
    store<u64>(RIP, rip);
    return 0;
  }
  store<u64>(CODE_PAGE, page);
  store<u32>(CODE_POINTER, pointer & ~0xfff);
  store<u64>(REGS + SLOT_PAGE * 8, rip - (linear & 0xfff));
  return pointer;
}

/**
 * The block at `target`, where the block being executed goes on; remembered at `link` (BLOCK_TAKEN, BLOCK_FALL) when both
 * are in the same page. 0 with a fault raised.
 */
export function resolve(block: u32, link: u32, target: u64): u32 {
  const mode = currentMode();
  if (mode) target &= mode == 1 ? 0xffffffff : 0xffff;
  const page = load<u64>(REGS + SLOT_PAGE * 8);
  const same = target - page < 0x1000 && load<u16>(block, BLOCK_END) <= 0x1000;
  return same ? lookupFor(block, link, target) : follow(block, target);
}

/**
 * What `lookup` gives, where a block goes on: mostly it is what it went on with last. That is looked at first, as its block is at
 * hand, and what finds blocks by their addresses is spread over more memory than the processor's caches hold. For a block that
 * may have been dropped since its instructions began (control.ts), it is to be `lookup`.
 */
export function follow(block: u32, rip: u64): u32 {
  if (anyBreakpoints()) return lookup(rip);
  const pointer = fetchPointer(rip);
  if (!pointer) return 0;
  const key = pointer - MEMORY;
  const last = load<u32>(block, BLOCK_LAST);
  if (
    last &&
    load<u32>(last) == key &&
    isOf(last, currentMode(), load<u32>(FRAME_VERSIONS + (key >> 12) * 4))
  )
    return last;
  return lookupFor(block, BLOCK_LAST, rip);
}

/** What `lookup` gives; the block remembers it at `link`, if both will stay where they are. */
function lookupFor(block: u32, link: u32, rip: u64): u32 {
  const before = epoch;
  const key = load<u32>(block);
  const next = lookup(rip);
  const stopped = load<u16>(block + BLOCK_RECORDS) == OP_STOP;
  // A block that crosses its page is not kept: nothing may point to it.
  const kept = next != 0 && load<u16>(next, BLOCK_END) <= 0x1000 && !load<u8>(next, BLOCK_STOPS);
  if (kept && before == epoch && block != <u32>SCRATCH_BLOCK && !stopped && load<u32>(block) == key) {
    store<u32>(block + link, next);
  }
  return next;
}

/** Entries until a block is hot: where its frame's code is overwritten again and again, it takes ever more. */
function heatOf(version: u32): i32 {
  const hot = load<i32>(HOT_ENTRIES);
  if (!hot) return COLD;
  const rewrites = min(max(version >> 1, REWRITES_FREE), REWRITES_COUNTED);
  return hot * (1 + <i32>(rewrites - REWRITES_FREE)) - 1;
}

function decode(rip: u64, pointer: u32): u32 {
  if (free + BLOCK_BYTES_LIMIT > <u32>BLOCKS_END) dropBlocks();
  const block = free;
  const key = pointer - MEMORY;
  const version = pointer >= <u32>MEMORY ? markCode(key >> 12) : 0;
  const end = decodeInto(block, linearOf(rip), pointer, BLOCK_LIMIT);
  if (!end) {
    store<u64>(RIP, rip);
    return 0;
  }
  store<u32>(block, key);
  store<u32>(block, version, BLOCK_VERSION);
  store<u8>(block, <u8>currentMode(), BLOCK_MODE);
  store<u32>(block, 0, BLOCK_TAKEN);
  store<u32>(block, 0, BLOCK_FALL);
  store<u32>(block, 0, BLOCK_LAST);
  store<i32>(block, COLD, BLOCK_HEAT);
  store<i32>(block, COLD, BLOCK_BEGAN);
  store<u32>(block, 0, BLOCK_CODE);
  const stops = anyBreakpoints() && isBreakpointOffset(linearOf(rip));
  store<u8>(block, <u8>stops, BLOCK_STOPS);
  // An instruction that crosses its page also depends on the next one: it is decoded again each time.
  if (load<u16>(block, BLOCK_END) > 0x1000 || pointer < <u32>MEMORY) return block;
  if (!stops) {
    const heat = heatOf(version);
    store<i32>(block, heat, BLOCK_HEAT);
    store<i32>(block, heat, BLOCK_BEGAN);
  }
  const bucket = bucketOf(key);
  store<u32>(block, load<u32>(bucket), BLOCK_NEXT);
  store<u32>(bucket, block);
  free = end;
  return block;
}

/** A block of at most `limit` instructions at `rip`, for one use; 0 with a fault raised. */
export function decodeTruncated(rip: u64, limit: u32): u32 {
  const pointer = fetchPointer(rip);
  if (!pointer) return 0;
  if (pointer >= <u32>MEMORY) markCode((pointer - MEMORY) >> 12);
  if (!decodeInto(SCRATCH_BLOCK, linearOf(rip), pointer, limit)) {
    store<u64>(RIP, rip);
    return 0;
  }
  store<u32>(SCRATCH_BLOCK, pointer - MEMORY);
  store<u32>(SCRATCH_BLOCK, 0, BLOCK_VERSION);
  store<u8>(SCRATCH_BLOCK, <u8>currentMode(), BLOCK_MODE);
  store<i32>(SCRATCH_BLOCK, COLD, BLOCK_HEAT);
  store<u32>(SCRATCH_BLOCK, 0, BLOCK_CODE);
  store<u32>(SCRATCH_BLOCK, 0, BLOCK_TAKEN);
  store<u32>(SCRATCH_BLOCK, 0, BLOCK_FALL);
  store<u32>(SCRATCH_BLOCK, 0, BLOCK_LAST);
  return SCRATCH_BLOCK;
}
