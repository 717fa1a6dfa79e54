/** gzip (RFC 1952): a header, a deflate stream, its CRC-32 and its size. The first member of a file is what is unpacked. */
import { load16, load32, load8 } from 'programs/lib/intrinsics';
import { crc32 } from './crc32';
import { inflate, inflateEnd } from './inflate';

const MAGIC: u64 = 0x8b1f;
const DEFLATE: u64 = 8;
const HEADER_BYTES: u64 = 10;
const TRAILER_BYTES: u64 = 8;
const FHCRC: u64 = 2;
const FEXTRA: u64 = 4;
const FNAME: u64 = 8;
const FCOMMENT: u64 = 16;

/** Unpacks to at most `room` bytes. How many they are; -1: it is damaged. */
export function gunzip(from: u64, bytes: u64, to: u64, room: u64): i64 {
  const end = from + bytes;
  const start = headerEnd(from, end);
  if (start == 0) return -1;
  const size = inflate(start, end, to, room);
  const trailer = inflateEnd();
  if (size < 0 || end - trailer < TRAILER_BYTES) return -1;
  if (load32(trailer) != <u64>crc32(to, size) || load32(trailer + 4) != (size & 0xffff_ffff)) return -1;
  return size;
}

/** Where the deflate stream begins; 0: it is none. */
function headerEnd(from: u64, end: u64): u64 {
  if (end - from < HEADER_BYTES + TRAILER_BYTES || load16(from) != MAGIC || load8(from + 2) != DEFLATE)
    return 0;
  const flags = load8(from + 3);
  let at = from + HEADER_BYTES;
  if ((flags & FEXTRA) != 0) at += end - at < 2 ? end : 2 + load16(at);
  if ((flags & FNAME) != 0) at = textEnd(at, end);
  if ((flags & FCOMMENT) != 0) at = textEnd(at, end);
  if ((flags & FHCRC) != 0) at += 2;
  return at < end ? at : 0;
}

function textEnd(from: u64, end: u64): u64 {
  let at = from;
  while (at < end && load8(at) != 0) at++;
  return at + 1;
}
