/** How a function finds the entry that it is to go on at: its dispatch, where there are several. */
import { Label, type Code } from './code.ts';
import { turningIfElsewhere } from './crossing.ts';
import { getLocal, i32, i64, setLocal } from './instructions.ts';
import * as op from './opcodes.ts';
import type { Region } from './region.ts';
import { PAGE } from './slots.ts';
import { BASE, ENTRY, EXIT_RIP, NEXT, type FunctionWriter } from './writer.ts';

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
  const found = new Label('found');
  const table: Code = [getLocal(ENTRY), { kind: 'table', labels: [...labels, find] }];
  const code: Code = [{ kind: 'block', label: find, body: table }];
  const base = hasPages ? BASE : writer.local(PAGE);
  const mark = writer.mark();
  const offset = writer.temporary(op.I64);
  const looks: Code = [getLocal(EXIT_RIP), getLocal(base), op.I64_SUB, setLocal(offset)];
  for (const [n, entry] of region.entries.entries()) {
    const to = region.blocks[entry]!;
    const then: Code = hasPages
      ? [i32(n), setLocal(ENTRY), i32(to.at), setLocal(NEXT), { kind: 'branch', label: found }]
      : [{ kind: 'branch', label: labels[n]! }];
    looks.push(getLocal(offset), i64(BigInt(to.page + (to.key & 0xfff))));
    looks.push(op.I64_EQ, { kind: 'if', then, otherwise: [] });
  }
  looks.push({ kind: 'branch', label: writer.out });
  if (!hasPages) return [...code, looks];
  const turns = turningIfElsewhere(writer);
  writer.release(mark);
  return [
    ...code,
    { kind: 'block', label: found, body: looks },
    turns,
    ...[getLocal(ENTRY), { kind: 'table', labels }],
  ] as Code;
}
