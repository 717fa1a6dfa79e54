/**
 * Images that grow, and may stand on another one: qcow, as Xen's first tapdisk had it, and qcow2 (QEMU's docs/interop/qcow2.txt). A
 * table of tables says where in the file each cluster of the disk is; what is in no cluster yet is read from the backing file, or is
 * zeroes, and what is written gets a cluster at the end of the file. All numbers are big-endian.
 */
import { failImage, Image, imageProblem, openFailure, RawImage, Storage } from './image';
import { describe } from 'programs/lib/errno';

export const MAGIC: u32 = 0x5146_49fb;
/** Of the header, in bytes, by what the versions have in common and what not. */
export const BACKING_AT = 8;
export const BACKING_BYTES = 16;
export const SIZE = 24;
const HEADER_BYTES: i32 = 104;
/** An entry's bits that are a place in the file; what says that the cluster is this image's alone; and that it is packed. */
const PLACE_V1: u64 = 0x7fff_ffff_ffff_ffff;
const PLACE_V2: u64 = 0x00ff_ffff_ffff_fe00;
const OWN: u64 = 1 << 63;
const PACKED_V1: u64 = 1 << 63;
const PACKED_V2: u64 = 1 << 62;
const ZERO: u64 = 1;
const MOST_CHAIN: i32 = 8;
const MOST_PATH: u32 = 1023;
/** Refcounts are of 16 bits. */
const REFCOUNT_ORDER: u32 = 4;

const EIO: i32 = 5;
const ENOSPC: i32 = 28;
const EROFS: i32 = 30;

const word = new StaticArray<u64>(1);

export class QcowImage extends Image {
  version: u32 = 2;
  clusterBits: u32 = 16;
  /** The path of what it stands on; empty: nothing. */
  backingPath: string = '';
  private l2Bits: u32 = 13;
  private l1At: u64 = 0;
  private l1: ArrayBuffer = new ArrayBuffer(0);
  /** The table of clusters that was used last, and where it is; 0: none was. */
  private l2: ArrayBuffer = new ArrayBuffer(0);
  private l2At: u64 = 0;
  private refcountTableAt: u64 = 0;
  private refcountTableBytes: u64 = 0;
  private cluster: ArrayBuffer = new ArrayBuffer(0);
  private backing: Image | null = null;

  constructor(private storage: Storage) {
    super();
  }

  get clusterBytes(): u32 {
    return 1 << this.clusterBits;
  }
  /** Bytes that the file takes. */
  get fileBytes(): u64 {
    return this.storage.size;
  }

  /** Reads the header, and opens what it stands on. False: `imageProblem`. */
  load(path: string, readOnly: bool, depth: i32): bool {
    const header = new ArrayBuffer(HEADER_BYTES);
    const at = changetype<usize>(header);
    if (this.storage.read(0, at, HEADER_BYTES) < 0) return this.fail('it cannot be read');
    this.readOnly = readOnly;
    this.version = bswap<u32>(load<u32>(at, 4));
    this.size = bswap<u64>(load<u64>(at, SIZE));
    const entries = this.version == 1 ? this.takeFirst(at) : this.takeSecond(at);
    if (imageProblem != '') return false;
    if (this.clusterBits < 9 || this.clusterBits > 21)
      return this.fail('its clusters have no size that could be');
    const covered = entries << (this.l2Bits + this.clusterBits);
    if (entries > 0x10_0000 || covered < this.size) return this.fail('its first table is damaged');
    this.l1 = new ArrayBuffer(<i32>entries * 8);
    this.l2 = new ArrayBuffer(8 << this.l2Bits);
    this.cluster = new ArrayBuffer(<i32>this.clusterBytes);
    if (this.storage.read(this.l1At, changetype<usize>(this.l1), <u32>entries * 8) < 0)
      return this.fail('it cannot be read');
    return this.openBacking(at, path, depth);
  }

  private fail(what: string): bool {
    failImage(what);
    return false;
  }

  private takeFirst(at: usize): u64 {
    this.clusterBits = load<u8>(at, 32);
    this.l2Bits = load<u8>(at, 33);
    this.l1At = bswap<u64>(load<u64>(at, 40));
    if (load<u32>(at, 36) != 0) this.fail('it is encrypted');
    if (this.l2Bits < 6 || this.l2Bits > 18) this.fail('its tables have no size that could be');
    const shift = min<u32>(this.clusterBits + this.l2Bits, 40);
    return (this.size + ((<u64>1) << shift) - 1) >> shift;
  }

  private takeSecond(at: usize): u64 {
    this.clusterBits = bswap<u32>(load<u32>(at, 20));
    this.l2Bits = this.clusterBits - 3;
    this.l1At = bswap<u64>(load<u64>(at, 40));
    this.refcountTableAt = bswap<u64>(load<u64>(at, 48));
    this.refcountTableBytes = (<u64>bswap<u32>(load<u32>(at, 56))) << this.clusterBits;
    if (this.version != 2 && this.version != 3) this.fail('it is of a version that is not known here');
    else if (load<u32>(at, 32) != 0) this.fail('it is encrypted');
    else if (this.version == 3 && load<u64>(at, 72) != 0)
      this.fail('it has features that are not known here');
    else if (this.version == 3 && bswap<u32>(load<u32>(at, 96)) != REFCOUNT_ORDER)
      this.fail('it has features that are not known here');
    else if (load<u32>(at, 60) != 0 && !this.readOnly) this.fail('it has snapshots: it can be read alone');
    return bswap<u32>(load<u32>(at, 36));
  }

  private openBacking(at: usize, path: string, depth: i32): bool {
    const place = bswap<u64>(load<u64>(at, BACKING_AT));
    const bytes = bswap<u32>(load<u32>(at, BACKING_BYTES));
    if (place == 0 || bytes == 0) return true;
    if (bytes > MOST_PATH) return this.fail('the path of what it stands on is too long');
    const name = new ArrayBuffer(<i32>bytes);
    if (this.storage.read(place, changetype<usize>(name), bytes) < 0) return this.fail('it cannot be read');
    this.backingPath = String.UTF8.decode(name);
    const folder = path.substring(0, path.lastIndexOf('/') + 1);
    const whole = this.backingPath.startsWith('/') ? this.backingPath : folder + this.backingPath;
    if (depth == MOST_CHAIN) return this.fail('it stands on too many others');
    this.backing = openImage(whole, true, depth + 1);
    return this.backing != null || this.fail(whole + ', which it stands on: ' + imageProblem);
  }

  /** The entry of a cluster, of the table that is then in `l2`; 0: it has none. Negative: an errno, in `failure`. */
  private find(cluster: u64): u64 {
    this.failure = 0;
    const table = this.entry(this.l1, cluster >> this.l2Bits) & this.placeMask;
    if (table == 0) return 0;
    this.useTable(table);
    return this.failure < 0 ? 0 : this.entry(this.l2, cluster & ((1 << this.l2Bits) - 1));
  }
  private failure: i32 = 0;

  private get placeMask(): u64 {
    return this.version == 1 ? PLACE_V1 : PLACE_V2;
  }
  private entry(table: ArrayBuffer, index: u64): u64 {
    return bswap<u64>(load<u64>(changetype<usize>(table) + <usize>index * 8));
  }

  private useTable(at: u64): void {
    if (this.l2At == at) return;
    this.failure = this.storage.read(at, changetype<usize>(this.l2), <u32>this.l2.byteLength);
    this.l2At = this.failure < 0 ? 0 : at;
  }

  read(offset: u64, to: usize, bytes: u32): i32 {
    while (bytes > 0) {
      const within = (<u32>offset) & (this.clusterBytes - 1);
      const part = min(bytes, this.clusterBytes - within);
      const entry = this.find(offset >> this.clusterBits);
      const failed = this.failure < 0 ? this.failure : this.readPart(entry, offset, within, to, part);
      if (failed < 0) return failed;
      offset += part;
      to += part;
      bytes -= part;
    }
    return 0;
  }

  private readPart(entry: u64, offset: u64, within: u32, to: usize, bytes: u32): i32 {
    if ((entry & (this.version == 1 ? PACKED_V1 : PACKED_V2)) != 0) return -EIO;
    const place = entry & this.placeMask;
    if (this.version == 3 && (entry & ZERO) != 0) memory.fill(to, 0, bytes);
    else if (place != 0) return this.storage.read(place + within, to, bytes);
    else return this.readBacking(offset, to, bytes);
    return 0;
  }

  /** The backing file may be the shorter one. */
  private readBacking(offset: u64, to: usize, bytes: u32): i32 {
    const backing = this.backing;
    const there = backing == null || offset >= backing.size ? 0 : <u32>min<u64>(bytes, backing.size - offset);
    memory.fill(to + there, 0, bytes - there);
    return there == 0 ? 0 : backing!.read(offset, to, there);
  }

  write(offset: u64, from: usize, bytes: u32): i32 {
    if (this.readOnly) return -EROFS;
    while (bytes > 0) {
      const within = (<u32>offset) & (this.clusterBytes - 1);
      const part = min(bytes, this.clusterBytes - within);
      const entry = this.find(offset >> this.clusterBits);
      const failed = this.failure < 0 ? this.failure : this.writePart(entry, offset, within, from, part);
      if (failed < 0) return failed;
      offset += part;
      from += part;
      bytes -= part;
    }
    return 0;
  }

  private writePart(entry: u64, offset: u64, within: u32, from: usize, bytes: u32): i32 {
    const place = entry & this.placeMask;
    const isPacked = (entry & (this.version == 1 ? PACKED_V1 : PACKED_V2)) != 0;
    const isOwn = this.version == 1 || ((entry & OWN) != 0 && (entry & ZERO) == 0);
    if (place != 0 && !isPacked && isOwn) return this.storage.write(place + within, from, bytes);
    // A cluster of its own, with what is around the written part as it was.
    const whole = changetype<usize>(this.cluster);
    let failed = this.readPart(entry, offset - within, 0, whole, this.clusterBytes);
    if (failed < 0) return failed;
    memory.copy(whole + within, from, bytes);
    const made = this.allocate();
    if (made == 0) return this.failure;
    failed = this.storage.write(made, whole, this.clusterBytes);
    return failed < 0 ? failed : this.enter(offset >> this.clusterBits, made);
  }

  /** Puts the place of a cluster into its table, which is made where there is none. */
  private enter(cluster: u64, place: u64): i32 {
    const index = cluster >> this.l2Bits;
    let table = this.entry(this.l1, index) & this.placeMask;
    if (table == 0) {
      table = this.allocate();
      if (table == 0) return this.failure;
      this.l2At = 0;
      memory.fill(changetype<usize>(this.l2), 0, this.l2.byteLength);
      let failed = this.storage.write(table, changetype<usize>(this.l2), <u32>this.l2.byteLength);
      if (failed == 0) failed = this.put(this.l1, this.l1At, index, table);
      if (failed < 0) return failed;
      this.l2At = table;
    } else this.useTable(table);
    return this.failure < 0
      ? this.failure
      : this.put(this.l2, table, cluster & ((1 << this.l2Bits) - 1), place);
  }

  /** Sets an entry of a table, here and in the file. */
  private put(table: ArrayBuffer, at: u64, index: u64, place: u64): i32 {
    const value = bswap<u64>(this.version == 1 ? place : place | OWN);
    store<u64>(changetype<usize>(table) + <usize>index * 8, value);
    return this.putWord(at + index * 8, value, 8);
  }
  private putWord(at: u64, value: u64, bytes: u32): i32 {
    word[0] = value;
    return this.storage.write(at, changetype<usize>(word), bytes);
  }

  /** A cluster at the end of the file, or room for a table; 0: `failure`. */
  private allocate(): u64 {
    const bytes = max<u64>(this.clusterBytes, 8 << this.l2Bits);
    const mask = <u64>this.clusterBytes - 1;
    const place = (this.storage.size + mask) & ~mask;
    // It is there from now on: the next one comes behind it.
    this.failure = this.putWord(place + bytes - 8, 0, 8);
    if (this.failure == 0 && this.version > 1) this.failure = this.count(place);
    return this.failure < 0 ? 0 : place;
  }

  /** A cluster is in use once: its refcount, in a block that is made where there is none. */
  private count(place: u64): i32 {
    const cluster = place >> this.clusterBits;
    const perBlock = <u64>this.clusterBytes / 2;
    const at = this.refcountTableAt + (cluster / perBlock) * 8;
    if ((cluster / perBlock) * 8 >= this.refcountTableBytes) return -ENOSPC;
    let failed = this.storage.read(at, changetype<usize>(word), 8);
    if (failed < 0) return failed;
    let block = bswap<u64>(word[0]);
    if (block == 0) {
      const mask = <u64>this.clusterBytes - 1;
      block = (this.storage.size + mask) & ~mask;
      failed = this.putWord(block + this.clusterBytes - 8, 0, 8);
      if (failed == 0) failed = this.putWord(at, bswap<u64>(block), 8);
      if (failed == 0) failed = this.count(block);
      if (failed < 0) return failed;
    }
    return this.putWord(block + (cluster % perBlock) * 2, bswap<u16>(1), 2);
  }

  flush(): i32 {
    return this.storage.flush();
  }
}

/** Opens an image of whatever kind: its first bytes tell. Null: `imageProblem`. */
export function openImage(path: string, readOnly: bool, depth: i32 = 0): Image | null {
  failImage('');
  const storage = Storage.open(path, readOnly);
  if (storage == null) {
    failImage(describe(openFailure));
    return null;
  }
  const magic = new StaticArray<u32>(1);
  storage.read(0, changetype<usize>(magic), 4);
  if (bswap<u32>(magic[0]) != MAGIC) return new RawImage(storage, readOnly);
  const made = new QcowImage(storage);
  if (made.load(path, readOnly, depth)) return made;
  storage.close();
  return null;
}
