/** Tells events of the trace: a sentence each, and, of one that somebody has chosen, all that there is to know. */
import type { TraceDetail, TraceEvent } from '../../../hypervisor/trace/event.ts';
import type { PlainValue } from '../../../hypervisor/trace/values.ts';
import type { Explanation, KindRow, ToldValue } from './explanation.ts';
import { argumentsOf, givenValues, toldCall, valuesOf } from './hypercalls.ts';
import { KIND_ROWS } from './kinds.ts';
import { addressWords, domainWords, errnoName, fill, hex, statusName } from './words.ts';
import type { DomainNames } from './words.ts';

type Call = Extract<TraceDetail, { kind: 'hypercall' }>;

/** An event in a sentence. It never throws, whatever a guest has done. */
export function sentenceOf({ domain, detail }: TraceEvent, names: DomainNames): string {
  const who = domainWords(domain, names);
  if (detail.kind === 'hypercall') return `${who} ${callWords(detail, names)}`;
  return rowOf(detail).says(detail, who, names);
}

/** A line of a file: time, sentence; indented by the spans around it. */
export function sentenceLine(event: TraceEvent, periodNs: number, names: DomainNames): string {
  const seconds = ((event.ticks * periodNs) / 1e9).toFixed(9);
  return `${seconds} ${'  '.repeat(event.depth)}${sentenceOf(event, names)}`;
}

/** An explanation as text, a paragraph each. */
export function explanationText(told: Explanation): string {
  const { title, sentence, why, values, header, source, result, refusal } = told;
  const longest = Math.max(0, ...values.map(({ name }) => name.length));
  return [
    title,
    `  ${sentence}`,
    `  ${why}`,
    ...(result === null ? [] : [`  ${result}`]),
    ...(refusal === null ? [] : [`  The check that said no: ${refusal}.`]),
    ...values.map(
      ({ name, value, after }) =>
        `    ${name.padEnd(longest)}  ${value}${after === undefined ? '' : ` -> ${after}`}`,
    ),
    ...(header === null ? [] : [`  In Xen’s headers: ${header.symbol}, xen/include/public/${header.file}`]),
    `  Done here by: ${source.name}, ${source.path}`,
  ].join('\n');
}

/** Rows and details belong together: TypeScript cannot see that of a union. */
function rowOf(detail: Exclude<TraceDetail, Call>): KindRow<TraceDetail['kind']> {
  return KIND_ROWS[detail.kind] as KindRow<TraceDetail['kind']>;
}

function callWords(call: Call, names: DomainNames): string {
  const { row } = toldCall(call);
  const says = fill(row.says, givenValues(call), names);
  const { count } = call.given;
  const more =
    count > 1 && !row.says.includes('{count}') ? `, and ${(count - 1).toLocaleString('en')} more such` : '';
  return `${says}${more}${endWords(call, names)}`;
}

/** How a call ended, behind the sentence. */
function endWords(call: Call, names: DomainNames): string {
  const failure = failureOf(call);
  if (failure !== null) return ` — ${failure.name}: ${call.refusal ?? failure.means}`;
  const gives = givesWords(call, names);
  const short = isShort(call) && call.refusal !== null ? `, then: ${call.refusal}` : '';
  return gives === '' ? short : ` → ${gives}${short}`;
}

function givesWords(call: Call, names: DomainNames): string {
  if (call.result === null || failureOf(call) !== null) return '';
  return fill(toldCall(call).row.gives, valuesOf(call), names);
}

/** Why a call has failed; null: it has not, or it is not over. Of a batch of grants: the first, by its status. */
function failureOf(call: Call): { readonly name: string; readonly means: string } | null {
  if (call.result === null) return null;
  const { rows, row } = toldCall(call);
  const status = call.gave[0]?.['status'];
  const isRefused = call.name === 'grant_table_op' && typeof status === 'number' && status < 0;
  if (call.result >= 0 && !isRefused) return null;
  const name = call.result < 0 ? errnoName(call.result) : statusName(status as number);
  return { name, means: row.errors[name] ?? rows.errors[name] ?? GENERAL[name] ?? 'it was refused' };
}

/** Memory that is asked for or given back piece by piece: the result says how many were done before a check said no. */
function isShort({ name, result, given: { structures } }: Call): boolean {
  const wanted = structures[0]?.['nr_extents'];
  return name === 'memory_op' && typeof wanted === 'number' && result !== null && result < wanted;
}

/** What an error means where a call says nothing else. */
const GENERAL: Readonly<Record<string, string>> = {
  EPERM: 'the caller may not',
  ENOENT: 'there is none',
  ESRCH: 'there is no such domain',
  E2BIG: 'it is too much at once',
  ENOMEM: 'there is no memory left',
  EACCES: 'the caller may not',
  EFAULT: 'an address cannot be read or written',
  EBUSY: 'it is in use',
  EEXIST: 'it is there already',
  ENODEV: 'there is no such device',
  EINVAL: 'a value does not fit',
  ENOSPC: 'there is no room left',
  ENOSYS: 'there is no such operation',
  EOPNOTSUPP: 'it is not supported here',
};

/** Whether an event is a failure: a refusal, a call that was refused, a crash. */
export function isFailure({ detail }: TraceEvent): boolean {
  if (detail.kind === 'hypercall') return failureOf(detail) !== null;
  return detail.kind === 'refusal' || detail.kind === 'crash';
}

/** All that is told of an event. It never throws. */
export function explain(event: TraceEvent, names: DomainNames): Explanation {
  const { detail } = event;
  const sentence = sentenceOf(event, names);
  if (detail.kind === 'hypercall') return { sentence, ...explainCall(detail, names) };
  const { title, why, header, source } = rowOf(detail);
  return { sentence, title, why, header, source, values: detailValues(detail), result: null, refusal: null };
}

function explainCall(call: Call, names: DomainNames): Omit<Explanation, 'sentence'> {
  const { name, command, row, header } = toldCall(call);
  const failure = failureOf(call);
  const gives = givesWords(call, names);
  const done = gives === '' ? 'It is done.' : `It is done: ${gives}.`;
  const over = failure === null ? done : `It was refused with ${failure.name}: ${failure.means}.`;
  return {
    title: command === null ? name : `${name}: ${command}`,
    why: row.why,
    values: callValues(call),
    header,
    source: row.source,
    result: call.result === null ? 'It is not over: it goes on later.' : over,
    refusal: failure === null && !isShort(call) ? null : call.refusal,
  };
}

/** The arguments, then the structures that they point to: what was given, and what Xen has made of it. */
function callValues(call: Call): readonly ToldValue[] {
  const args = Object.entries(argumentsOf(call)).map(([name, value]) => ({ name, value: valueWords(value) }));
  const { structures, count } = call.given;
  const told = structures.flatMap((structure, n) =>
    Object.entries(structure).map(([path, value]) => {
      const after = call.gave[n]?.[path];
      const name = count > 1 ? `[${String(n)}].${path}` : path;
      const shown = { name, value: valueWords(value) };
      return after === undefined ? shown : { ...shown, after: valueWords(after) };
    }),
  );
  return [...args, ...told];
}

/** Large numbers are addresses or bits. */
function valueWords(value: PlainValue): string {
  if (typeof value === 'string') return addressWords(value);
  return Math.abs(value) < 0x1_0000 ? String(value) : `${hex(value)} (${value.toLocaleString('en')})`;
}

function detailValues(detail: Exclude<TraceDetail, Call>): readonly ToldValue[] {
  return Object.entries(detail).flatMap(([name, value]: [string, unknown]) => {
    if (name === 'kind') return [];
    if (typeof value === 'number') return [{ name, value: valueWords(value) }];
    if (typeof value === 'string') return [{ name, value }];
    if (typeof value === 'boolean') return [{ name, value: value ? 'yes' : 'no' }];
    return ArrayBuffer.isView(value)
      ? [{ name, value: `${value.byteLength.toLocaleString('en')} bytes` }]
      : [];
  });
}
