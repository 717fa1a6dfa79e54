/**
 * The ramdisk: a cpio archive ("newc"), whose files appear in a file system in memory without being copied. Each record is
 * a header of hexadecimal numbers, the name, and the contents, each padded to four bytes; a record named TRAILER!!! is the
 * last. Another archive may follow. What is not such an archive ends the unpacking with a message; what came before it stays.
 */
import { EEXIST } from 'xen';
import { print, printNumber } from 'kernel/console/print';
import { S_IFDIR, S_IFLNK, S_IFMT, S_IFREG } from '../abi';
import { isText } from './names';
import { resolveParent, lastLength, lastName } from './path';
import { RamNode } from './ramfs';
import { failure } from './vnode';

const HEADER_BYTES: usize = 110;
const MAX_NAME: u32 = 4096;
/** Places of the fields, of eight digits each. */
const MODE: usize = 14;
const MTIME: usize = 46;
const FILE_SIZE: usize = 54;
const RDEV_MAJOR: usize = 78;
const RDEV_MINOR: usize = 86;
const NAME_SIZE: usize = 94;

let bad: bool = false;

/** Unpacks an archive into the tree. False: it is damaged, and the console says where. */
export function unpack(archive: usize, bytes: usize): bool {
  let at: usize = 0;
  while (at + HEADER_BYTES <= bytes) {
    const header = archive + at;
    bad = !isText(header, 6, '070701');
    const nameBytes = field(header, NAME_SIZE);
    const size = field(header, FILE_SIZE);
    const contents = pad(at + HEADER_BYTES + nameBytes);
    if (bad || nameBytes == 0 || nameBytes > MAX_NAME || contents > bytes || size > bytes - contents)
      return damaged(at, 'a record that is none');
    const name = header + HEADER_BYTES;
    if (load<u8>(name + nameBytes - 1) != 0) return damaged(at, 'a name without an end');
    if (isText(name, nameBytes - 1, 'TRAILER!!!')) {
      at = pad(contents);
      while (at < bytes && load<u8>(archive + at) == 0) at++;
      if (at == bytes) return true;
      continue;
    }
    const failed = add(name, header, archive + contents, size);
    if (failed < 0) return damaged(at, 'an entry that cannot be made');
    at = pad(contents + size);
  }
  return damaged(at, 'no end');
}

function damaged(at: usize, what: string): bool {
  print('ramdisk: ');
  print(what);
  print(' at byte ');
  printNumber(at);
  print('\n');
  return false;
}

function pad(at: usize): usize {
  return (at + 3) & ~3;
}

/** A field's number; `bad` where it has another character. */
function field(header: usize, at: usize): u32 {
  let value: u32 = 0;
  for (let n: usize = 0; n < 8; n++) {
    const digit = digitOf(load<u8>(header + at + n));
    if (digit > 15) bad = true;
    value = (value << 4) | (digit & 15);
  }
  return value;
}

function digitOf(code: u8): u32 {
  if (code >= 0x30 && code <= 0x39) return code - 0x30;
  const letter = code | 0x20;
  return letter >= 0x61 && letter <= 0x66 ? letter - 0x61 + 10 : 16;
}

/** Makes an entry. 0, or a negative errno. A directory may be there already, and a file, which it replaces. */
function add(name: usize, header: usize, contents: usize, size: u32): i32 {
  const mode = field(header, MODE);
  const type = mode & S_IFMT;
  if (isText(name, 1, '.') && load<u8>(name + 1) == 0) return 0;
  const directory = resolveParent(name);
  if (directory == null) return failure();
  let result = 0;
  if (type == S_IFLNK) result = directory.symlink(lastName, lastLength, contents, size);
  else {
    const device = (field(header, RDEV_MAJOR) << 8) | field(header, RDEV_MINOR);
    let node = directory.create(lastName, lastLength, mode, device);
    // Of two files of one name the later one is there, as with Linux's ramdisks.
    if (node == null && failure() == -EEXIST && type == S_IFREG) {
      directory.remove(lastName, lastLength, false);
      node = directory.create(lastName, lastLength, mode, device);
    }
    if (node == null) result = type == S_IFDIR && failure() == -EEXIST ? 0 : failure();
    else {
      node.modified = field(header, MTIME);
      if (type == S_IFREG) (<RamNode>node).setImage(contents, size);
      node.put();
    }
  }
  directory.put();
  return result;
}
