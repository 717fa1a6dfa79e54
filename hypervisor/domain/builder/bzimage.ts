/**
 * Linux's bzImage: a setup header that says where in the file the compressed ELF image is.
 * Source: Linux, Documentation/arch/x86/boot.rst (the real-mode kernel header).
 */
import { ImageError } from './image-error.ts';
import { hex, ImageReader } from './image-reader.ts';

const SETUP_SECTS = 0x1f1;
const HEADER = 0x202;
const VERSION = 0x206;
const KERNEL_VERSION = 0x20e;
const PAYLOAD_OFFSET = 0x248;
const PAYLOAD_LENGTH = 0x24c;
const SECTOR_BYTES = 512;

/** "HdrS" */
const HEADER_MAGIC = [0x48, 0x64, 0x72, 0x53];
/** The first boot protocol whose header tells of the payload. */
const OLDEST_VERSION = 0x0208;

interface BzImage {
  /** "6.1.0-1-amd64 (…) #1 SMP …", or empty where the header has none. */
  readonly version: string;
  /** The compressed kernel. Its last four bytes are the size of the uncompressed one. */
  readonly payload: Uint8Array;
}

export function isBzImage(bytes: Uint8Array): boolean {
  return new ImageReader(bytes).has(HEADER_MAGIC, HEADER);
}

/** Finds the payload. Throws ImageError where the header is too old or points outside the file. */
export function parseBzImage(bytes: Uint8Array): BzImage {
  const image = new ImageReader(bytes);
  const version = image.u16('the setup header', VERSION);
  if (version < OLDEST_VERSION)
    throw new ImageError(
      'unsupported',
      `a bzImage of boot protocol ${hex(version)}; Xen wants 0x208 or later`,
    );
  const setupBytes = (image.u8('the setup header', SETUP_SECTS) + 1) * SECTOR_BYTES;
  const payloadOffset = setupBytes + image.u32('the setup header', PAYLOAD_OFFSET);
  const payloadLength = image.u32('the setup header', PAYLOAD_LENGTH);
  const payload = image.slice('the payload of the bzImage', payloadOffset, payloadLength);
  const versionAt = image.u16('the setup header', KERNEL_VERSION) + SECTOR_BYTES;
  const isThere = versionAt > SECTOR_BYTES && versionAt < Math.min(setupBytes, bytes.length);
  return {
    version: isThere ? image.text('the version', versionAt, Math.min(setupBytes, bytes.length)) : '',
    payload,
  };
}
