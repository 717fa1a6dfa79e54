/**
 * XZ, as Linux packs kernels with it: LZMA2 behind the x86 branch filter. The library that unpacks LZMA2 knows no
 * filters, so the stream is rewritten without the filter and without its checks, unpacked, and then filtered and checked
 * here. Source: the .xz file format 1.2.1 (tukaani.org/xz/xz-file-format.txt).
 */
import * as library from 'xz-decompress';
import { crc32 } from './crc32.ts';
import { ImageError } from './image-error.ts';
import { ImageReader } from './image-reader.ts';
import { unfilterX86 } from './x86-filter.ts';

const HEADER_BYTES = 12;
const FOOTER_BYTES = 12;
const HEADER_MAGIC = [0xfd, 0x37, 0x7a, 0x58, 0x5a, 0x00];
const FOOTER_MAGIC = [0x59, 0x5a];

const CHECK_NONE = 0;
const CHECK_CRC32 = 1;
/** Bytes of a check by its type. */
const checkBytes = [0, 4, 4, 4, 8, 8, 8, 16, 16, 16, 32, 32, 32, 64, 64, 64];

const FILTER_X86 = 0x04;
const FILTER_LZMA2 = 0x21;
const BLOCK_HAS_PACKED_SIZE = 0x40;
const BLOCK_HAS_SIZE = 0x80;

/** A variable-length integer takes nine bytes at most; those here are sizes within a file. */
const MAX_INTEGER_BYTES = 7;

interface Block {
  /** LZMA2 data, unpadded. */
  readonly packed: Uint8Array;
  readonly unpackedBytes: number;
  /** LZMA2's one property: the size of its dictionary. */
  readonly dictionary: number;
  readonly isFiltered: boolean;
  readonly check: Uint8Array;
}

/** Every header of the format is followed by its own CRC-32. */
function checkHeader(image: ImageReader, what: string, from: number, length: number): void {
  if (crc32(image.slice(what, from, length)) !== image.u32(what, from + length))
    throw new ImageError('corrupt', `${what} does not match its checksum`);
}

/** Reads a stream's parts in order. */
class Cursor {
  private readonly image: ImageReader;
  at: number;

  constructor(image: ImageReader, at: number) {
    this.image = image;
    this.at = at;
  }

  byte(): number {
    return this.image.u8('the XZ stream', this.at++);
  }

  /** Seven bits a byte, the lowest first; the top bit says that more follow. */
  integer(): number {
    let value = 0;
    for (let index = 0; index < MAX_INTEGER_BYTES; index++) {
      const byte = this.byte();
      value += (byte & 0x7f) * 2 ** (7 * index);
      if (byte < 0x80) return value;
    }
    throw new ImageError('corrupt', 'an integer in the XZ stream is too long');
  }
}

function encodeInteger(value: number): number[] {
  const low = value % 128;
  return value < 128 ? [value] : [low | 0x80, ...encodeInteger((value - low) / 128)];
}

function encode32(value: number): number[] {
  return [value & 0xff, (value >>> 8) & 0xff, (value >>> 16) & 0xff, value >>> 24];
}

function padding(length: number): number[] {
  return new Array<number>((4 - (length % 4)) % 4).fill(0);
}

/** `bytes` with their own CRC-32 behind. */
function withCrc(bytes: readonly number[]): number[] {
  return [...bytes, ...encode32(crc32(Uint8Array.from(bytes)))];
}

interface Filters {
  readonly dictionary: number;
  readonly isFiltered: boolean;
}

/** The filters of a block header: LZMA2, alone or behind the x86 filter in its plain form. */
function readFilters(cursor: Cursor, count: number): Filters {
  const filters = Array.from({ length: count }, () => {
    const id = cursor.integer();
    const properties = Array.from({ length: Math.min(cursor.integer(), 64) }, () => cursor.byte());
    return { id, properties };
  });
  const [last, before] = [filters.at(-1), filters.at(-2)];
  const isKnown = before === undefined || (before.id === FILTER_X86 && before.properties.length === 0);
  if (count > 2 || last?.id !== FILTER_LZMA2 || last.properties.length !== 1 || !isKnown)
    throw new ImageError('unsupported', 'the XZ stream uses filters other than LZMA2 and x86');
  return { dictionary: last.properties[0]!, isFiltered: before !== undefined };
}

interface IndexRecord {
  readonly unpaddedBytes: number;
  readonly unpackedBytes: number;
}

/** The index, at the end of the stream: the sizes of the blocks. */
function readIndex(image: ImageReader, footerAt: number): IndexRecord[] {
  const indexBytes = (image.u32('the XZ footer', footerAt + 4) + 1) * 4;
  const cursor = new Cursor(image, footerAt - indexBytes);
  checkHeader(image, 'the XZ index', cursor.at, indexBytes - 4);
  if (cursor.byte() !== 0) throw new ImageError('corrupt', 'the XZ stream has no index at its end');
  const count = cursor.integer();
  if (count > indexBytes) throw new ImageError('corrupt', 'the XZ index is damaged');
  return Array.from({ length: count }, () => ({
    unpaddedBytes: cursor.integer(),
    unpackedBytes: cursor.integer(),
  }));
}

function readBlock(image: ImageReader, at: number, checkSize: number, record: IndexRecord): Block {
  const headerBytes = (image.u8('an XZ block', at) + 1) * 4;
  checkHeader(image, 'an XZ block header', at, headerBytes - 4);
  const cursor = new Cursor(image, at + 1);
  const flags = cursor.byte();
  if (flags & BLOCK_HAS_PACKED_SIZE) cursor.integer();
  if (flags & BLOCK_HAS_SIZE) cursor.integer();
  const filters = readFilters(cursor, (flags & 3) + 1);
  const packedBytes = record.unpaddedBytes - headerBytes - checkSize;
  const checkAt = at + headerBytes + Math.ceil(packedBytes / 4) * 4;
  return {
    ...filters,
    packed: image.slice('an XZ block', at + headerBytes, packedBytes),
    unpackedBytes: record.unpackedBytes,
    check: image.slice('the check of an XZ block', checkAt, checkSize),
  };
}

function readBlocks(image: ImageReader): { blocks: Block[]; checkType: number } {
  const footerAt = image.bytes.length - FOOTER_BYTES;
  if (!image.has(HEADER_MAGIC, 0))
    throw new ImageError('corrupt', 'the XZ stream does not begin with its mark');
  if (!image.has(FOOTER_MAGIC, footerAt + 10))
    throw new ImageError('truncated', 'the XZ stream does not end with its footer');
  checkHeader(image, 'the XZ header', HEADER_MAGIC.length, 2);
  const checkType = image.u8('the XZ header', 7) & 0xf;
  let at = HEADER_BYTES;
  const blocks = readIndex(image, footerAt).map((record) => {
    const block = readBlock(image, at, checkBytes[checkType]!, record);
    at += Math.ceil(record.unpaddedBytes / 4) * 4;
    return block;
  });
  return { blocks, checkType };
}

/** The same LZMA2 data as a stream that has neither filter nor checks. */
function plainStream(blocks: readonly Block[]): Uint8Array<ArrayBuffer> {
  const flags = [0, CHECK_NONE];
  const parts: (readonly number[] | Uint8Array)[] = [HEADER_MAGIC, withCrc(flags)];
  const records: number[] = [];
  for (const { dictionary, packed, unpackedBytes } of blocks) {
    const header = withCrc([2, 0, FILTER_LZMA2, 1, dictionary, 0, 0, 0]);
    parts.push(header, packed, padding(packed.length));
    records.push(...encodeInteger(header.length + packed.length), ...encodeInteger(unpackedBytes));
  }
  const list = [0, ...encodeInteger(blocks.length), ...records];
  const index = withCrc([...list, ...padding(list.length)]);
  const end = [...encode32(index.length / 4 - 1), ...flags];
  parts.push(index, encode32(crc32(Uint8Array.from(end))), end, FOOTER_MAGIC);
  const stream = new Uint8Array(parts.reduce((total, part) => total + part.length, 0));
  let at = 0;
  for (const part of parts) {
    stream.set(part, at);
    at += part.length;
  }
  return stream;
}

/** The package is CommonJS: bundlers give its exports, Node gives them as the default one. */
function libraryExports(): typeof library {
  return 'default' in library ? (library.default as typeof library) : library;
}

async function unpackPlain(stream: Uint8Array<ArrayBuffer>): Promise<Uint8Array> {
  const { XzReadableStream } = libraryExports();
  const unpacked = new XzReadableStream(new Blob([stream]).stream());
  return new Uint8Array(
    await new Response(unpacked as ReadableStream<Uint8Array<ArrayBuffer>>).arrayBuffer(),
  );
}

/** Unpacks one .xz stream. CRC-32 checks are verified (Linux's build uses no other kind). */
export async function unxz(bytes: Uint8Array): Promise<Uint8Array> {
  const { blocks, checkType } = readBlocks(new ImageReader(bytes));
  const out = await unpackPlain(plainStream(blocks));
  let at = 0;
  for (const { unpackedBytes, isFiltered, check } of blocks) {
    const block = out.subarray(at, at + unpackedBytes);
    if (isFiltered) unfilterX86(block);
    if (checkType === CHECK_CRC32 && crc32(block) !== new ImageReader(check).u32('an XZ check', 0))
      throw new ImageError('corrupt', 'an XZ block does not match its checksum');
    at += unpackedBytes;
  }
  return out;
}
