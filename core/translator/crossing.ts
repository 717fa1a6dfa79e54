/** How a translated function is followed by another, and how it comes to other pages: its end, which all ways out of it share. */
import { RELAY, TURN_TO } from './calls.ts';
import type { Code } from './code.ts';
import { access, getLocal, i64, setLocal, teeLocal } from './instructions.ts';
import * as op from './opcodes.ts';
import { PAGE } from './slots.ts';
import { CODE, EXIT_RIP, NEXT, REMAINING, RESULT, type FunctionWriter } from './writer.ts';
import { BLOCK_CODE, BLOCK_ENTRY } from '../wasm/block-header.ts';

/** Where the page of EXIT_RIP is. */
const PAGE_OF_EXIT: Code = [getLocal(EXIT_RIP), i64(-0x1000n), op.I64_AND];

/** Turns to the page whose address is in a local, for the block at NEXT (core/wasm/blocks.ts `turnTo`); gives whether that is so. */
function turn(writer: FunctionWriter, page: number): Code {
  return [getLocal(page), getLocal(NEXT), getLocal(REMAINING), op.CALL, writer.imported(TURN_TO)];
}

/** Goes to the page of EXIT_RIP inside of the region, for the block at NEXT: or ends there. */
export function turning(writer: FunctionWriter): Code {
  const page = writer.temporary(op.I64);
  return [
    ...[PAGE_OF_EXIT, setLocal(page), turn(writer, page), op.I32_EQZ],
    { kind: 'branchIf', label: writer.out, copies: [], rare: true },
    ...[getLocal(page), setLocal(writer.local(PAGE))],
  ];
}
/** The same, unless it is in that page already. */
export function turningIfElsewhere(writer: FunctionWriter): Code {
  const page = writer.temporary(op.I64);
  const there = [getLocal(page), setLocal(writer.local(PAGE))];
  const out: Code = [{ kind: 'branch', label: writer.out }];
  return [
    ...[PAGE_OF_EXIT, teeLocal(page), getLocal(writer.local(PAGE)), op.I64_NE],
    {
      kind: 'if',
      then: [...turn(writer, page), { kind: 'if', then: there, otherwise: out, rare: 'otherwise' }],
      otherwise: [],
    },
  ];
}

/**
 * The ways out of a function, around its body, which branches to one of them: with EXIT_RIP set, and for the first two NEXT,
 *
 * - `cross`: goes on with the region that begins at that block of another page;
 * - `goOn`: with that of this page. If there is none by now, or the page is not what it was, it ends there:
 * - `out`: ends with what is left of the budget;
 * - `exit`: with what RESULT says. Behind this EXIT_RIP is to be stored.
 */
export function waysOut(writer: FunctionWriter, body: Code): Code {
  const loadCode: Code = [getLocal(NEXT), access([op.I32_LOAD, 0], BLOCK_CODE)];
  const mark = writer.mark();
  const page = writer.temporary(op.I64);
  const cross: Code = [
    ...[loadCode, op.I32_EQZ, { kind: 'branchIf', label: writer.out, copies: [], rare: true }],
    ...[PAGE_OF_EXIT, setLocal(page), turn(writer, page), op.I32_EQZ],
    { kind: 'branchIf', label: writer.out, copies: [], rare: true },
  ] as Code;
  writer.release(mark);
  const goOn: Code = [loadCode, teeLocal(CODE), { kind: 'branchIf', label: writer.leave, copies: [] }];
  const inside: Code = writer.crosses ? [{ kind: 'block', label: writer.cross, body }, cross] : body;
  const out: Code = [{ kind: 'block', label: writer.goOn, body: inside }, goOn];
  const end: Code = [getLocal(REMAINING), setLocal(RESULT)];
  return [
    { kind: 'block', label: writer.exit, body: [{ kind: 'block', label: writer.out, body: out }, end] },
  ];
}

/** The function is done, and all is stored: the region at NEXT goes on, if CODE has its table index. */
export function followed(writer: FunctionWriter): Code {
  const then: Code = [
    ...[getLocal(NEXT), access([op.I32_LOAD16_U, 0], BLOCK_ENTRY), getLocal(REMAINING), getLocal(CODE)],
    ...[op.RETURN_CALL, writer.imported(RELAY)],
  ];
  return [getLocal(CODE), { kind: 'if', then, otherwise: [] }];
}
