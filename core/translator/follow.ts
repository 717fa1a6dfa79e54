/**
 * Code that does not run, as the translator would find it if it did, and had gone every way: it lies in a machine of its own, which
 * decodes it and can do nothing else, for nothing can be written there.
 */
import type { Binaryen } from './binaryen.ts';
import { findBlockAt, setLinks, type DecodedBlock } from './blocks.ts';
import { explainRegion, type ExplainedRegion } from './explain.ts';
import { Operations } from './operations.ts';
import { RECORD_BYTES, operationOf, targetOf } from './record.ts';
import { Machine, PAGE_BYTES, lowHalf, highHalf } from '../machine.ts';
import { entryWord } from '../page-entries.ts';
import * as layout from '../wasm/layout.ts';

/** Bytes at an address, sign-interpreted. */
export interface Part {
  readonly address: number;
  readonly bytes: Uint8Array;
}

/** More than a region has. */
const BLOCKS_AT_MOST = 256;
/** Entries of page tables: present, for user mode; not writable. */
const USER = 0x5;
/** Attributes of segments of 64-bit code and of data, DPL 3. */
const CODE_SEGMENT = 0xa0fb;
const DATA_SEGMENT = 0xc0f3;

/** Explains the region that begins at `address`; undefined: there is no code, or it crosses its page's end at once. */
export function explainCode(
  core: WebAssembly.Module,
  binaryen: Binaryen,
  parts: readonly Part[],
  address: number,
): ExplainedRegion | undefined {
  const machine = machineWith(core, parts);
  const memory = new DataView(machine.bytes.buffer);
  const operations = new Operations(core);
  const first = new Follower(machine, memory, operations).follow(address);
  if (first === undefined) return undefined;
  const page = BigInt.asUintN(64, BigInt(address)) & ~0xfffn;
  return explainRegion(memory, operations, binaryen, first.at, page);
}

/** A machine in user mode, with the parts where they belong. */
function machineWith(core: WebAssembly.Module, parts: readonly Part[]): Machine {
  const pages = new Set<number>();
  for (const { address, bytes } of parts)
    for (let at = floor(address); at < address + bytes.length; at += PAGE_BYTES) pages.add(at);
  // Tables of three levels for every page are enough, and the root.
  const machine = new Machine(core, { memoryBytes: (1 + 4 * pages.size) * PAGE_BYTES, hotEntries: 0 });
  let used = 1;
  const frames = new Map<number, number>();
  for (const page of pages) {
    let table = 0;
    for (let level = 4; level >= 1; level--) {
      const entry = entryWord(table, level, page);
      if (machine.words[entry] === 0) machine.words[entry] = (used++ * PAGE_BYTES) | USER;
      table = machine.words[entry]! >>> 12;
    }
    frames.set(page, table);
  }
  for (const { address, bytes } of parts) {
    for (let done = 0; done < bytes.length;) {
      const page = floor(address + done);
      const offset = address + done - page;
      const length = Math.min(PAGE_BYTES - offset, bytes.length - done);
      machine.write(frames.get(page)! * PAGE_BYTES + offset, bytes.subarray(done, done + length));
      done += length;
    }
  }
  const { processor } = machine;
  processor.loadAddressSpace(0, 0, false);
  processor.cpl = 3;
  processor.setSegment(layout.SEG_CS, 0x33, 0, 0xffff_ffff, CODE_SEGMENT);
  for (const segment of [layout.SEG_ES, layout.SEG_SS, layout.SEG_DS, layout.SEG_FS, layout.SEG_GS])
    processor.setSegment(segment, 0x2b, 0, 0xffff_ffff, DATA_SEGMENT);
  processor.stateChanged();
  return machine;
}

function floor(address: number): number {
  return Math.floor(address / PAGE_BYTES) * PAGE_BYTES;
}

class Follower {
  private readonly machine: Machine;
  private readonly memory: DataView;
  private readonly operations: Operations;
  private readonly found = new Map<number, DecodedBlock | undefined>();

  constructor(machine: Machine, memory: DataView, operations: Operations) {
    this.machine = machine;
    this.memory = memory;
    this.operations = operations;
  }

  /** Decodes the block at an address, and what it leads to in its page. */
  follow(address: number): DecodedBlock | undefined {
    const waiting = [address];
    for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
      if (this.found.has(next) || this.found.size === BLOCKS_AT_MOST) continue;
      const block = this.decode(next);
      this.found.set(next, block);
      if (block !== undefined) waiting.push(...Object.values(this.waysOf(block, next)));
    }
    for (const [at, block] of this.found) {
      if (block === undefined) continue;
      const { taken, fall } = this.waysOf(block, at);
      const blockAt = (to: number | undefined): number =>
        to === undefined ? 0 : (this.found.get(to)?.at ?? 0);
      setLinks(this.memory, block.at, blockAt(taken), blockAt(fall));
    }
    return this.found.get(address);
  }

  /** The processor decodes a block, and executes an instruction of it: it faults, or changes registers. */
  private decode(address: number): DecodedBlock | undefined {
    const { processor } = this.machine;
    processor.setHalves(layout.RSP, lowHalf(address), highHalf(address));
    processor.rip = address;
    processor.run(1);
    return findBlockAt(this.memory, BigInt.asUintN(64, BigInt(address)));
  }

  /** Addresses that a block goes on at; `behind`: where it comes back to from a call. */
  private waysOf(block: DecodedBlock, address: number): { taken?: number; fall?: number; behind?: number } {
    const record = block.end - RECORD_BYTES;
    const operation = operationOf(this.memory, record);
    const ways = this.operations.waysOf(operation);
    const page = floor(address);
    return {
      ...(ways.has('taken') && { taken: page + targetOf(this.memory, record) }),
      ...(ways.has('fall') && { fall: page + block.behind }),
      ...(this.operations.nameOf(operation).startsWith('CALL') && { behind: page + block.behind }),
    };
  }
}
