/**
 * /dev/loop0 to /dev/loop7: disks that have a file, from when `losetup` gives them one until it takes it away (Linux's
 * include/uapi/linux/loop.h). Without one there is nothing to read. What is mounted, open or served keeps its file.
 */
import { EBADF, EBUSY, EFAULT, EINVAL, ENXIO } from 'xen';
import {
  ENOTTY,
  LOOP_CLR_FD,
  LOOP_GET_STATUS64,
  loop_info64,
  LOOP_SET_FD,
  LOOP_SET_STATUS64,
  S_IFBLK,
} from '../abi';
import { BlockDevice } from '../block/device';
import { LoopDevice } from '../block/loop';
import { copyIn, copyOut } from '../user-memory';
import { descriptors } from './descriptors';
import { EmptyDisk } from './empty-disk';
import { numbered } from '../block/partitions';
import { bytesOf } from './names';
import { Vnode } from './vnode';

const LOOP_MAJOR: u32 = 7;
const COUNT: u32 = 8;

/** A file that several may use. */
class LoopDisk extends LoopDevice {
  private isRetired: bool = false;

  close(): void {
    this.users--;
    this.release();
  }
  /** Nobody finds it any more. */
  retire(): void {
    this.isRetired = true;
    this.release();
  }
  private release(): void {
    if (this.isRetired && this.users == 0) super.close();
  }
}

/** What a loop device is, now. */
class Loop {
  file: Vnode | null = null;
  disk: LoopDisk | null = null;
  name: StaticArray<u8> = new StaticArray<u8>(<i32>loop_info64.FILE_NAME_BYTES);
  bytes: u64 = 0;
}

const loops = new StaticArray<Loop>(<i32>COUNT);
const info: usize = memory.data(232, 8);

/** Whether there are any. */
let isMade: bool = false;

/** Makes them, and their nodes. */
export function makeLoopNodes(make: (path: usize, mode: u32, device: u32) => void): void {
  isMade = true;
  for (let n: u32 = 0; n < COUNT; n++) {
    loops[n] = new Loop();
    make(numbered(bytesOf('/dev/loop'), n), S_IFBLK | 0o660, (LOOP_MAJOR << 8) | n);
  }
}

/** null: it is none of these. */
function loopOf(device: u32): Loop | null {
  return isMade && device >> 8 == LOOP_MAJOR && (device & 255) < COUNT ? loops[device & 255] : null;
}
export function isLoop(device: u32): bool {
  return loopOf(device) != null;
}

/** The disk of a device number; null: it has no file, or is no loop device. */
export function loopDisk(device: u32): BlockDevice | null {
  const loop = loopOf(device);
  return loop == null ? null : loop.disk;
}

/** The open file of one that has no file. */
export class EmptyLoop extends EmptyDisk {
  control(request: i32, argument: u64): i32 {
    return controlLoop(this.number, 0, request, argument);
  }
}

/** 0, or a negative errno. `own`: how many of its users are the caller's. */
export function controlLoop(device: u32, own: i32, request: i32, argument: u64): i32 {
  const loop = loopOf(device);
  if (loop == null) return -ENOTTY;
  if (request == LOOP_SET_FD) return attach(loop, <i32>argument);
  if (request != LOOP_CLR_FD && request != LOOP_SET_STATUS64 && request != LOOP_GET_STATUS64) return -ENOTTY;
  const disk = loop.disk;
  if (disk == null) return -ENXIO;
  if (request == LOOP_GET_STATUS64) return tell(device & 255, loop, disk, argument);
  if (disk.users > own) return -EBUSY;
  return request == LOOP_CLR_FD ? detach(loop, disk) : place(loop, disk, argument);
}

function attach(loop: Loop, fd: i32): i32 {
  if (loop.disk != null) return -EBUSY;
  const file = descriptors().at(fd);
  if (file == null) return -EBADF;
  const node = file.node();
  if (node == null || !node.isRegular) return -EINVAL;
  loop.file = node.get();
  loop.bytes = 0;
  loop.name[0] = 0;
  loop.disk = new LoopDisk(node.get());
  loop.disk!.readOnly = !file.mayWrite;
  return 0;
}

/** Who has it open has an empty one then. */
function detach(loop: Loop, disk: LoopDisk): i32 {
  loop.disk = null;
  disk.sectors = 0;
  disk.retire();
  loop.file!.put();
  loop.file = null;
  return 0;
}

/** It begins elsewhere in its file, and has a name. */
function place(loop: Loop, disk: LoopDisk, argument: u64): i32 {
  if (copyIn(info, argument, loop_info64.SIZE) < 0) return -EFAULT;
  const start = load<u64>(info, loop_info64.lo_offset);
  loop.bytes = load<u64>(info, loop_info64.lo_sizelimit);
  memory.copy(changetype<usize>(loop.name), info + loop_info64.lo_file_name, loop_info64.FILE_NAME_BYTES);
  loop.name[loop.name.length - 1] = 0;
  const isReadOnly = disk.readOnly;
  const made = new LoopDisk(loop.file!.get(), start, loop.bytes);
  made.readOnly = isReadOnly;
  loop.disk = made;
  disk.retire();
  return 0;
}

function tell(number: u32, loop: Loop, disk: LoopDisk, argument: u64): i32 {
  memory.fill(info, 0, loop_info64.SIZE);
  store<u64>(info, disk.start, loop_info64.lo_offset);
  store<u64>(info, loop.bytes, loop_info64.lo_sizelimit);
  store<u32>(info, number, loop_info64.lo_number);
  memory.copy(info + loop_info64.lo_file_name, changetype<usize>(loop.name), loop_info64.FILE_NAME_BYTES);
  return copyOut(argument, info, loop_info64.SIZE);
}
