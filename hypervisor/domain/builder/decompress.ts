/**
 * Unpacking kernels and ramdisks. All packers give the size of what they packed in the last four bytes: gzip by its
 * own format, the others because Linux's build appends it (Documentation/arch/x86/boot.rst, payload_length).
 */
import { gunzipSync } from 'fflate';
import { Decompress as Unzstd } from 'fzstd';
import { crc32 } from './crc32.ts';
import { ImageError } from './image-error.ts';
import { hex, ImageReader } from './image-reader.ts';
import { unlz4 } from './lz4.ts';
import { unlzma } from './lzma.ts';
import { unxz } from './xz.ts';

export type Compression = 'gzip' | 'xz' | 'lz4' | 'zstd' | 'bzip2' | 'lzma' | 'lzo';

/** Nothing larger than this is unpacked, and nothing that says it is more times its size (gzip reaches 1032). */
const MAX_UNPACKED_BYTES = 512 * 2 ** 20;
const MAX_RATIO = 2000;

const SIZE_BYTES = 4;

const magics: readonly (readonly [Compression, readonly number[]])[] = [
  ['gzip', [0x1f, 0x8b]],
  ['xz', [0xfd, 0x37, 0x7a, 0x58, 0x5a, 0x00]],
  ['lz4', [0x02, 0x21, 0x4c, 0x18]],
  ['zstd', [0x28, 0xb5, 0x2f, 0xfd]],
  ['bzip2', [0x42, 0x5a, 0x68]],
  ['lzma', [0x5d, 0x00, 0x00]],
  ['lzo', [0x89, 0x4c, 0x5a, 0x4f]],
];

/** The end of an XZ stream: where a payload ends with it, no size follows. */
const XZ_FOOTER_MAGIC = [0x59, 0x5a];

/** By its first bytes; undefined where they are no packer's. */
export function compressionOf(bytes: Uint8Array): Compression | undefined {
  const image = new ImageReader(bytes);
  return magics.find(([, magic]) => image.has(magic, 0))?.[0];
}

function gunzip(bytes: Uint8Array, size: number): Uint8Array {
  const out = gunzipSync(bytes, { out: new Uint8Array(size) });
  const expected = new ImageReader(bytes).u32('the gzip trailer', bytes.length - 8);
  if (crc32(out) !== expected) throw new ImageError('corrupt', 'its gzip checksum does not match');
  return out;
}

/** By chunks, so that what a damaged frame says of its size is never set aside. */
function unzstd(bytes: Uint8Array, size: number): Uint8Array {
  const out = new Uint8Array(size);
  let filled = 0;
  const stream = new Unzstd((chunk) => {
    if (chunk.length > size - filled)
      throw new ImageError('corrupt', 'the zstd frame unpacks to more than it says');
    out.set(chunk, filled);
    filled += chunk.length;
  });
  stream.push(bytes, true);
  return out.subarray(0, filled);
}

type Unpack = (bytes: Uint8Array, size: number) => Uint8Array | Promise<Uint8Array>;

/** `bytes` come with the four of the size. */
const unpackers: Readonly<Partial<Record<Compression, Unpack>>> = {
  gzip: gunzip,
  xz: (bytes) => unxz(bytes.subarray(0, -SIZE_BYTES)),
  lz4: (bytes, size) => unlz4(bytes.subarray(0, -SIZE_BYTES), size),
  zstd: (bytes, size) => unzstd(bytes.subarray(0, -SIZE_BYTES), size),
  lzma: (bytes, size) => unlzma(bytes.subarray(0, -SIZE_BYTES), size),
};

/** The libraries throw whatever they like at damaged input: it is always the image's fault. */
async function attempt(unpack: Unpack, bytes: Uint8Array, size: number, what: string): Promise<Uint8Array> {
  try {
    return await unpack(bytes, size);
  } catch (error) {
    if (error instanceof ImageError) throw error;
    const reason = error instanceof Error ? error.message : String(error);
    throw new ImageError('corrupt', `${what} does not unpack: ${reason}`);
  }
}

/** Unpacks `bytes`, which begin with the mark of `compression`. `what` names them in errors. */
export async function decompress(
  bytes: Uint8Array,
  compression: Compression,
  what: string,
): Promise<Uint8Array> {
  const unpack = unpackers[compression];
  if (unpack === undefined)
    throw new ImageError(
      'unsupported',
      `${what} is packed with ${compression}; gzip, xz, lz4, zstd and lzma are known`,
    );
  const image = new ImageReader(bytes);
  if (compression === 'xz' && image.has(XZ_FOOTER_MAGIC, bytes.length - XZ_FOOTER_MAGIC.length))
    throw new ImageError('unsupported', `${what} has no size behind it, which Linux's build puts there`);
  const size = image.u32(what, bytes.length - SIZE_BYTES);
  if (size > Math.min(MAX_UNPACKED_BYTES, bytes.length * MAX_RATIO))
    throw new ImageError('corrupt', `${what} says it unpacks to ${hex(size)} bytes, more than any kernel`);
  const out = await attempt(unpack, bytes, size, what);
  if (out.length !== size) {
    const sizes = `${hex(out.length)} bytes, it says ${hex(size)}`;
    throw new ImageError('corrupt', `${what} unpacks with ${compression} to ${sizes}`);
  }
  return out;
}
