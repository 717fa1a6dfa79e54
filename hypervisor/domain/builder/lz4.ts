/**
 * LZ4's legacy frame, in which Linux packs kernels: a mark, then blocks of up to 8 MiB each after its packed size.
 * Source: lz4, doc/lz4_Frame_format.md (legacy frame).
 */
import { decompressBlock } from 'lz4js';
import { ImageError } from './image-error.ts';
import { hex, ImageReader } from './image-reader.ts';

const MAGIC_BYTES = 4;
const BLOCK_BYTES = 8 * 2 ** 20;

/** Unpacks to `size` bytes. */
export function unlz4(bytes: Uint8Array, size: number): Uint8Array {
  const image = new ImageReader(bytes);
  const out = new Uint8Array(size);
  let filled = 0;
  for (let at = MAGIC_BYTES; at < bytes.length;) {
    const blockBytes = image.u32('an LZ4 block', at);
    image.require('an LZ4 block', at + 4, blockBytes);
    const end = decompressBlock(bytes, out, at + 4, blockBytes, filled);
    if (!(end > filled && end <= Math.min(size, filled + BLOCK_BYTES)))
      throw new ImageError('corrupt', `the LZ4 block at byte ${hex(at)} of the payload is damaged`);
    filled = end;
    at += 4 + blockBytes;
  }
  return out.subarray(0, filled);
}
