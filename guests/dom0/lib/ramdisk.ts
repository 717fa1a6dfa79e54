/**
 * A domain's ramdisk. A gzipped one is unpacked, as libxc does it (xg_dom_core.c, xc_dom_build_module), right into the
 * domain's memory; what only looks gzipped, or is damaged, is handed over as it is: the kernel may know better.
 */
import { load32 } from 'programs/lib/intrinsics';
import { DomainMemory } from './domain-memory';
import { clear, FarBytes } from './far';
import { unmap } from './hypercalls';
import { PAGE_BYTES } from './pages';
import { pagesOf } from './plan';
import { gunzip } from './unpack/gzip';
import { PACKED_GZIP, packedAs } from './unpack/packed';

/** libxc sets aside this much more than a gzipped one unpacks to, and unpacks nothing larger. */
const GUNZIP_SLACK_BYTES: u64 = 16;
const MAX_UNPACKED_BYTES: u64 = 1 << 30;

export class Ramdisk {
  /** What is set aside for it. */
  bytes: u64 = 0;
  isThere: bool;
  /** What it unpacks to, by its last bytes; 0: it is not to be unpacked. */
  private unpackedBytes: u64 = 0;
  private file: FarBytes;

  constructor(file: FarBytes | null) {
    this.isThere = file != null;
    this.file = file == null ? new FarBytes(0, 0) : file;
    const at = this.file.at;
    const bytes = this.file.bytes;
    if (packedAs(at, bytes) == PACKED_GZIP) this.unpackedBytes = load32(at + bytes - 4);
    if (this.unpackedBytes > MAX_UNPACKED_BYTES) this.unpackedBytes = 0;
    this.bytes = this.unpackedBytes == 0 ? bytes : max(this.unpackedBytes + GUNZIP_SLACK_BYTES, bytes);
  }

  /** Brings it to its place in the domain. 0, or a negative errno. */
  load(memory: DomainMemory, pfn: u64): i32 {
    const file = this.file;
    if (this.unpackedBytes == 0) return memory.write(pfn * PAGE_BYTES, file.at, file.bytes);
    const pages = pagesOf(this.bytes);
    const at = memory.map(pfn, pages);
    if (at < 0) return <i32>at;
    const done = gunzip(file.at, file.bytes, at, this.unpackedBytes);
    // Behind it are zeroes, for the kernel takes whole pages.
    const kept = <u64>max(done, 0);
    clear(<u64>at + kept, pages * PAGE_BYTES - kept);
    unmap(at, pages);
    return done < 0 ? memory.write(pfn * PAGE_BYTES, file.at, file.bytes) : 0;
  }
}
