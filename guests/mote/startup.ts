/** Bringing Mote up: traps, calls and the terminal, and then the first process, whose end is the end of the system. */
import { SHUTDOWN_poweroff } from 'xen';
import { initKernel } from 'kernel/boot';
import { shutdown } from 'kernel/traps/panic';
import { makeRunnable } from 'kernel/threads/threads';
import { initXenbus } from 'kernel/store/xenbus';
import { initFaults } from './fault';
import { initForeignCalls } from './foreign-calls';
import { initFpu } from './fpu';
import { initMemoryCalls } from './memory-calls';
import { createProcess, Process, setLastExit } from './process';
import { initProcessCalls } from './process-calls';
import { initScheduler } from './scheduler';
import { initSyscalls } from './syscall-table';
import { initSystemCalls } from './machine-calls';
import { initTerminal } from './terminal';

/** Everything that needs no files. */
export function initSystem(): void {
  initKernel();
  initFaults();
  initFpu();
  initScheduler();
  initSyscalls();
  initProcessCalls();
  initMemoryCalls();
  initForeignCalls();
  initSystemCalls();
  initTerminal();
  initXenbus();
  setLastExit(() => {
    shutdown(SHUTDOWN_poweroff);
  });
}

/** The first process, without a program yet. */
export function createInit(): Process {
  const init = createProcess(null);
  assert(init != null, 'no memory for the first process');
  return init!;
}

/** Lets a process run that has got its program. */
export function startProcess(process: Process): void {
  makeRunnable(process);
}
