/**
 * A ramdisk as xl hands it over: a gzipped one is unpacked, as libxc does (xg_dom_core.c, xc_dom_build_module), because
 * the space it takes must be set aside anyway.
 */
import { compressionOf, decompress } from './decompress.ts';
import { ImageError } from './image-error.ts';

/** libxc sets aside this much more than a gzipped module unpacks to. */
const GUNZIP_SLACK_BYTES = 16;

export interface Ramdisk {
  readonly bytes: Uint8Array;
  /** What is set aside for it, at least its length. */
  readonly segmentBytes: number;
}

/** A file that only looks gzipped, or is damaged, is handed over as it is: the kernel may know better. */
export async function loadRamdisk(file: Uint8Array): Promise<Ramdisk> {
  const packed = { bytes: file, segmentBytes: file.length };
  if (compressionOf(file) !== 'gzip' || file.length < 6) return packed;
  try {
    const bytes = await decompress(file, 'gzip', 'the ramdisk');
    return { bytes, segmentBytes: Math.max(bytes.length + GUNZIP_SLACK_BYTES, file.length) };
  } catch (error) {
    if (error instanceof ImageError) return packed;
    throw error;
  }
}
