/** What is in a file: bytes, block by block. */
import { EIO } from 'xen';
import { EFBIG, S_IFDIR, S_IFMT } from '../../abi';
import { findBlock, freeFrom, maxBlocks } from './blocks';
import { inode, RO_COMPAT_LARGE_FILE, super_block } from './format';
import { InodeRecord } from './record';
import { seconds, Volume } from './volume';

/** Its size: directories have 32 bits of it only. */
export function sizeOf(record: InodeRecord): u64 {
  const low = <u64>record.get32(inode.i_size);
  if ((record.get16(inode.i_mode) & S_IFMT) == S_IFDIR) return low;
  return low | ((<u64>record.get32(inode.i_size_high)) << 32);
}

export function setSize(record: InodeRecord, size: u64): void {
  record.set32(inode.i_size, <u32>size);
  if ((record.get16(inode.i_mode) & S_IFMT) != S_IFDIR) record.set32(inode.i_size_high, <u32>(size >> 32));
  if (size > <u64>i32.MAX_VALUE) allowLarge(record.volume);
}

/** From the first file of two gigabytes on, the volume says that it has such. */
function allowLarge(volume: Volume): void {
  const features = volume.field(super_block.s_feature_ro_compat);
  volume.setField(super_block.s_feature_ro_compat, features | RO_COMPAT_LARGE_FILE);
}

export function touch(record: InodeRecord): void {
  record.set32(inode.i_mtime, seconds());
  record.set32(inode.i_ctime, seconds());
}

/** Reads what is there of `bytes` from `offset` on: bytes, or -EIO. */
export function readData(record: InodeRecord, offset: u64, to: usize, bytes: usize): i32 {
  const size = sizeOf(record);
  if (offset >= size) return 0;
  const count = <usize>min(<u64>bytes, size - offset);
  const block = record.volume.blockBytes;
  for (let done: usize = 0; done < count;) {
    const at = offset + done;
    const within = <usize>(at % block);
    const part = min(count - done, block - within);
    const found = findBlock(record, at / block, false);
    if (found < 0) return -EIO;
    if (found == 0) memory.fill(to + done, 0, part);
    else {
      const buffer = record.volume.cache!.get(found);
      if (buffer == null) return -EIO;
      memory.copy(to + done, buffer.at + within, part);
      buffer.put();
    }
    done += part;
  }
  return <i32>count;
}

/** Writes: bytes, fewer where the disk is full; or an error where nothing was written. */
export function writeData(record: InodeRecord, offset: u64, from: usize, bytes: usize): i32 {
  const block = record.volume.blockBytes;
  if ((offset + bytes + block - 1) / block > maxBlocks(record.volume)) return -EFBIG;
  let done: usize = 0;
  let failed = 0;
  while (done < bytes) {
    const at = offset + done;
    const within = <usize>(at % block);
    const part = min(bytes - done, block - within);
    const found = findBlock(record, at / block, true);
    if (found < 0) {
      failed = <i32>found;
      break;
    }
    const buffer = part == block ? record.volume.cache!.getNew(found) : record.volume.cache!.get(found);
    if (buffer == null) {
      failed = -EIO;
      break;
    }
    memory.copy(buffer.at + within, from + done, part);
    buffer.dirty = true;
    buffer.put();
    done += part;
  }
  if (offset + done > sizeOf(record) && done > 0) setSize(record, offset + done);
  touch(record);
  return done == 0 && failed < 0 ? failed : <i32>done;
}

/** Makes it longer, by a hole, or shorter. 0, -EIO, -EFBIG. */
export function setLength(record: InodeRecord, size: u64): i32 {
  const volume = record.volume;
  const block = volume.blockBytes;
  if ((size + block - 1) / block > maxBlocks(volume)) return -EFBIG;
  const rest = <u32>(size % block);
  // What lay behind the end reads as zeroes should the file grow again.
  if (size < sizeOf(record) && rest != 0) {
    const found = findBlock(record, size / block, false);
    if (found < 0) return -EIO;
    if (found > 0) {
      const buffer = volume.cache!.get(found);
      if (buffer == null) return -EIO;
      memory.fill(buffer.at + rest, 0, block - rest);
      buffer.dirty = true;
      buffer.put();
    }
  }
  const failed = size < sizeOf(record) ? freeFrom(record, (size + block - 1) / block) : 0;
  if (failed < 0) return failed;
  setSize(record, size);
  touch(record);
  return 0;
}
