/** Processes on Xen: Mote without its file systems, and one program in place of the ramdisk. */
import { expect, test } from 'vitest';
import { SHUTDOWN_poweroff } from '../../hypervisor/abi/sched.ts';
import { checkFrameTable } from '../../hypervisor/state/check.ts';
import { loadCore } from '../../ui/lab/core-node.ts';
import { Lab } from '../../ui/lab/lab.ts';
import { buildKernel, buildProgram } from '../toolchain/build.ts';
import { readSources } from '../toolchain/node.ts';

const KERNEL = `
import { EFAULT } from 'xen';
import { ramdisk, ramdiskBytes } from 'kernel/xen/start-info';
import { endThread } from 'kernel/threads/threads';
import { SYS_write, SYS_read } from 'mote/abi';
import { Arguments } from 'mote/arguments';
import { execImage } from 'mote/exec';
import { Backing } from 'mote/region';
import { createInit, initSystem, startProcess } from 'mote/startup';
import { setSyscall } from 'mote/syscall-table';
import { terminal } from 'mote/terminal';
import { copyIn, copyOut } from 'mote/user-memory';

class Ramdisk extends Backing {
  read(offset: u64, to: usize, bytes: usize): i32 {
    const size = <u64>ramdiskBytes();
    if (offset >= size) return 0;
    const part = <usize>min(<u64>bytes, size - offset);
    memory.copy(to, ramdisk() + <usize>offset, part);
    return <i32>part;
  }
  close(): void {}
}
const buffer = memory.data(4096);

export function main(): void {
  initSystem();
  setSyscall(SYS_write, (fd: u64, from: u64, bytes: u64, d: u64, e: u64, f: u64): i64 => {
    const part = <usize>min<u64>(bytes, 4096);
    return copyIn(buffer, from, part) < 0 ? -EFAULT : terminal.write(buffer, part, true);
  });
  setSyscall(SYS_read, (fd: u64, to: u64, bytes: u64, d: u64, e: u64, f: u64): i64 => {
    const read = terminal.read(buffer, <usize>min<u64>(bytes, 4096), true);
    return read > 0 && copyOut(to, buffer, read) < 0 ? -EFAULT : read;
  });
  const init = createInit();
  const given = Arguments.create()!;
  given.addArgument(memory.data<u8>([47, 105, 110, 105, 116, 0]));
  given.addArgument(memory.data<u8>([120, 61, 121, 0]));
  const image = new Ramdisk();
  const failed = execImage(init, image, given);
  image.release();
  given.release();
  assert(failed == 0, "the program is refused");
  startProcess(init);
  endThread();
}
`;

const PROGRAM = `
import * as abi from 'mote/abi';
import { addressOf, load64, store64, syscall0, syscall1, syscall2, syscall3, syscall4, syscall6 } from 'programs/lib/intrinsics';
import { argument, argumentCount } from 'programs/lib/start';

function print(text: string): void {
  const bytes = String.UTF8.encode(text);
  syscall3(abi.SYS_write, 1, changetype<usize>(bytes), bytes.byteLength);
}
function fork(): i64 { return syscall0(abi.SYS_fork); }
function exit(status: i32): void { syscall1(abi.SYS_exit, status); }
function pid(): i64 { return syscall0(abi.SYS_getpid); }
function kill(pid: i64, signal: i32): i64 { return syscall2(abi.SYS_kill, pid, signal); }
const status = new StaticArray<i32>(1);
/** Waits for any child: "pid:status". */
function wait(options: i32 = 0): string {
  const found = syscall4(abi.SYS_wait4, -1, changetype<usize>(status), options, 0);
  return found.toString() + ":" + status[0].toString();
}
const time = new StaticArray<u64>(2);
function now(): u64 { syscall2(abi.SYS_clock_gettime, 1, changetype<usize>(time)); return time[0] * 1000000000 + time[1]; }
function sleep(ms: u64): i64 { time[0] = ms / 1000; time[1] = (ms % 1000) * 1000000; return syscall2(abi.SYS_nanosleep, changetype<usize>(time), 0); }
const info = new StaticArray<u8>(112);
function freeKiB(): u64 { syscall1(abi.SYS_sysinfo, changetype<usize>(info)); return load<u64>(changetype<usize>(info) + abi.sysinfo.freeram) >> 10; }
function map(bytes: u64): i64 { return syscall6(abi.SYS_mmap, 0, bytes, 3, abi.MAP_PRIVATE | abi.MAP_ANONYMOUS, -1, 0); }
`;

const core = loadCore();
const kernel = await buildKernel(new Map([...readSources(), ['tested/main.ts', KERNEL]]), 'tested');
const PATIENCE_NS = 100e9;

/** Runs a program whose \`main\` has this body; what it printed. It must end by itself, and all be in order then. */
async function run(body: string, keys = '', before = ''): Promise<string> {
  const source = `${PROGRAM}${before}export function main(args: string[]): i32 {${body}\nreturn 0; }`;
  const program = await buildProgram(new Map([...readSources(), ['programs/t.ts', source]]), 'programs/t.ts');
  const request = { kernel: kernel.file, ramdisk: program.file, commandLine: '', memoryMb: 16, vcpus: 1 };
  const lab = await Lab.boot(core, request);
  let text = '';
  lab.onConsole((bytes) => (text += new TextDecoder().decode(bytes)));
  if (keys !== '') {
    while (!text.includes('type')) lab.run({}, 1_000_000);
    lab.type(new TextEncoder().encode(keys));
  }
  while (lab.ns < PATIENCE_NS) if (lab.run({}, 100_000_000) !== undefined) break;
  expect(checkFrameTable(lab.hypervisor.frames, lab.hypervisor.domains)).toEqual([]);
  expect(text).not.toContain('panic');
  expect(lab.domain.shutdown?.reason).toBe(SHUTDOWN_poweroff);
  return text.replaceAll('\r', '');
}

test('a program gets its arguments, a heap, and floats', async () => {
  const text = await run(`
    print(argumentCount().toString() + argument(0) + argument(1) + " " + pid().toString() + " ");
    const list: f64[] = [];
    for (let n = 0; n < 100000; n++) list.push(n / 2.0);
    print((list[99999] + list[1]).toString());`);
  expect(text).toBe('2/initx=y 1 50000.0');
});

test('a child has a copy of everything, and its parent waits for it', async () => {
  const text = await run(
    `
    const child = fork();
    if (child == 0) { value = 2; print("child " + value.toString() + " " + syscall0(abi.SYS_getppid).toString() + "\\n"); exit(7); }
    print(wait() + " " + value.toString() + "\\n");
    print(wait());`,
    '',
    'let value = 1;\n',
  );
  expect(text).toBe('child 2 1\n2:1792 1\n-10:1792');
});

test('pages are shared until they are written, and all come back', async () => {
  const text = await run(`
    const bytes = 4 << 20;
    const at = map(bytes);
    for (let n = 0; n < bytes; n += 4096) store64(at + n, n);
    fork() == 0 ? exit(0) : wait();
    const before = freeKiB();
    const child = fork();
    if (child == 0) { sleep(20); exit(0); }
    print((before - freeKiB() < 200).toString());
    if (fork() == 0) {
      for (let n = 0; n < bytes; n += 8192) store64(at + n, 1);
      let sum: u64 = 0;
      for (let n = 0; n < bytes; n += 4096) sum += load64(at + n);
      print(" " + sum.toString());
      exit(0);
    }
    wait(); wait();
    let sum: u64 = 0;
    for (let n = 0; n < bytes; n += 4096) sum += load64(at + n);
    print(" " + sum.toString() + " " + (before - freeKiB() < 64).toString());
    syscall2(abi.SYS_munmap, at, bytes);
    print(" " + (freeKiB() - before > 4000).toString());`);
  expect(text).toBe('true 1073742336 2145386496 true true');
});

test('processes that never stop share the processor, and sleepers wake in time', async () => {
  const text = await run(`
    let count = 0;
    const a = fork();
    if (a == 0) for (;;) count++;
    const b = fork();
    if (b == 0) for (;;) count++;
    const start = now();
    sleep(100);
    const late = (now() - start) / 1000000;
    print((late >= 100 && late < 150).toString());
    kill(a, abi.SIGKILL); kill(b, abi.SIGTERM);
    print(" " + wait() + " " + wait());`);
  expect(text).toBe('true 2:9 3:15');
});

test('every process has its own FPU', async () => {
  const text = await run(`
    for (let n = 0; n < 3; n++) {
      if (fork() != 0) continue;
      let x = <f64>n;
      for (let k = 0; k < 3000000; k++) x += 0.5;
      print(x == <f64>n + 1500000.0 ? "right " : "wrong ");
      exit(0);
    }
    wait(); wait(); wait();`);
  expect(text).toBe('right right right ');
});

test('signals: handlers, alarms, interrupted calls, children', async () => {
  const text = await run(
    `
    const f: (signal: i32) => void = handler;
    const address = addressOf(f.index);
    for (let n = 1; n < 32; n++) syscall2(abi.SYS_signal, n, address);
    let x = 0.25;
    kill(pid(), abi.SIGUSR1);
    print(got.toString() + x.toString() + " ");
    const start = now();
    syscall1(abi.SYS_alarm, 1);
    print(syscall0(abi.SYS_pause).toString() + " " + got.toString() + " " + ((now() - start) / 100000000).toString() + "\\n");
    if (fork() == 0) exit(3);
    print(sleep(1000).toString() + " " + got.toString() + " " + wait());`,
    '',
    'let got = 0;\nfunction handler(signal: i32): void { got = got * 100 + signal; }\n',
  );
  expect(text).toBe('100.25 -4 1014 10\n-4 101417 2:768');
});

test('a stopped process goes on when it is told to', async () => {
  const text = await run(`
    const child = fork();
    if (child == 0) { sleep(10); print("on "); exit(0); }
    kill(child, abi.SIGSTOP);
    print(wait(abi.WUNTRACED) + " ");
    sleep(50);
    print(wait(abi.WNOHANG) + " ");
    kill(child, abi.SIGCONT);
    print(wait());`);
  expect(text).toBe('2:4991 0:4991 on 2:0');
});

test('a call that a stop has interrupted goes on as if nothing had been', async () => {
  const text = await run(`
    const start = now();
    const child = fork();
    if (child == 0) { print(sleep(200).toString() + " " + ((now() - start) / 100000000).toString() + " "); exit(0); }
    sleep(50);
    kill(child, abi.SIGSTOP);
    sleep(50);
    kill(child, abi.SIGCONT);
    print(wait());`);
  expect(text).toBe('0 2 2:0');
});

test('mistakes end the process and are told', async () => {
  const text = await run(`
    if (fork() == 0) store64(0x1234567000, 1);
    print(wait() + "\\n");
    if (fork() == 0) store64(0x60000000, 1);
    print(wait() + "\\n");
    if (fork() == 0) print((1 / (freeKiB() >> 40)).toString());
    print(wait() + "\\n");
    if (fork() == 0) unreachable();
    print(wait() + "\\n");
    print(syscall3(abi.SYS_write, 1, 0x40000000, 5).toString() + " " + syscall0(1020).toString());`);
  expect(text.replace(/rip 0x\w+/g, '')).toBe(
    [
      '[2]: exception 14 at , address 0x1234567000, error 0x6',
      '2:11',
      '[3]: exception 14 at , address 0x60000000, error 0x7',
      '3:11',
      '[4]: exception 0 at , error 0x0',
      '4:8',
      '[5]: exception 6 at , unreachable code was reached, error 0x0',
      '5:4',
      '-14 -38',
    ].join('\n'),
  );
});

test('the stack grows, up to its limit', async () => {
  const text = await run(
    `
    print(deep(20000).toString() + " ");
    if (fork() == 0) deep(10000000);
    print(wait());`,
    '',
    'function deep(n: i32): i32 { return n == 0 ? 0 : deep(n - 1) + n % 2; }\n',
  );
  expect(text).toMatch(/^10000 .*exception 14 at rip 0x600\w+, address 0x7fffff7.*\n2:11$/);
});

test('whoever wants too much memory is ended; the others go on', async () => {
  const text = await run(`
    const before = freeKiB();
    if (fork() == 0) {
      const at = map(64 << 20);
      for (let n = 0; n < 64 << 20; n += 4096) store64(at + n, n);
      exit(0);
    }
    print(wait() + " " + (before - freeKiB() < 64).toString());`);
  expect(text).toBe('out of memory: process 2 () is killed\n2:9 true');
});

test('the table of processes bounds what forks for ever', async () => {
  const text = await run(`
    let last: u64 = 0;
    for (let round = 0; round < 4; round++) {
      let forks = 0;
      let result = fork();
      while (result > 0) { forks++; result = fork(); }
      if (result == 0) { syscall0(abi.SYS_pause); exit(0); }
      kill(-1, abi.SIGKILL);
      let reaped = 0;
      while (syscall4(abi.SYS_wait4, -1, 0, 0, 0) > 0) reaped++;
      print(result.toString() + " " + (forks == reaped).toString() + " " + (round < 2 || freeKiB() == last).toString() + "\\n");
      last = freeKiB();
    }`);
  expect(text.replace(/-1[12] true true\n/g, 'x')).toBe('xxxx');
});

test('orphans are inherited by init', async () => {
  const text = await run(`
    if (fork() == 0) { if (fork() == 0) { sleep(20); exit(5); } exit(4); }
    print(wait() + " " + wait() + " " + wait());`);
  expect(text).toBe('2:1024 3:1280 -10:1280');
});

test('the heap grows and shrinks, maps come and go', async () => {
  const text = await run(`
    const end = syscall1(abi.SYS_brk, 0);
    syscall1(abi.SYS_brk, end + 100000);
    store64(end + 90000, 5);
    const before = freeKiB();
    print((syscall1(abi.SYS_brk, end) == end).toString() + (freeKiB() - before).toString());
    print(" " + (syscall1(abi.SYS_brk, 0x5fffffff) == end).toString());
    const a = map(65536);
    const b = map(65536);
    print(" " + (a - b).toString() + " " + syscall2(abi.SYS_munmap, b + 4096, 8192).toString());
    store64(b, 1); store64(b + 12288, 1);
    print(" " + syscall2(abi.SYS_munmap, b + 4095, 1).toString());
    if (fork() == 0) store64(b + 4096, 1);
    print(" " + wait());`);
  expect(text.replace(/\[2\].*\n/, '')).toBe('true4 true 65536 0 -22 2:11');
});

test('hypercalls of a process find its memory', async () => {
  const text = await run(`
    const words = new StaticArray<u64>(5);
    const at = changetype<usize>(words);
    print((syscall2(abi.SYS_hypercall, 17, at) >> 16).toString());
    const extra = new StaticArray<u8>(16);
    words[0] = 1; words[1] = changetype<usize>(extra);
    print(" " + syscall2(abi.SYS_hypercall, 17, at).toString() + " " + (extra[0] == 46).toString());
    words[1] = 0x70000000;
    print(" " + syscall2(abi.SYS_hypercall, 17, at).toString());
    const levels = new StaticArray<u64>(10);
    print(" " + syscall2(abi.SYS_pagetable, changetype<usize>(extra), changetype<usize>(levels)).toString());
    print((levels[6] & 7).toString() + " " + syscall2(abi.SYS_pagetable, 0x70000000, changetype<usize>(levels)).toString());`);
  expect(text).toBe('4 0 true -14 47 3');
});

test('lines are read from the terminal, and Ctrl-C reaches the foreground', async () => {
  const text = await run(
    `
    const buffer = new StaticArray<u8>(64);
    print("type\\n");
    const bytes = <i32>syscall3(abi.SYS_read, 0, changetype<usize>(buffer), 64);
    print("(" + String.UTF8.decodeUnsafe(changetype<usize>(buffer), bytes - 1) + ")");
    const child = fork();
    if (child == 0) {
      const group = new StaticArray<i32>(1);
      syscall0(abi.SYS_setsid);
      for (;;) {}
    }
    sleep(5);
    kill(-child, abi.SIGINT);
    print(wait());`,
    'hellp\x7fo\r',
  );
  expect(text).toBe('type\nhellp\b \bo\n(hello)2:2');
});
