/** What a debugger's commands do (commands.ts). */
import { hex64, PAGE_BYTES } from '../../../core/machine.ts';
import { backToWrite, eventSearch, onToWrite } from '../../lab/time/travel.ts';
import { lastLineOf } from '../../lab/function-lines.ts';
import { branchViews, dropBranch as dropBranchOf, takeUp as takeUpBranch } from '../../lab/time/branches.ts';
import { markOf } from '../../lab/time/marks.ts';
import type { Lab } from '../../lab/lab.ts';
import type { Mark } from '../../lab/time/recording.ts';
import { INSTANT_HELP, parseInstant } from '../instant.ts';
import { writeRun } from '../kept-runs.ts';
import { filterText, HYPERCALLS, parseFilter, passes } from '../../lab/event-filter.ts';
import { EVENT_WORDS, FILTER_HELP } from '../../lab/event-words.ts';
import type { EventFilter } from '../../lab/event-filter.ts';
import { PATIENCE_SECONDS, type Debugger } from './debugger.ts';
import * as looks from './looks.ts';
import { orWrong, Wrong } from './wrong.ts';

const NS_PER_SECOND = 1e9;

/** Does a command; gives what is to be printed. Rejects with Wrong. */
type Run = (debug: Debugger, args: string) => string | Promise<string>;

export function count(text: string, usual = 1): number {
  if (text === '') return usual;
  const value = Number(text);
  if (!Number.isSafeInteger(value) || value < 1)
    throw new Wrong(`${text}: it must be a whole number above 0`);
  return value;
}

/** Virtual address, sign-interpreted. */
export function address(text: string): number {
  if (!/^(0x[0-9a-f]{1,16}|\d{1,15})$/i.test(text))
    throw new Wrong(`${text}: it is no address, as 0xffffffff80100000 is`);
  return Number(BigInt.asIntN(64, BigInt(text)));
}

/** An address, if one is there, and a count. */
export function place(text: string, usual: number): { from: number | null; count: number } {
  const [first = '', second = ''] = text.split(/\s+/);
  if (/^0x/i.test(first)) return { from: address(first), count: count(second, usual) };
  return { from: null, count: count(first, usual) };
}

export function path(text: string): string {
  if (text === '') throw new Wrong('it needs a file');
  return text;
}

/** Steps of a kind, and where they lead. */
export function stepping(kind: Parameters<Debugger['step']>[0]): Run {
  return async (debug, args) => {
    const said = await debug.step(kind, count(args));
    return `${said}\n${looks.where(debug)}`;
  };
}

/** Goes back by a way of its own, so many times. */
export function backwards(what: string, step: (debug: Debugger) => boolean): Run {
  return (debug, args) => {
    for (let n = count(args); n > 0; n--)
      if (!orWrong(() => step(debug)))
        throw new Wrong(`there is no ${what} between here and ${debug.beginning}`);
    return looks.where(debug);
  };
}

/** `\r`, `\n`, `\t`, `\e`, `\\`, `\x03` are keys. */
export function keysOf(text: string): Uint8Array {
  const named: Readonly<Record<string, string>> = { r: '\r', n: '\n', t: '\t', e: '\x1b', '\\': '\\' };
  const plain = text.replace(/\\(x[0-9a-f]{2}|.)/gi, (_, key: string) =>
    key.length === 3 ? String.fromCharCode(parseInt(key.slice(1), 16)) : (named[key] ?? key),
  );
  return new TextEncoder().encode(plain);
}

export function type(debug: Debugger, keys: Uint8Array): string {
  const { past, domain } = debug.lab;
  if (domain.shutdown !== null) throw new Wrong('the domain has ended: nobody reads what is typed');
  const dropped = past.inputs.all.filter((input) => !past.inputs.hasCome(input)).length;
  const isBranch = debug.marks !== null && debug.ticks < debug.endTicks;
  debug.lab.type(keys);
  debug.marks = debug.marks === null ? null : upTo(debug, debug.marks);
  if (!isBranch) return 'typed; `until` or `continue` goes on';
  return `typed: from here on this is another run, and the recording's ${String(dropped)} later inputs do not come; \`until\` or \`continue\` goes on`;
}

/** Marks that are behind the debugger. */
function upTo({ kept }: Debugger, marks: readonly Mark[]): Mark[] {
  return marks.filter(({ ns }) => ns < kept.run.ns);
}

export function lookAt(debug: Debugger, name: string): string {
  if (name !== '') {
    debug.look(name);
    return looks.where(debug);
  }
  return debug.hosts
    .map((host) => `${host.lab === debug.lab ? '*' : ' '} ${host.name}  ${looks.seconds(host.lab.ns)}`)
    .join('\n');
}

export function breakAt(debug: Debugger, args: string): string {
  if (args === '') return list(debug);
  const event = events(args);
  if (event !== null) {
    debug.stops.addEvent(event);
    return `stops at every ${filterText(event)}`;
  }
  const match = /^(.+):(\d+)$/.exec(args);
  if (match === null) throw new Wrong(`it is FILE:LINE, or ${FILTER_HELP}`);
  const wanted = { file: match[1]!, line: Number(match[2]) };
  const text = debug.sources.get(wanted.file)?.split('\n');
  const found = debug.stops.addLine(
    text === undefined ? wanted : { ...wanted, last: lastLineOf(wanted.file, text, wanted.line) },
  );
  return `stops before ${found}`;
}

export function list({ stops }: Debugger): string {
  if (stops.isEmpty) return 'there are no breakpoints';
  return stops
    .all()
    .map((each, n) => `${String(n + 1).padStart(3)}  ${each}`)
    .join('\n');
}

export async function until(debug: Debugger, args: string): Promise<string> {
  if (args === '') throw new Wrong('it needs a text that the console is to print (a regular expression)');
  let text: RegExp;
  try {
    text = new RegExp(args);
  } catch (error) {
    throw new Wrong((error as Error).message);
  }
  return `${await debug.go({ text })}\n${looks.where(debug)}`;
}

export async function goTo(debug: Debugger, args: string): Promise<string> {
  const instant = parseInstant(args);
  if (instant === null) throw new Wrong(`it needs an instant: ${INSTANT_HELP}`);
  await debug.goTo(instant);
  return looks.where(debug);
}

export async function record(debug: Debugger, args: string): Promise<string> {
  if (debug.marks === null)
    throw new Wrong('what began with a snapshot cannot be recorded: `save` makes a snapshot');
  const before = upTo(debug, debug.marks);
  await debug.kept.run.settle();
  return writeRun(debug.kept, [...before, await markOf(debug.kept.run)], path(args));
}

export function toWrite(debug: Debugger, args: string): string {
  const { at, bytes } = written(debug, args);
  if (!backToWrite(debug.lab, at, bytes))
    throw new Wrong(`nothing has written there between ${debug.beginning} and here`);
  return looks.where(debug);
}

export function onWrite(debug: Debugger, args: string): string {
  const { lab } = debug;
  const { at, bytes } = written(debug, args);
  const patience = lab.endTicks + (PATIENCE_SECONDS * NS_PER_SECOND) / lab.periodNs;
  if (!onToWrite(lab, at, bytes, debug.marks === null ? patience : Math.max(debug.endTicks, debug.ticks)))
    throw new Wrong(`nothing writes there between where it was and here\n${looks.where(debug)}`);
  return looks.where(debug);
}

/** Machine memory at a virtual address. */
function written({ lab }: Debugger, args: string): { readonly at: number; readonly bytes: number } {
  const { from, count: bytes } = place(args, 8);
  if (from === null) throw new Wrong('it needs an address, as 0xffffffff80100000 is');
  const at = lab.hypervisor.machine.peek(from);
  if (at < 0) throw new Wrong(`nothing is mapped at ${hex64(from)}`);
  if ((at % PAGE_BYTES) + bytes > PAGE_BYTES) throw new Wrong('it is for bytes of one page');
  return { at, bytes };
}

export function backToEvent(debug: Debugger, args: string): string {
  const wanted = events(args === '' ? 'hypercall' : args);
  if (wanted === null) throw new Wrong(`it is ${FILTER_HELP}`);
  debug.back(
    eventSearch((event) => passes(wanted, event)),
    filterText(wanted),
  );
  return looks.where(debug);
}

export const eventWords = (): string[] => [...EVENT_WORDS, ...HYPERCALLS.map((name) => `hypercall ${name}`)];

/** Null: it is no event. */
function events(text: string): EventFilter | null {
  return orWrong(() => parseFilter(text));
}

/** Runs that were left: where, and what they had typed since. */
export function branches({ lab }: Debugger): string {
  const rows = branchViews(lab).map(({ fromNs, toNs, came }, n) => {
    const span = `${looks.seconds(fromNs)} to ${looks.seconds(toNs)}`;
    return `${String(n + 1)}  ${span}${came.length === 0 ? '' : `: ${came.join(', ')}`}`;
  });
  return rows.length === 0 ? 'there is this run alone' : rows.join('\n');
}

/** Does something with a branch, by its number from 0. */
function withBranch({ lab }: Debugger, args: string, work: (lab: Lab, number: number) => void): void {
  orWrong(() => {
    work(lab, count(args) - 1);
  });
}

export function takeUp(debug: Debugger, args: string): string {
  withBranch(debug, args, takeUpBranch);
  debug.marks = debug.marks === null ? null : upTo(debug, debug.marks);
  return looks.where(debug);
}

export function dropBranch(debug: Debugger, args: string): string {
  withBranch(debug, args, dropBranchOf);
  return branches(debug);
}
