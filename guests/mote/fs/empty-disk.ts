/** The open file of a disk's node that has no disk yet: nothing is there to be read, and what it is to be is told by ioctl. */
import { ENXIO } from 'xen';
import { DeviceFile } from './device-file';
import { Vnode } from './vnode';

export class EmptyDisk extends DeviceFile {
  protected number: u32;

  constructor(vnode: Vnode, flags: i32) {
    super(vnode, flags);
    this.number = vnode.device;
  }
  read(to: usize, bytes: usize): i32 {
    return 0;
  }
  write(from: usize, bytes: usize): i32 {
    return -ENXIO;
  }
}
