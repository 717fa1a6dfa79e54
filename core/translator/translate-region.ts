/** Writes a region as one function of WebAssembly: (entry, remaining) -> remaining, or its complement (core/wasm/tiers.ts). */
import { ByteWriter, type BranchHint } from './bytes.ts';
import type { Bytes, Code } from './code.ts';
import { Label, layOut } from './code.ts';
import { at, getLocal, i32, setLocal } from './instructions.ts';
import * as op from './opcodes.ts';
import type { Operations } from './operations.ts';
import { RECORD_BYTES, offsetOf, operationOf, retiresOf, targetOf } from './record.ts';
import { OUTSIDE, endsIndirectly, type Region, type RegionBlock } from './region.ts';
import { PAGE } from './slots.ts';
import { Specializer } from './specialize.ts';
import type { Surroundings } from './walk.ts';
import { Structurer, type Host } from './structure.ts';
import { computed, inLocal, known, type Value } from './value.ts';
import {
  BASE,
  ENTRY,
  EXIT_RIP,
  FAULT_BLOCK,
  FAULT_RECORD,
  FLOOR,
  FunctionWriter,
  NEXT,
  REMAINING,
  RESULT,
  STALE,
} from './writer.ts';
import { followed, turning, waysOut } from './crossing.ts';
import { checkpoints } from './checkpoints.ts';
import { NO_ENTRY, findingDispatch } from './entering.ts';
import { BLOCK_RECORDS } from '../wasm/block-header.ts';
import { FRAME_VERSIONS, RIP } from '../wasm/layout.ts';
import { findBlockAt, type DecodedBlock } from './blocks.ts';

/** Instructions after which a function comes back at most: the engine's better code is taken by the next call. */
const INSTRUCTIONS_AT_A_TIME = 1 << 17;
/** The operation whose record repeats itself, an instruction each time. */
const REPEATED = 'STRING';

export interface Translated {
  readonly locals: readonly number[];
  readonly code: Uint8Array;
  readonly hints: readonly BranchHint[];
  /** Numbers of the region's blocks that are entries, in the order of the function's entry numbers. */
  readonly entries: readonly number[];
  /** Names of the locals, parameters first. */
  localNames(): string[];
}

/** For whoever shows the code (explain.ts): what stands in front of a record's code, wherever a part of that begins; 0: behind all. */
export type Remark = (record: number) => Code;

/** Translates a region; `imported` gives the module's number of an export of the core. */
export function translateRegion(
  memory: DataView,
  operations: Operations,
  region: Region,
  imported: (name: string) => Bytes,
  remark?: Remark,
): Translated {
  return new RegionWriter(memory, operations, region, imported, remark).write();
}

/** Where writing is: a node and its block, a record of it, and how many instructions are not retired in front of that. */
interface Here {
  readonly node: number;
  readonly block: RegionBlock;
  /** The head of a record that repeats itself. */
  readonly again: Label;
  record: number;
  unretired: number;
}

/** In the graph the dispatch is 0, and block n is n + 1. */
class RegionWriter implements Surroundings {
  readonly memory: DataView;
  private here!: Here;
  private readonly operations: Operations;
  private readonly region: Region;
  private readonly writer: FunctionWriter;
  private readonly specializer: Specializer;
  private readonly structurer: Structurer;
  /** By nodes that look at the budget: how much of it there must be. */
  private readonly rooms: ReadonlyMap<number, number>;
  private readonly host: Host;
  private readonly remark: Remark | undefined;
  /** Blocks are in several pages. */
  private readonly hasPages: boolean;
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
    const specializer = new Specializer(operations, this.writer, this);
    this.specializer = specializer;
    this.structurer = new Structurer(this.graph());
    this.rooms = checkpoints(
      this.structurer,
      (node) => blocks[node - 1]!.count,
      (node) => node !== 0 && this.repeats(blocks[node - 1]!),
    );
    this.host = {
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
            ? findingDispatch(this.writer, region, labels, this.hasPages)
            : [getLocal(ENTRY), { kind: 'table', labels }],
        );
      },
    };
  }

  /** Whether a record of a block may retire more than an instruction. */
  private repeats({ at, end }: DecodedBlock): boolean {
    for (let record = at + BLOCK_RECORDS; record < end; record += RECORD_BYTES)
      if (this.operations.nameOf(operationOf(this.memory, record)) === REPEATED) return true;
    return false;
  }

  private graph(): number[][] {
    const { blocks, entries, taken, fall, back } = this.region;
    const graph = [entries.map((entry) => entry + 1)];
    for (const [n, block] of blocks.entries()) {
      const successors: number[] = [];
      for (const next of [taken[n]!, fall[n]!, back[n]!]) if (next !== OUTSIDE) successors.push(next + 1);
      if (this.findsEntries && endsIndirectly(this.memory, this.operations, block)) successors.push(0);
      graph.push(successors);
    }
    return graph;
  }

  write(): Translated {
    const { writer, specializer, structurer } = this;
    const body: Code = [];
    specializer.out = body;
    structurer.write(0, this.host);
    const toExit: Code = [
      waysOut(writer, this.withAbort(body)),
      i32(0),
      getLocal(EXIT_RIP),
      at(op.I64_STORE, RIP),
    ];
    const code: Code = [
      this.floor(),
      writer.load,
      { kind: 'block', label: writer.leave, body: toExit },
      writer.store,
      followed(writer),
      getLocal(RESULT),
    ];
    const bytes = new ByteWriter();
    layOut(code, bytes);
    bytes.push(op.END);
    const entries = structurer.entries.map((node) => node - 1);
    const localNames = (): string[] => writer.localNames();
    return { locals: writer.locals, code: bytes.taken(), hints: bytes.hints, entries, localNames };
  }

  private withAbort(body: Code): Code {
    const { writer } = this;
    return [
      { kind: 'block', label: writer.abort, body },
      this.remark === undefined ? [] : this.remark(0),
      ...[getLocal(FAULT_RECORD), getLocal(FAULT_BLOCK), getLocal(REMAINING)],
      ...[op.CALL, writer.imported('leave/abort')],
      ...[i32(-1), op.I32_XOR, setLocal(RESULT)],
      { kind: 'branch', label: writer.leave },
    ];
  }

  /** FLOOR = max(0, remaining - INSTRUCTIONS_AT_A_TIME). */
  private floor(): Code {
    const lowered = [getLocal(REMAINING), i32(INSTRUCTIONS_AT_A_TIME), op.I32_SUB];
    return [
      lowered,
      i32(0),
      lowered,
      i32(0),
      0x4a, // i32.gt_s
      op.SELECT,
      setLocal(FLOOR),
    ];
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

  private node(node: number): void {
    const { specializer, memory, here } = this;
    const block = this.region.blocks[node - 1]!;
    if (!this.structurer.isInline(node))
      specializer.facts = { kind: undefined, quiet: true, mayBeStale: false };
    specializer.reachable = true;
    if (this.remark !== undefined) specializer.out.push(this.remark(block.at + BLOCK_RECORDS));
    if (this.hasPages && this.region.entries.includes(node - 1))
      specializer.out.push(this.address(-block.page).code, setLocal(BASE));
    this.takeFromBudget(node, block);
    const own: Here = { node, block, record: 0, unretired: block.count, again: new Label('again') };
    for (let record = block.at + BLOCK_RECORDS; record < block.end; record += RECORD_BYTES) {
      this.here = own;
      own.record = record;
      if (this.remark !== undefined && record !== block.at + BLOCK_RECORDS)
        specializer.out.push(this.remark(record));
      this.writeRecord(own);
      own.unretired -= retiresOf(memory, record);
      if (!specializer.reachable) break;
    }
    // What is written in between is back where it was.
    this.here = here;
    if (specializer.reachable) throw new Error('a block without an end');
  }

  private takeFromBudget(node: number, block: DecodedBlock): void {
    const { out } = this.specializer;
    const room = this.rooms.get(node);
    if (room !== undefined) {
      const short: Code = [];
      this.into(short, () => {
        this.exitAt(this.address(block.key & 0xfff));
      });
      out.push(getLocal(REMAINING), i32(room), op.I32_SUB, getLocal(FLOOR), op.I32_LT_S);
      out.push({ kind: 'if', then: short, otherwise: [], rare: 'then' });
    }
    out.push(getLocal(REMAINING), i32(block.count), op.I32_SUB, setLocal(REMAINING));
  }

  /** Writes to other code than the specializer's. */
  private into(code: Code, write: () => void): void {
    const { specializer } = this;
    const { out } = specializer;
    specializer.out = code;
    write();
    specializer.out = out;
  }

  private writeRecord(here: Here): void {
    const { specializer, writer, memory } = this;
    const { record } = here;
    const operation = operationOf(memory, record);
    const body = this.operations.operation(operation);
    const mark = writer.mark();
    const repeats = this.operations.nameOf(operation) === REPEATED;
    const outer = specializer.out;
    const code: Code = repeats ? [] : outer;
    if (repeats) specializer.facts = { ...specializer.facts, kind: undefined };
    specializer.out = code;
    specializer.record(body);
    specializer.out = outer;
    if (repeats) outer.push({ kind: 'loop', label: here.again, body: code });
    if (specializer.reachable && specializer.facts.mayBeStale)
      this.stopIfStale(record + RECORD_BYTES, here.unretired - retiresOf(memory, record));
    writer.release(mark);
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
  private address(offset: number): Value {
    const page: Value = inLocal(op.I64, this.writer.local(PAGE));
    if (offset === 0) return page;
    return computed(op.I64, [page.code, known(op.I64, BigInt(offset)).code, op.I64_ADD]);
  }

  private result(code: Code | Bytes): void {
    this.specializer.out.push(code, setLocal(RESULT));
  }

  /** Ends in front of an address: whoever called goes on there. */
  private exitAt(rip: Value): void {
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
  private stopIfStale(next: number, unretired: number): void {
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
