/**
 * A region: blocks of one page that lead to one another, translated together, so that loops and calls inside it stay in one
 * function, with registers in its locals. It begins at a block that has become hot, and takes in what the interpreter has found
 * behind it, and behind calls: what was never executed is not known, and is left.
 */
import type { DecodedBlock } from './blocks.ts';
import { findBlock, isTranslated, readBlock, recordsOf } from './blocks.ts';
import type { Operations } from './operations.ts';
import { RECORD_BYTES, operationOf } from './record.ts';

/** Bounds of a region: large functions take the engine long. */
const BLOCKS_AT_MOST = 64;
const RECORDS_AT_MOST = 800;
const BACK_BY_DISPATCH = 6;

export interface Region {
  /** Linear address of its page. */
  readonly page: bigint;
  readonly blocks: readonly DecodedBlock[];
  /** How many records they have. */
  readonly records: number;
  /** Numbers of blocks that may be entered from outside: the first, and those behind calls. */
  readonly entries: readonly number[];
  /** Numbers of the blocks by their addresses in memory. */
  readonly numbers: ReadonlyMap<number, number>;
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
  const blocks: DecodedBlock[] = [];
  const numbers = new Map<number, number>();
  const behindCalls: number[] = [];
  let records = 0;
  const add = (at: number): number | undefined => {
    const known = numbers.get(at);
    if (known !== undefined) return known;
    // Other regions begin there: it goes on with those.
    if (at !== first && isTranslated(memory, at)) return undefined;
    const block = readBlock(memory, at);
    const length = recordsOf(block);
    if (blocks.length === BLOCKS_AT_MOST || records + length > RECORDS_AT_MOST) return undefined;
    records += length;
    numbers.set(at, blocks.length);
    return blocks.push(block) - 1;
  };
  add(first);
  for (let n = 0; n < blocks.length; n++) {
    const block = blocks[n]!;
    for (const next of [block.taken, block.fall]) if (next !== 0) add(next);
    if (!CALLS.has(lastOperation(memory, operations, block)) || block.behind > 0xfff) continue;
    const behind = findBlock(memory, (block.key & ~0xfff) | block.behind, block);
    const number = behind === 0 ? undefined : add(behind);
    if (number !== undefined && number !== 0) behindCalls.push(number);
  }
  const entries = [...new Set([0, ...behindCalls.slice(0, BACK_BY_DISPATCH)])];
  return { page, blocks, records, entries, numbers };
}
