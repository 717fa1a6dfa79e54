/** The texts of /proc. Each is made in one buffer, whole, and then given out in the pieces that are read. */
import { EINVAL } from 'xen';
import { domainPages, setMemoryTarget } from 'kernel/memory/balloon';
import { commandLine, isDomain0 } from 'kernel/xen/start-info';
import { freePages, PAGE_SIZE, totalPages } from 'kernel/memory/pages';
import { current } from 'kernel/threads/threads';
import { SECOND } from 'kernel/events/clock';
import { findProcess, NAME_BYTES, STATE_STOPPED, STATE_ZOMBIE } from '../process';
import { RELEASE, SYSNAME, upNs } from '../machine-calls';
import { mounts as firstMount } from './mount';

const ROOM: i32 = 16384;
const buffer: usize = memory.data(16384);
let used: i32 = 0;

export function clear(): void {
  used = 0;
}

/** A piece of the text: bytes, 0 behind its end. */
export function give(offset: u64, to: usize, bytes: usize): i32 {
  if (offset >= <u64>used) return 0;
  const part = min<usize>(bytes, used - <usize>offset);
  memory.copy(to, buffer + <usize>offset, part);
  return <i32>part;
}

export function putByte(byte: u8): void {
  if (used < ROOM) store<u8>(buffer + used++, byte);
}
export function put(text: string): void {
  for (let n = 0; n < text.length; n++) putByte(<u8>text.charCodeAt(n));
}
/** NUL-terminated bytes. */
export function putBytes(at: usize): void {
  for (; load<u8>(at) != 0; at++) putByte(load<u8>(at));
}
export function putNumber(value: u64): void {
  let divisor: u64 = 1;
  while (value / divisor >= 10) divisor *= 10;
  for (; divisor > 0; divisor /= 10) putByte(<u8>((value / divisor) % 10) + 48);
}
export function putField(value: u64): void {
  putByte(32);
  putNumber(value);
}
/** With so many digits. */
export function putHex(value: u64, digits: i32): void {
  for (let digit = digits - 1; digit >= 0; digit--) {
    const nibble = <u8>((value >> (digit * 4)) & 15);
    putByte(nibble < 10 ? 48 + nibble : 55 + nibble);
  }
}

/** As `parse`, of a line, with its end or without. */
export function parseLine(from: usize, bytes: usize): i64 {
  let length = <i32>bytes;
  if (length > 0 && load<u8>(from + length - 1) == 10) length--;
  return parse(from, length);
}

/** A decimal number; -1: it is none, or too large. */
export function parse(at: usize, length: i32): i64 {
  if (length == 0 || length > 9) return -1;
  let value: i64 = 0;
  for (let n = 0; n < length; n++) {
    const digit = <i64>load<u8>(at + n) - 48;
    if (digit < 0 || digit > 9) return -1;
    value = value * 10 + digit;
  }
  return value;
}

const KIB: u64 = 1024;

function putMemory(name: string, pages: u32): void {
  put(name);
  putField((<u64>pages * PAGE_SIZE) / KIB);
  put(' kB\n');
}

export function meminfo(pid: i32): void {
  putMemory('MemTotal:', totalPages());
  putMemory('MemFree:', freePages());
}

/** Seconds since the start, with hundredths. */
export function uptime(pid: i32): void {
  const hundredths = upNs() / (SECOND / 100);
  putNumber(hundredths / 100);
  putByte(46);
  putByte(<u8>((hundredths / 10) % 10) + 48);
  putByte(<u8>(hundredths % 10) + 48);
  putByte(10);
}

export function version(pid: i32): void {
  put(SYSNAME);
  put(' version ');
  put(RELEASE);
  putByte(10);
}

export function cmdline(pid: i32): void {
  putBytes(commandLine());
  putByte(10);
}

/** What is mounted, where, of which kind: the latest first. */
export function mounts(pid: i32): void {
  let each = firstMount();
  while (each != null) {
    putBytes(each.source);
    putByte(32);
    putBytes(each.path);
    putByte(32);
    put(each.fileSystem.name);
    each.fileSystem.count();
    put(each.fileSystem.readOnly ? ' ro 0 0\n' : ' rw 0 0\n');
    each = each.next;
  }
}

/** Linux's clock ticks: hundredths of a second. */
const TICK: u64 = 10_000_000;

/** The fields of Linux's /proc/PID/stat (proc(5)) up to rss; what Mote does not count is 0. */
export function processStat(pid: i32): void {
  const process = findProcess(pid)!;
  const parent = process.parent;
  const space = process.space;
  putNumber(pid);
  put(' (');
  const name = changetype<usize>(process.name);
  for (let n = 0; n < NAME_BYTES && load<u8>(name + n) != 0; n++) putByte(load<u8>(name + n));
  put(') ');
  if (process.state == STATE_ZOMBIE) put('Z');
  else if (process.state == STATE_STOPPED) put('T');
  else put(process == current() || process.queue == null ? 'R' : 'S');
  putField(parent == null ? 0 : parent.pid);
  putField(process.pgid);
  // session, tty, its foreground, flags, four counts of faults
  for (let n = 0; n < 8; n++) putField(0);
  putField(process.usedNs / TICK);
  // stime, of waited-for children, priority, niceness, threads, a timer
  put(' 0 0 0 20 0 1 0');
  putField(process.startNs / TICK);
  const pages: u32 = space == null ? 0 : space.pages;
  putField(<u64>pages * PAGE_SIZE);
  putField(pages);
  putByte(10);
}

/** `control_d`: this is the domain that controls the others. */
export function capabilities(pid: i32): void {
  if (isDomain0()) put('control_d\n');
}

/** The memory that the domain has, in KiB, as the toolstack counts it: what is written makes the balloon larger or smaller. */
export function memoryTarget(pid: i32): void {
  putNumber((<u64>domainPages() * PAGE_SIZE) / KIB);
  putByte(10);
}

/** Takes a number of KiB, with a line's end or without. Bytes, or an error. */
export function setTarget(pid: i32, from: usize, bytes: usize): i32 {
  const target = parseLine(from, bytes);
  if (target < 0) return -EINVAL;
  setMemoryTarget(<u32>((<u64>target * KIB) / PAGE_SIZE));
  return <i32>bytes;
}
