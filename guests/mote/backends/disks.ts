/** The disks of other domains: a file, or a disk of this domain's own, for each. */
import { EACCES, EROFS } from 'xen';
import { Backend, BackendKind, PATH_BYTES, refuse } from 'mote/backends/backend';
import { BlockBackend } from 'mote/backends/blkback';
import { alloc, free } from 'kernel/memory/heap';
import { readText, writeString, writeText } from 'kernel/store/store';
import { S_IFBLK } from '../abi';
import { BlockDevice } from '../block/device';
import { LoopDevice } from '../block/loop';
import { diskOf } from '../fs/disk-of';
import { bytesOf } from '../fs/names';
import { resolve } from '../fs/path';
import { failure, Vnode } from '../fs/vnode';

const text: usize = memory.data(256);
const TEXT_BYTES: usize = 256;
/** Linux's number of loop devices: what a file is to others. */
const LOOP_MAJOR: u32 = 7;
let loops: u32 = 0;

class DiskBackend extends BlockBackend {
  private device: BlockDevice | null = null;

  protected prepare(): bool {
    const failed = this.open();
    if (failed < 0) {
      refuse(this.directory, -failed);
      return false;
    }
    const device = this.device!;
    this.sectors = device.sectors;
    this.offer();
    writeText(0, this.directory, 'hotplug-status', 'connected');
    return true;
  }

  /** Opens what the nodes name: 0, or a negative errno. */
  private open(): i32 {
    const mode = alloc(PATH_BYTES);
    const length = readText(this.directory, 'mode', mode, PATH_BYTES);
    this.readOnly = length <= 0 || load<u8>(mode) != 119;
    free(mode);
    // What a script has made a disk of comes before what it was made of.
    const made = readText(this.directory, 'physical-device-path', text, TEXT_BYTES);
    if (made <= 0 && readText(this.directory, 'params', text, TEXT_BYTES) < 0) return -EACCES;
    const node = resolve(text, true);
    if (node == null) return failure();
    return this.take(node);
  }

  private take(node: Vnode): i32 {
    if (node.isRegular) {
      if (!this.readOnly && node.fileSystem().readOnly) {
        node.put();
        return -EROFS;
      }
      this.device = new LoopDevice(node);
      this.nameDevice(LOOP_MAJOR, loops++);
      return 0;
    }
    const disk = node.type == S_IFBLK ? diskOf(node.device) : null;
    const number = node.device;
    node.put();
    if (disk == null) return -EACCES;
    if (disk.readOnly && !this.readOnly) return -EROFS;
    this.device = disk;
    disk.hold();
    this.nameDevice(number >> 8, number & 255);
    return 0;
  }

  /** Says which device it is, as major:minor in hexadecimal, and where. */
  private nameDevice(major: u32, minor: u32): void {
    writeString(0, this.directory, 'physical-device-path', text);
    let at = putHex(text, major);
    store<u8>(at++, 58);
    at = putHex(at, minor);
    store<u8>(at, 0);
    writeString(0, this.directory, 'physical-device', text);
  }

  protected transfer(write: bool, sector: u64, at: usize, count: u32): i32 {
    return this.device!.transfer(write, sector, at, count);
  }
  protected flush(): i32 {
    return this.device!.sync();
  }

  protected release(): void {
    const device = this.device;
    if (device != null) {
      device.sync();
      device.close();
    }
    this.device = null;
    super.release();
  }
}

/** Puts a number in hexadecimal: where its end is. */
function putHex(at: usize, value: u32): usize {
  if (value >= 16) at = putHex(at, value >> 4);
  const digit = <u8>(value & 15);
  store<u8>(at, digit < 10 ? 48 + digit : 87 + digit);
  return at + 1;
}

class Disks extends BackendKind {
  constructor() {
    super(bytesOf('backend/vbd'));
  }

  protected make(directory: usize): Backend {
    return new DiskBackend(directory);
  }
}

let kind: Disks | null = null;

/** Serves disks from now on. */
export function startDisks(): void {
  const disks = new Disks();
  kind = disks;
  disks.start();
}

/** The disks that are served, the latest first. */
export function servedDisks(): Backend | null {
  const disks = kind;
  return disks == null ? null : disks.list;
}
