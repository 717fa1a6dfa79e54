/** For tests of Mote's kernel: one program in place of all that a ramdisk has, on our Xen, until it ends. */
import { expect } from 'vitest';
import { SHUTDOWN_poweroff } from '../../hypervisor/abi/sched.ts';
import { checkFrameTable } from '../../hypervisor/state/check.ts';
import { loadCore } from '../../ui/lab/core-node.ts';
import { Lab } from '../../ui/lab/lab.ts';
import { buildProgram } from '../toolchain/build.ts';
import { cpio } from '../toolchain/cpio.ts';
import { moteImages } from '../toolchain/mote-node.ts';
import { readSources } from '../toolchain/node.ts';

/** What such programs have before their own lines. */
const COMMON = `
import * as abi from 'mote/abi';
import { syscall0, syscall1, syscall2, syscall3, syscall4, syscall6 } from 'programs/lib/intrinsics';

function print(text: string): void {
  const bytes = String.UTF8.encode(text);
  syscall3(abi.SYS_write, 1, changetype<usize>(bytes), bytes.byteLength);
}
function fork(): i64 { return syscall0(abi.SYS_fork); }
function exit(status: i32): void { syscall1(abi.SYS_exit, status); }
function pid(): i64 { return syscall0(abi.SYS_getpid); }
function kill(pid: i64, signal: i32): i64 { return syscall2(abi.SYS_kill, pid, signal); }
const status = new StaticArray<i32>(1);
/** Waits for a child: its wait status. */
function wait(options: i32 = 0): string {
  return syscall4(abi.SYS_wait4, -1, changetype<usize>(status), options, 0) > 0 ? status[0].toString() : 'none';
}
const time = new StaticArray<u64>(2);
function sleep(ms: u64): void {
  time[0] = 0;
  time[1] = ms * 1000000;
  syscall2(abi.SYS_nanosleep, changetype<usize>(time), 0);
}
const info = new StaticArray<u8>(112);
function freeKiB(): u64 {
  syscall1(abi.SYS_sysinfo, changetype<usize>(info));
  return load<u64>(changetype<usize>(info) + abi.sysinfo.freeram) >> 10;
}
/** Memory at an address that Mote chooses. Its protection: PROT_* */
function map(bytes: u64, protection: i32 = 3): i64 {
  return syscall6(abi.SYS_mmap, 0, bytes, protection, abi.MAP_PRIVATE | abi.MAP_ANONYMOUS, -1, 0);
}
function unmap(at: u64, bytes: u64): i64 { return syscall2(abi.SYS_munmap, at, bytes); }
`;
const PATIENCE_NS = 100e9;

/**
 * Runs a program as init; what was printed. Its `main` must end by itself, and all be in order then. `assembler`: functions
 * that it imports from "asm".
 */
export async function runAsInit(program: string, assembler = ''): Promise<string> {
  const sources = new Map([
    ...readSources(),
    ['programs/t.ts', COMMON + program],
    ['programs/lib/t.asm', assembler],
  ]);
  const [{ file }, { kernel }] = await Promise.all([buildProgram(sources, 'programs/t.ts'), moteImages()]);
  const ramdisk = cpio([{ type: 'file', path: 'init', executable: true, data: file }]);
  const lab = await Lab.boot(loadCore(), { kernel, ramdisk, commandLine: '', memoryMb: 16, vcpus: 1 });
  let text = '';
  lab.onConsole((bytes) => (text += new TextDecoder().decode(bytes)));
  while (lab.ns < PATIENCE_NS) if (lab.run({}, 100_000_000) !== undefined) break;
  expect(text).not.toContain('panic');
  expect(lab.domain.shutdown?.reason, text).toBe(SHUTDOWN_poweroff);
  expect(checkFrameTable(lab.hypervisor.frames, lab.hypervisor.domains)).toEqual([]);
  return text.replaceAll('\r', '');
}
