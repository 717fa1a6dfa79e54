/** zstd (RFC 8878): a frame of blocks, of which each is plain, one byte many times, or literals and sequences. */
import { copy, load16, load32, load64, load8, store8 } from 'programs/lib/intrinsics';
import { xxh64 } from './xxh64';
import { forgetCode, literalsEnd, readLiterals } from './zstd-literals';
import { forgetSequences, unpackSequences } from './zstd-sequences';

const MAGIC_BYTES: u64 = 4;
const MIN_BYTES: u64 = 9;
const BLOCK_HEADER_BYTES: u64 = 3;
const MAX_BLOCK_BYTES: u64 = 128 << 10;
const CHECKSUM_BYTES: u64 = 4;

const PLAIN: u64 = 0;
const SAME: u64 = 1;
const PACKED: u64 = 2;

// The descriptor of a frame.
const HAS_CHECKSUM: u64 = 4;
const RESERVED: u64 = 8;
const IS_ONE_SEGMENT: u64 = 0x20;
/** Bytes that tell of the dictionary, by the descriptor's lowest two bits, and of the contents' size, by its highest. */
const DICTIONARY_BYTES: usize = memory.data<u8>([0, 1, 2, 4]);
const SIZE_BYTES: usize = memory.data<u8>([0, 2, 4, 8]);

/** How much the frame says that it unpacks to. */
const UNKNOWN: u64 = u64.MAX_VALUE;
let size: u64 = UNKNOWN;

/** Unpacks a frame to at most `room` bytes. How many they are; -1: it is damaged, or needs a dictionary. */
export function unzstd(from: u64, bytes: u64, to: u64, room: u64): i64 {
  if (bytes < MIN_BYTES) return -1;
  const end = from + bytes;
  const hasChecksum = (load8(from + MAGIC_BYTES) & HAS_CHECKSUM) != 0;
  let at = headerEnd(from + MAGIC_BYTES, end);
  if (at == 0 || (size != UNKNOWN && size > room)) return -1;
  forgetCode();
  forgetSequences();
  let out = to;
  for (let isLast = false; !isLast;) {
    if (end - at < BLOCK_HEADER_BYTES) return -1;
    const header = load16(at) | (load8(at + 2) << 16);
    at += BLOCK_HEADER_BYTES;
    isLast = (header & 1) != 0;
    const type = (header >> 1) & 3;
    const blockBytes = header >> 3;
    const packedBytes: u64 = type == SAME ? 1 : blockBytes;
    if (packedBytes > end - at || blockBytes > MAX_BLOCK_BYTES) return -1;
    out = unpackBlock(type, at, blockBytes, end, to, out, min(to + room, out + MAX_BLOCK_BYTES));
    if (out == 0) return -1;
    at += packedBytes;
  }
  if (size != UNKNOWN && out - to != size) return -1;
  if (hasChecksum && (end - at < CHECKSUM_BYTES || load32(at) != (xxh64(to, out - to) & 0xffff_ffff)))
    return -1;
  return <i64>(out - to);
}

/** Where the first block begins; 0: it is no frame that is known. */
function headerEnd(at: u64, end: u64): u64 {
  const descriptor = load8(at++);
  const isOneSegment = (descriptor & IS_ONE_SEGMENT) != 0;
  const sizeKind = descriptor >> 6;
  const sizeBytes: u64 = sizeKind == 0 && isOneSegment ? 1 : load<u8>(SIZE_BYTES + <usize>sizeKind);
  const dictionaryBytes = <u64>load<u8>(DICTIONARY_BYTES + <usize>(descriptor & 3));
  if ((descriptor & RESERVED) != 0) return 0;
  // How far back matches go: everything is at hand.
  if (!isOneSegment) at++;
  if (end - at < dictionaryBytes + sizeBytes) return 0;
  for (const stop = at + dictionaryBytes; at < stop; at++) if (load8(at) != 0) return 0;
  if (sizeBytes == 0) size = UNKNOWN;
  else if (sizeBytes == 1) size = load8(at);
  else if (sizeBytes == 2) size = load16(at) + 256;
  else size = sizeBytes == 4 ? load32(at) : load64(at);
  return at + sizeBytes;
}

/** Where it ends; 0: it is damaged, or more than `limit` leaves room for. */
function unpackBlock(type: u64, at: u64, bytes: u64, end: u64, start: u64, out: u64, limit: u64): u64 {
  if (type == PACKED) {
    if (!readLiterals(at, at + bytes, end)) return 0;
    return unpackSequences(literalsEnd, at + bytes, end, start, out, limit);
  }
  if (bytes > limit - out || type > PACKED) return 0;
  if (type == PLAIN) copy(out, at, bytes);
  else for (let n: u64 = 0; n < bytes; n++) store8(out + n, load8(at));
  return out + bytes;
}
