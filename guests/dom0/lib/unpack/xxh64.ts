/** XXH64, of which zstd keeps the lower half as its checksum (xxHash, doc/xxhash_spec.md). */
import { load32, load64, load8 } from 'programs/lib/intrinsics';

const PRIME_1: u64 = 0x9e37_79b1_85eb_ca87;
const PRIME_2: u64 = 0xc2b2_ae3d_27d4_eb4f;
const PRIME_3: u64 = 0x1656_67b1_9e37_79f9;
const PRIME_4: u64 = 0x85eb_ca77_c2b2_ae63;
const PRIME_5: u64 = 0x27d4_eb2f_1656_67c5;
const STRIPE_BYTES: u64 = 32;

// @ts-ignore: decorator
@inline
function round(value: u64, word: u64): u64 {
  return rotl(value + word * PRIME_2, 31) * PRIME_1;
}

// @ts-ignore: decorator
@inline
function merge(value: u64, lane: u64): u64 {
  return (value ^ round(0, lane)) * PRIME_1 + PRIME_4;
}

/** Of all stripes of so many bytes, in four lanes. */
function stripes(at: u64, end: u64): u64 {
  let one = PRIME_1 + PRIME_2;
  let two = PRIME_2;
  let three: u64 = 0;
  let four: u64 = 0 - PRIME_1;
  for (; end - at >= STRIPE_BYTES; at += STRIPE_BYTES) {
    one = round(one, load64(at));
    two = round(two, load64(at + 8));
    three = round(three, load64(at + 16));
    four = round(four, load64(at + 24));
  }
  const value = rotl(one, 1) + rotl(two, 7) + rotl(three, 12) + rotl(four, 18);
  return merge(merge(merge(merge(value, one), two), three), four);
}

/** With a seed of 0. */
export function xxh64(from: u64, bytes: u64): u64 {
  const end = from + bytes;
  let at = end - (bytes % STRIPE_BYTES);
  let value = (bytes < STRIPE_BYTES ? PRIME_5 : stripes(from, at)) + bytes;
  for (; end - at >= 8; at += 8) value = rotl(value ^ round(0, load64(at)), 27) * PRIME_1 + PRIME_4;
  if (end - at >= 4) {
    value = rotl(value ^ (load32(at) * PRIME_1), 23) * PRIME_2 + PRIME_3;
    at += 4;
  }
  while (at < end) value = rotl(value ^ (load8(at++) * PRIME_5), 11) * PRIME_1;
  value = (value ^ (value >> 33)) * PRIME_2;
  value = (value ^ (value >> 29)) * PRIME_3;
  return value ^ (value >> 32);
}
