/** Devices: what is opened where a node of the tree is one, by its number. */
import { EINVAL, ENODEV, ENOMEM, ENOSPC, EROFS } from 'xen';
import { free, tryAlloc } from 'kernel/memory/heap';
import { hasXenstore } from 'kernel/store/xenbus';
import { BLKSERIAL, S_IFBLK, S_IFCHR, SEEK_CUR, SEEK_END, SEEK_SET } from '../abi';
import { BlockDevice, SECTOR, SERIAL_BYTES } from '../block/device';
import { diskOf } from './disk-of';
import { terminal } from '../terminal';
import { copyOut } from '../user-memory';
import { EventFile } from './event-file';
import { DeviceFile } from './device-file';
import { controlLoop, EmptyLoop, isLoop } from './loop-devices';
import { File, VnodeFile } from './file';
import { fail, Vnode } from './vnode';
import { controlNbd, EmptyNbd, isNbd } from './nbd-devices';
import { XenbusBackendFile } from './xenbus-backend-file';
import { XenbusFile } from './xenbus-file';

/** Linux's numbers: major << 8 | minor. */
export const DEVICE_NULL: u32 = (1 << 8) | 3;
export const DEVICE_ZERO: u32 = (1 << 8) | 5;
export const DEVICE_FULL: u32 = (1 << 8) | 7;
export const DEVICE_TTY: u32 = (5 << 8) | 0;
export const DEVICE_CONSOLE: u32 = (5 << 8) | 1;
export const DEVICE_EVTCHN: u32 = (10 << 8) | 201;
export const DEVICE_XENBUS_BACKEND: u32 = (10 << 8) | 202;
export const DEVICE_XENBUS: u32 = (10 << 8) | 203;

class NullFile extends DeviceFile {
  read(to: usize, bytes: usize): i32 {
    return 0;
  }
  write(from: usize, bytes: usize): i32 {
    return <i32>bytes;
  }
}

class ZeroFile extends DeviceFile {
  read(to: usize, bytes: usize): i32 {
    memory.fill(to, 0, bytes);
    return <i32>bytes;
  }
  write(from: usize, bytes: usize): i32 {
    return <i32>bytes;
  }
}

class FullFile extends ZeroFile {
  write(from: usize, bytes: usize): i32 {
    return -ENOSPC;
  }
}

/** A disk as one long file. Its pieces go through a buffer, for they need not begin at sectors. */
class DiskFile extends DeviceFile {
  private disk: BlockDevice;
  private offset: u64 = 0;

  constructor(vnode: Vnode, flags: i32, disk: BlockDevice) {
    super(vnode, flags);
    this.disk = disk;
    disk.hold();
  }

  read(to: usize, bytes: usize): i32 {
    return this.move(false, to, bytes);
  }
  write(from: usize, bytes: usize): i32 {
    return this.disk.readOnly ? -EROFS : this.move(true, from, bytes);
  }

  control(request: i32, argument: u64): i32 {
    if (request != BLKSERIAL) return this.controlOwn(request, argument);
    const buffer = tryAlloc(SERIAL_BYTES);
    if (buffer == 0) return -ENOMEM;
    const failed = this.disk.serial(buffer);
    const copied = failed < 0 ? failed : copyOut(argument, buffer, SERIAL_BYTES);
    free(buffer);
    return copied;
  }

  /** What loop and network block devices have of their own. */
  private controlOwn(request: i32, argument: u64): i32 {
    const number = this.node()!.device;
    return isNbd(number)
      ? controlNbd(number, 1, request, argument)
      : controlLoop(number, 1, request, argument);
  }

  private move(write: bool, at: usize, bytes: usize): i32 {
    const end = this.disk.sectors * SECTOR;
    if (this.offset >= end) return write && bytes > 0 ? -ENOSPC : 0;
    const count = <usize>min(<u64>bytes, end - this.offset);
    const sector = this.offset / SECTOR;
    const within = <usize>(this.offset % SECTOR);
    const sectors = <u32>((within + count + SECTOR - 1) / SECTOR);
    const buffer = tryAlloc(sectors * SECTOR);
    if (buffer == 0) return -ENOMEM;
    const whole = within == 0 && count % SECTOR == 0;
    let failed = write && whole ? 0 : this.disk.transfer(false, sector, buffer, sectors);
    if (failed == 0 && write) {
      memory.copy(buffer + within, at, count);
      failed = this.disk.transfer(true, sector, buffer, sectors);
    } else if (failed == 0) memory.copy(at, buffer + within, count);
    free(buffer);
    if (failed < 0) return failed;
    this.offset += count;
    return <i32>count;
  }

  seek(offset: i64, whence: i32): i64 {
    const from: i64 =
      whence == SEEK_SET
        ? 0
        : whence == SEEK_CUR
          ? this.offset
          : whence == SEEK_END
            ? this.disk.sectors * SECTOR
            : -1;
    if (from < 0 || from + offset < 0) return -EINVAL;
    this.offset = from + offset;
    return this.offset;
  }

  protected close(): void {
    this.disk.close();
    super.close();
  }
}

class TerminalFile extends DeviceFile {
  read(to: usize, bytes: usize): i32 {
    return terminal.read(to, bytes, this.mayWait);
  }
  write(from: usize, bytes: usize): i32 {
    return terminal.write(from, bytes, this.mayWait);
  }
  poll(): i32 {
    return terminal.poll();
  }
  control(request: i32, argument: u64): i32 {
    return terminal.control(request, argument);
  }
}

/** The open file of a node, whose hold it takes over; null: `failure()`. */
export function openNode(node: Vnode, flags: i32): File | null {
  if (node.type == S_IFBLK) {
    const disk = diskOf(node.device);
    if (disk != null) return new DiskFile(node, flags, disk);
    if (isLoop(node.device)) return new EmptyLoop(node, flags);
    if (isNbd(node.device)) return new EmptyNbd(node, flags);
  } else if (node.type != S_IFCHR) return new VnodeFile(node, flags);
  const number = node.type == S_IFCHR ? node.device : 0;
  if (number == DEVICE_NULL) return new NullFile(node, flags);
  if (number == DEVICE_ZERO) return new ZeroFile(node, flags);
  if (number == DEVICE_FULL) return new FullFile(node, flags);
  if (number == DEVICE_CONSOLE || number == DEVICE_TTY) return new TerminalFile(node, flags);
  if (number == DEVICE_EVTCHN) return new EventFile(node, flags);
  if (number == DEVICE_XENBUS && hasXenstore()) return new XenbusFile(node, flags);
  if (number == DEVICE_XENBUS_BACKEND) return new XenbusBackendFile(node, flags);
  node.put();
  fail(-ENODEV);
  return null;
}
