/**
 * Bits that are read from the end of a stream to its beginning, as zstd writes what it codes (RFC 8878, 4.1 and 4.2.2): the
 * highest one of the last byte marks where they begin.
 */
import { load64, load8 } from 'programs/lib/intrinsics';

/** Where the stream begins; where the last whole word of the file that it is in lies, seen from there; bits that are left. */
let from: u64 = 0;
let last: i64 = 0;
let left: i64 = 0;

/** Begins with `bytes` bytes at `at`, of a file that ends at `end` and has eight bytes or more. Whether there is a mark. */
export function beginBits(at: u64, bytes: u64, end: u64): bool {
  const top = bytes == 0 ? 0 : <u32>load8(at + bytes - 1);
  from = at;
  last = <i64>(end - 8 - at);
  left = <i64>(bytes * 8) - 8 + (31 - clz(top));
  return top != 0;
}

/** How many bits are left; negative: more were read than there are. */
export function bitsLeft(): i64 {
  return left;
}

/** The next bits, 32 at most; zeroes where there are none. */
export function takeBits(count: u32): u64 {
  left -= <i64>count;
  if (left < 0) return 0;
  const byte = min(left >> 3, last);
  return (load64(from + byte) >> (left - (byte << 3))) & (((<u64>1) << count) - 1);
}

/** The next bits, which are not taken; behind the stream's beginning are zeroes. */
export function peekBits(count: u32): u32 {
  const lack = <i64>count - left;
  if (lack <= 0) {
    const value = takeBits(count);
    left += <i64>count;
    return <u32>value;
  }
  if (left <= 0) return 0;
  const held = left;
  const value = takeBits(<u32>held) << lack;
  left = held;
  return <u32>value;
}

export function skipBits(count: u32): void {
  left -= <i64>count;
}
