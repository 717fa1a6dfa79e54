/** System calls that mount and unmount file systems, and tell how full they are. */
import { EBUSY, EINVAL, ENODEV, ENOTDIR } from 'xen';
import { alloc, free } from 'kernel/memory/heap';
import * as abi from '../abi';
import { ENOTBLK } from '../abi';
import { BlockDevice } from '../block/device';
import { LoopDevice } from '../block/loop';
import { setSyscall } from '../syscall-table';
import { copyInString, copyOut } from '../user-memory';
import { openNineP } from './9p/file-system';
import { diskOf } from './disk-of';
import { openExt2, openFailure } from './ext2/file-system';
import { mount, unmount } from './mount';
import { isText, lengthOf } from './names';
import { resolve } from './path';
import { parse } from './proc-files';
import { ProcFs } from './procfs';
import { RamFs } from './ramfs';
import { pathError, takePath } from './tree-calls';
import { fail, failure, FileSystem, Vnode } from './vnode';

const TYPE_BYTES: usize = 32;
const type: usize = memory.data(32);

export function initMountCalls(): void {
  setSyscall(abi.SYS_mount, mountCall);
  setSyscall(abi.SYS_umount2, unmountCall);
  setSyscall(abi.SYS_statfs, statfs);
}

function mountCall(sourceAt: u64, targetAt: u64, typeAt: u64, flags: u64, options: u64, f: u64): i64 {
  if (copyInString(type, typeAt, TYPE_BYTES) < 0) return -EINVAL;
  if (!readOptions(options)) return -EINVAL;
  const source = takePath(sourceAt);
  if (source == 0) return pathError;
  const target = takePath(targetAt);
  let result: i32 = pathError;
  if (target != 0) result = mountAt(source, target, ((<i32>flags) & abi.MS_RDONLY) != 0);
  // What was mounted keeps its names, cut to their length.
  free(source);
  free(target);
  return result;
}

/** Where in a file the file system begins, in bytes. */
let offset: u64 = 0;

/** What counts of the options is `offset=`. False: they cannot be read, or it is no number. */
function readOptions(at: u64): bool {
  offset = 0;
  if (at == 0) return true;
  const length = copyInString(text, at, OPTIONS_BYTES);
  if (length < 0) return false;
  let from = text;
  const end = text + length;
  while (from < end) {
    let to = from;
    while (to < end && load<u8>(to) != COMMA) to++;
    const value = parse(from + OFFSET.length, <i32>(to - from) - OFFSET.length);
    const isOffset = <i32>(to - from) > OFFSET.length && isText(from, OFFSET.length, OFFSET);
    if (isOffset && value < 0) return false;
    if (isOffset) offset = value;
    from = to + 1;
  }
  return true;
}

const OFFSET = 'offset=';
const COMMA: u8 = 0x2c;
const OPTIONS_BYTES: usize = 256;
const text: usize = memory.data(256);

function mountAt(source: usize, target: usize, readOnly: bool): i32 {
  const point = resolve(target, true);
  if (point == null) return failure();
  let failed = !point.isDirectory ? -ENOTDIR : point.covered != null ? -EBUSY : 0;
  let made: FileSystem | null = null;
  if (failed == 0) made = open(source, readOnly);
  if (failed == 0 && made == null) failed = failure();
  if (made != null) failed = mount(made, point, copyOf(source), copyOf(target));
  if (failed < 0) point.put();
  return failed;
}

function copyOf(text: usize): usize {
  const bytes = lengthOf(text) + 1;
  const copy = alloc(bytes);
  memory.copy(copy, text, bytes);
  return copy;
}

/** The file system of the type that is asked for; null: `failure()`. */
function open(source: usize, readOnly: bool): FileSystem | null {
  const length = lengthOf(type);
  if (isText(type, length, 'proc')) return new ProcFs();
  if (isText(type, length, 'ramfs') || isText(type, length, 'tmpfs')) return new RamFs();
  if (isText(type, length, '9p')) return openNineP(source, readOnly);
  if (!isText(type, length, 'ext2')) {
    fail(-ENODEV);
    return null;
  }
  const device = deviceAt(source);
  if (device == null) return null;
  const made = openExt2(device, readOnly);
  if (made == null) fail(openFailure());
  return made;
}

/** A disk, or a file as one; null: `failure()`. */
function deviceAt(source: usize): BlockDevice | null {
  const node = resolve(source, true);
  if (node == null) return null;
  if (node.isRegular) return new LoopDevice(node, offset);
  const isDisk = node.type == abi.S_IFBLK;
  let disk: BlockDevice | null = null;
  if (isDisk) disk = diskOf(node.device);
  node.put();
  if (disk == null) fail(isDisk ? -ENODEV : -ENOTBLK);
  return disk;
}

function unmountCall(targetAt: u64, flags: u64, c: u64, d: u64, e: u64, f: u64): i64 {
  const target = takePath(targetAt);
  if (target == 0) return pathError;
  const root = resolve(target, true);
  free(target);
  if (root == null) return failure();
  const result = unmount(root);
  if (result < 0) root.put();
  return result;
}

const buffer: usize = memory.data(120, 8);

function statfs(pathAt: u64, to: u64, c: u64, d: u64, e: u64, f: u64): i64 {
  const path = takePath(pathAt);
  if (path == 0) return pathError;
  const node: Vnode | null = resolve(path, true);
  free(path);
  if (node == null) return failure();
  const fileSystem = node.fileSystem();
  fileSystem.count();
  memory.fill(buffer, 0, abi.statfs.SIZE);
  store<u64>(buffer, fileSystem.magic, abi.statfs.f_type);
  store<u64>(buffer, fileSystem.blockSize, abi.statfs.f_bsize);
  store<u64>(buffer, fileSystem.blocks, abi.statfs.f_blocks);
  store<u64>(buffer, fileSystem.freeBlocks, abi.statfs.f_bfree);
  store<u64>(buffer, fileSystem.freeBlocks, abi.statfs.f_bavail);
  store<u64>(buffer, fileSystem.files, abi.statfs.f_files);
  store<u64>(buffer, fileSystem.freeFiles, abi.statfs.f_ffree);
  node.put();
  return copyOut(to, buffer, abi.statfs.SIZE);
}
