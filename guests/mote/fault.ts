/** Exceptions of processes: page faults that only want a page, and mistakes, which become signals. */
import { ENOMEM, shared_info, vcpu_info } from 'xen';
import { print, printBytes, printHex, printNumber } from 'kernel/console/print';
import { panicAt } from 'kernel/traps/panic';
import { setTrapHandler } from 'kernel/traps/traps';
import { TrapFrame, VECTOR_AC, VECTOR_BP, VECTOR_BR, VECTOR_DB, VECTOR_DE } from 'kernel/xen/frame';
import { VECTOR_GP, VECTOR_MF, VECTOR_OF, VECTOR_PF, VECTOR_UD, VECTOR_XM } from 'kernel/xen/frame';
import { trapMessage } from 'kernel/traps/trap-messages';
import { SHARED_INFO } from 'kernel/memory/window';
import { SIG_DFL, SIGBUS, SIGFPE, SIGILL, SIGKILL, SIGSEGV, SIGTRAP } from './abi';
import { currentProcess, exitProcess, Process } from './process';
import { sendSignal } from './signals';
import { copyIn } from './user-memory';

/** What Xen says of the last page fault. */
const CR2: usize = SHARED_INFO + shared_info.vcpu_info + vcpu_info.arch_cr2;

const ERROR_WRITE: u32 = 2;
const ERROR_FETCH: u32 = 16;

export function initFaults(): void {
  setTrapHandler(VECTOR_PF, pageFault);
  setTrapHandler(VECTOR_DE, mistake);
  setTrapHandler(VECTOR_DB, mistake);
  setTrapHandler(VECTOR_BP, mistake);
  setTrapHandler(VECTOR_OF, mistake);
  setTrapHandler(VECTOR_BR, mistake);
  setTrapHandler(VECTOR_UD, mistake);
  setTrapHandler(VECTOR_GP, mistake);
  setTrapHandler(VECTOR_MF, mistake);
  setTrapHandler(VECTOR_AC, mistake);
  setTrapHandler(VECTOR_XM, mistake);
}

function pageFault(frame: TrapFrame): void {
  const va = load<u64>(CR2);
  if (!frame.isUser) {
    print('\nthe kernel has touched ');
    printHex(va);
    panicAt(frame, ', where nothing is');
  }
  const process = currentProcess();
  const result = process.space!.fault(va, (frame.error & ERROR_WRITE) != 0, (frame.error & ERROR_FETCH) != 0);
  if (result == 0) return;
  if (result == -ENOMEM) outOfMemory(process);
  else fatal(process, frame, SIGSEGV, va);
}

/** There is no page for a process: it is its end, not the system's. */
export function outOfMemory(process: Process): void {
  print('out of memory: process ');
  printNumber(process.pid);
  print(' (');
  printBytes(changetype<usize>(process.name));
  print(') is killed\n');
  exitProcess(SIGKILL);
}

function mistake(frame: TrapFrame): void {
  if (!frame.isUser) panicAt(frame, 'exception in the kernel');
  fatal(currentProcess(), frame, signalOf(frame.vector), 0);
}

function signalOf(vector: u32): i32 {
  if (vector == VECTOR_DE || vector == VECTOR_MF || vector == VECTOR_XM) return SIGFPE;
  if (vector == VECTOR_UD) return SIGILL;
  if (vector == VECTOR_BP || vector == VECTOR_DB) return SIGTRAP;
  return vector == VECTOR_AC ? SIGBUS : SIGSEGV;
}

const code: usize = memory.data(4);

/** What a program compiled here means by an undefined instruction. */
function printReason(frame: TrapFrame): void {
  if (frame.vector != VECTOR_UD || copyIn(code, frame.rip, 3) < 0) return;
  const reason = trapMessage(code);
  if (reason == null) return;
  print(', ');
  print(reason);
}

/** Says what a process did wrong, where it has no handler for it, and sends the signal, which cannot be ignored. */
function fatal(process: Process, frame: TrapFrame, signal: i32, va: u64): void {
  if (process.handlers[signal] == SIG_DFL || (process.ignored & (1 << signal)) != 0) {
    printBytes(changetype<usize>(process.name));
    print('[');
    printNumber(process.pid);
    print(']: exception ');
    printNumber(frame.vector);
    print(' at rip ');
    printHex(frame.rip);
    if (frame.vector == VECTOR_PF) {
      print(', address ');
      printHex(va);
    }
    printReason(frame);
    print(', error ');
    printHex(frame.error);
    print('\n');
    exitProcess(signal);
  }
  sendSignal(process, signal);
}
