/**
 * The FPU belongs to whoever used it last. When another process gets the processor, its first FPU instruction faults (#NM,
 * because the kernel has set TS): then the owner's registers are saved and the new one's loaded. A process that never
 * computes with floats costs nothing. The kernel itself uses none.
 */
import { alloc } from 'kernel/memory/heap';
import { HYPERVISOR_fpu_taskswitch } from 'kernel/xen/hypercalls';
import { fxrstor, fxsave } from 'kernel/xen/intrinsics';
import { panicAt } from 'kernel/traps/panic';
import { setTrapHandler } from 'kernel/traps/traps';
import { TrapFrame, VECTOR_NM } from 'kernel/xen/frame';
import { currentProcess, Process } from './process';

export const FPU_BYTES: usize = 512;
/** Where FXSAVE has the control words, and what they are at first: all exceptions masked. */
const FCW: usize = 0;
const MXCSR: usize = 24;
const FCW_INITIAL: u16 = 0x37f;
const MXCSR_INITIAL: u32 = 0x1f80;

let owner: Process | null = null;
/** TS is set: the next FPU instruction faults. */
let armed: bool = false;

export function initFpu(): void {
  setTrapHandler(VECTOR_NM, deviceNotAvailable);
  arm(true);
}

function arm(set: bool): void {
  if (armed == set) return;
  armed = set;
  HYPERVISOR_fpu_taskswitch(set);
}

/** A process gets the processor. */
export function fpuSwitch(next: Process): void {
  arm(owner != next);
}

function deviceNotAvailable(frame: TrapFrame): void {
  if (!frame.isUser) panicAt(frame, 'the kernel uses the FPU');
  // Xen has cleared TS.
  armed = false;
  const process = currentProcess();
  const last = owner;
  if (last != null) fxsave(last.fpu);
  if (process.fpu == 0) process.fpu = initialState();
  fxrstor(process.fpu);
  owner = process;
}

function initialState(): usize {
  const state = alloc(FPU_BYTES);
  memory.fill(state, 0, FPU_BYTES);
  store<u16>(state + FCW, FCW_INITIAL);
  store<u32>(state + MXCSR, MXCSR_INITIAL);
  return state;
}

/** The state of the current process in memory; 0: it has none. */
export function fpuState(process: Process): usize {
  if (owner == process) fxsave(process.fpu);
  return process.fpu;
}

/** The current process's state has been changed in memory. */
export function fpuReload(process: Process): void {
  if (owner != process) return;
  owner = null;
  arm(true);
}

/** A child begins with its parent's state. */
export function fpuFork(parent: Process, child: Process): void {
  const state = fpuState(parent);
  if (state == 0) return;
  child.fpu = alloc(FPU_BYTES);
  memory.copy(child.fpu, state, FPU_BYTES);
}

/** A process begins another program, or ends. */
export function fpuExit(process: Process): void {
  if (owner == process) {
    owner = null;
    arm(true);
  }
}
