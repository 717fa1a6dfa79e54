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

function remainder(from: u64, end: u64): u32 {
  let at = from;
  let crc: u32 = 0xffff_ffff;
  const words = end - ((end - at) & 7);
  while (at < words) {
    const low = (<u32>load64(at)) ^ crc;
    const high = <u32>(load64(at) >> 32);
    crc =
      load<u32>(tables + ((low & 0xff) << 2), 7 * TABLE_BYTES) ^
      load<u32>(tables + (((low >> 8) & 0xff) << 2), 6 * TABLE_BYTES) ^
      load<u32>(tables + (((low >> 16) & 0xff) << 2), 5 * TABLE_BYTES) ^
      load<u32>(tables + ((low >> 24) << 2), 4 * TABLE_BYTES) ^
      load<u32>(tables + ((high & 0xff) << 2), 3 * TABLE_BYTES) ^
      load<u32>(tables + (((high >> 8) & 0xff) << 2), 2 * TABLE_BYTES) ^
      load<u32>(tables + (((high >> 16) & 0xff) << 2), TABLE_BYTES) ^
      load<u32>(tables + ((high >> 24) << 2));
    at += 8;
  }
  while (at < end) crc = (crc >> 8) ^ load<u32>(tables + (((crc ^ (<u32>load8(at++))) & 0xff) << 2));
  return crc;
}
