/** How a translated function is followed by another: by a tail call, without a way through the core. */
import type { DecodedBlock } from './blocks.ts';
import type { Code } from './code.ts';
import { access, at, getLocal, i32, i64, setLocal, teeLocal } from './instructions.ts';
import { REGION_TYPE, TABLE } from './module.ts';
import * as op from './opcodes.ts';
import { TLB } from './slots.ts';
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

/**
 * Goes on in another page, at a block of it, if it has a translation, the processor has cached the page as it was when this was
 * translated, its code is the same, and the budget is not used up: a look-up (core/wasm/blocks.ts) would come there then, and
 * would change CODE_PAGE, CODE_POINTER and SLOT_PAGE alone. Else nothing is done.
 */
export function crossing(writer: FunctionWriter, page: Value, target: DecodedBlock): Code {
  const frame = target.key >>> 12;
  const pointer = (MEMORY + frame * 0x1000) | 0;
  const entry = writer.temporary(op.I32);
  const code = writer.temporary(op.I32);
  const conditions: Code[] = [
    [getLocal(entry), access([op.I64_LOAD, 0], EXECUTE_TAG), page.code, op.I64_EQ],
    [
      ...[getLocal(entry), access([op.I32_LOAD, 0], ADDEND), page.code, op.I32_WRAP, op.I32_ADD],
      ...[i32(pointer), op.I32_EQ],
    ],
    [i32(0), at(op.I32_LOAD, FRAME_VERSIONS + frame * 4), i32(target.version), op.I32_EQ],
    [getLocal(REMAINING)],
    [i32(0), at(op.I32_LOAD, target.at + BLOCK_CODE), teeLocal(code)],
  ];
  const go: Code = [
    ...[i32(0), page.code, at(op.I64_STORE, CODE_PAGE)],
    ...[i32(0), i32(pointer), at(op.I32_STORE, CODE_POINTER)],
    ...[i32(0), page.code, at(op.I64_STORE, REGS + SLOT_PAGE * 8)],
    ...goOnIn(writer, code, target.at + BLOCK_ENTRY),
  ];
  return [
    ...[
      getLocal(writer.local(TLB)),
      page.code,
      i64(BigInt(PAGE_SHIFT - TLB_ENTRY_SHIFT)),
      op.I64_SHR_U,
      op.I32_WRAP,
    ],
    ...[i32((TLB_ENTRIES - 1) << TLB_ENTRY_SHIFT), op.I32_AND, op.I32_ADD, setLocal(entry)],
    conditions.reduceRight<Code>(
      (then, condition) => [...condition, { kind: 'if', then, otherwise: [] }],
      go,
    ),
  ];
}
