/**
 * One hash of everything a run depends on: machine memory, the processor's state, and the hypervisor's data. Two runs that
 * agree in it are the same run.
 */
import * as layout from '../../core/wasm/layout.ts';
import type { Xen } from '../../hypervisor/xen.ts';
import { contentOf } from './page-content.ts';

const INITIAL_BYTES = 1 << 20;

/** Bytes that grow. */
class Writer {
  private bytes = new Uint8Array(INITIAL_BYTES);
  private view = new DataView(this.bytes.buffer);
  private length = 0;

  private reserve(count: number): number {
    const at = this.length;
    this.length += count;
    if (this.length > this.bytes.length) {
      const larger = new Uint8Array(Math.max(this.length, 2 * this.bytes.length));
      larger.set(this.bytes);
      this.bytes = larger;
      this.view = new DataView(larger.buffer);
    }
    return at;
  }
  number(value: number): void {
    const at = this.reserve(8);
    this.view.setFloat64(at, value, true);
  }
  text(value: string): void {
    this.block(new TextEncoder().encode(value));
  }
  block(value: Uint8Array): void {
    this.number(value.length);
    const at = this.reserve(value.length);
    this.bytes.set(value, at);
  }
  taken(): Uint8Array<ArrayBuffer> {
    return this.bytes.subarray(0, this.length);
  }
}

/** Writes plain data: the same graph of objects gives the same bytes. `skip` holds what is no state, or hashed apart. */
function writeValue(
  writer: Writer,
  value: unknown,
  seen: Map<object, number>,
  skip: ReadonlySet<unknown>,
): void {
  if (typeof value !== 'object' || value === null) {
    writer.text(typeof value === 'number' ? `n${String(value)}` : `${typeof value} ${String(value)}`);
    return;
  }
  if (skip.has(value)) return;
  const known = seen.get(value);
  if (known !== undefined) {
    writer.text(`#${String(known)}`);
    return;
  }
  seen.set(value, seen.size);
  if (ArrayBuffer.isView(value)) {
    // Views of machine memory: that is hashed apart.
    if (skip.has(value.buffer)) return;
    writer.block(new Uint8Array(value.buffer, value.byteOffset, value.byteLength));
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
  const { machine, processor, trace, call } = hypervisor;
  const writer = new Writer();
  writer.block(processor.rawBytes(layout.REGS, layout.STATE_END - layout.REGS));
  writer.number(machine.frames);
  // Copied before anything goes on.
  writer.block(new Uint8Array(await crypto.subtle.digest('SHA-256', contentOf(machine))));
  const skip = new Set<unknown>([machine, processor, trace, call, machine.bytes.buffer]);
  // Why a run has stopped is no state: the next one begins by forgetting it.
  hypervisor.stop = null;
  writeValue(writer, hypervisor, new Map(), skip);
  return hexDigest(writer.taken());
}

/** SHA-256 of plain data, in hexadecimal. */
export async function plainHash(value: unknown): Promise<string> {
  const writer = new Writer();
  writeValue(writer, value, new Map(), new Set());
  return hexDigest(writer.taken());
}

async function hexDigest(bytes: Uint8Array<ArrayBuffer>): Promise<string> {
  const digest = new Uint8Array(await crypto.subtle.digest('SHA-256', bytes));
  return [...digest].map((byte) => byte.toString(16).padStart(2, '0')).join('');
}
