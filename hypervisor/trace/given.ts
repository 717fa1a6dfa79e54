/** What a hypercall was given in its caller's memory, and what it has answered there, as the trace tells it. */
import type { AnyLayout } from './plain.ts';
import { plainOf } from './plain.ts';
import { NO_COMMANDS, countOf, POINTING } from './pointed.ts';
import type { Pointing } from './pointed.ts';
import type { Given, Plain, PlainValue } from './values.ts';

/** Reads the caller's memory without a trace of that: false where it cannot be read. */
export type Peek = (va: number, bytes: Uint8Array) => boolean;

const MAX_BYTES = 6000;

/** What a hypercall is given: `words` its arguments' halves. */
export function givenTo(name: string, words: Uint32Array, peek: Peek): Given {
  const pointing = POINTING[name];
  if (pointing === undefined) return { command: null, count: 0, structures: [] };
  const address = addressOf(pointing, words);
  const number = pointing.command === null ? firstWord(pointing, address, peek) : commandOf(pointing, words);
  const command = pointing.commands[number] ?? null;
  const whole = wholeOf(pointing, command);
  if (whole === null || address === null) return { command, count: 0, structures: [] };
  const { all, told } = countOf(pointing, words);
  return { command, count: all, structures: readAll(whole, pointing.offset, address, told, peek) };
}

/** What has changed in these structures since. */
export function answered(name: string, given: Given, words: readonly number[], peek: Peek): readonly Plain[] {
  const pointing = POINTING[name];
  if (pointing?.answers !== true || given.structures.length === 0) return [];
  const address = addressOf(pointing, words);
  const whole = wholeOf(pointing, given.command);
  if (whole === null || address === null) return [];
  const now = readAll(whole, pointing.offset, address, given.structures.length, peek);
  return now.map((structure, n) => changes(given.structures[n] ?? {}, structure));
}

function changes(before: Plain, after: Plain): Plain {
  return Object.fromEntries(Object.entries(after).filter(([path, value]) => before[path] !== value));
}

function commandOf({ command, mask }: Pointing, words: ArrayLike<number>): number {
  const at = 2 * command!;
  return words[at + 1] === 0 || mask !== 0xffff_ffff ? (words[at]! & mask) >>> 0 : -1;
}

/** Signed, as addresses are here. */
function addressOf({ address }: Pointing, words: ArrayLike<number>): number | null {
  if (address === null) return null;
  return (words[2 * address + 1]! | 0) * 0x1_0000_0000 + words[2 * address]!;
}

function firstWord({ commands }: Pointing, address: number | null, peek: Peek): number {
  const bytes = new Uint8Array(4);
  if (commands === NO_COMMANDS || address === null || !peek(address, bytes)) return -1;
  return new DataView(bytes.buffer).getUint32(0, true);
}

interface Whole {
  readonly head: AnyLayout | null;
  readonly own: AnyLayout | null;
  readonly bytes: number;
}

function wholeOf({ head, layouts, offset }: Pointing, command: string | null): Whole | null {
  const own = command === null ? null : (layouts[command] ?? null);
  if (head === null && own === null) return null;
  return { head, own, bytes: Math.max(head?.size ?? 0, own === null ? 0 : offset + own.size) };
}

function readAll(whole: Whole, offset: number, address: number, count: number, peek: Peek): readonly Plain[] {
  const bytes = new Uint8Array(Math.min(count * whole.bytes, MAX_BYTES));
  if (bytes.length === 0 || !peek(address, bytes)) return [];
  const view = new DataView(bytes.buffer);
  const structures: Record<string, PlainValue>[] = [];
  for (let start = 0; start + whole.bytes <= bytes.length; start += whole.bytes)
    structures.push({
      ...(whole.head === null ? {} : plainOf(whole.head, view, start)),
      ...(whole.own === null ? {} : plainOf(whole.own, view, start + offset)),
    });
  return structures;
}
