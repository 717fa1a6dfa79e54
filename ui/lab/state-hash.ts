/**
 * One hash of everything a run depends on: machine memory, the processor's state, and the hypervisor's data. Two runs that
 * agree in it are the same run.
 */
import * as layout from '../../core/wasm/layout.ts';
import type { Xen } from '../../hypervisor/xen.ts';
import { contentOf } from './page-content.ts';
import { ByteWriter } from './snapshot/bytes.ts';

/** Bytes with their count before them, of the width of any number. */
function writeBlock(writer: ByteWriter, value: Uint8Array): void {
  writer.number(value.length);
  writer.raw(value);
}

function writeText(writer: ByteWriter, value: string): void {
  writeBlock(writer, new TextEncoder().encode(value));
}

/** Writes plain data: the same graph of objects gives the same bytes. `skip` holds what is no state, or hashed apart. */
function writeValue(
  writer: ByteWriter,
  value: unknown,
  seen: Map<object, number>,
  skip: ReadonlySet<unknown>,
): void {
  if (typeof value !== 'object' || value === null) {
    writeText(writer, typeof value === 'number' ? `n${String(value)}` : `${typeof value} ${String(value)}`);
    return;
  }
  if (skip.has(value)) return;
  const known = seen.get(value);
  if (known !== undefined) {
    writeText(writer, `#${String(known)}`);
    return;
  }
  seen.set(value, seen.size);
  if (ArrayBuffer.isView(value)) {
    // Views of machine memory: that is hashed apart.
    if (skip.has(value.buffer)) return;
    writeBlock(writer, new Uint8Array(value.buffer, value.byteOffset, value.byteLength));
    return;
  }
  const entries =
    value instanceof Map ? [...value] : value instanceof Set ? [...value].entries() : Object.entries(value);
  for (const [key, item] of entries as Iterable<[unknown, unknown]>) {
    // What is undefined is not there: a fault that nobody has made, what varies where nothing does.
    if (typeof item === 'function' || item === undefined) continue;
    writeValue(writer, key, seen, skip);
    writeValue(writer, item, seen, skip);
  }
}

/** SHA-256 of the whole state, in hexadecimal. */
export async function stateHash(hypervisor: Xen): Promise<string> {
  const { machine, processor, trace, call, recorder } = hypervisor;
  const writer = new ByteWriter();
  writeBlock(writer, processor.rawBytes(layout.REGS, layout.STATE_END - layout.REGS));
  writer.number(machine.frames);
  // Copied before anything goes on.
  writeBlock(writer, new Uint8Array(await crypto.subtle.digest('SHA-256', contentOf(machine))));
  const skip = new Set<unknown>([machine, processor, trace, call, recorder, machine.bytes.buffer]);
  // Why a run has stopped is no state: the next one begins by forgetting it.
  hypervisor.stop = null;
  writeValue(writer, hypervisor, new Map(), skip);
  return hexDigest(writer.taken());
}

/** SHA-256 of plain data, in hexadecimal. */
export async function plainHash(value: unknown): Promise<string> {
  const writer = new ByteWriter();
  writeValue(writer, value, new Map(), new Set());
  return hexDigest(writer.taken());
}

async function hexDigest(bytes: Uint8Array<ArrayBuffer>): Promise<string> {
  const digest = new Uint8Array(await crypto.subtle.digest('SHA-256', bytes));
  return [...digest].map((byte) => byte.toString(16).padStart(2, '0')).join('');
}
