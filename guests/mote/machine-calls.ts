/** System calls about the system: its name, its clocks, its memory, its end, and hypercalls for those who study them. */
import { EINVAL, EPERM, HYPERVISOR_iret, SHUTDOWN_poweroff, SHUTDOWN_reboot } from 'xen';
import { totalPages, freePages, PAGE_SIZE } from 'kernel/memory/pages';
import { hypercall5 } from 'kernel/xen/intrinsics';
import { shutdown } from 'kernel/traps/panic';
import { now, SECOND, wallClock } from 'kernel/events/clock';
import * as abi from './abi';
import { borrowUserHalf, returnUserHalf } from './borrow';
import { findWord, wordAt } from './command-line';
import { processCount } from './process';
import { setSyscall } from './syscall-table';
import { copyIn, copyOut } from './user-memory';

/** The host's name, NUL-terminated; 0: nobody has given it one. */
let nodename: usize = 0;
const NODENAME: string = 'mote';
const MOST_NAME: usize = 64;
const COLON: u8 = 58;
const HOST_FIELD: i32 = 4;
/** When the system started. */
let startedNs: u64 = 0;

export function initSystemCalls(): void {
  startedNs = now();
  const name = findWord('hostname=', false);
  nodename = name != 0 ? wordAt(name) : nameInIp();
  setSyscall(abi.SYS_uname, uname);
  setSyscall(abi.SYS_sysinfo, sysinfo);
  setSyscall(abi.SYS_clock_gettime, clockGettime);
  setSyscall(abi.SYS_reboot, reboot);
  setSyscall(abi.SYS_hypercall, hypercall);
}

/** The fifth field of `ip=`, as Linux takes it; 0: there is none. */
function nameInIp(): usize {
  let at = findWord('ip=', false);
  if (at == 0) return 0;
  const word = wordAt(at);
  at = word;
  for (let field = 0; field < HOST_FIELD; at++) {
    const byte = load<u8>(at);
    if (byte == 0) return 0;
    if (byte == COLON) field++;
  }
  let end = at;
  while (load<u8>(end) != 0 && load<u8>(end) != COLON) end++;
  store<u8>(end, 0);
  return end == at ? 0 : at;
}

/** How long the system has been up: a host may have been up for longer. */
export function upNs(): u64 {
  return now() - startedNs;
}

const buffer: usize = memory.data(512, 8);

export const SYSNAME: string = 'Mote';
export const RELEASE: string = '1.0';

function uname(to: u64, b: u64, c: u64, d: u64, e: u64, f: u64): i64 {
  memory.fill(buffer, 0, abi.utsname.SIZE);
  put(abi.utsname.sysname, SYSNAME);
  putName(buffer + abi.utsname.nodename);
  put(abi.utsname.release, RELEASE);
  put(abi.utsname.version, 'Xen PV');
  put(abi.utsname.machine, 'x86_64');
  put(abi.utsname.domainname, '(none)');
  return copyOut(to, buffer, abi.utsname.SIZE);
}

function put(at: usize, text: string): void {
  for (let index = 0; index < text.length; index++)
    store<u8>(buffer + at + index, <u8>text.charCodeAt(index));
}

function putName(at: usize): void {
  if (nodename == 0) return put(abi.utsname.nodename, NODENAME);
  let bytes: usize = 0;
  while (bytes < MOST_NAME && load<u8>(nodename + bytes) != 0) bytes++;
  memory.copy(at, nodename, bytes);
}

function sysinfo(to: u64, b: u64, c: u64, d: u64, e: u64, f: u64): i64 {
  memory.fill(buffer, 0, abi.sysinfo.SIZE);
  store<u64>(buffer + abi.sysinfo.uptime, upNs() / SECOND);
  store<u64>(buffer + abi.sysinfo.totalram, <u64>totalPages() * PAGE_SIZE);
  store<u64>(buffer + abi.sysinfo.freeram, <u64>freePages() * PAGE_SIZE);
  store<u16>(buffer + abi.sysinfo.procs, <u16>processCount());
  store<u32>(buffer + abi.sysinfo.mem_unit, 1);
  return copyOut(to, buffer, abi.sysinfo.SIZE);
}

function clockGettime(clock: u64, to: u64, c: u64, d: u64, e: u64, f: u64): i64 {
  if (<i32>clock != abi.CLOCK_REALTIME && <i32>clock != abi.CLOCK_MONOTONIC) return -EINVAL;
  const ns = <i32>clock == abi.CLOCK_REALTIME ? wallClock() : now();
  store<u64>(buffer + abi.timespec.tv_sec, ns / SECOND);
  store<u64>(buffer + abi.timespec.tv_nsec, ns % SECOND);
  return copyOut(to, buffer, abi.timespec.SIZE);
}

function reboot(magic1: u64, magic2: u64, command: u64, d: u64, e: u64, f: u64): i64 {
  if (<u32>magic1 != abi.LINUX_REBOOT_MAGIC1 || <u32>magic2 != abi.LINUX_REBOOT_MAGIC2) return -EINVAL;
  if (<u32>command == abi.LINUX_REBOOT_CMD_POWER_OFF) shutdown(SHUTDOWN_poweroff);
  if (<u32>command == abi.LINUX_REBOOT_CMD_RESTART) shutdown(SHUTDOWN_reboot);
  return -EINVAL;
}

const HYPERCALL_ARGUMENTS: usize = 40;
const MAX_HYPERCALL: u64 = 63;

/** Any hypercall, with the process's memory where Xen finds it. What it does to the kernel is the caller's affair. */
function hypercall(number: u64, argumentsAt: u64, c: u64, d: u64, e: u64, f: u64): i64 {
  const failed = copyIn(buffer, argumentsAt, HYPERCALL_ARGUMENTS);
  if (failed < 0) return failed;
  if (number > MAX_HYPERCALL) return -EINVAL;
  // It would return from a frame that is none.
  if (number == HYPERVISOR_iret) return -EPERM;
  borrowUserHalf();
  const result = hypercall5(
    <i32>number,
    load<u64>(buffer),
    load<u64>(buffer, 8),
    load<u64>(buffer, 16),
    load<u64>(buffer, 24),
    load<u64>(buffer, 32),
  );
  returnUserHalf();
  return result;
}
