/**
 * A kernel's file: an ELF image, or Linux's bzImage, whose setup header says where in the file the packed ELF image is and
 * where in memory it is best unpacked (Linux, Documentation/arch/x86/boot.rst); either may be gzipped as a whole.
 */
import { load16, load32, load64, load8 } from 'programs/lib/intrinsics';
import { allocateFar, FarBytes } from './far';
import { ELF_MAGIC } from './kernel';
import {
  nameOf,
  PACKED_GZIP,
  PACKED_NONE,
  PACKED_XZ,
  packedAs,
  unpack,
  UNPACKED_HERE,
} from './unpack/packed';

const SETUP_SECTS: u64 = 0x1f1;
const HEADER: u64 = 0x202;
const VERSION: u64 = 0x206;
const PAYLOAD_OFFSET: u64 = 0x248;
const PAYLOAD_LENGTH: u64 = 0x24c;
const PREF_ADDRESS: u64 = 0x258;
const HEADER_END: u64 = 0x268;
const SECTOR_BYTES: u64 = 512;
/** "HdrS" */
const HEADER_MAGIC: u64 = 0x5372_6448;
/** The first boot protocol whose header has the preferred address; the payload is told since 0x208. */
const OLDEST_VERSION: u64 = 0x20a;

/** Behind a payload: the size of what it unpacks to. */
const SIZE_BYTES: u64 = 4;
/** A gzip header, and what is behind its stream. */
const LEAST_GZIP_BYTES: u64 = 18;
/** The last two bytes of an XZ stream. */
const XZ_FOOTER: u64 = 0x5a59;
/** Nothing larger is unpacked. */
const MAX_UNPACKED_BYTES: u64 = 512 << 20;

export class KernelFile {
  /** How its ELF image is packed; PACKED_NONE: it is one. */
  packing: i32 = PACKED_NONE;
  /** Of a packed one: what it unpacks to, and the pseudo-physical address where it is unpacked. */
  unpackedBytes: u64 = 0;
  unpackAt: u64 = 0;
  /** Why it is no kernel; empty: it may be one. */
  problem: string = '';
  private payload: u64 = 0;
  private payloadBytes: u64 = 0;

  constructor(public file: FarBytes) {}

  /** Whether it can be a kernel; else `problem`. */
  identify(): bool {
    if (packedAs(this.file.at, this.file.bytes) == PACKED_GZIP) this.problem = this.unpackAll();
    if (this.problem != '') return false;
    const at = this.file.at;
    if (this.file.has(0, HEADER_END) && load32(at + HEADER) == HEADER_MAGIC) this.problem = this.readSetup();
    else if (!this.file.has(0, 4) || load32(at) != <u64>ELF_MAGIC) this.problem = this.foreign();
    return this.problem == '';
  }

  /** Unpacks a file that is gzipped as a whole, in domain 0's memory. Empty, or what is wrong. */
  private unpackAll(): string {
    const packed = this.file;
    const bytes = packed.bytes < LEAST_GZIP_BYTES ? 0 : load32(packed.at + packed.bytes - SIZE_BYTES);
    if (bytes == 0 || bytes > MAX_UNPACKED_BYTES) return 'it is gzipped, and damaged';
    const whole = allocateFar(bytes);
    if (whole == null) return 'it is gzipped, and domain 0 has no memory to unpack it to';
    this.file = whole;
    const isRight = unpack(PACKED_GZIP, packed.at, packed.bytes, whole.at, bytes) == <i64>bytes;
    packed.release();
    return isRight ? '' : 'it is gzipped, and damaged';
  }

  /** What a file is that is no kernel. */
  private foreign(): string {
    const packing = packedAs(this.file.at, this.file.bytes);
    return packing == PACKED_NONE
      ? 'it is neither an ELF image nor a bzImage'
      : 'it is itself packed with ' + nameOf(packing) + ': unpack it first';
  }

  private readSetup(): string {
    const at = this.file.at;
    if (load16(at + VERSION) < OLDEST_VERSION)
      return (
        'it is a bzImage of boot protocol 0x' +
        load16(at + VERSION).toString(16) +
        ', 0x20a is the first that will do'
      );
    const offset = (load8(at + SETUP_SECTS) + 1) * SECTOR_BYTES + load32(at + PAYLOAD_OFFSET);
    const bytes = load32(at + PAYLOAD_LENGTH);
    if (!this.file.has(offset, bytes) || bytes < 16) return 'it is cut short';
    this.payload = at + offset;
    this.payloadBytes = bytes;
    if (load32(this.payload) == <u64>ELF_MAGIC) return 'its payload is not packed, which is not expected';
    this.packing = packedAs(this.payload, bytes);
    if (this.packing == PACKED_NONE) return 'its payload is packed in a way that nobody knows';
    if (this.packing > UNPACKED_HERE)
      return (
        'it is packed with ' + nameOf(this.packing) + ', which is not there: gzip, xz, lz4, zstd and lzma are'
      );
    if (this.packing == PACKED_XZ && load16(this.payload + bytes - 2) == XZ_FOOTER)
      return 'its payload has no size behind it';
    this.unpackedBytes = load32(this.payload + bytes - SIZE_BYTES);
    this.unpackAt = load64(at + PREF_ADDRESS);
    const isSane = this.unpackedBytes <= MAX_UNPACKED_BYTES && this.unpackAt % 4096 == 0;
    return isSane && this.unpackAt < 1 << 40 ? '' : 'its setup header is damaged';
  }

  /** Unpacks the ELF image to `unpackedBytes` bytes from `to` on. Whether it was whole. */
  unpackTo(to: u64): bool {
    // gzip has the size in its own trailer.
    const isGzip = this.packing == PACKED_GZIP;
    const bytes = this.payloadBytes - (isGzip ? 0 : SIZE_BYTES);
    return unpack(this.packing, this.payload, bytes, to, this.unpackedBytes) == <i64>this.unpackedBytes;
  }
}
