/** Random system calls with random arguments, seeded: whatever a program asks, the kernel lives and nothing leaks. */
import { expect, test } from 'vitest';
import { SHUTDOWN_poweroff } from '../../hypervisor/abi/sched.ts';
import { checkFrameTable } from '../../hypervisor/state/check.ts';
import { loadCore } from '../../ui/lab/core-node.ts';
import { Lab } from '../../ui/lab/lab.ts';
import { buildKernel, buildProgram } from '../toolchain/build.ts';
import { cpio } from '../toolchain/cpio.ts';
import { readSources } from '../toolchain/node.ts';

/** A child makes 400 calls, or dies of what it does to itself; after a second an alarm ends its sleep. */
const PROGRAM = `
import * as abi from 'mote/abi';
import { syscall0, syscall1, syscall2, syscall3, syscall4, syscall6 } from 'programs/lib/intrinsics';

const CALLS = 400;
const ROUNDS = 120;
/** All but those that would end or stop what is tested: fork, exit, kill, pause, reboot, hypercalls. */
const numbers: i32[] = [
  0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 11, 12, 15, 16, 21, 22, 24, 32, 33, 35, 37, 39, 40, 41, 42, 43, 44, 45, 48, 49, 50, 51, 52,
  54, 55, 59, 61, 63, 72, 74, 76, 77, 79, 80, 82, 83, 84, 86, 87, 88, 89, 90, 99, 109, 110, 111, 112, 133, 137, 162, 165,
  166, 217, 228, 1000, 1002, 1003, 1020,
];
const paths = [
  '/', '/tmp', '/dev', '/x', '/x/y', '/tmp/a', '/tmp/b', '/tmp/c/d', '..', '.', '', '/dev/null', '/init', '/proc', '/proc/1',
  '/proc/xen/memory_target', '/dev/console',
];
const buffer = new StaticArray<u8>(8192);
const at = changetype<usize>(buffer);
let seed: u64 = 0;

function random(): u64 {
  seed ^= seed << 13;
  seed ^= seed >> 7;
  seed ^= seed << 17;
  return seed;
}
function argument(): u64 {
  switch (<i32>(random() % 10)) {
    case 0: return random();
    case 1: return random() & 0xffff;
    case 2: return random() % 10;
    case 3: return at + random() % 8192;
    case 4: return at;
    case 5: {
      const path = paths[<i32>(random() % <u64>paths.length)];
      const to = at + <usize>(random() & 0xf00);
      String.UTF8.encodeUnsafe(changetype<usize>(path), path.length, to, true);
      return to;
    }
    case 6: return 3 + random() % 6;
    case 7: return <u64>1 << random() % 63;
    case 8: return -(random() % 5000);
    default: return 4096 * (random() % 30);
  }
}
function child(round: i32): void {
  syscall2(abi.SYS_setpgid, 0, 0);
  syscall1(abi.SYS_alarm, 1);
  seed = (<u64>round * 7919 + 12345) * 2654435761;
  for (let count = 0; count < 20; count++) random();
  for (let count = 0; count < CALLS; count++) {
    const number = numbers[<i32>(random() % <u64>numbers.length)];
    let first = argument();
    if (number == abi.SYS_alarm) first = 1;
    // The console is for the results.
    const writes = number == abi.SYS_write || number == abi.SYS_close || number == abi.SYS_dup2 || number == abi.SYS_sendfile;
    if (writes && first < 3) first = 3;
    syscall6(number, first, argument(), argument(), argument(), argument(), argument());
  }
  syscall1(abi.SYS_exit, 0);
}
const info = new StaticArray<u64>(14);
function free(): u64 {
  syscall1(abi.SYS_sysinfo, changetype<usize>(info));
  return info[5] >> 10;
}
export function main(args: string[]): i32 {
  // Begun by a call that it made itself: enough.
  if (args.length != 1) return 0;
  let before: u64 = 0;
  for (let round = 0; round < ROUNDS; round++) {
    const pid = syscall0(abi.SYS_fork);
    if (pid == 0) child(round);
    syscall4(abi.SYS_wait4, pid, 0, 0, 0);
    if (round == ROUNDS / 2) before = free();
  }
  const lost = <i64>before - <i64>free();
  const text = String.UTF8.encode(lost < 256 ? '\\nno leak\\n' : '\\nlost ' + lost.toString() + ' KiB\\n');
  syscall3(abi.SYS_write, 1, changetype<usize>(text), text.byteLength);
  return 0;
}
`;

test('random system calls', async () => {
  const sources = new Map([...readSources(), ['programs/fuzz.ts', PROGRAM]]);
  const kernel = await buildKernel(sources, 'mote');
  const program = await buildProgram(sources, 'programs/fuzz.ts');
  const lab = await Lab.boot(loadCore(), {
    kernel: kernel.file,
    ramdisk: cpio([
      { type: 'file', path: 'init', executable: true, data: program.file },
      { type: 'directory', path: 'tmp' },
    ]),
    commandLine: '',
    memoryMb: 32,
    vcpus: 1,
  });
  let text = '';
  lab.onConsole((bytes) => (text += new TextDecoder().decode(bytes)));
  while (lab.ns < 1000e9) if (lab.run({}, 100_000_000) !== undefined) break;
  expect(text).not.toContain('panic');
  expect(text).toContain('no leak');
  expect(lab.domain.shutdown?.reason).toBe(SHUTDOWN_poweroff);
  expect(checkFrameTable(lab.hypervisor.frames, lab.hypervisor.domains)).toEqual([]);
});
