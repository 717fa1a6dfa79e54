/** The hypercalls' part of the table: one row each, and one for each of its commands. */
import { namesOf } from '../../../hypervisor/abi/names.ts';
import * as xen from '../../../hypervisor/abi/xen.ts';
import { hypercallOf } from '../../../hypervisor/hypercalls/table.ts';
import type { TraceDetail } from '../../../hypervisor/trace/event.ts';
import type { Plain, PlainValue } from '../../../hypervisor/trace/values.ts';
import { plainWide } from '../../../hypervisor/trace/plain.ts';
import { absentCalls } from './calls/absent.ts';
import { controlCalls } from './calls/control.ts';
import { eventCalls } from './calls/events.ts';
import { grantCalls } from './calls/grants.ts';
import { machineCalls } from './calls/machine.ts';
import { memoryCalls } from './calls/memory.ts';
import { mmuCalls } from './calls/mmu.ts';
import { processorCalls } from './calls/processors.ts';
import type { CallRow, HeaderName, HypercallRows } from './explanation.ts';
import { row } from './explanation.ts';

type Call = Extract<TraceDetail, { kind: 'hypercall' }>;

/** By the hypercall's name. */
export const HYPERCALL_ROWS: Readonly<Record<string, HypercallRows>> = {
  ...mmuCalls,
  ...processorCalls,
  ...eventCalls,
  ...grantCalls,
  ...memoryCalls,
  ...controlCalls,
  ...machineCalls,
  ...absentCalls,
};

const NUMBERED = namesOf(xen, 'HYPERVISOR_');

const UNKNOWN: HypercallRows = {
  header: 'xen.h',
  row: row(
    'makes a hypercall that there is none of',
    'Hypercalls have numbers, as system calls do. This one Xen does not know: the answer is ENOSYS, and nothing has happened.',
    'hypercalls/table.ts',
    'hypercallOf',
  ),
  commands: {},
  errors: { ENOSYS: 'there is no hypercall of that number' },
};

/** What a call is called: of one that is not here, as Xen's headers do. */
export function nameOf({ name, number }: Pick<Call, 'name' | 'number'>): string {
  if (Object.hasOwn(HYPERCALL_ROWS, name)) return name;
  return NUMBERED[number]?.slice('HYPERVISOR_'.length) ?? name;
}

/** What a table has of a name, whatever name that is. */
function own<T>(table: Readonly<Record<string, T>>, name: string): T | undefined {
  return Object.hasOwn(table, name) ? table[name] : undefined;
}

/** What is told of a call: its command's row, or its own. */
export interface ToldCall {
  readonly name: string;
  readonly command: string | null;
  readonly rows: HypercallRows;
  readonly row: CallRow;
  readonly header: HeaderName | null;
}

export function toldCall(call: Call): ToldCall {
  const name = nameOf(call);
  const rows = own(HYPERCALL_ROWS, name) ?? UNKNOWN;
  const { command } = call.given;
  // The operations of an mmuext_op are told one by one, as they are carried out.
  const isOne = name !== 'mmuext_op' || call.given.count === 1;
  const ownRow = command !== null && isOne ? own(rows.commands, command) : undefined;
  const isKnown = rows !== UNKNOWN;
  const symbol = ownRow === undefined ? `__HYPERVISOR_${isKnown ? name : 'xen_version'}` : command!;
  return {
    name,
    command: ownRow === undefined ? null : command,
    rows,
    row: ownRow ?? rows.row,
    header:
      ownRow === undefined ? { file: 'xen.h', symbol } : ownRow.isOurs ? null : { file: rows.header, symbol },
  };
}

/** All values of a call by name: its arguments, the first structure that it points to, and what Xen has changed there. */
export function valuesOf(call: Call): Readonly<Record<string, PlainValue>> {
  return {
    ...argumentsOf(call),
    ...(call.given.structures[0] ?? {}),
    ...(call.gave[0] ?? {}),
    ...(call.result === null ? {} : { result: call.result }),
  };
}

/** The same, as they were when it was made. */
export function givenValues(call: Call): Readonly<Record<string, PlainValue>> {
  return { ...argumentsOf(call), ...(call.given.structures[0] ?? {}) };
}

/** A call's arguments by the names of its table. */
export function argumentsOf({ number, words }: Call): Plain {
  const args = hypercallOf(number)?.args ?? [];
  return Object.fromEntries(
    args.map(({ name }, place) => [
      name,
      plainWide((words[2 * place] ?? 0) >>> 0, (words[2 * place + 1] ?? 0) >>> 0),
    ]),
  );
}
