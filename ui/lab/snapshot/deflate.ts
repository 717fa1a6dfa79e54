/**
 * Bytes compressed by the platform's own DEFLATE (RFC 1951; Compression Streams, and Node's zlib), in parts, so that two processors are busy
 * with them at once, and a part says before it is inflated how large it is.
 */
import { ByteReader, ByteWriter } from './bytes.ts';
import { SnapshotError } from './errors.ts';

const PART_BYTES = 1 << 21;
/** No file makes more of its bytes than this. */
export const MOST_BYTES = 2 ** 32;

/** Packs a part as raw DEFLATE, as small or as fast as it likes: whatever makes it, the same inflates it. */
export type DeflatePart = (part: Uint8Array<ArrayBuffer>) => Promise<Uint8Array> | Uint8Array;

async function through(
  bytes: Uint8Array<ArrayBuffer>,
  stream: CompressionStream | DecompressionStream,
): Promise<Uint8Array> {
  const piped = new Blob([bytes]).stream().pipeThrough(stream);
  return new Uint8Array(await new Response(piped).arrayBuffer());
}

/** Of zlib's: half the work of what streams do, for a twentieth more bytes. */
const LEVEL = 3;

/** The platform's own way. A stream cannot be told how small it is to be. */
const byPlatform: DeflatePart = (part) => {
  const zlib = 'process' in globalThis ? process.getBuiltinModule('node:zlib') : undefined;
  if (zlib === undefined) return through(part, new CompressionStream('deflate-raw'));
  return new Promise((done, fail) => {
    zlib.deflateRaw(part, { level: LEVEL }, (error, deflated) => {
      if (error === null) done(deflated);
      else fail(error);
    });
  });
};

export async function deflate(
  bytes: Uint8Array<ArrayBuffer>,
  deflatePart: DeflatePart = byPlatform,
): Promise<Uint8Array<ArrayBuffer>> {
  const parts: Uint8Array<ArrayBuffer>[] = [];
  for (let at = 0; at < bytes.length; at += PART_BYTES) parts.push(bytes.subarray(at, at + PART_BYTES));
  const deflated = await Promise.all(parts.map(deflatePart));
  const writer = new ByteWriter();
  writer.count(parts.length);
  for (const [index, part] of parts.entries()) {
    writer.count(part.length);
    writer.block(deflated[index]!);
  }
  return writer.taken();
}

/** Throws SnapshotError for bytes that `deflate` did not make. */
export async function inflate(bytes: Uint8Array): Promise<Uint8Array> {
  const reader = new ByteReader(bytes);
  const parts = Array.from({ length: reader.countOf('parts') }, () => ({
    length: reader.count(),
    deflated: reader.block(),
  }));
  const total = parts.reduce((sum, { length }) => sum + length, 0);
  if (reader.left > 0 || total > MOST_BYTES || parts.some(({ length }) => length > PART_BYTES))
    throw new SnapshotError('damaged: its parts are not what they say');
  const all = new Uint8Array(total);
  let at = 0;
  const inflated = await Promise.all(parts.map(({ deflated }) => inflatePart(deflated)));
  for (const [index, { length }] of parts.entries()) {
    const part = inflated[index]!;
    if (part.length !== length) throw new SnapshotError('damaged: a part is not as long as it says');
    all.set(part, at);
    at += length;
  }
  return all;
}

async function inflatePart(deflated: Uint8Array): Promise<Uint8Array> {
  try {
    return await through(deflated.slice(), new DecompressionStream('deflate-raw'));
  } catch (error) {
    throw new SnapshotError('damaged: a part cannot be inflated', { cause: error });
  }
}
