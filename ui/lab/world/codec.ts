/**
 * Messages between threads as bytes: a text of JSON, and behind it the arrays of bytes that it has, as they are. What JSON has no word
 * for stands in it as an object with one field, whose name nothing else has.
 */
import type { Codec } from './mailbox.ts';

const MARK = '\u0000';
/** Of the length of the text, in front of all. */
const LENGTH_BYTES = 4;

/** Where it is in the bytes behind the text; a number that is none in JSON; a pattern. */
type Marked =
  | { readonly [MARK]: readonly [at: number, length: number] }
  | { readonly [MARK]: string }
  | { readonly [MARK]: { readonly source: string; readonly flags: string } };

function encode(message: unknown): Uint8Array {
  const parts: Uint8Array[] = [];
  let at = 0;
  // What a field is, not what it would call itself in JSON, as Node's buffers do.
  const text = JSON.stringify(message, function (this: Record<string, unknown>, key): unknown {
    const value = this[key];
    if (typeof value === 'number') return Number.isFinite(value) ? value : { [MARK]: String(value) };
    if (value instanceof RegExp) return { [MARK]: { source: value.source, flags: value.flags } };
    if (!(value instanceof Uint8Array)) return value;
    parts.push(value);
    at += value.length;
    return { [MARK]: [at - value.length, value.length] };
  });
  const head = new TextEncoder().encode(text);
  const bytes = new Uint8Array(LENGTH_BYTES + head.length + at);
  new DataView(bytes.buffer).setUint32(0, head.length, true);
  bytes.set(head, LENGTH_BYTES);
  let end = LENGTH_BYTES + head.length;
  for (const part of parts) {
    bytes.set(part, end);
    end += part.length;
  }
  return bytes;
}

function decode(bytes: Uint8Array): unknown {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const rest = LENGTH_BYTES + view.getUint32(0, true);
  return JSON.parse(new TextDecoder().decode(bytes.subarray(LENGTH_BYTES, rest)), (_, value: unknown) => {
    if (typeof value !== 'object' || value === null || !(MARK in value)) return value;
    const marked = (value as Marked)[MARK];
    if (typeof marked === 'string') return Number(marked);
    if ('source' in marked) return new RegExp(marked.source, marked.flags);
    const [at, length] = marked;
    return bytes.slice(rest + at, rest + at + length);
  });
}

export const CODEC: Codec = { encode, decode };
