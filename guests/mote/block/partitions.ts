/**
 * The partitions of a disk, as its first sector tells them: four entries of sixteen bytes and a mark; of which one may be an
 * extended partition, a chain of sectors like the first, each with one logical partition (numbered from 5) and the next link.
 */
import { EIO } from 'xen';
import { alloc, free } from 'kernel/memory/heap';
import { lengthOf } from '../fs/names';
import { BlockDevice, SECTOR } from './device';
import { addDisk, removeDisk } from './disks';

const MARK_AT: usize = 510;
const MARK: u32 = 0xaa55;
const ENTRIES_AT: usize = 446;
const ENTRY_BYTES: usize = 16;
const PRIMARY: u32 = 4;
/** In an entry: whether it boots (0 or 0x80), its type, where it begins and how many sectors it has. */
const BOOTS: usize = 0;
const TYPE: usize = 4;
const START: usize = 8;
const COUNT: usize = 12;
const EXTENDED: u32 = 0x05;
const EXTENDED_LBA: u32 = 0x0f;
const EXTENDED_LINUX: u32 = 0x85;

/** Digits behind a disk's path. */
const NUMBER_BYTES: usize = 3;

class Partition extends BlockDevice {
  constructor(
    private disk: BlockDevice,
    private start: u64,
    sectors: u64,
  ) {
    super();
    this.sectors = sectors;
    this.readOnly = disk.readOnly;
  }

  transfer(write: bool, sector: u64, at: usize, count: u32): i32 {
    if (sector > this.sectors || count > this.sectors - sector) return -EIO;
    return this.disk.transfer(write, this.start + sector, at, count);
  }
  sync(): i32 {
    return this.disk.sync();
  }
  get isGone(): bool {
    return this.disk.isGone;
  }
  hold(): void {
    super.hold();
    this.disk.hold();
  }
  close(): void {
    super.close();
    this.disk.close();
  }
}

function isExtended(type: u32): bool {
  return type == EXTENDED || type == EXTENDED_LBA || type == EXTENDED_LINUX;
}

/** Adds a disk and its partitions, at the path with their numbers behind; `most`: numbers that belong to the disk, less one. */
export function addWholeDisk(disk: BlockDevice, path: usize, number: u32, most: u32): bool {
  if (!addDisk(disk, path, number)) return false;
  const sector = alloc(SECTOR);
  if (readTable(disk, 0, sector)) {
    let extended: u64 = 0;
    for (let n: u32 = 0; n < PRIMARY; n++) {
      const entry = entryOf(sector, n);
      const type = <u32>load<u8>(entry + TYPE);
      if (isExtended(type)) extended = load<u32>(entry + START);
      else if (type != 0)
        addPartition(disk, path, number, n + 1, load<u32>(entry + START), load<u32>(entry + COUNT));
    }
    if (extended != 0) addLogical(disk, path, number, most, extended, sector);
  }
  free(sector);
  return true;
}

/** Nobody finds a disk any more, nor its partitions; `most` as for `addWholeDisk`. */
export function removeWholeDisk(number: u32, most: u32): void {
  for (let n: u32 = 0; n <= most; n++) free(removeDisk(number + n));
}

function addLogical(
  disk: BlockDevice,
  path: usize,
  number: u32,
  most: u32,
  extended: u64,
  sector: usize,
): void {
  let at = extended;
  // As many as there are numbers, for a chain may go round.
  for (let n = PRIMARY + 1; n <= most && readTable(disk, at, sector); n++) {
    const entry = entryOf(sector, 0);
    const start = at + load<u32>(entry + START);
    if (load<u8>(entry + TYPE) != 0) addPartition(disk, path, number, n, start, load<u32>(entry + COUNT));
    const next = entryOf(sector, 1);
    if (!isExtended(<u32>load<u8>(next + TYPE))) return;
    at = extended + load<u32>(next + START);
  }
}

function entryOf(sector: usize, n: u32): usize {
  return sector + ENTRIES_AT + <usize>n * ENTRY_BYTES;
}

/** Whether there is such a table: its mark, and nothing in it that cannot be. */
function readTable(disk: BlockDevice, at: u64, sector: usize): bool {
  if (at >= disk.sectors || disk.transfer(false, at, sector, 1) < 0) return false;
  if (<u32>load<u16>(sector + MARK_AT) != MARK) return false;
  for (let n: u32 = 0; n < PRIMARY; n++) if ((load<u8>(entryOf(sector, n) + BOOTS) & 0x7f) != 0) return false;
  return true;
}

function addPartition(disk: BlockDevice, path: usize, number: u32, n: u32, start: u64, count: u64): void {
  if (start == 0 || count == 0 || start >= disk.sectors || count > disk.sectors - start) return;
  const part = new Partition(disk, start, count);
  part.parts = disk.parts;
  disk.parts = part;
  addDisk(part, numbered(path, n), number + n);
}

/** A path with a number behind, on the heap. */
export function numbered(path: usize, n: u32): usize {
  const length = <usize>lengthOf(path);
  const text = alloc(length + NUMBER_BYTES);
  memory.copy(text, path, length);
  let at = text + length;
  if (n >= 10) store<u8>(at++, <u8>(48 + n / 10));
  store<u8>(at++, <u8>(48 + (n % 10)));
  store<u8>(at, 0);
  return text;
}
