/** A region as x86, as the decoder's records, and as WebAssembly, side by side: for whoever wants to see what the translator does. */
import type { Binaryen } from './binaryen.ts';
import type { Bytes, Code } from './code.ts';
import { unsigned } from './bytes.ts';
import { encodeModule, nameSection, type Import } from './module.ts';
import * as op from './opcodes.ts';
import type { Operations } from './operations.ts';
import { RECORD_BYTES, offsetOf } from './record.ts';
import { recordText } from './record-text.ts';
import { findRegion, type Region, type RegionBlock } from './region.ts';
import { translateRegion } from './translate-region.ts';
import { foldText } from './wat.ts';
import { disassemble } from '../disassembler/disassemble.ts';
import { BLOCK_RECORDS } from '../wasm/block-header.ts';
import { MEMORY } from '../wasm/layout.ts';

/** What a record is: the instructions that it was made of, and what the decoder has made of them. */
export interface ExplainedRecord {
  /** Of the first instruction, sign-interpreted. */
  readonly address: number;
  /** Instructions; none for a record that comes with the one before. */
  readonly x86: readonly string[];
  readonly text: string;
  /** Whether a block begins with it. */
  readonly begins: boolean;
}

/** Code of one record, in the order in which it stands in the function; null: of none. */
export interface ExplainedCode {
  readonly record: ExplainedRecord | null;
  /** Its code has begun before, and something else stood in between. */
  readonly continues: boolean;
  /** In WebAssembly's text format. */
  readonly wasm: readonly string[];
}

export interface ExplainedRegion {
  readonly blocks: number;
  readonly records: number;
  readonly bytes: number;
  readonly code: readonly ExplainedCode[];
}

/** Calls that stand where a record's code begins, until the text is cut there. */
const MARK = 'mark.';
const MARK_LINE = /^ *\(call \$mark\.(\d+)\)$/;

/** Explains the region that begins at the block at `first`, whose page is at the linear address `page`. */
export function explainRegion(
  memory: DataView,
  operations: Operations,
  binaryen: Binaryen,
  first: number,
  page: bigint,
): ExplainedRegion {
  const region = findRegion(memory, operations, first, page);
  const records = new Map<number, ExplainedRecord>();
  for (const block of region.blocks)
    for (const [at, record] of recordsOf(memory, operations, region, block)) records.set(at, record);
  const { wasm, bytes } = marked(memory, operations, region);
  const module = binaryen.readBinaryWithFeatures(wasm, binaryen.Features.All);
  const text = module.emitText();
  module.dispose();
  const lines = foldText(functionOf(text), `call $${MARK}`);
  return { blocks: region.blocks.length, records: region.records, bytes, code: cut(lines, records) };
}

/** Records of a block, by where they are in memory. */
function recordsOf(
  memory: DataView,
  operations: Operations,
  { page }: Region,
  block: RegionBlock,
): [number, ExplainedRecord][] {
  const starts: number[] = [];
  for (let at = block.at + BLOCK_RECORDS; at < block.end; at += RECORD_BYTES) starts.push(at);
  return starts.map((at, n) => {
    const [from, to] = [
      offsetOf(memory, at),
      n + 1 < starts.length ? offsetOf(memory, starts[n + 1]!) : block.behind,
    ];
    const address = Number(BigInt.asIntN(64, page)) + block.page + from;
    const frame = MEMORY + (block.key & ~0xfff);
    const x86: string[] = [];
    for (let offset = from; offset < to;) {
      const bytes = new Uint8Array(memory.buffer, frame + offset, to - offset);
      const { text, length } = disassemble(bytes, address + offset - from);
      x86.push(text);
      offset += length;
    }
    return [at, { address, x86, text: recordText(memory, operations, at), begins: n === 0 }];
  });
}

/** The region as a module of its own, with a call in front of each part of a record's code; and the bytes that it has without them. */
function marked(
  memory: DataView,
  operations: Operations,
  region: Region,
): { wasm: Uint8Array; bytes: number } {
  const imports: Import[] = [];
  const imported = (name: string): Bytes => {
    let index = imports.findIndex((each) => each.name === name);
    if (index < 0) {
      const signature = name.startsWith(MARK) ? { takes: [], gives: op.EMPTY } : operations.signatureOf(name);
      index = imports.push({ name, ...signature }) - 1;
    }
    const bytes: number[] = [];
    unsigned(bytes, index);
    return bytes;
  };
  const bytes = translateRegion(memory, operations, region, imported).code.length;
  const remark = (record: number): Code => [op.CALL, imported(MARK + String(record))];
  const translated = translateRegion(memory, operations, region, imported, remark);
  const module = encodeModule(imports, [translated], 1);
  const names = nameSection(imports, ['region'], [translated.localNames()]);
  const wasm = new Uint8Array(module.length + names.length);
  wasm.set(module);
  wasm.set(names, module.length);
  return { wasm, bytes };
}

/** What is in the one function. */
function functionOf(text: string): string {
  const from = text.indexOf('\n', text.indexOf('\n (func $region') + 1);
  return text.slice(from, text.indexOf('\n )\n', from));
}

/** The lines by records; locals' declarations are left out. */
function cut(lines: readonly string[], records: ReadonlyMap<number, ExplainedRecord>): ExplainedCode[] {
  const code: { record: ExplainedRecord | null; continues: boolean; wasm: string[] }[] = [
    { record: null, continues: false, wasm: [] },
  ];
  const seen = new Set<ExplainedRecord>();
  for (const line of lines) {
    if (line.startsWith('(local $')) continue;
    const mark = MARK_LINE.exec(line);
    const last = code.at(-1)!;
    if (mark === null) {
      last.wasm.push(line);
      continue;
    }
    const record = records.get(Number(mark[1])) ?? null;
    if (last.record === record) continue;
    code.push({ record, continues: record !== null && seen.has(record), wasm: [] });
    if (record !== null) seen.add(record);
  }
  return code.filter(({ wasm, continues }) => wasm.length > 0 || !continues);
}
