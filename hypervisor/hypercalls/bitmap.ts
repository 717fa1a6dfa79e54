/** Bitmaps of processors in the caller's memory (xenctl_bitmap), as numbers with a bit for each. */
import type { xenctl_bitmap } from '../abi/xen.ts';
import { PAGE_BYTES } from '../memory/pages.ts';
import { MAX_PCPUS } from '../state/pcpu.ts';
import type { StructOf } from '../memory/guest-struct.ts';
import type { HypercallContext } from './hypercall.ts';

export type Bitmap = StructOf<typeof xenctl_bitmap>;

const BYTES = Math.ceil(MAX_PCPUS / 8);

/** What the bitmap says of the processors that a machine can have; -1 where it cannot be read. */
export function readBitmap(context: HypercallContext, map: Bitmap): number {
  return readBits(context, map.get('bitmap'), map.get('nr_bits'));
}

function readBits(context: HypercallContext, va: number, bits: number): number {
  const bytes = new Uint8Array(Math.min(Math.ceil(bits / 8), BYTES));
  if (!context.readBytes(va, bytes)) return -1;
  return ((bytes[0] ?? 0) | ((bytes[1] ?? 0) << 8)) & (2 ** Math.min(bits, MAX_PCPUS) - 1);
}

/** Writes as many bits as the caller has room for, zeros behind those that can be (of a page at most). */
export function writeBitmap(context: HypercallContext, map: Bitmap, value: number): boolean {
  return writeBits(context, map.get('bitmap'), map.get('nr_bits'), value);
}

function writeBits(context: HypercallContext, va: number, bits: number, value: number): boolean {
  const bytes = new Uint8Array(Math.min(Math.ceil(bits / 8), PAGE_BYTES));
  bytes.set([value & 0xff, value >>> 8].slice(0, bytes.length));
  return context.writeBytes(va, bytes);
}
