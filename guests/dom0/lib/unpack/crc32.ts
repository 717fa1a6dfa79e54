/** CRC-32 as gzip and xz have it (polynomial 0xedb88320), eight bytes at a time by eight tables. */
import { load64, load8 } from 'programs/lib/intrinsics';

const POLYNOMIAL: u32 = 0xedb8_8320;
const TABLE_BYTES: usize = 256 * 4;
const tables: usize = memory.data(8 * 256 * 4, 8);
let ready: bool = false;

/** Table n moves a byte's remainder on by n bytes more. */
function prepare(): void {
  for (let byte: u32 = 0; byte < 256; byte++) {
    let value = byte;
    for (let bit = 0; bit < 8; bit++) value = (value >> 1) ^ ((value & 1) != 0 ? POLYNOMIAL : 0);
    store<u32>(tables + (byte << 2), value);
  }
  for (let at = tables; at < tables + 7 * TABLE_BYTES; at += 4) {
    const value = load<u32>(at);
    store<u32>(at + TABLE_BYTES, (value >> 8) ^ load<u32>(tables + ((value & 0xff) << 2)));
  }
  ready = true;
}

/** The checksum of bytes beyond linear memory. */
export function crc32(at: u64, bytes: u64): u32 {
  if (!ready) prepare();
  return ~remainder(at, at + bytes);
}

/** What a byte of a word comes to, `after` bytes before the end: the byte is to lie in bits 2 to 9 of `bits`. */
// @ts-ignore: decorator
@inline
function entry(bits: u32, after: usize): u32 {
  return load<u32>(tables + (bits & 0x3fc) + after * TABLE_BYTES);
}

function remainder(from: u64, end: u64): u32 {
  let at = from;
  let crc: u32 = 0xffff_ffff;
  const words = end - ((end - at) & 7);
  while (at < words) {
    const word = load64(at);
    const low = (<u32>word) ^ crc;
    crc = entry(low << 2, 7) ^ entry(low >> 6, 6);
    crc ^= entry(low >> 14, 5);
    crc ^= entry(low >> 22, 4);
    // Much of a kernel is zeroes, which come to nothing.
    const high = <u32>(word >> 32);
    if (high != 0) {
      crc ^= entry(high << 2, 3);
      crc ^= entry(high >> 6, 2);
      crc ^= entry(high >> 14, 1);
      crc ^= entry(high >> 22, 0);
    }
    at += 8;
  }
  while (at < end) crc = (crc >> 8) ^ entry((crc ^ (<u32>load8(at++))) << 2, 0);
  return crc;
}
