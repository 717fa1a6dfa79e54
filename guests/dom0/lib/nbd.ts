/**
 * NBD (the protocol's doc/proto.md): how a disk is asked for through a connection. First both sides agree (fixed newstyle, or the
 * oldstyle of the manuals' time), then there are requests and answers.
 */
import { SYS_read, SYS_write } from 'mote/abi';
import { syscall3 } from 'programs/lib/intrinsics';
import { Image } from './image';

export const PORT: u32 = 10809;
const NBDMAGIC: u64 = 0x4e42_444d_4147_4943;
const IHAVEOPT: u64 = 0x4948_4156_454f_5054;
const OLDSTYLE: u64 = 0x0000_4202_8186_1253;
const REPLY_OPTIONS: u64 = 0x0003_e889_0455_65a9;
const FIXED_NEWSTYLE: u16 = 1;
const NO_ZEROES: u16 = 2;
const OPT_EXPORT_NAME: u32 = 1;
const OPT_ABORT: u32 = 2;
const REP_ACK: u32 = 1;
const REP_ERR_UNSUP: u32 = 0x8000_0001;
const ZEROES: i32 = 124;

// Of an export.
export const HAS_FLAGS: u16 = 1;
export const READ_ONLY: u16 = 2;
export const SEND_FLUSH: u16 = 4;

const REQUEST_MAGIC: u32 = 0x2560_9513;
const REPLY_MAGIC: u32 = 0x6744_6698;
const REQUEST_BYTES: i32 = 28;
const REPLY_BYTES: i32 = 16;
const READ: u32 = 0;
const WRITE: u32 = 1;
const DISCONNECT: u32 = 2;
const FLUSH: u32 = 3;
/** Bytes of one request at most. */
const MOST: u32 = 4 << 20;
const EINVAL: i32 = 22;
const EINTR: i32 = 4;

/** Moves all bytes, or false: the connection has ended. */
function receive(fd: i32, to: usize, bytes: u32): bool {
  let done: u32 = 0;
  while (done < bytes) {
    const got = <i32>syscall3(SYS_read, fd, to + done, bytes - done);
    if (got == -EINTR) continue;
    if (got <= 0) return false;
    done += got;
  }
  return true;
}
function send(fd: i32, from: usize, bytes: u32): bool {
  let done: u32 = 0;
  while (done < bytes) {
    const put = <i32>syscall3(SYS_write, fd, from + done, bytes - done);
    if (put == -EINTR) continue;
    if (put <= 0) return false;
    done += put;
  }
  return true;
}

const head = new StaticArray<u8>(160);
const at = changetype<usize>(head);

/** What the other side has told of its disk. */
export let exportedBytes: u64 = 0;
export let exportedFlags: u16 = 0;

/** The client's part: empty, or what is wrong. */
export function agreeAsClient(fd: i32, name: string): string {
  const ended = 'the server has ended the connection';
  if (!receive(fd, at, 16)) return ended;
  if (bswap<u64>(load<u64>(at)) != NBDMAGIC) return 'nobody there speaks NBD';
  const style = bswap<u64>(load<u64>(at, 8));
  if (style == OLDSTYLE) {
    if (!receive(fd, at, 12 + ZEROES)) return ended;
    exportedBytes = bswap<u64>(load<u64>(at));
    exportedFlags = <u16>bswap<u32>(load<u32>(at, 8));
    return '';
  }
  if (style != IHAVEOPT || !receive(fd, at, 2)) return 'the server speaks another NBD';
  const flags = bswap<u16>(load<u16>(at)) & (FIXED_NEWSTYLE | NO_ZEROES);
  store<u32>(at, bswap<u32>(flags));
  store<u64>(at, bswap<u64>(IHAVEOPT), 4);
  store<u32>(at, bswap<u32>(OPT_EXPORT_NAME), 12);
  const text = String.UTF8.encode(name);
  store<u32>(at, bswap<u32>(<u32>text.byteLength), 16);
  if (!send(fd, at, 20) || !send(fd, changetype<usize>(text), <u32>text.byteLength)) return ended;
  if (!receive(fd, at, 10 + ((flags & NO_ZEROES) != 0 ? 0 : ZEROES)))
    return 'the server has no disk ' + (name == '' ? 'to give' : 'of this name');
  exportedBytes = bswap<u64>(load<u64>(at));
  exportedFlags = bswap<u16>(load<u16>(at, 8));
  return '';
}

/** The flags of an image that is served. */
function flagsOf(image: Image): u16 {
  return HAS_FLAGS | SEND_FLUSH | (image.readOnly ? READ_ONLY : 0);
}

/** The server's part. False: the client wants something else, or is gone. */
export function agreeAsServer(fd: i32, image: Image): bool {
  store<u64>(at, bswap<u64>(NBDMAGIC));
  store<u64>(at, bswap<u64>(IHAVEOPT), 8);
  store<u16>(at, bswap<u16>(FIXED_NEWSTYLE | NO_ZEROES), 16);
  if (!send(fd, at, 18) || !receive(fd, at, 4)) return false;
  const wantsZeroes = (bswap<u32>(load<u32>(at)) & NO_ZEROES) == 0;
  while (receive(fd, at, 16)) {
    const option = bswap<u32>(load<u32>(at, 8));
    const bytes = bswap<u32>(load<u32>(at, 12));
    if (bswap<u64>(load<u64>(at)) != IHAVEOPT || bytes > <u32>head.length) return false;
    // The name of the only export is of no matter.
    if (!receive(fd, at, bytes)) return false;
    if (option == OPT_EXPORT_NAME) {
      memory.fill(at, 0, head.length);
      store<u64>(at, bswap<u64>(image.size));
      store<u16>(at, bswap<u16>(flagsOf(image)), 8);
      return send(fd, at, 10 + (wantsZeroes ? ZEROES : 0));
    }
    store<u64>(at, bswap<u64>(REPLY_OPTIONS));
    store<u32>(at, bswap<u32>(option), 8);
    store<u32>(at, bswap<u32>(option == OPT_ABORT ? REP_ACK : REP_ERR_UNSUP), 12);
    store<u32>(at, 0, 16);
    if (!send(fd, at, 20) || option == OPT_ABORT) return false;
  }
  return false;
}

/** Answers requests until the other side has had enough, or is gone. */
export function serve(fd: i32, image: Image): void {
  let buffer = new ArrayBuffer(0x1_0000);
  while (receive(fd, at, REQUEST_BYTES)) {
    const type = bswap<u32>(load<u32>(at, 4));
    const handle = load<u64>(at, 8);
    const offset = bswap<u64>(load<u64>(at, 16));
    const bytes = bswap<u32>(load<u32>(at, 24));
    if (bswap<u32>(load<u32>(at)) != REQUEST_MAGIC || bytes > MOST || type == DISCONNECT) return;
    if (<i32>bytes > buffer.byteLength) buffer = new ArrayBuffer(<i32>bytes);
    const data = changetype<usize>(buffer);
    if (type == WRITE && !receive(fd, data, bytes)) return;
    const result = answer(image, type, offset, data, bytes);
    store<u32>(at, bswap<u32>(REPLY_MAGIC));
    store<u32>(at, bswap<u32>(<u32>-result), 4);
    store<u64>(at, handle, 8);
    if (!send(fd, at, REPLY_BYTES)) return;
    if (type == READ && result == 0 && !send(fd, data, bytes)) return;
  }
}

/** 0, or a negative errno. */
function answer(image: Image, type: u32, offset: u64, data: usize, bytes: u32): i32 {
  if (type == FLUSH) return image.flush();
  if (type != READ && type != WRITE) return -EINVAL;
  if (offset > image.size || bytes > image.size - offset) return -EINVAL;
  return type == READ ? image.read(offset, data, bytes) : image.write(offset, data, bytes);
}
