/** A file, or a part of one, as a block device: what is in it can be mounted. */
import { EIO } from 'xen';
import { dispose } from 'kernel/memory/heap';
import { Vnode } from '../fs/vnode';
import { BlockDevice, SECTOR } from './device';

export class LoopDevice extends BlockDevice {
  private file: Vnode;
  /** Where in the file it begins, in bytes. */
  readonly start: u64;

  /** Takes over the hold of the file. `bytes`: how many of it at most; 0: all that are there. */
  constructor(file: Vnode, start: u64 = 0, bytes: u64 = 0) {
    super();
    this.file = file;
    this.start = start;
    const rest = file.size > start ? file.size - start : 0;
    this.sectors = (bytes == 0 ? rest : min(rest, bytes)) / SECTOR;
  }

  transfer(write: bool, sector: u64, at: usize, count: u32): i32 {
    if (sector > this.sectors || count > this.sectors - sector) return -EIO;
    const bytes = count * SECTOR;
    const offset = this.start + sector * SECTOR;
    const done = write ? this.file.write(offset, at, bytes) : this.file.read(offset, at, bytes);
    return done == <i32>bytes ? 0 : -EIO;
  }

  sync(): i32 {
    return this.file.sync();
  }

  /** Whoever has made it uses it no more. */
  close(): void {
    this.file.put();
    dispose(this);
  }
}
