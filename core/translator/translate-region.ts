/** Writes a region as one function of WebAssembly: (entry, remaining) -> remaining, or its complement (core/wasm/tiers.ts). */
import { ByteWriter, type BranchHint } from './bytes.ts';
import type { DecodedBlock } from './blocks.ts';
import { checkpoints } from './checkpoints.ts';
import type { Bytes, Code } from './code.ts';
import { Label, layOut } from './code.ts';
import { followed, waysOut } from './crossing.ts';
import { GoingOn, type Here, type Remark } from './going-on.ts';
import { at, getLocal, i32, setLocal } from './instructions.ts';
import * as op from './opcodes.ts';
import type { Operations } from './operations.ts';
import { RECORD_BYTES, operationOf, retiresOf } from './record.ts';
import type { Region } from './region.ts';
import { BASE, EXIT_RIP, FAULT_BLOCK, FAULT_RECORD, FLOOR, REMAINING, RESULT } from './writer.ts';
import { BLOCK_RECORDS } from '../wasm/block-header.ts';
import { RIP } from '../wasm/layout.ts';

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

class RegionWriter extends GoingOn {
  /** By nodes that look at the budget: how much of it there must be. */
  private readonly rooms: ReadonlyMap<number, number>;

  constructor(...of: ConstructorParameters<typeof GoingOn>) {
    super(...of);
    const { blocks } = this.region;
    this.rooms = checkpoints(
      this.structurer,
      (node) => blocks[node - 1]!.count,
      (node) => node !== 0 && this.repeats(blocks[node - 1]!),
    );
  }

  /** Whether a record of a block may retire more than an instruction. */
  private repeats({ at, end }: DecodedBlock): boolean {
    for (let record = at + BLOCK_RECORDS; record < end; record += RECORD_BYTES)
      if (this.operations.nameOf(operationOf(this.memory, record)) === REPEATED) return true;
    return false;
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

  protected node(node: number): void {
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
}
