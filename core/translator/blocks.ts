/** Decoded blocks as they stand in the module's memory (core/wasm/block-header.ts, core/wasm/record.ts). */
import {
  BLOCK_BEGAN,
  BLOCK_CODE,
  BLOCK_COUNT,
  BLOCK_END,
  BLOCK_ENTRY,
  BLOCK_FALL,
  BLOCK_HEAT,
  BLOCK_LENGTH,
  BLOCK_MODE,
  BLOCK_NEXT,
  BLOCK_RECORDS,
  BLOCK_STOPS,
  BLOCK_TAKEN,
  BLOCK_VERSION,
} from '../wasm/block-header.ts';
import {
  BLOCK_HASH,
  BLOCK_HASH_ENTRIES,
  FRAME_VERSIONS,
  MEMORY,
  TLB,
  TLB_BANKS,
  TLB_BANK_BYTES,
  TLB_ENTRIES,
  TLB_ENTRY_BYTES,
} from '../wasm/layout.ts';
import { ADDEND as TLB_ADDEND, EXECUTE_TAG as TLB_EXECUTE_TAG } from '../wasm/tlb-entry.ts';
import { RECORD_BYTES } from './record.ts';

/** Code of 64 bits alone is translated. */
export const MODE_64 = 0;

export interface DecodedBlock {
  readonly at: number;
  /** Behind its records. */
  readonly end: number;
  /** Machine address of its first instruction. */
  readonly key: number;
  readonly version: number;
  readonly mode: number;
  /** Instructions. */
  readonly count: number;
  /** Offset in its page of what is behind it. */
  readonly behind: number;
  /** How often it has been entered; a very large number where nothing counts that. */
  readonly entered: number;
  /** Blocks that it is known to go on with in its page, or 0. */
  readonly taken: number;
  readonly fall: number;
  /** A run may have to stop in front of it. */
  readonly stops: boolean;
}

export function readBlock(memory: DataView, at: number): DecodedBlock {
  const word = (field: number): number => memory.getUint32(at + field, true);
  return {
    at,
    end: at + BLOCK_RECORDS + memory.getUint16(at + BLOCK_LENGTH, true) * RECORD_BYTES,
    key: word(0),
    version: word(BLOCK_VERSION),
    mode: memory.getUint8(at + BLOCK_MODE),
    count: word(BLOCK_COUNT),
    behind: memory.getUint16(at + BLOCK_END, true),
    entered: enteredOf(memory, at),
    taken: word(BLOCK_TAKEN),
    fall: word(BLOCK_FALL),
    stops: memory.getUint8(at + BLOCK_STOPS) !== 0,
  };
}

/** The block at a machine address, of the same version and mode, or 0 where there is none (core/wasm/blocks.ts `lookup`). */
export function findBlock(
  memory: DataView,
  key: number,
  { version, mode }: Pick<DecodedBlock, 'version' | 'mode'>,
): number {
  const bucket = (Math.imul(key, 0x9e3779b1) >>> 15) & (BLOCK_HASH_ENTRIES - 1);
  let at = memory.getUint32(BLOCK_HASH + bucket * 4, true);
  while (at !== 0) {
    const found =
      memory.getUint32(at, true) === key &&
      memory.getUint32(at + BLOCK_VERSION, true) === version &&
      memory.getUint8(at + BLOCK_MODE) === mode;
    if (found) return at;
    at = memory.getUint32(at + BLOCK_NEXT, true);
  }
  return 0;
}

/**
 * The block at a linear address whose page was fetched from lately, in whatever address space: the processor has cached where that
 * is (core/wasm/paging.ts). Whoever goes there must see that it still is.
 */
export function findBlockAt(memory: DataView, linear: bigint): DecodedBlock | undefined {
  const page = linear & ~0xfffn;
  const offset = Number((linear >> 12n) & BigInt(TLB_ENTRIES - 1)) * TLB_ENTRY_BYTES;
  for (let bank = 0; bank < TLB_BANKS; bank++) {
    const entry = TLB + bank * TLB_BANK_BYTES + offset;
    if (memory.getBigUint64(entry + TLB_EXECUTE_TAG, true) !== BigInt.asUintN(64, page)) continue;
    const pointer = (Number(BigInt.asUintN(32, linear)) + memory.getUint32(entry + TLB_ADDEND, true)) >>> 0;
    if (pointer < MEMORY) continue;
    const key = pointer - MEMORY;
    const version = memory.getUint32(FRAME_VERSIONS + (key >>> 12) * 4, true);
    const at = findBlock(memory, key, { version, mode: MODE_64 });
    if (at !== 0) return readBlock(memory, at);
  }
  return undefined;
}

/** A block that is an entry of a translated region: table index of its function, and its number there. */
export interface EntryBlock {
  readonly at: number;
  readonly index: number;
  readonly entry: number;
}
/** A block has a translation from now on: it is entered there. */
export function setTranslation(memory: DataView, { at, index, entry }: EntryBlock): void {
  memory.setUint32(at + BLOCK_CODE, index, true);
  memory.setUint16(at + BLOCK_ENTRY, entry, true);
  memory.setInt32(at + BLOCK_HEAT, 0, true);
}
/** It is not entered there any more, unless it has got another translation since: after so many entries it is hot again. */
export function clearTranslation(
  memory: DataView,
  { at, index, entry }: EntryBlock,
  entriesAgain: number,
): void {
  const isThat =
    memory.getUint32(at + BLOCK_CODE, true) === index && memory.getUint16(at + BLOCK_ENTRY, true) === entry;
  if (!isThat) return;
  memory.setUint32(at + BLOCK_CODE, 0, true);
  heatAgain(memory, at, entriesAgain);
}
/** A block that has been hot is hot again after so many entries. */
export function heatAgain(memory: DataView, at: number, entries: number): void {
  memory.setUint32(at + BLOCK_BEGAN, memory.getUint32(at + BLOCK_BEGAN, true) + 1 + entries, true);
  memory.setInt32(at + BLOCK_HEAT, entries, true);
}
/** It is hot after so many entries, if it would take more. */
export function heatSooner(memory: DataView, at: number, entries: number): void {
  const heat = memory.getInt32(at + BLOCK_HEAT, true);
  const began = memory.getUint32(at + BLOCK_BEGAN, true);
  if (heat <= entries || heat > began || began === COLD) return;
  memory.setUint32(at + BLOCK_BEGAN, began - heat + entries, true);
  memory.setInt32(at + BLOCK_HEAT, entries, true);
}
/** What BLOCK_HEAT begins with where nothing counts (core/wasm/blocks.ts). What has been hot is above what it began with. */
const COLD = 0x7fffffff;

function enteredOf(memory: DataView, at: number): number {
  const heat = memory.getInt32(at + BLOCK_HEAT, true);
  const began = memory.getUint32(at + BLOCK_BEGAN, true);
  return began === COLD || heat > began ? began : began - heat;
}
/** A block goes on with these, or 0. */
export function setLinks(memory: DataView, at: number, taken: number, fall: number): void {
  memory.setUint32(at + BLOCK_TAKEN, taken, true);
  memory.setUint32(at + BLOCK_FALL, fall, true);
}
/** Records of a block. */
export function recordsOf({ at, end }: DecodedBlock): number {
  return (end - at - BLOCK_RECORDS) / RECORD_BYTES;
}
/** Whether a block's code is still what it was decoded from. */
export function isCurrent(memory: DataView, at: number): boolean {
  const { key, version } = readBlock(memory, at);
  return memory.getUint32(FRAME_VERSIONS + (key >>> 12) * 4, true) === version;
}
export function isTranslated(memory: DataView, at: number): boolean {
  return memory.getUint32(at + BLOCK_CODE, true) !== 0;
}
