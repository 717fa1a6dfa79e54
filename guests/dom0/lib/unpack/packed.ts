/** What packs kernels and ramdisks, known by the first bytes. */
import { load16, load32 } from 'programs/lib/intrinsics';
import { gunzip } from './gzip';
import { unlz4 } from './lz4';
import { unlzma } from './lzma-alone';
import { unxz } from './xz';
import { unzstd } from './zstd';

export const PACKED_NONE: i32 = 0;
export const PACKED_GZIP: i32 = 1;
export const PACKED_XZ: i32 = 2;
export const PACKED_LZ4: i32 = 3;
export const PACKED_ZSTD: i32 = 4;
export const PACKED_LZMA: i32 = 5;
/** Those up to here are unpacked here; others have but a name. */
export const UNPACKED_HERE: i32 = 5;
const PACKED_BZIP2: i32 = 6;
const PACKED_LZO: i32 = 7;
const NAMES: string[] = ['nothing', 'gzip', 'xz', 'lz4', 'zstd', 'lzma', 'bzip2', 'lzo'];

export function nameOf(packing: i32): string {
  return NAMES[packing];
}

export function packedAs(at: u64, bytes: u64): i32 {
  if (bytes < 6) return PACKED_NONE;
  const short = load16(at);
  const word = load32(at);
  if (short == 0x8b1f) return PACKED_GZIP;
  if (word == 0x587a_37fd && load16(at + 4) == 0x005a) return PACKED_XZ;
  if (word == 0x184c_2102) return PACKED_LZ4;
  if (word == 0xfd2f_b528) return PACKED_ZSTD;
  if (short == 0x5a42) return PACKED_BZIP2;
  if ((word & 0xff_ffff) == 0x5d) return PACKED_LZMA;
  return word == 0x4f5a_4c89 ? PACKED_LZO : PACKED_NONE;
}

/** Unpacks to at most `room` bytes: how many they are; -1: it is damaged, or packed in a way that is not there. */
export function unpack(packing: i32, from: u64, bytes: u64, to: u64, room: u64): i64 {
  if (packing == PACKED_GZIP) return gunzip(from, bytes, to, room);
  if (packing == PACKED_XZ) return unxz(from, bytes, to, room);
  if (packing == PACKED_LZ4) return unlz4(from, bytes, to, room);
  if (packing == PACKED_ZSTD) return unzstd(from, bytes, to, room);
  return packing == PACKED_LZMA ? unlzma(from, bytes, to, room) : -1;
}
