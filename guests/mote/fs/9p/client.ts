/**
 * What a 9P2000.L client asks about files: a method for each message. They give 0 or a number, or a negative errno. What an
 * answer tells besides stands in fields of the client until anything sleeps.
 */
import { EIO } from 'xen';
import { Message } from './message';
import * as p from './protocol';
import { Session } from './session';

// What Tgetattr and Tstatfs tell that nobody here asks for.
const VALID_BYTES: u32 = 8;
const OWNER_BYTES: u32 = 4 + 4;
const RDEV_BYTES: u32 = 8;
const BLKSIZE_TO_ATIME_BYTES: u32 = 8 + 8 + 16;
const TYPE_BYTES: u32 = 4;
const BAVAIL_BYTES: u32 = 8;
/** Of whom what is made is: Mote has one user. */
const GID: u32 = 0;

export class Client extends Session {
  // Of the last getAttributes.
  mode: u32 = 0;
  links: u64 = 0;
  size: u64 = 0;
  modified: u64 = 0;
  // Of the last statfs.
  blockSize: u32 = 0;
  blocks: u64 = 0;
  freeBlocks: u64 = 0;
  files: u64 = 0;
  freeFiles: u64 = 0;

  getAttributes(fid: u32): i32 {
    const message = this.about(p.TGETATTR, fid);
    message.put64(p.STATS_BASIC);
    const result = this.send(message);
    message.skip(VALID_BYTES + p.QID_BYTES);
    this.mode = message.get32();
    message.skip(OWNER_BYTES);
    this.links = message.get64();
    message.skip(RDEV_BYTES);
    this.size = message.get64();
    message.skip(BLKSIZE_TO_ATIME_BYTES);
    this.modified = message.get64();
    return this.told(message, result);
  }

  /** The end of a message whose answer was read. */
  private told(message: Message, result: i32): i32 {
    const isShort = message.isShort;
    this.end(message);
    return result == 0 && isShort ? -EIO : result;
  }

  setMode(fid: u32, mode: u32): i32 {
    return this.setAttributes(fid, p.SETATTR_MODE, mode, 0);
  }
  setSize(fid: u32, size: u64): i32 {
    return this.setAttributes(fid, p.SETATTR_SIZE, 0, size);
  }

  /** valid[4] mode[4] uid[4] gid[4] size[8], and two times of 16 bytes. */
  private setAttributes(fid: u32, valid: u32, mode: u32, size: u64): i32 {
    const message = this.about(p.TSETATTR, fid);
    message.put32(valid);
    message.put32(mode);
    message.put64(0);
    message.put64(size);
    for (let half = 0; half < 4; half++) message.put64(0);
    return this.call(message);
  }

  /** Opens a file for its fid. `flags`: open(2)'s. */
  openFile(fid: u32, flags: u32): i32 {
    const message = this.about(p.TLOPEN, fid);
    message.put32(flags);
    return this.call(message);
  }

  /** Makes a file in the directory that `fid` means; from then on it means the file, open. */
  createFile(fid: u32, name: usize, length: i32, flags: u32, mode: u32): i32 {
    const message = this.about(p.TLCREATE, fid);
    message.putText(name, length);
    message.put32(flags);
    message.put32(mode);
    message.put32(GID);
    return this.call(message);
  }

  createDirectory(fid: u32, name: usize, length: i32, mode: u32): i32 {
    const message = this.about(p.TMKDIR, fid);
    message.putText(name, length);
    message.put32(mode);
    message.put32(GID);
    return this.call(message);
  }

  createLink(fid: u32, name: usize, length: i32, target: usize, targetLength: i32): i32 {
    const message = this.about(p.TSYMLINK, fid);
    message.putText(name, length);
    message.putText(target, targetLength);
    message.put32(GID);
    return this.call(message);
  }

  /** Gives a file a name more. */
  link(directory: u32, fid: u32, name: usize, length: i32): i32 {
    const message = this.about(p.TLINK, directory);
    message.put32(fid);
    message.putText(name, length);
    return this.call(message);
  }

  unlink(fid: u32, name: usize, length: i32, flags: u32): i32 {
    const message = this.about(p.TUNLINKAT, fid);
    message.putText(name, length);
    message.put32(flags);
    return this.call(message);
  }

  rename(from: u32, name: usize, length: i32, to: u32, newName: usize, newLength: i32): i32 {
    const message = this.about(p.TRENAMEAT, from);
    message.putText(name, length);
    message.put32(to);
    message.putText(newName, newLength);
    return this.call(message);
  }

  /** Where a link leads: bytes, as many as there is room for. */
  readLink(fid: u32, to: usize, room: usize): i32 {
    const message = this.about(p.TREADLINK, fid);
    let result = this.send(message);
    const bytes = result == 0 ? message.getText(to, room) : 0;
    result = this.told(message, result);
    return result < 0 ? result : bytes;
  }

  /** Reads from an open file, `payload` bytes at most: how many; 0 behind the end. */
  read(fid: u32, offset: u64, to: usize, bytes: u32): i32 {
    return this.fetch(p.TREAD, fid, offset, to, bytes);
  }
  /** Reads entries of an open directory (`dirent`) behind a place, whole ones: their bytes; 0: there are no more. */
  readDirectory(fid: u32, place: u64, to: usize, bytes: u32): i32 {
    return this.fetch(p.TREADDIR, fid, place, to, bytes);
  }

  private fetch(type: u32, fid: u32, offset: u64, to: usize, bytes: u32): i32 {
    const message = this.about(type, fid);
    message.put64(offset);
    message.put32(bytes);
    message.takeData(to, bytes, p.COUNTED_BYTES);
    let result = this.send(message);
    const count = message.get32();
    if (result == 0 && (count > bytes || message.answered != p.COUNTED_BYTES + count)) result = -EIO;
    this.end(message);
    return result < 0 ? result : <i32>count;
  }

  /** Writes to an open file, `payload` bytes at most: how many. */
  write(fid: u32, offset: u64, from: usize, bytes: u32): i32 {
    const message = this.about(p.TWRITE, fid);
    message.put64(offset);
    message.put32(bytes);
    message.sendData(from, bytes);
    let result = this.send(message);
    const count = message.get32();
    if (count > bytes) result = min(result, -EIO);
    result = this.told(message, result);
    return result < 0 ? result : <i32>count;
  }

  /** What was written to a file is safe. */
  sync(fid: u32): i32 {
    const message = this.about(p.TFSYNC, fid);
    message.put32(0);
    return this.call(message);
  }

  statfs(fid: u32): i32 {
    const message = this.about(p.TSTATFS, fid);
    const result = this.send(message);
    message.skip(TYPE_BYTES);
    this.blockSize = message.get32();
    this.blocks = message.get64();
    this.freeBlocks = message.get64();
    message.skip(BAVAIL_BYTES);
    this.files = message.get64();
    this.freeFiles = message.get64();
    return this.told(message, result);
  }
}
