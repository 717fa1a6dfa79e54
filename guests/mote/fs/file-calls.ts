/** System calls on open files: read, write, seek, duplicate, pipes. */
import { EBADF, EFAULT, EINVAL, EISDIR, ENFILE } from 'xen';
import { alloc, free, tryAlloc } from 'kernel/memory/heap';
import { isMemoryLow } from 'kernel/memory/pages';
import * as abi from '../abi';
import { setSyscall } from '../syscall-table';
import { copyIn, copyOut } from '../user-memory';
import { descriptors } from './descriptors';
import { File } from './file';
import { Pipe, PipeEnd } from './pipe';

/** Bytes that go through the kernel's memory at once: a page is always to be had, of what is in files or connections there may be more. */
const PIECE: usize = 4096;
const LONG_PIECE: usize = 65536;

export function initFileCalls(): void {
  setSyscall(abi.SYS_read, read);
  setSyscall(abi.SYS_write, write);
  setSyscall(abi.SYS_close, (fd: u64, b: u64, c: u64, d: u64, e: u64, f: u64): i64 =>
    descriptors().close(<i32>fd),
  );
  setSyscall(abi.SYS_lseek, lseek);
  setSyscall(abi.SYS_ioctl, ioctl);
  setSyscall(abi.SYS_dup, dup);
  setSyscall(abi.SYS_dup2, dup2);
  setSyscall(abi.SYS_pipe, pipe);
  setSyscall(abi.SYS_fcntl, fcntl);
  setSyscall(abi.SYS_fsync, fsync);
  setSyscall(abi.SYS_ftruncate, ftruncate);
}

/** Bytes of the buffer that `takeBuffer` gave last. */
let bufferBytes: usize = 0;

function takeBuffer(file: File, bytes: u64): usize {
  if (bytes > PIECE && file.isLong) {
    bufferBytes = <usize>min(bytes, <u64>LONG_PIECE);
    const large = tryAlloc(bufferBytes);
    if (large != 0) return large;
  }
  bufferBytes = <usize>min(bytes, <u64>PIECE);
  return alloc(bufferBytes);
}

function read(fd: u64, to: u64, bytes: u64, d: u64, e: u64, f: u64): i64 {
  const file = descriptors().at(<i32>fd);
  if (file == null || !file.mayRead) return -EBADF;
  // Held: another holder may close it while this one sleeps.
  file.get();
  const buffer = takeBuffer(file, bytes);
  const piece = <u64>bufferBytes;
  let done: i64 = 0;
  while (<u64>done < bytes) {
    const wanted = <usize>min(bytes - done, piece);
    const got = file.read(buffer, wanted);
    if (got < 0) {
      if (done == 0) done = got;
      break;
    }
    if (copyOut(to + done, buffer, got) < 0) {
      if (done == 0) done = -EFAULT;
      break;
    }
    done += got;
    if (<usize>got < wanted) break;
  }
  free(buffer);
  file.put();
  return done;
}

function write(fd: u64, from: u64, bytes: u64, d: u64, e: u64, f: u64): i64 {
  const file = descriptors().at(<i32>fd);
  if (file == null || !file.mayWrite) return -EBADF;
  file.get();
  const buffer = takeBuffer(file, bytes);
  const piece = <u64>bufferBytes;
  let done: i64 = 0;
  while (<u64>done < bytes) {
    const wanted = <usize>min(bytes - done, piece);
    const put = copyIn(buffer, from + done, wanted) < 0 ? -EFAULT : file.write(buffer, wanted);
    if (put < 0) {
      if (done == 0) done = put;
      break;
    }
    done += put;
    if (<usize>put < wanted) break;
  }
  free(buffer);
  file.put();
  return done;
}

function lseek(fd: u64, offset: u64, whence: u64, d: u64, e: u64, f: u64): i64 {
  const file = descriptors().at(<i32>fd);
  return file == null ? -EBADF : file.seek(<i64>offset, <i32>whence);
}

function ioctl(fd: u64, request: u64, argument: u64, d: u64, e: u64, f: u64): i64 {
  const file = descriptors().at(<i32>fd);
  return file == null ? -EBADF : file.control(<i32>request, argument);
}

function dup(fd: u64, b: u64, c: u64, d: u64, e: u64, f: u64): i64 {
  const files = descriptors();
  const file = files.at(<i32>fd);
  return file == null ? -EBADF : files.add(file.get(), 0);
}

function dup2(fd: u64, wanted: u64, c: u64, d: u64, e: u64, f: u64): i64 {
  const files = descriptors();
  const file = files.at(<i32>fd);
  if (file == null || wanted >= 64) return -EBADF;
  if (fd != wanted) files.put(<i32>wanted, file.get());
  return wanted;
}

const pair: usize = memory.data(8, 8);

function pipe(to: u64, b: u64, c: u64, d: u64, e: u64, f: u64): i64 {
  if (isMemoryLow()) return -ENFILE;
  const files = descriptors();
  const made = new Pipe();
  const reads = new PipeEnd(made, false);
  const writes = new PipeEnd(made, true);
  const first = files.add(reads, 0);
  if (first < 0) {
    writes.put();
    return first;
  }
  const second = files.add(writes, 0);
  if (second < 0) {
    files.close(first);
    return second;
  }
  store<i32>(pair, first);
  store<i32>(pair, second, 4);
  if (copyOut(to, pair, 8) == 0) return 0;
  files.close(first);
  files.close(second);
  return -EFAULT;
}

function fcntl(fd: u64, command: u64, argument: u64, d: u64, e: u64, f: u64): i64 {
  const files = descriptors();
  const file = files.at(<i32>fd);
  if (file == null) return -EBADF;
  switch (<i32>command) {
    case abi.F_DUPFD:
      return files.add(file.get(), <i32>min(argument, <u64>64));
    case abi.F_GETFD:
      return files.closesOnExec(<i32>fd) ? abi.FD_CLOEXEC : 0;
    case abi.F_SETFD:
      files.setCloseOnExec(<i32>fd, (argument & abi.FD_CLOEXEC) != 0);
      return 0;
    case abi.F_GETFL:
      return file.flags;
    case abi.F_SETFL: {
      const settable = abi.O_APPEND | abi.O_NONBLOCK;
      file.flags = (file.flags & ~settable) | ((<i32>argument) & settable);
      return 0;
    }
    default:
      return -EINVAL;
  }
}

function fsync(fd: u64, b: u64, c: u64, d: u64, e: u64, f: u64): i64 {
  const file = descriptors().at(<i32>fd);
  if (file == null) return -EBADF;
  const node = file.node();
  return node == null ? -EINVAL : node.sync();
}

function ftruncate(fd: u64, bytes: u64, c: u64, d: u64, e: u64, f: u64): i64 {
  const file = descriptors().at(<i32>fd);
  if (file == null) return -EBADF;
  const node = file.node();
  if (node == null || !file.mayWrite) return -EINVAL;
  return node.isDirectory ? -EISDIR : node.truncate(bytes);
}
