/** Writes a region as one function of WebAssembly: (entry, remaining) -> remaining, or its complement (core/wasm/tiers.ts). */
import { ByteWriter } from './bytes.ts';
import type { Code } from './code.ts';
import { Label, layOut } from './code.ts';
import * as op from './opcodes.ts';
import type { Operations } from './operations.ts';
import { RECORD_BYTES, offsetOf, operationOf, retiresOf, targetOf } from './record.ts';
import { REGION_TYPE, TABLE } from './module.ts';
import { endsIndirectly, type Region } from './region.ts';
import { PAGE } from './slots.ts';
import { Specializer } from './specialize.ts';
import { Structurer, type Host } from './structure.ts';
import { computed, inLocal, known, type Value } from './value.ts';
import {
  ENTRY,
  EXIT_RIP,
  FLOOR,
  FunctionWriter,
  REMAINING,
  RESULT,
  STALE,
  at,
  getLocal,
  i32,
  setLocal,
  teeLocal,
} from './writer.ts';
import { BLOCK_CODE, BLOCK_ENTRY, BLOCK_RECORDS } from '../wasm/block-header.ts';
import { FRAME_VERSIONS, RIP } from '../wasm/layout.ts';
import type { DecodedBlock } from './blocks.ts';

/** Instructions after which a function comes back at most: the engine's better code is taken by the next call. */
const INSTRUCTIONS_AT_A_TIME = 1 << 17;

export interface Translated {
  readonly locals: readonly number[];
  readonly code: Uint8Array;
  /** Numbers of the region's blocks that are entries, in the order of the function's entry numbers. */
  readonly entries: readonly number[];
}

/** Translates a region; `imported` gives the module's number of an export of the core. */
export function translateRegion(
  memory: DataView,
  operations: Operations,
  region: Region,
  imported: (name: string) => number[],
): Translated {
  return new RegionWriter(memory, operations, region, imported).write();
}

/** In the graph the dispatch is 0, and block n is n + 1. */
class RegionWriter {
  private readonly memory: DataView;
  private readonly operations: Operations;
  private readonly region: Region;
  private readonly writer: FunctionWriter;
  private readonly specializer: Specializer;
  private readonly structurer: Structurer;
  private readonly host: Host;

  constructor(
    memory: DataView,
    operations: Operations,
    region: Region,
    imported: (name: string) => number[],
  ) {
    this.memory = memory;
    this.operations = operations;
    this.region = region;
    this.writer = new FunctionWriter(imported);
    const specializer = new Specializer(operations, this.writer);
    this.specializer = specializer;
    this.structurer = new Structurer(this.graph());
    this.host = {
      get out() {
        return specializer.out;
      },
      set out(out) {
        specializer.out = out;
      },
      write: (node) => {
        this.block(node);
      },
      select: (entry) => {
        specializer.out.push(...i32(entry), ...setLocal(ENTRY));
      },
      choose: (labels) => {
        specializer.out.push(...getLocal(ENTRY), { kind: 'table', labels });
      },
    };
  }

  private graph(): number[][] {
    const { blocks, entries, numbers } = this.region;
    const graph = [entries.map((entry) => entry + 1)];
    for (const block of blocks) {
      const successors: number[] = [];
      for (const next of [block.taken, block.fall]) {
        const number = numbers.get(next);
        if (number !== undefined && !successors.includes(number + 1)) successors.push(number + 1);
      }
      if (entries.length > 1 && endsIndirectly(this.memory, this.operations, block)) successors.push(0);
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
      { kind: 'block', label: writer.exit, body },
      ...i32(0),
      ...getLocal(EXIT_RIP),
      ...at(op.I64_STORE, RIP),
    ];
    const code: Code = [
      ...this.floor(),
      { kind: 'later', write: () => writer.load() },
      { kind: 'block', label: writer.leave, body: toExit },
      { kind: 'later', write: () => writer.store() },
      ...getLocal(RESULT),
    ];
    const bytes = new ByteWriter();
    layOut(code, bytes);
    bytes.push(op.END);
    const entries = structurer.entries.map((node) => node - 1);
    return { locals: writer.locals, code: bytes.taken(), entries };
  }

  /** FLOOR = max(0, remaining - INSTRUCTIONS_AT_A_TIME). */
  private floor(): number[] {
    const lowered = [...getLocal(REMAINING), ...i32(INSTRUCTIONS_AT_A_TIME), op.I32_SUB];
    return [
      ...lowered,
      ...i32(0),
      ...lowered,
      ...i32(0),
      0x4a, // i32.gt_s
      op.SELECT,
      ...setLocal(FLOOR),
    ];
  }

  private block(node: number): void {
    const { specializer, memory } = this;
    const block = this.region.blocks[node - 1]!;
    if (!this.structurer.isInline(node))
      specializer.facts = { kind: undefined, quiet: true, mayBeStale: false };
    specializer.reachable = true;
    this.takeFromBudget(block);
    let retired = 0;
    for (let record = block.at + BLOCK_RECORDS; record < block.end; record += RECORD_BYTES) {
      this.record(node, block, record, block.count - retired);
      retired += retiresOf(memory, record);
      if (!specializer.reachable) break;
    }
    if (specializer.reachable) throw new Error('a block without an end');
  }

  private takeFromBudget(block: DecodedBlock): void {
    const { out } = this.specializer;
    out.push(...getLocal(REMAINING), ...i32(block.count), op.I32_SUB, op.LOCAL_TEE, REMAINING);
    out.push(...getLocal(FLOOR), op.I32_LT_S);
    const short: Code = [...getLocal(REMAINING), ...i32(block.count), op.I32_ADD, ...setLocal(REMAINING)];
    this.into(short, () => {
      this.exitAt(this.address(block.key & 0xfff));
    });
    out.push({ kind: 'if', then: short, otherwise: [] });
  }

  /** Writes to other code than the specializer's. */
  private into(code: Code, write: () => void): void {
    const { specializer } = this;
    const { out } = specializer;
    specializer.out = code;
    write();
    specializer.out = out;
  }

  private record(node: number, block: DecodedBlock, record: number, unretired: number): void {
    const { specializer, writer, memory } = this;
    const operation = operationOf(memory, record);
    const body = this.operations.operation(operation);
    const mark = writer.mark();
    const repeats = this.operations.nameOf(operation) === 'STRING';
    const outer = specializer.out;
    const again = new Label('again');
    const code: Code = repeats ? [] : outer;
    if (repeats) specializer.facts = { ...specializer.facts, kind: undefined };
    specializer.out = code;
    specializer.record(body, {
      memory,
      record,
      block: block.at,
      blockEnd: block.end,
      noteWrite: (out) => {
        out.push(...i32(0), ...at(op.I32_LOAD, FRAME_VERSIONS + (block.key >>> 12) * 4));
        out.push(...i32(block.version), op.I32_NE, ...setLocal(STALE));
      },
      taken: () => {
        this.edge(node, block.taken, targetOf(memory, record));
      },
      fall: () => {
        this.edge(node, block.fall, block.behind);
      },
      again: () => {
        this.again(again, record, unretired);
      },
      enter: (target) => {
        this.enter(node, target);
      },
      leave: (remaining) => {
        this.leave(remaining);
      },
    });
    specializer.out = outer;
    if (repeats) outer.push({ kind: 'loop', label: again, body: code });
    if (specializer.reachable && specializer.facts.mayBeStale)
      this.stopIfStale(record + RECORD_BYTES, unretired - retiresOf(memory, record));
    writer.release(mark);
  }

  /** Linear address of an offset in the page. */
  private address(offset: number): Value {
    const page: Value = inLocal(op.I64, this.writer.local(PAGE));
    if (offset === 0) return page;
    return computed(op.I64, [page.code, known(op.I64, BigInt(offset)).code, op.I64_ADD]);
  }

  private result(code: Code): void {
    this.specializer.out.push(...code, ...setLocal(RESULT));
  }

  /** Ends in front of an address: whoever called goes on there. */
  private exitAt(rip: Value): void {
    this.specializer.out.push(rip.code, ...setLocal(EXIT_RIP));
    this.result(getLocal(REMAINING));
    this.specializer.out.push({ kind: 'branch', label: this.writer.exit });
  }

  /** Ends as the loop does; RIP is stored. */
  private leave(remaining: Value): void {
    this.result([remaining.code, ...i32(-1), op.I32_XOR]);
    this.specializer.out.push({ kind: 'branch', label: this.writer.leave });
  }

  /** Behind a record that may have written the region's code: goes on with what is decoded afresh (leave.ts `stopped`). */
  private stopIfStale(next: number, unretired: number): void {
    const { specializer } = this;
    specializer.conditionally(inLocal(op.I32, STALE), () => {
      specializer.out.push(this.address(offsetOf(this.memory, next)).code, ...setLocal(EXIT_RIP));
      this.result([...getLocal(REMAINING), ...i32(unretired), op.I32_ADD, ...i32(-1), op.I32_XOR]);
      specializer.out.push({ kind: 'branch', label: this.writer.exit });
    });
    specializer.facts = { ...specializer.facts, mayBeStale: false };
  }

  private again(label: Label, record: number, unretired: number): void {
    const { specializer } = this;
    specializer.out.push(...getLocal(REMAINING), ...i32(1), op.I32_SUB, ...setLocal(REMAINING));
    if (specializer.facts.mayBeStale) this.stopIfStale(record, unretired);
    specializer.out.push({ kind: 'branch', label });
  }

  /** Goes on with a block of the page, `offset` bytes from its start; `next` is where it is in memory, or 0. */
  private edge(node: number, next: number, offset: number): void {
    const { specializer } = this;
    const number = this.region.numbers.get(next);
    if (specializer.facts.mayBeStale && next !== 0)
      specializer.conditionally(inLocal(op.I32, STALE), () => {
        this.exitAt(this.address(offset));
      });
    if (number === undefined) {
      if (next !== 0) this.callNext(next);
      this.exitAt(this.address(offset));
      return;
    }
    const mark = this.writer.mark();
    this.structurer.go(node, number + 1, this.host);
    this.writer.release(mark);
  }

  /** Goes on in the region that begins at a block of the page, if there is one by then: this function is done. */
  private callNext(next: number): void {
    const { specializer, writer } = this;
    const code = writer.temporary(op.I32);
    specializer.out.push(...i32(0), ...at(op.I32_LOAD, next + BLOCK_CODE), ...teeLocal(code));
    specializer.out.push({
      kind: 'if',
      then: [
        { kind: 'later', write: () => writer.store() },
        ...[...i32(0), ...at(op.I32_LOAD, next + BLOCK_ENTRY), ...getLocal(REMAINING), ...getLocal(code)],
        ...[op.RETURN_CALL_INDIRECT, REGION_TYPE, TABLE],
      ],
      otherwise: [],
    });
  }

  /** Goes on at an address: in the region, where it is one of its entries behind calls. */
  private enter(node: number, target: Value): void {
    const { specializer, region } = this;
    const isIndirect = endsIndirectly(this.memory, this.operations, region.blocks[node - 1]!);
    const rip = specializer.stabilise(target);
    if (isIndirect && region.entries.length > 1) {
      const stale = specializer.facts.mayBeStale;
      if (stale)
        specializer.conditionally(inLocal(op.I32, STALE), () => {
          this.exitAt(rip);
        });
      for (const entry of region.entries.slice(1)) {
        const there = this.address(region.blocks[entry]!.key & 0xfff);
        const same = computed(op.I32, [rip.code, there.code, 0x51]);
        specializer.conditionally(same, () => {
          this.structurer.goByDispatch(entry + 1, this.host);
        });
      }
    }
    this.exitAt(rip);
  }
}
