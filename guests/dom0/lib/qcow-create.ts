/** Making empty images of those kinds (qcow.ts), for QEMU's qemu-img and Xen's qcow-create. */
import { describe } from 'programs/lib/errno';
import { failImage, openFailure, Storage } from './image';
import { BACKING_AT, BACKING_BYTES, MAGIC, SIZE } from './qcow';

/** Version 1, as blktap's qcow-create makes it: clusters of 4 KiB, tables of 512 entries. */
const FIRST_BITS: u32 = 12;
const FIRST_TABLE_BITS: u32 = 9;
const FIRST_HEADER: i32 = 48;
/** Version 2, as qemu-img makes it: clusters and tables of 64 KiB; the path of the backing file stands behind the header. */
const SECOND_BITS: u32 = 16;
const SECOND_HEADER: i32 = 512;

const word = new StaticArray<u64>(1);

/** Makes an empty image of a version, of so many bytes, on another one or on none. False: `imageProblem`. */
export function createQcow(version: u32, path: string, size: u64, backing: string): bool {
  failImage('');
  const storage = Storage.open(path, false);
  if (storage == null) {
    failImage(describe(openFailure));
    return false;
  }
  const name = String.UTF8.encode(backing);
  const failed = version == 1 ? createFirst(storage, size, name) : createSecond(storage, size, name);
  storage.close();
  if (failed < 0) failImage(describe(failed));
  return failed == 0;
}

/** Begins a header with what both versions have; the path of the backing file comes behind it. */
function headerOf(version: u32, bytes: i32, size: u64, backing: ArrayBuffer): usize {
  header = new ArrayBuffer(bytes);
  const at = changetype<usize>(header);
  store<u32>(at, bswap<u32>(MAGIC));
  store<u32>(at, bswap<u32>(version), 4);
  store<u64>(at, bswap<u64>(size), SIZE);
  if (backing.byteLength > 0) {
    store<u64>(at, bswap<u64>(bytes), BACKING_AT);
    store<u32>(at, bswap<u32>(<u32>backing.byteLength), BACKING_BYTES);
  }
  return at;
}
let header: ArrayBuffer = new ArrayBuffer(0);

function writeHeader(storage: Storage, backing: ArrayBuffer): i32 {
  const bytes = <u32>header.byteLength;
  const failed = storage.write(0, changetype<usize>(header), bytes);
  return failed < 0 || backing.byteLength == 0
    ? failed
    : storage.write(bytes, changetype<usize>(backing), <u32>backing.byteLength);
}

/** The header, the path, the first table. */
function createFirst(storage: Storage, size: u64, backing: ArrayBuffer): i32 {
  const at = headerOf(1, FIRST_HEADER, size, backing);
  const table = (<u64>(FIRST_HEADER + backing.byteLength + 7)) & ~7;
  const shift = FIRST_BITS + FIRST_TABLE_BITS;
  const entries = (size + ((<u64>1) << shift) - 1) >> shift;
  store<u8>(at, <u8>FIRST_BITS, 32);
  store<u8>(at, <u8>FIRST_TABLE_BITS, 33);
  store<u64>(at, bswap<u64>(table), 40);
  const failed = writeHeader(storage, backing);
  word[0] = 0;
  // Behind its last entry the file ends: all are zeroes.
  return failed < 0
    ? failed
    : storage.write(table + max<u64>(entries, 1) * 8 - 8, changetype<usize>(word), 8);
}

/** The header and the path, the table of refcounts, its first block, the first table. */
function createSecond(storage: Storage, size: u64, backing: ArrayBuffer): i32 {
  const cluster: u64 = 1 << SECOND_BITS;
  const perTable = (<u64>1) << (SECOND_BITS - 3 + SECOND_BITS);
  const entries = (size + perTable - 1) / perTable;
  const used = 3 + max<u64>((entries * 8 + cluster - 1) / cluster, 1);
  const at = headerOf(2, SECOND_HEADER, size, backing);
  store<u32>(at, bswap<u32>(SECOND_BITS), 20);
  store<u32>(at, bswap<u32>(<u32>entries), 36);
  store<u64>(at, bswap<u64>(3 * cluster), 40);
  store<u64>(at, bswap<u64>(cluster), 48);
  store<u32>(at, bswap<u32>(1), 56);
  let failed = writeHeader(storage, backing);
  word[0] = bswap<u64>(2 * cluster);
  if (failed == 0) failed = storage.write(cluster, changetype<usize>(word), 8);
  for (let n: u64 = 0; n < used && failed == 0; n++) {
    word[0] = bswap<u16>(1);
    failed = storage.write(2 * cluster + n * 2, changetype<usize>(word), 2);
  }
  word[0] = 0;
  return failed < 0 ? failed : storage.write(used * cluster - 8, changetype<usize>(word), 8);
}
