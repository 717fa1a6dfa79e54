/**
 * A writer, and a reader, of cpio archives in the `newc` form that Linux and Mote unpack as their ramdisk
 * (Documentation/driver-api/early-userspace/buffer-format.rst). The same entries give the same bytes: inode numbers
 * count up, owners are root, times are 0.
 */
import { joined } from './bytes.ts';

const S_IFDIR = 0o040000;
const S_IFREG = 0o100000;
const S_IFLNK = 0o120000;

/** One member of an archive. Paths have no leading slash; a directory comes before what is in it. */
export type Entry =
  | { readonly type: 'directory'; readonly path: string }
  | { readonly type: 'file'; readonly path: string; readonly data: Uint8Array; readonly executable?: boolean }
  | { readonly type: 'link'; readonly path: string; readonly target: string };

interface Member {
  readonly mode: number;
  readonly links: number;
  readonly data: Uint8Array;
}

function memberOf(entry: Entry): Member {
  switch (entry.type) {
    case 'directory':
      return { mode: S_IFDIR | 0o755, links: 2, data: new Uint8Array() };
    case 'file':
      return { mode: S_IFREG | (entry.executable ? 0o755 : 0o644), links: 1, data: entry.data };
    case 'link':
      return { mode: S_IFLNK | 0o777, links: 1, data: encode(entry.target) };
  }
}

function encode(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}

/** Headers with their names, and data, are each padded to four bytes. */
function padded(bytes: Uint8Array): Uint8Array {
  const out = new Uint8Array(Math.ceil(bytes.length / 4) * 4);
  out.set(bytes);
  return out;
}

function record(path: string, inode: number, { mode, links, data }: Member): Uint8Array[] {
  const name = encode(`${path}\0`);
  // magic, then: inode, mode, uid, gid, links, mtime, size, device major and minor, rdev major and minor, name, check
  const fields = [inode, mode, 0, 0, links, 0, data.length, 0, 0, 0, 0, name.length, 0];
  const header = `070701${fields.map((field) => field.toString(16).padStart(8, '0')).join('')}`;
  return [padded(joined([encode(header), name])), padded(data)];
}

/** The archive of these entries in this order, with its trailer. */
export function cpio(entries: readonly Entry[]): Uint8Array {
  const records = entries.flatMap((entry, index) => record(entry.path, index + 1, memberOf(entry)));
  const trailer = record('TRAILER!!!', 0, { mode: 0, links: 1, data: new Uint8Array() });
  return joined([...records, ...trailer]);
}

/** Bytes of a member's header, and of a field in it, in hexadecimal digits. */
const HEADER_BYTES = 110;
const FIELD_BYTES = 8;
const MODE = 1;
const SIZE = 6;
const NAME_SIZE = 11;
const S_IFMT = 0o170000;

/** The regular files of an archive that `cpio` has made, by path. */
export function filesOf(archive: Uint8Array): Map<string, Uint8Array> {
  const files = new Map<string, Uint8Array>();
  const text = new TextDecoder();
  for (let at = 0; at + HEADER_BYTES <= archive.length;) {
    const start = at;
    const field = (n: number): number => {
      const from = start + 6 + n * FIELD_BYTES;
      return parseInt(text.decode(archive.subarray(from, from + FIELD_BYTES)), 16);
    };
    const nameEnd = at + HEADER_BYTES + field(NAME_SIZE);
    const path = text.decode(archive.subarray(at + HEADER_BYTES, nameEnd - 1));
    const data = start + Math.ceil((nameEnd - start) / 4) * 4;
    if ((field(MODE) & S_IFMT) === S_IFREG) files.set(path, archive.slice(data, data + field(SIZE)));
    at = data + Math.ceil(field(SIZE) / 4) * 4;
  }
  return files;
}
