/** Mote: what happens from the kernel's first instruction to the first program. */
import { initKernel } from 'kernel/boot';
import { print, printNumber } from 'kernel/console';
import { alloc } from 'kernel/heap';
import { freePages, PAGE_SIZE, totalPages } from 'kernel/pages';
import { endThread, makeRunnable } from 'kernel/threads';
import { Arguments } from './arguments';
import { initFaults } from './fault';
import { initFpu } from './fpu';
import { initMemoryCalls } from './memory-calls';
import { createProcess } from './process';
import { execPath, initProcessCalls } from './process-calls';
import { initScheduler } from './scheduler';
import { initSyscalls, setSyscall } from './syscalls';
import { initSystemCalls } from './system-calls';
import { copyIn } from './user-memory';
import { writeConsole } from 'kernel/console';

export function main(): void {
  initKernel();
  initFaults();
  initFpu();
  initScheduler();
  initSyscalls();
  initProcessCalls();
  initMemoryCalls();
  initSystemCalls();
  setSyscall(1, (fd: u64, b: u64, n: u64, d: u64, e: u64, f: u64): i64 => {
    const t = alloc(4096);
    if (copyIn(t, b, <usize>n) < 0) return -14;
    return writeConsole(t, <usize>n);
  });
  print('Mote: ');
  printNumber((<u64>freePages() * PAGE_SIZE) >> 10);
  print(' KiB free\n');
  const init = createProcess(null)!;
  const given = new Arguments();
  given.addArgument(memory.data<u8>([47, 105, 0]));
  const result = execPath(init, memory.data<u8>([47, 105, 0]), given);
  assert(result == 0, 'no init');
  makeRunnable(init);
  endThread();
}
