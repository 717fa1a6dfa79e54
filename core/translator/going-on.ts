/** How a region's code goes on from a record: with another block of the region, with another region, or out of it. */
import type { Bytes, Code } from './code.ts';
import { Label } from './code.ts';
import { findBlockAt } from './blocks.ts';
import { turning } from './crossing.ts';
import { NO_ENTRY, findingDispatch } from './entering.ts';
import { at, getLocal, i32, setLocal } from './instructions.ts';
import * as op from './opcodes.ts';
import type { Operations } from './operations.ts';
import { offsetOf, targetOf } from './record.ts';
import { OUTSIDE, endsIndirectly, type Region, type RegionBlock } from './region.ts';
import { PAGE } from './slots.ts';
import { Specializer } from './specialize.ts';
import { Structurer, type Host } from './structure.ts';
import { computed, inLocal, known, type Value } from './value.ts';
import type { Surroundings } from './walk.ts';
import {
  ENTRY,
  EXIT_RIP,
  FAULT_BLOCK,
  FAULT_RECORD,
  FunctionWriter,
  NEXT,
  REMAINING,
  RESULT,
  STALE,
} from './writer.ts';
import { FRAME_VERSIONS } from '../wasm/layout.ts';

/** For whoever shows the code (explain.ts): what stands in front of a record's code, wherever a part of that begins; 0: behind all. */
export type Remark = (record: number) => Code;

/** Where writing is: a node and its block, a record of it, and how many instructions are not retired in front of that. */
export interface Here {
  readonly node: number;
  readonly block: RegionBlock;
  /** The head of a record that repeats itself. */
  readonly again: Label;
  record: number;
  unretired: number;
}

/** The region as a graph (structure.ts): the dispatch is 0, and block n is n + 1. */
function graphOf(
  memory: DataView,
  operations: Operations,
  region: Region,
  findsEntries: boolean,
): number[][] {
  const { blocks, entries, taken, fall, back } = region;
  const graph = [entries.map((entry) => entry + 1)];
  for (const [n, block] of blocks.entries()) {
    const successors: number[] = [];
    for (const next of [taken[n]!, fall[n]!, back[n]!]) if (next !== OUTSIDE) successors.push(next + 1);
    if (findsEntries && endsIndirectly(memory, operations, block)) successors.push(0);
    graph.push(successors);
  }
  return graph;
}

export abstract class GoingOn implements Surroundings {
  readonly memory: DataView;
  protected here!: Here;
  protected readonly operations: Operations;
  protected readonly region: Region;
  protected readonly writer: FunctionWriter;
  protected readonly specializer: Specializer;
  protected readonly structurer: Structurer;
  protected readonly host: Host;
  protected readonly remark: Remark | undefined;
  /** Blocks are in several pages. */
  protected readonly hasPages: boolean;
  /** Returns, and jumps to what is not known, look for their target among the entries. */
  private readonly findsEntries: boolean;

  constructor(
    memory: DataView,
    operations: Operations,
    region: Region,
    imported: (name: string) => Bytes,
    remark: Remark | undefined,
  ) {
    this.remark = remark;
    this.memory = memory;
    this.operations = operations;
    this.region = region;
    this.writer = new FunctionWriter(imported);
    const { blocks, entries } = region;
    this.hasPages = blocks.some(({ page }) => page !== 0);
    this.findsEntries =
      entries.length > 1 && blocks.some((block) => endsIndirectly(memory, operations, block));
    this.specializer = new Specializer(operations, this.writer, this);
    this.structurer = new Structurer(graphOf(memory, operations, region, this.findsEntries));
    this.host = this.structuresHost();
  }

  /** Writes a node's block. */
  protected abstract node(node: number): void;

  private structuresHost(): Host {
    const { specializer } = this;
    return {
      get out() {
        return specializer.out;
      },
      set out(out) {
        specializer.out = out;
      },
      write: (node) => {
        this.node(node);
      },
      select: (entry) => {
        specializer.out.push(i32(entry), setLocal(ENTRY));
      },
      choose: (labels) => {
        specializer.out.push(
          this.findsEntries
            ? findingDispatch(this.writer, this.region, labels, this.hasPages)
            : [getLocal(ENTRY), { kind: 'table', labels }],
        );
      },
    };
  }

  get record(): number {
    return this.here.record;
  }
  get block(): number {
    return this.here.block.at;
  }
  get blockEnd(): number {
    return this.here.block.end;
  }

  /** Writes to other code than the specializer's. */
  protected into(code: Code, write: () => void): void {
    const { specializer } = this;
    const { out } = specializer;
    specializer.out = code;
    write();
    specializer.out = out;
  }

  noteWrite(out: Code): void {
    const { key, version } = this.here.block;
    out.push(i32(0), at(op.I32_LOAD, FRAME_VERSIONS + (key >>> 12) * 4));
    out.push(i32(version), op.I32_NE, setLocal(STALE));
  }
  taken(): void {
    const { block, record } = this.here;
    this.edge(this.region.taken, block.taken, targetOf(this.memory, record));
  }
  fall(): void {
    const { block } = this.here;
    this.edge(this.region.fall, block.fall, block.behind);
  }

  /** Linear address of an offset in the page. */
  protected address(offset: number): Value {
    const page: Value = inLocal(op.I64, this.writer.local(PAGE));
    if (offset === 0) return page;
    return computed(op.I64, [page.code, known(op.I64, BigInt(offset)).code, op.I64_ADD]);
  }

  private result(code: Code | Bytes): void {
    this.specializer.out.push(code, setLocal(RESULT));
  }

  /** Ends in front of an address: whoever called goes on there. */
  protected exitAt(rip: Value): void {
    this.specializer.out.push(rip.code, setLocal(EXIT_RIP), { kind: 'branch', label: this.writer.out });
  }

  /** Ends as the loop does; RIP is stored. */
  leave(remaining: Value): void {
    this.result([remaining.code, i32(-1), op.I32_XOR]);
    this.specializer.out.push({ kind: 'branch', label: this.writer.leave });
  }

  abort(record: Value, block: Value): void {
    const { out } = this.specializer;
    out.push(record.code, setLocal(FAULT_RECORD), block.code, setLocal(FAULT_BLOCK));
    out.push({ kind: 'branch', label: this.writer.abort });
  }

  /** Behind a record that may have written the region's code: goes on with what is decoded afresh (leave.ts `stopped`). */
  protected stopIfStale(next: number, unretired: number): void {
    const { specializer } = this;
    specializer.conditionally(inLocal(op.I32, STALE), () => {
      specializer.out.push(this.address(offsetOf(this.memory, next)).code, setLocal(EXIT_RIP));
      this.result([getLocal(REMAINING), i32(unretired), op.I32_ADD, i32(-1), op.I32_XOR]);
      specializer.out.push({ kind: 'branch', label: this.writer.exit });
    });
    specializer.facts = { ...specializer.facts, mayBeStale: false };
  }

  again(): void {
    const { specializer, here } = this;
    specializer.out.push(getLocal(REMAINING), i32(1), op.I32_SUB, setLocal(REMAINING));
    if (specializer.facts.mayBeStale) this.stopIfStale(here.record, here.unretired);
    specializer.out.push({ kind: 'branch', label: here.again });
  }

  /** Goes on with a block of the page, `offset` bytes from its start; `next` is where it is in memory, or 0. */
  private edge(ways: readonly number[], next: number, offset: number): void {
    const { specializer } = this;
    const { node, block } = this.here;
    if (this.remark !== undefined) specializer.out.push(this.remark(this.here.record));
    const number = ways[node - 1]!;
    if (specializer.facts.mayBeStale && (next !== 0 || number !== OUTSIDE))
      specializer.conditionally(inLocal(op.I32, STALE), () => {
        this.exitAt(this.address(offset));
      });
    if (number === OUTSIDE) {
      this.goOutside(next, offset);
      return;
    }
    const mark = this.writer.mark();
    const to = this.region.blocks[number]!;
    if (to.page !== block.page) {
      this.setNext(to.at, offset);
      specializer.out.push(turning(this.writer));
    }
    this.structurer.go(node, number + 1, this.host);
    this.writer.release(mark);
  }

  /** Returns to EXIT_RIP, where that is what is behind the call that came here. */
  private enterBack(): void {
    const { specializer, region } = this;
    const { node, block } = this.here;
    const number = region.back[node - 1]!;
    if (number === OUTSIDE) return;
    const { page, key, at } = region.blocks[number]!;
    const then: Code = [];
    this.into(then, () => {
      const mark = this.writer.mark();
      if (page !== block.page) then.push(i32(at), setLocal(NEXT), turning(this.writer));
      this.structurer.go(node, number + 1, this.host);
      this.writer.release(mark);
    });
    const expected = this.address(page - block.page + (key & 0xfff));
    specializer.out.push(getLocal(EXIT_RIP), expected.code, op.I64_EQ);
    specializer.out.push({ kind: 'if', then, otherwise: [], rare: 'otherwise' });
  }

  /** Where it goes on: NEXT, EXIT_RIP. */
  private setNext(next: number, offset: number): void {
    this.specializer.out.push(i32(next), setLocal(NEXT), this.address(offset).code, setLocal(EXIT_RIP));
  }

  /**
   * Ends, and goes on in the region that begins at a block of the page, if there is one by then; or in another page, at a block that
   * was known there when this was translated.
   */
  private goOutside(next: number, offset: number): void {
    const { specializer, writer, memory, region } = this;
    if (next !== 0) {
      this.setNext(next, offset);
      specializer.out.push({ kind: 'branch', label: writer.goOn });
      return;
    }
    const linear = region.page + BigInt(this.here.block.page + offset);
    const isElsewhere = offset < 0 || offset > 0xfff;
    const target = isElsewhere ? findBlockAt(memory, BigInt.asUintN(64, linear)) : undefined;
    if (target === undefined) {
      this.exitAt(this.address(offset));
      return;
    }
    this.setNext(target.at, offset);
    specializer.out.push({ kind: 'branch', label: writer.cross });
    writer.crosses = true;
  }

  /** Goes on at an address: in the region, where it is one of its entries. */
  enter(target: Value): void {
    const { specializer, host } = this;
    const isIndirect = endsIndirectly(this.memory, this.operations, this.here.block);
    const rip = specializer.stabilise(target);
    if (!isIndirect || !this.findsEntries) {
      this.exitAt(rip);
      return;
    }
    if (specializer.facts.mayBeStale)
      specializer.conditionally(inLocal(op.I32, STALE), () => {
        this.exitAt(rip);
      });
    specializer.out.push(rip.code, setLocal(EXIT_RIP));
    this.enterBack();
    host.select(NO_ENTRY);
    this.structurer.goToDispatch(host);
  }
}
