/**
 * /dev/nbd0 to /dev/nbd7: disks whose sectors are at the other end of a connection (Linux's include/uapi/linux/nbd.h, and the
 * protocol's doc/proto.md, transmission phase). A process hands over a socket and says how large the disk is; from then on the
 * kernel asks through it, one request at a time. When the connection ends, whyever, the disk answers with errors: nothing that was
 * not done then ever is.
 */
import { EAGAIN, EBADF, EBUSY, EINVAL, EIO, ENXIO, EROFS } from 'xen';
import { alloc, dispose, free } from 'kernel/memory/heap';
import {
  ENOTTY,
  NBD_CLEAR_SOCK,
  NBD_FLAG_AUTOCLEAR,
  NBD_FLAG_READ_ONLY,
  NBD_FLAG_SEND_FLUSH,
  NBD_SET_FLAGS,
  NBD_SET_SIZE,
  NBD_SET_SOCK,
  S_IFBLK,
} from '../abi';
import { BlockDevice, SECTOR } from '../block/device';
import { numbered } from '../block/partitions';
import { get32, put32 } from '../net/bytes';
import { TcpSocket } from '../net/tcp/socket';
import { descriptors } from './descriptors';
import { EmptyDisk } from './empty-disk';
import { Lock } from './lock';
import { bytesOf } from './names';

const NBD_MAJOR: u32 = 43;
const COUNT: u32 = 8;

/** A request: magic, type, handle of 8 bytes, offset of 8, bytes; an answer: magic, errno, handle. */
const REQUEST_MAGIC: u32 = 0x2560_9513;
const REPLY_MAGIC: u32 = 0x6744_6698;
const REQUEST_BYTES: usize = 28;
const REPLY_BYTES: usize = 16;
const READ: u32 = 0;
const WRITE: u32 = 1;
const DISCONNECT: u32 = 2;
const FLUSH: u32 = 3;

class NbdDisk extends BlockDevice {
  private lock: Lock = new Lock();
  private message: usize = alloc(REQUEST_BYTES);
  private count: u64 = 0;
  private isBroken: bool = false;
  private isRetired: bool = false;
  flags: i32 = 0;

  /** Takes over the hold of the socket. */
  constructor(private socket: TcpSocket) {
    super();
  }

  get isGone(): bool {
    return this.isBroken;
  }

  transfer(write: bool, sector: u64, at: usize, count: u32): i32 {
    if (sector > this.sectors || count > this.sectors - sector) return -EIO;
    if (write && this.readOnly) return -EROFS;
    return this.request(write ? WRITE : READ, sector * SECTOR, at, count * SECTOR);
  }
  sync(): i32 {
    return (this.flags & NBD_FLAG_SEND_FLUSH) != 0 ? this.request(FLUSH, 0, 0, 0) : 0;
  }

  /** One request and its answer: 0, or -EIO. */
  private request(type: u32, offset: u64, at: usize, bytes: u32): i32 {
    this.lock.take();
    let result = -EIO;
    if (!this.isBroken) {
      const handle = ++this.count;
      const isSent = this.ask(type, handle, offset, bytes) && (type != WRITE || this.send(at, bytes));
      const errno = isSent ? this.answer(handle) : -1;
      const isWhole = errno >= 0 && (type != READ || errno != 0 || this.receive(at, bytes));
      this.isBroken = !isWhole;
      if (isWhole && errno == 0) result = 0;
    }
    this.lock.give();
    return result;
  }

  private ask(type: u32, handle: u64, offset: u64, bytes: u32): bool {
    const at = this.message;
    put32(at, REQUEST_MAGIC);
    put32(at + 4, type);
    store<u64>(at + 8, handle);
    put32(at + 16, <u32>(offset >> 32));
    put32(at + 20, <u32>offset);
    put32(at + 24, bytes);
    return this.send(at, REQUEST_BYTES);
  }

  /** The errno of an answer; -1: it is none. */
  private answer(handle: u64): i32 {
    const at = this.message;
    if (!this.receive(at, REPLY_BYTES)) return -1;
    return get32(at) == REPLY_MAGIC && load<u64>(at, 8) == handle ? <i32>(get32(at + 4) & 0x7fff) : -1;
  }

  // Whoever waits may be a process that has a signal: half a message would be the end of all.

  private send(from: usize, bytes: usize): bool {
    const connection = this.socket.connection;
    let done: usize = 0;
    while (done < bytes) {
      if (!connection.maySend) return false;
      const put = this.socket.sendTo(from + done, bytes - done, 0, 0, false);
      if (put == -EAGAIN) connection.changed.sleep();
      else if (put < 0) return false;
      else done += put;
    }
    return true;
  }

  private receive(to: usize, bytes: usize): bool {
    let done: usize = 0;
    while (done < bytes) {
      const got = this.socket.receiveFrom(to + done, bytes - done, false);
      if (got == -EAGAIN) this.socket.connection.changed.sleep();
      else if (got <= 0) return false;
      else done += got;
    }
    return true;
  }

  close(): void {
    this.users--;
    if (this.users == 0 && (this.flags & NBD_FLAG_AUTOCLEAR) != 0) clear(this);
    else this.release();
  }

  /** The other end is told, and nobody finds it any more. */
  retire(): void {
    this.lock.take();
    if (!this.isBroken) this.ask(DISCONNECT, 0, 0, 0);
    this.isBroken = true;
    this.isRetired = true;
    this.lock.give();
    this.release();
  }

  private release(): void {
    if (!this.isRetired || this.users > 0) return;
    this.socket.put();
    this.lock.release();
    free(this.message);
    dispose(this);
  }
}

const disks = new StaticArray<NbdDisk | null>(<i32>COUNT);

/** Makes the nodes. */
export function makeNbdNodes(make: (path: usize, mode: u32, device: u32) => void): void {
  for (let n: u32 = 0; n < COUNT; n++)
    make(numbered(bytesOf('/dev/nbd'), n), S_IFBLK | 0o660, (NBD_MAJOR << 8) | n);
}

export function isNbd(device: u32): bool {
  return device >> 8 == NBD_MAJOR && (device & 255) < COUNT;
}

/** The disk of a device number; null: it has no connection, or no size yet, or is none of these. */
export function nbdDisk(device: u32): BlockDevice | null {
  const disk = isNbd(device) ? disks[device & 255] : null;
  return disk == null || disk.sectors == 0 ? null : disk;
}

/** Nobody finds a disk any more. */
function clear(disk: NbdDisk): void {
  for (let n: u32 = 0; n < COUNT; n++) if (disks[n] == disk) disks[n] = null;
  disk.retire();
}

/** The open file of one that is no disk yet. */
export class EmptyNbd extends EmptyDisk {
  control(request: i32, argument: u64): i32 {
    return controlNbd(this.number, 0, request, argument);
  }
}

/** 0, or a negative errno. `own`: how many of its users are the caller's. */
export function controlNbd(device: u32, own: i32, request: i32, argument: u64): i32 {
  if (!isNbd(device)) return -ENOTTY;
  const n = device & 255;
  if (request == NBD_SET_SOCK) return attach(n, <i32>argument);
  if (request != NBD_SET_SIZE && request != NBD_SET_FLAGS && request != NBD_CLEAR_SOCK) return -ENOTTY;
  const disk = disks[n];
  if (disk == null) return -ENXIO;
  if (disk.users > own) return -EBUSY;
  if (request == NBD_CLEAR_SOCK) clear(disk);
  else if (request == NBD_SET_SIZE) disk.sectors = argument / SECTOR;
  else {
    disk.flags = <i32>argument;
    disk.readOnly = (disk.flags & NBD_FLAG_READ_ONLY) != 0;
  }
  return 0;
}

function attach(n: u32, fd: i32): i32 {
  if (disks[n] != null) return -EBUSY;
  const file = descriptors().at(fd);
  if (file == null) return -EBADF;
  if (!(file instanceof TcpSocket)) return -EINVAL;
  const socket = <TcpSocket>file.get();
  socket.connection.noDelay = true;
  disks[n] = new NbdDisk(socket);
  return 0;
}
