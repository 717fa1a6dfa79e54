/** How a translated function is followed by another: by a tail call, without a way through the core. */
import type { DecodedBlock } from './blocks.ts';
import type { Code } from './code.ts';
import { access, at, getLocal, i32, i64, setLocal, teeLocal } from './instructions.ts';
import { REGION_TYPE, TABLE } from './module.ts';
import * as op from './opcodes.ts';
import { PAGE, TLB } from './slots.ts';
import type { Value } from './value.ts';
import { REMAINING, type FunctionWriter } from './writer.ts';
import { BLOCK_CODE, BLOCK_ENTRY } from '../wasm/block-header.ts';
import {
  CODE_PAGE,
  CODE_POINTER,
  FRAME_VERSIONS,
  MEMORY,
  REGS,
  SLOT_PAGE,
  TLB_ENTRIES,
  TLB_ENTRY_SHIFT,
} from '../wasm/layout.ts';
import { ADDEND, EXECUTE_TAG } from '../wasm/tlb-entry.ts';

const PAGE_SHIFT = 12;

/** The function is done: another one, whose table index is in a local, goes on, with the entry that memory has at an address. */
export function goOnIn(writer: FunctionWriter, code: number, entry: number): Code {
  return [
    writer.store,
    ...[i32(0), at(op.I32_LOAD, entry), getLocal(REMAINING), getLocal(code)],
    ...[op.RETURN_CALL_INDIRECT, REGION_TYPE, TABLE],
  ];
}

/** Where a TLB entry of a page is: sets a local to it. */
function findEntry(writer: FunctionWriter, page: Value, entry: number): Code {
  return [
    ...[getLocal(writer.local(TLB)), page.code, i64(BigInt(PAGE_SHIFT - TLB_ENTRY_SHIFT))],
    ...[op.I64_SHR_U, op.I32_WRAP, i32((TLB_ENTRIES - 1) << TLB_ENTRY_SHIFT), op.I32_AND, op.I32_ADD],
    setLocal(entry),
  ];
}

const pointerOf = ({ key }: DecodedBlock): number => (MEMORY + (key & ~0xfff)) | 0;

/**
 * What must hold so that a block of another page may be gone on with: the processor has cached the page as it was when this was
 * translated, its code is the same, and the budget is not used up. A look-up (core/wasm/blocks.ts) would come there then, and would
 * change what `turn` changes alone. The second of them is the look's at the TLB's entry.
 */
function conditionsOf(page: Value, target: DecodedBlock, entry: number): Code[] {
  return [
    [getLocal(entry), access([op.I64_LOAD, 0], EXECUTE_TAG), page.code, op.I64_EQ],
    [
      ...[getLocal(entry), access([op.I32_LOAD, 0], ADDEND), page.code, op.I32_WRAP, op.I32_ADD],
      ...[i32(pointerOf(target)), op.I32_EQ],
    ],
    [
      ...[i32(0), at(op.I32_LOAD, FRAME_VERSIONS + (target.key >>> PAGE_SHIFT) * 4), i32(target.version)],
      op.I32_EQ,
    ],
    [getLocal(REMAINING)],
  ];
}

/** The processor executes a block of another page from now on. */
function turn(page: Value, target: DecodedBlock): Code {
  return [
    ...[i32(0), page.code, at(op.I64_STORE, CODE_PAGE)],
    ...[i32(0), i32(pointerOf(target)), at(op.I32_STORE, CODE_POINTER)],
    ...[i32(0), page.code, at(op.I64_STORE, REGS + SLOT_PAGE * 8)],
  ];
}

/** Goes on with another region, at a block in another page, if it has a translation and may be gone on with. Else nothing is done. */
export function crossing(writer: FunctionWriter, page: Value, target: DecodedBlock): Code {
  const entry = writer.temporary(op.I32);
  const code = writer.temporary(op.I32);
  const conditions = [
    ...conditionsOf(page, target, entry),
    [i32(0), at(op.I32_LOAD, target.at + BLOCK_CODE), teeLocal(code)],
  ];
  const go: Code = [turn(page, target), ...goOnIn(writer, code, target.at + BLOCK_ENTRY)];
  return [
    ...findEntry(writer, page, entry),
    conditions.reduceRight<Code>(
      (then, condition) => [...condition, { kind: 'if', then, otherwise: [] }],
      go,
    ),
  ];
}

/** Goes to another page of the same region, at a block of it, or `otherwise`, which ends this. `page` is in a local. */
export function turning(writer: FunctionWriter, page: Value, target: DecodedBlock, otherwise: Code): Code {
  const entry = writer.temporary(op.I32);
  const [tag, pointer, version, remaining] = conditionsOf(page, target, entry) as [Code, Code, Code, Code];
  const isThere: Code = [
    ...tag,
    pointer,
    op.I32_AND,
    version,
    op.I32_AND,
    remaining,
    i32(0),
    op.I32_NE,
    op.I32_AND,
  ];
  return [
    ...findEntry(writer, page, entry),
    ...[isThere, op.I32_EQZ, { kind: 'if', then: otherwise, otherwise: [] }],
    turn(page, target),
    ...[page.code, setLocal(writer.local(PAGE))],
  ] as Code;
}
