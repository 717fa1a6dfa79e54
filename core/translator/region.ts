/**
 * A region: blocks that lead to one another, translated together, so that loops and calls inside it stay in one function, with
 * registers in its locals. It begins at a block that has become hot, and takes in what the interpreter has found behind it, and
 * behind calls: what was never executed is not known, and is left. Of other pages it takes in what is entered often, too.
 */
import type { DecodedBlock } from './blocks.ts';
import { findBlock, findBlockAt, isTranslated, readBlock, recordsOf } from './blocks.ts';
import type { Operations } from './operations.ts';
import { RECORD_BYTES, operationOf, targetOf } from './record.ts';

/** Bounds of a region: large functions take the engine long. */
const BLOCKS_AT_MOST = 64;
const RECORDS_AT_MOST = 800;
const BACK_BY_DISPATCH = 16;
/**
 * What is entered less often than one in so many times that the first block is, in its page and in others, is left: it would cost the
 * engine as much as what is hot, and where it leads into the middle of a loop, that is a loop no more (structure.ts).
 */
const WARM_PART = 64;
const WARM_PART_ELSEWHERE = 8;
const PAGE_BYTES = 0x1000;

/** A way that leads to no block of the region. */
export const OUTSIDE = -1;

export interface RegionBlock extends DecodedBlock {
  /** Where its page is, in bytes from that of the region's first block. */
  readonly page: number;
}

export interface Region {
  /** Blocks in its pages that it leads to, and that were left out as they are seldom entered so far. */
  readonly left: readonly number[];
  /** Linear address of its first block's page. */
  readonly page: bigint;
  readonly blocks: readonly RegionBlock[];
  /** How many records they have. */
  readonly records: number;
  /** Numbers of blocks that may be entered from outside: the first, and those behind calls. */
  readonly entries: readonly number[];
  /** By block: numbers of those that it goes on with, or OUTSIDE. */
  readonly taken: readonly number[];
  readonly fall: readonly number[];
  /** By block, where that ends with a return: what is behind the call by which the region came there, or OUTSIDE. */
  readonly back: readonly number[];
}

const CALLS = new Set(['CALL', 'CALL_R', 'CALL_M']);
const INDIRECT = new Set(['RET', 'JMP_R', 'JMP_M', 'CALL_R', 'CALL_M']);

/** Whether a block ends with a jump to an address that is not known. */
export function endsIndirectly(memory: DataView, operations: Operations, block: DecodedBlock): boolean {
  return INDIRECT.has(lastOperation(memory, operations, block));
}
function lastOperation(memory: DataView, operations: Operations, { end }: DecodedBlock): string {
  return operations.nameOf(operationOf(memory, end - RECORD_BYTES));
}

/** The region that begins at a block. */
export function findRegion(memory: DataView, operations: Operations, first: number, page: bigint): Region {
  return new RegionFinder(memory, operations, first, page).find();
}

class RegionFinder {
  private readonly memory: DataView;
  private readonly operations: Operations;
  private readonly first: number;
  /** How often that has been entered. */
  private readonly entered: number;
  private readonly linear: bigint;
  private readonly blocks: RegionBlock[] = [];
  private readonly numbers = new Map<number, number>();
  /** By block: what is behind the call that it was found by. */
  private readonly calledFrom: number[] = [];
  private readonly left: number[] = [];
  private records = 0;

  constructor(memory: DataView, operations: Operations, first: number, linear: bigint) {
    this.memory = memory;
    this.operations = operations;
    this.first = first;
    this.entered = readBlock(memory, first).entered;
    this.linear = linear;
  }

  find(): Region {
    const { memory, operations, blocks } = this;
    const entries = [this.add(readBlock(memory, this.first), 0)];
    const taken: number[] = [];
    const fall: number[] = [];
    const back: number[] = [];
    for (let n = 0; n < blocks.length; n++) {
      const block = blocks[n]!;
      const ways = operations.waysOf(operationOf(memory, block.end - RECORD_BYTES));
      const target = targetOf(memory, block.end - RECORD_BYTES);
      const to = ways.has('taken') ? this.next(block, block.taken, target) : OUTSIDE;
      const next = ways.has('fall') ? this.next(block, block.fall, block.behind) : OUTSIDE;
      taken.push(to);
      fall.push(next);
      const last = lastOperation(memory, operations, block);
      const from = this.calledFrom[n] ?? OUTSIDE;
      back.push(last === 'RET' ? from : OUTSIDE);
      this.found(next, from);
      if (!CALLS.has(last)) this.found(to, from);
      // One is come back to by the dispatch alone.
      else if (entries.length <= BACK_BY_DISPATCH) {
        const number = this.behind(block);
        if (number > 0 && !entries.includes(number)) entries.push(number);
        if (number > 0) this.found(to, number);
        this.found(number, from);
      }
    }
    return { page: this.linear, left: this.left, blocks, records: this.records, entries, taken, fall, back };
  }

  /** A block was come to, by a call that `from` is behind. */
  private found(block: number, from: number): void {
    if (block !== OUTSIDE) this.calledFrom[block] ??= from;
  }

  private isWarm({ at, entered }: DecodedBlock, part: number): boolean {
    return at === this.first || entered >= Math.floor(this.entered / part);
  }

  /** The number of a block, which is taken in if it can be. */
  private add(block: DecodedBlock, page: number): number {
    const { memory, blocks } = this;
    const known = this.numbers.get(block.at);
    // The same code may be mapped twice.
    if (known !== undefined) return blocks[known]!.page === page ? known : OUTSIDE;
    // A look-up is to come there; or other regions begin there, and it goes on with those.
    if (block.stops || (block.at !== this.first && isTranslated(memory, block.at))) return OUTSIDE;
    if (!this.isWarm(block, WARM_PART)) {
      this.left.push(block.at);
      return OUTSIDE;
    }
    const length = recordsOf(block);
    if (blocks.length === BLOCKS_AT_MOST || this.records + length > RECORDS_AT_MOST) return OUTSIDE;
    this.records += length;
    this.numbers.set(block.at, blocks.length);
    return blocks.push({ ...block, page }) - 1;
  }

  /** What a block goes on with at an offset of its page: `linked` is where the interpreter has found it there, or 0. */
  private next(block: RegionBlock, linked: number, offset: number): number {
    const { memory } = this;
    if (linked !== 0) return this.add(readBlock(memory, linked), block.page);
    if (offset >= 0 && offset < PAGE_BYTES) return OUTSIDE;
    const found = findBlockAt(memory, BigInt.asUintN(64, this.linear + BigInt(block.page + offset)));
    if (found === undefined || !this.isWarm(found, WARM_PART_ELSEWHERE)) return OUTSIDE;
    return this.add(found, block.page + Math.floor(offset / PAGE_BYTES) * PAGE_BYTES);
  }

  /** What a call comes back to. */
  private behind(block: RegionBlock): number {
    const { memory } = this;
    if (block.behind >= PAGE_BYTES) return OUTSIDE;
    const behind = findBlock(memory, (block.key & ~0xfff) | block.behind, block);
    return behind === 0 ? OUTSIDE : this.add(readBlock(memory, behind), block.page);
  }
}
