/** System calls as functions: numbers and text for a program, errors as negative numbers (errno.ts has their words). */
import { EINTR } from 'xen';
import * as abi from 'mote/abi';
import { syscall0, syscall1, syscall2, syscall3, syscall4, syscall5 } from './intrinsics';
import { NS_PER_SECOND } from './time';

/** Text as NUL-terminated UTF-8, for the time of a call. */
function bytes(text: string): ArrayBuffer {
  return String.UTF8.encode(text, true);
}
// @ts-ignore: decorator
@inline
function at(buffer: ArrayBuffer): u64 {
  return changetype<usize>(buffer);
}

export function open(path: string, flags: i32, mode: i32 = 0o644): i32 {
  return <i32>syscall3(abi.SYS_open, at(bytes(path)), flags, mode);
}
export function close(fd: i32): i32 {
  return <i32>syscall1(abi.SYS_close, fd);
}
/** Reads to the start of a buffer. */
export function read(fd: i32, buffer: ArrayBuffer, count: i32): i32 {
  return <i32>syscall3(abi.SYS_read, fd, at(buffer), count);
}
/** Reads as much as the buffer has room for behind its first bytes. */
export function readBehind(fd: i32, buffer: ArrayBuffer, used: i32): i32 {
  return <i32>syscall3(abi.SYS_read, fd, at(buffer) + used, buffer.byteLength - used);
}
export function write(fd: i32, buffer: ArrayBuffer, count: i32): i32 {
  return <i32>syscall3(abi.SYS_write, fd, at(buffer), count);
}
/** Writes all, however many calls that takes. The count, or an error. */
export function writeAll(fd: i32, buffer: ArrayBuffer, count: i32): i32 {
  let done = 0;
  while (done < count) {
    const put = <i32>syscall3(abi.SYS_write, fd, at(buffer) + done, count - done);
    // A signal that was heard meanwhile is no reason to leave the rest.
    if (put == -EINTR) continue;
    if (put < 0) return put;
    done += put;
  }
  return done;
}
export function seek(fd: i32, offset: i64, whence: i32): i64 {
  return syscall3(abi.SYS_lseek, fd, offset, whence);
}
export function dup2(fd: i32, wanted: i32): i32 {
  return <i32>syscall2(abi.SYS_dup2, fd, wanted);
}
/** A copy of a descriptor with a number from `from` on. */
export function dupFrom(fd: i32, from: i32): i32 {
  return <i32>syscall3(abi.SYS_fcntl, fd, abi.F_DUPFD, from);
}
/** Calls that would wait give -EAGAIN. */
export function setNonBlocking(fd: i32): i32 {
  return <i32>syscall3(abi.SYS_fcntl, fd, abi.F_SETFL, abi.O_NONBLOCK);
}
/** The two ends: to read, to write. */
export function pipe(ends: StaticArray<i32>): i32 {
  return <i32>syscall1(abi.SYS_pipe, changetype<usize>(ends));
}
export function control(fd: i32, request: i32, argument: usize): i32 {
  return <i32>syscall3(abi.SYS_ioctl, fd, request, argument);
}

export function mkdir(path: string, mode: i32 = 0o755): i32 {
  return <i32>syscall2(abi.SYS_mkdir, at(bytes(path)), mode);
}
export function rmdir(path: string): i32 {
  return <i32>syscall1(abi.SYS_rmdir, at(bytes(path)));
}
export function unlink(path: string): i32 {
  return <i32>syscall1(abi.SYS_unlink, at(bytes(path)));
}
export function rename(from: string, to: string): i32 {
  const source = bytes(from);
  return <i32>syscall2(abi.SYS_rename, at(source), at(bytes(to)));
}
export function link(from: string, to: string): i32 {
  const source = bytes(from);
  return <i32>syscall2(abi.SYS_link, at(source), at(bytes(to)));
}
export function symlink(target: string, path: string): i32 {
  const to = bytes(target);
  return <i32>syscall2(abi.SYS_symlink, at(to), at(bytes(path)));
}
/** Makes a device's node: `mode` with its type. */
export function mknod(path: string, mode: u32, device: u32): i32 {
  return <i32>syscall3(abi.SYS_mknod, at(bytes(path)), mode, device);
}
/** From now on paths begin there, for this process and its children. */
export function chroot(path: string): i32 {
  return <i32>syscall1(abi.SYS_chroot, at(bytes(path)));
}
export function chdir(path: string): i32 {
  return <i32>syscall1(abi.SYS_chdir, at(bytes(path)));
}
export function currentDirectory(): string {
  const buffer = new ArrayBuffer(abi.PATH_MAX);
  const length = <i32>syscall2(abi.SYS_getcwd, at(buffer), abi.PATH_MAX);
  return length <= 0 ? '?' : String.UTF8.decodeUnsafe(changetype<usize>(buffer), length - 1);
}
export function truncate(path: string, size: u64): i32 {
  return <i32>syscall2(abi.SYS_truncate, at(bytes(path)), size);
}
/** What was written to an open file is safe. */
export function syncFile(fd: i32): i32 {
  return <i32>syscall1(abi.SYS_fsync, fd);
}
export function sync(): i32 {
  return <i32>syscall0(abi.SYS_sync);
}
/** `options`: text, as behind -o of `mount`. */
export function mount(source: string, target: string, type: string, flags: i32, options: string): i32 {
  const from = bytes(source);
  const to = bytes(target);
  const kind = bytes(type);
  return <i32>syscall5(abi.SYS_mount, at(from), at(to), at(kind), flags, at(bytes(options)));
}
/** What statfs tells of the file system at a path (mote/abi); null: it cannot. */
export function fileSystemOf(path: string): ArrayBuffer | null {
  const buffer = new ArrayBuffer(<i32>abi.statfs.SIZE);
  return syscall2(abi.SYS_statfs, at(bytes(path)), at(buffer)) < 0 ? null : buffer;
}
export function unmount(target: string): i32 {
  return <i32>syscall2(abi.SYS_umount2, at(bytes(target)), 0);
}

/** What stat tells. */
export class Stat {
  private buffer: ArrayBuffer = new ArrayBuffer(<i32>abi.stat.SIZE);

  of(path: string): i32 {
    return <i32>syscall2(abi.SYS_stat, at(bytes(path)), at(this.buffer));
  }
  ofLink(path: string): i32 {
    return <i32>syscall2(abi.SYS_lstat, at(bytes(path)), at(this.buffer));
  }
  get mode(): u32 {
    return load<u32>(changetype<usize>(this.buffer), abi.stat.st_mode);
  }
  get type(): u32 {
    return this.mode & abi.S_IFMT;
  }
  get isDirectory(): bool {
    return this.type == abi.S_IFDIR;
  }
  get size(): u64 {
    return load<u64>(changetype<usize>(this.buffer), abi.stat.st_size);
  }
  get links(): u64 {
    return load<u64>(changetype<usize>(this.buffer), abi.stat.st_nlink);
  }
  get modified(): u64 {
    return load<u64>(changetype<usize>(this.buffer), abi.stat.st_mtime);
  }
  get ino(): u64 {
    return load<u64>(changetype<usize>(this.buffer), abi.stat.st_ino);
  }
  /** Which file system it is in. */
  get fileSystem(): u64 {
    return load<u64>(changetype<usize>(this.buffer), abi.stat.st_dev);
  }
  get device(): u32 {
    return load<u32>(changetype<usize>(this.buffer), abi.stat.st_rdev);
  }
}

/** Where a link leads; empty: it is none. */
export function readLink(path: string): string {
  const buffer = new ArrayBuffer(abi.PATH_MAX);
  const got = <i32>syscall3(abi.SYS_readlink, at(bytes(path)), at(buffer), abi.PATH_MAX);
  return got < 0 ? '' : String.UTF8.decodeUnsafe(changetype<usize>(buffer), got);
}

const DIRECTORY_BYTES = 4096;

/** Why `readDirectory` gave nothing. */
export let readFailure: i32 = 0;

/** The names in a directory, without `.` and `..`, in order; null: `readFailure`. */
export function readDirectory(path: string): string[] | null {
  const fd = open(path, abi.O_RDONLY | abi.O_DIRECTORY);
  readFailure = fd;
  if (fd < 0) return null;
  const buffer = new ArrayBuffer(DIRECTORY_BYTES);
  const names: string[] = [];
  let got = 0;
  while ((got = <i32>syscall3(abi.SYS_getdents64, fd, at(buffer), DIRECTORY_BYTES)) > 0) {
    for (let offset = 0; offset < got;) {
      const record = changetype<usize>(buffer) + offset;
      const name = String.UTF8.decodeUnsafe(record + abi.dirent64.d_name, 256, true);
      if (name != '.' && name != '..') names.push(name);
      offset += load<u16>(record, abi.dirent64.d_reclen);
    }
  }
  close(fd);
  readFailure = got;
  if (got < 0) return null;
  names.sort();
  return names;
}

export function fork(): i32 {
  return <i32>syscall0(abi.SYS_fork);
}
export function exit(status: i32): void {
  syscall1(abi.SYS_exit, status);
}
export function getpid(): i32 {
  return <i32>syscall0(abi.SYS_getpid);
}
export function parentId(): i32 {
  return <i32>syscall0(abi.SYS_getppid);
}
export function kill(pid: i32, signal: i32): i32 {
  return <i32>syscall2(abi.SYS_kill, pid, signal);
}
/** What a signal does from now on: abi.SIG_DFL or abi.SIG_IGN. */
export function setSignal(signal: i32, action: u64): void {
  syscall2(abi.SYS_signal, signal, action);
}
export function setGroup(pid: i32, group: i32): i32 {
  return <i32>syscall2(abi.SYS_setpgid, pid, group);
}
/** Which process group the terminal's signals go to. */
export function setForeground(group: i32): void {
  const word = new StaticArray<i32>(1);
  word[0] = group;
  control(0, abi.TIOCSPGRP, changetype<usize>(word));
}

const statusWord = new StaticArray<i32>(1);
/** Waits for a child: its pid, 0 (WNOHANG and none), or an error. `waitStatus` has what became of it. */
export function wait(pid: i32, options: i32 = 0): i32 {
  return <i32>syscall4(abi.SYS_wait4, pid, changetype<usize>(statusWord), options, 0);
}
/** Of the last `wait`: the exit status, or 128 and the signal that ended it, as a shell has it. */
export function waitStatus(): i32 {
  const signal = statusWord[0] & 0x7f;
  return signal != 0 ? 128 + signal : (statusWord[0] >> 8) & 0xff;
}
/** Of the last `wait`: it was stopped, not ended. */
export function waitStopped(): bool {
  return (statusWord[0] & 0xff) == 0x7f;
}

/** Begins another program with these arguments and environment ("NAME=value"); comes back with an error alone. */
export function exec(path: string, args: string[], environment: string[]): i32 {
  const kept: ArrayBuffer[] = [];
  const argv = pointers(args, kept);
  const envp = pointers(environment, kept);
  return <i32>syscall3(abi.SYS_execve, at(bytes(path)), changetype<usize>(argv), changetype<usize>(envp));
}

function pointers(texts: string[], kept: ArrayBuffer[]): StaticArray<u64> {
  const list = new StaticArray<u64>(texts.length + 1);
  for (let n = 0; n < texts.length; n++) {
    kept.push(bytes(texts[n]));
    list[n] = at(kept[kept.length - 1]);
  }
  return list;
}

const timeWords = new StaticArray<u64>(2);
export function sleepNs(ns: u64): void {
  timeWords[0] = ns / NS_PER_SECOND;
  timeWords[1] = ns % NS_PER_SECOND;
  syscall2(abi.SYS_nanosleep, changetype<usize>(timeWords), 0);
}
/** Nanoseconds of a clock. */
export function clock(which: i32): u64 {
  syscall2(abi.SYS_clock_gettime, which, changetype<usize>(timeWords));
  return timeWords[0] * NS_PER_SECOND + timeWords[1];
}

const information = new ArrayBuffer(128);
/** A field of sysinfo (mote/abi), of 8 bytes. */
export function systemInformation(field: usize): u64 {
  syscall1(abi.SYS_sysinfo, at(information));
  return load<u64>(changetype<usize>(information) + field);
}
/** A field of uname. */
export function systemName(field: usize): string {
  const buffer = new ArrayBuffer(<i32>abi.utsname.SIZE);
  syscall1(abi.SYS_uname, at(buffer));
  return String.UTF8.decodeUnsafe(changetype<usize>(buffer) + field, abi.utsname.FIELD, true);
}
export function reboot(command: u32): i32 {
  return <i32>syscall4(abi.SYS_reboot, abi.LINUX_REBOOT_MAGIC1, abi.LINUX_REBOOT_MAGIC2, command, 0);
}
/** Any hypercall with five arguments: what Xen returned. */
export function hypercall(number: i32, args: StaticArray<u64>): i64 {
  return syscall2(abi.SYS_hypercall, number, changetype<usize>(args));
}
