/**
 * LZ4's legacy frame, in which Linux packs kernels: a mark, then blocks of up to 8 MiB each behind its packed size (lz4,
 * doc/lz4_Frame_format.md). A block is a list of sequences (doc/lz4_Block_format.md): a token of two lengths, literals, and
 * where in what is unpacked already the match begins.
 */
import { load16, load32, load64, load8, store64, store8 } from 'programs/lib/intrinsics';

const MAGIC_BYTES: u64 = 4;
const BLOCK_BYTES: u64 = 8 << 20;
const MIN_MATCH: u64 = 4;
const LONG: u64 = 15;

/** Unpacks a frame to at most `room` bytes. How many they are; -1: it is damaged. */
export function unlz4(from: u64, bytes: u64, to: u64, room: u64): i64 {
  const end = from + bytes;
  let at = from + min(bytes, MAGIC_BYTES);
  let out = to;
  while (end - at >= 4) {
    const blockBytes = load32(at);
    at += 4;
    if (blockBytes > end - at) return -1;
    const limit = min(to + room, out + BLOCK_BYTES);
    out = unpackBlock(at, at + blockBytes, out, limit);
    if (out == 0) return -1;
    at += blockBytes;
  }
  return at == end ? <i64>(out - to) : -1;
}

/** Where it ends; 0: it is damaged. Matches reach back over 64 KiB, but not before the block. */
function unpackBlock(at: u64, end: u64, to: u64, limit: u64): u64 {
  let out = to;
  while (at < end) {
    const token = load8(at++);
    let length = token >> 4;
    if (length == LONG) {
      let more: u64 = 255;
      while (more == 255) {
        if (at >= end) return 0;
        more = load8(at++);
        length += more;
      }
    }
    if (length > end - at || length > limit - out) return 0;
    let stop = out + length;
    while (stop - out >= 8) {
      store64(out, load64(at));
      out += 8;
      at += 8;
    }
    while (out < stop) store8(out++, load8(at++));
    if (at == end) return out;
    if (end - at < 2) return 0;
    let offset = load16(at);
    at += 2;
    length = token & 15;
    if (length == LONG) {
      let more: u64 = 255;
      while (more == 255) {
        if (at >= end) return 0;
        more = load8(at++);
        length += more;
      }
    }
    length += MIN_MATCH;
    if (offset == 0 || offset > out - to || length > limit - out) return 0;
    stop = out + length;
    // What repeats within a word: it is written once more, so that it repeats at twice the distance.
    while (offset < 8 && out + offset <= stop) {
      const near = out + offset;
      while (out < near) {
        store8(out, load8(out - offset));
        out++;
      }
      offset += offset;
    }
    if (offset >= 8) {
      while (stop - out >= 8) {
        store64(out, load64(out - offset));
        out += 8;
      }
      // A word once more where there is room behind, which is written again.
      if (limit - out >= 8) {
        store64(out, load64(out - offset));
        out = stop;
      }
    }
    while (out < stop) {
      store8(out, load8(out - offset));
      out++;
    }
  }
  return out;
}
