/**
 * xz, as Linux packs kernels with it: LZMA2, alone or behind the x86 branch filter; of the checks CRC-32, the others are
 * not looked at (the .xz file format 1.2.1, tukaani.org/xz/xz-file-format.txt).
 */
import { copy, load16, load32, load8 } from 'programs/lib/intrinsics';
import { crc32 } from './crc32';
import { beginCode, isReadUpTo, resetState, setProperties, unpackUpTo } from './lzma';
import { unfilterX86 } from './x86-filter';

const HEADER_BYTES: u64 = 12;
const MIN_BYTES: u64 = 32;
const CHECK_CRC32: u64 = 1;
const MAX_CHECK: u64 = 15;
/** Bytes of a check by its type. */
const CHECK_BYTES: usize = memory.data<u8>([0, 4, 4, 4, 8, 8, 8, 16, 16, 16, 32, 32, 32, 64, 64, 64]);

const FILTER_X86: u64 = 0x04;
const FILTER_LZMA2: u64 = 0x21;
const BLOCK_HAS_PACKED_SIZE: u64 = 0x40;
const BLOCK_HAS_SIZE: u64 = 0x80;
/** Flags of a block: filters, less one; reserved bits. */
const FILTERS: u64 = 3;
const RESERVED: u64 = 0x3c;

// Control bytes of LZMA2: what a chunk is, and what begins anew with it.
const END: u64 = 0;
const PLAIN_NEW_DICTIONARY: u64 = 1;
const PLAIN: u64 = 2;
const PACKED: u64 = 0x80;
const NEW_STATE: u64 = 0xa0;
const NEW_PROPERTIES: u64 = 0xc0;
const NEW_DICTIONARY: u64 = 0xe0;

/** A chunk's packed bytes, at most 64 KiB, with room for what is read beyond its end before that is seen. */
const chunk: usize = memory.data(0x1_0000 + 64, 8);

/** Where it reads, and up to where. */
let at: u64 = 0;
let end: u64 = 0;
/** What has come out, up to where, and where there is an end to it. */
let out: u64 = 0;
let room: u64 = 0;

/** Unpacks a stream to at most `bytes` bytes. How many they are; -1: it is damaged, or has a filter that is not there. */
export function unxz(from: u64, size: u64, to: u64, bytes: u64): i64 {
  if (size < MIN_BYTES || <u64>crc32(from + 6, 2) != load32(from + 8)) return -1;
  const check = load8(from + 7);
  if (load8(from + 6) != 0 || check > MAX_CHECK) return -1;
  at = from + HEADER_BYTES;
  end = from + size;
  out = to;
  room = to + bytes;
  // The index, behind the blocks, begins with a zero.
  while (end - at >= 8 && load8(at) != 0) if (!block(check)) return -1;
  return end - at >= 8 ? <i64>(out - to) : -1;
}

function block(check: u64): bool {
  const start = at;
  const headerBytes = (load8(at) + 1) * 4;
  if (end - at < headerBytes) return false;
  const header = at + headerBytes - 4;
  if (<u64>crc32(at, headerBytes - 4) != load32(header)) return false;
  const flags = load8(at + 1);
  at += 2;
  if ((flags & BLOCK_HAS_PACKED_SIZE) != 0) skipInteger();
  if ((flags & BLOCK_HAS_SIZE) != 0) skipInteger();
  const isFiltered = (flags & FILTERS) == 1;
  if ((flags & RESERVED) != 0 || (flags & FILTERS) > 1) return false;
  // Each filter: its number, how many bytes of properties it has, and these.
  if (isFiltered) {
    if (load16(at) != FILTER_X86) return false;
    at += 2;
  }
  if (load16(at) != (FILTER_LZMA2 | 0x100) || at > header) return false;
  at = start + headerBytes;
  const unpacked = out;
  if (!chunks()) return false;
  if (isFiltered) unfilterX86(unpacked, out - unpacked);
  at += (start - at) & 3;
  const checkBytes = <u64>load<u8>(CHECK_BYTES + <usize>check);
  if (at > end || checkBytes > end - at) return false;
  const matches = check != CHECK_CRC32 || load32(at) == <u64>crc32(unpacked, out - unpacked);
  at += checkBytes;
  return matches;
}

/** A variable-length integer: seven bits a byte, the top bit says that more follow. */
function skipInteger(): void {
  while ((load8(at++) & 0x80) != 0 && at < end);
}

/** The chunks of a block. */
function chunks(): bool {
  let dictionary: u64 = 0;
  let hasProperties = false;
  while (at < end) {
    const control = load8(at++);
    if (control == END) return true;
    if (control >= NEW_DICTIONARY || control == PLAIN_NEW_DICTIONARY) dictionary = out;
    if (dictionary == 0) return false;
    if (control < PACKED) {
      if (control > PLAIN || !plain()) return false;
      continue;
    }
    if (control >= NEW_PROPERTIES) hasProperties = true;
    if (!hasProperties || !packed(control, dictionary)) return false;
  }
  return false;
}

/** Big-endian, and one less than what it says. */
function size16(place: u64): u64 {
  return ((load8(place) << 8) | load8(place + 1)) + 1;
}

function plain(): bool {
  if (end - at < 2) return false;
  const bytes = size16(at);
  at += 2;
  if (bytes > end - at || bytes > room - out) return false;
  copy(out, at, bytes);
  at += bytes;
  out += bytes;
  return true;
}

function packed(control: u64, dictionary: u64): bool {
  if (end - at < 5) return false;
  const unpackedBytes = ((control & 0x1f) << 16) + size16(at);
  const bytes = size16(at + 2);
  at += 4;
  if (control >= NEW_PROPERTIES && !setProperties(<u32>load8(at++))) return false;
  if (control >= NEW_STATE) resetState();
  if (bytes > end - at || unpackedBytes > room - out) return false;
  copy(chunk, at, bytes);
  at += bytes;
  const chunkEnd = chunk + <usize>bytes;
  if (bytes < 5 || !beginCode(chunk)) return false;
  const stop = out + unpackedBytes;
  if (unpackUpTo(chunkEnd, dictionary, out, stop, room) != stop) return false;
  out = stop;
  return isReadUpTo(chunkEnd);
}
