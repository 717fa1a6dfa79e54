/** A file as a block device: what is in it can be mounted. */
import { EIO } from 'xen';
import { dispose } from 'kernel/memory/heap';
import { Vnode } from '../fs/vnode';
import { BlockDevice, SECTOR } from './device';

export class LoopDevice extends BlockDevice {
  private file: Vnode;

  /** Takes over the hold of the file. */
  constructor(file: Vnode) {
    super();
    this.file = file;
    this.sectors = file.size / SECTOR;
  }

  transfer(write: bool, sector: u64, at: usize, count: u32): i32 {
    const bytes = count * SECTOR;
    const offset = sector * SECTOR;
    const done = write ? this.file.write(offset, at, bytes) : this.file.read(offset, at, bytes);
    return done == <i32>bytes ? 0 : -EIO;
  }

  sync(): i32 {
    return this.file.sync();
  }

  close(): void {
    this.file.put();
    dispose(this);
  }
}
