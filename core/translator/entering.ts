/** How a function finds the entry that it is to go on at: its dispatch, where there are several. */
import { Label, type Code } from './code.ts';
import { turning } from './crossing.ts';
import { getLocal, i64, setLocal, teeLocal } from './instructions.ts';
import * as op from './opcodes.ts';
import type { Region } from './region.ts';
import { PAGE } from './slots.ts';
import { inLocal } from './value.ts';
import { BASE, ENTRY, EXIT_RIP, REMAINING, RESULT, type FunctionWriter } from './writer.ts';

/** ENTRY where it is not known: more than there are. */
export const NO_ENTRY = 0xffff;

/**
 * Goes to the label of the entry whose number is given, or of that which is at EXIT_RIP, where returns and the like come to; or
 * ends there. `labels` begin with those of the region's entries, in their order.
 */
export function findingDispatch(
  writer: FunctionWriter,
  region: Region,
  labels: readonly Label[],
  hasPages: boolean,
): Code {
  const find = new Label('find');
  const table: Code = [getLocal(ENTRY), { kind: 'table', labels: [...labels, find] }];
  const code: Code = [{ kind: 'block', label: find, body: table }];
  const base = hasPages ? BASE : writer.local(PAGE);
  const end: Code = [getLocal(REMAINING), setLocal(RESULT), { kind: 'branch', label: writer.exit }];
  for (const [n, entry] of region.entries.entries()) {
    const to = region.blocks[entry]!;
    const mark = writer.mark();
    const then: Code = [];
    if (hasPages) {
      const page = inLocal(op.I64, writer.temporary(op.I64));
      then.push(getLocal(base), i64(BigInt(to.page)), op.I64_ADD, teeLocal(page.local));
      then.push(getLocal(writer.local(PAGE)), op.I64_NE);
      then.push({ kind: 'if', then: turning(writer, page, to, end), otherwise: [] });
    }
    then.push({ kind: 'branch', label: labels[n]! });
    code.push(getLocal(EXIT_RIP), getLocal(base), i64(BigInt(to.page + (to.key & 0xfff))), op.I64_ADD);
    code.push(op.I64_EQ, { kind: 'if', then, otherwise: [] });
    writer.release(mark);
  }
  code.push(end);
  return code;
}
