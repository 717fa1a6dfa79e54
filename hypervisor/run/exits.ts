/** What to do when the processor stops: by the exit's reason and vector (arch/x86/traps.c, x86_64/entry.S). */
import * as layout from '../../core/wasm/layout.ts';
import { TI_DPL_MASK } from '../abi/arch-x86.ts';
import type { Vcpu } from '../state/vcpu.ts';
import { makeHypercall } from '../hypercalls/dispatch.ts';
import type { HypercallContext } from '../hypercalls/hypercall.ts';
import type { Hypervisor } from '../state/hypervisor.ts';
import { bounce, CLEAR_DIRECTION, injectSoftware, injectTrap, MASK_EVENTS } from '../traps/bounce.ts';
import { DR6_DEFAULT } from '../domain/debug-registers.ts';
import { setTaskSwitched } from '../traps/fpu.ts';
import { emulateForced } from '../traps/forced-emulation.ts';
import { pageFault } from '../traps/page-fault.ts';
import { emulatePrivileged } from '../traps/privop/emulate.ts';
import { loadFlat, loadFlatCompatibility } from '../domain/flat-segments.ts';
import { crashDomain } from '../domain/life.ts';
import { awaitFrame } from '../domain/paging.ts';

/** #GP error code of INT n: bit 1 says that the IDT is meant. */
const IDT_ERROR = 2;
const SYSCALL_BYTES = 2;
const VECTOR_INT80 = 0x80;
/** CS.L in layout.ATTRIBUTES. */
const LONG_MODE_CODE = 0x2000;

/** Deals with an exit of the current vcpu, which may be a hypercall. */
export function handleExit(call: HypercallContext, vcpu: Vcpu, reason: number): void {
  const { hypervisor } = call;
  switch (reason) {
    case layout.EXIT_SYSCALL:
      syscall(call, vcpu);
      return;
    case layout.EXIT_EXCEPTION:
      exception(hypervisor, vcpu, hypervisor.processor.exitVector);
      return;
    case layout.EXIT_SOFTWARE_INTERRUPT:
      softwareInterrupt(hypervisor, vcpu, hypervisor.processor.exitVector);
      return;
    case layout.EXIT_PRIVILEGED:
      crashDomain(hypervisor, vcpu.domain, 'the processor left ring 3');
  }
}

/**
 * From the guest's kernel SYSCALL is a hypercall; from its user it is a system call of the guest's. From compatibility mode,
 * whatever selects it, it enters by another door (CSTAR), which takes it for the user's.
 */
function syscall(call: HypercallContext, vcpu: Vcpu): void {
  const { hypervisor } = call;
  const { processor } = hypervisor;
  const compatibility = (processor.word(layout.ATTRIBUTES + layout.SEG_CS * 4) & LONG_MODE_CODE) === 0;
  // SYSCALL leaves flat selectors: the guest's kernel finds them in the frame, and a hypercall returns to them.
  if (compatibility) loadFlatCompatibility(hypervisor);
  else loadFlat(hypervisor);
  if (vcpu.guestKernelMode && !compatibility) {
    makeHypercall(call, vcpu);
    return;
  }
  const handler = compatibility ? vcpu.syscall32Callback : vcpu.syscallCallback;
  if (handler === 0) {
    processor.rip = processor.rip - SYSCALL_BYTES;
    injectTrap(hypervisor, vcpu, layout.VECTOR_UD, 0);
    return;
  }
  hypervisor.counts.syscalls++;
  // Both doors mask events where the 64-bit one is to: switch_to_kernel looks at VGCF_syscall_disables_events alone.
  bounce(hypervisor, vcpu, handler, CLEAR_DIRECTION | (vcpu.syscallMasksEvents ? MASK_EVENTS : 0), 0);
}

function exception(hypervisor: Hypervisor, vcpu: Vcpu, vector: number): void {
  const { processor } = hypervisor;
  switch (vector) {
    case layout.VECTOR_PF:
      pageFault(hypervisor, vcpu, processor.exitAddress, processor.exitError);
      return;
    case layout.VECTOR_PAGED:
      awaitFrame(hypervisor, vcpu, processor.exitError);
      return;
    case layout.VECTOR_GP:
      generalProtection(hypervisor, vcpu, processor.exitError);
      return;
    case layout.VECTOR_UD:
      hypervisor.frames.paging.missed = -1;
      if (emulateForced(hypervisor, vcpu)) return;
      // What follows may tell that it is to be emulated.
      if (hypervisor.frames.paging.missed < 0) injectTrap(hypervisor, vcpu, vector, 0);
      else awaitFrame(hypervisor, vcpu, hypervisor.frames.paging.missed);
      return;
    case layout.VECTOR_NM:
      deviceNotAvailable(hypervisor, vcpu);
      return;
    case layout.VECTOR_DB:
      debug(hypervisor, vcpu);
      return;
    default:
      injectTrap(hypervisor, vcpu, vector, processor.exitError);
  }
}

function generalProtection(hypervisor: Hypervisor, vcpu: Vcpu, error: number): void {
  if (error === 0 && emulatePrivileged(hypervisor, vcpu)) return;
  injectTrap(hypervisor, vcpu, layout.VECTOR_GP, error);
}

/** do_device_not_available: TS goes off, and the guest is told if it had set it. */
function deviceNotAvailable(hypervisor: Hypervisor, vcpu: Vcpu): void {
  const told = vcpu.taskSwitched;
  setTaskSwitched(hypervisor, vcpu, false);
  if (hypervisor.trace.on) hypervisor.trace.emit({ kind: 'math_state_restore' });
  if (told) injectTrap(hypervisor, vcpu, layout.VECTOR_NM, 0);
}

/** do_debug: what the processor reports in DR6 is merged into the guest's. */
function debug(hypervisor: Hypervisor, vcpu: Vcpu): void {
  const { processor } = hypervisor;
  const dr6 = processor.word(layout.DR6);
  vcpu.debugRegisters[6] = (vcpu.debugRegisters[6]! | (dr6 & ~DR6_DEFAULT) | DR6_DEFAULT) >>> 0;
  processor.setWord(layout.DR6, DR6_DEFAULT);
  injectTrap(hypervisor, vcpu, layout.VECTOR_DB, 0);
}

/**
 * INT3, INTO, and INT with their vectors always reach the guest, INT 0x80 wherever it has a handler; any other INT n where its
 * trap table says so, else it is #GP at the instruction.
 */
function softwareInterrupt(hypervisor: Hypervisor, vcpu: Vcpu, vector: number): void {
  const { processor } = hypervisor;
  const length = processor.exitError;
  const lowest = vcpu.traps.flags[vector]! & TI_DPL_MASK;
  if (length === 1 || isOpenToAll(vcpu, vector) || lowest >= (vcpu.guestKernelMode ? 1 : 3)) {
    injectSoftware(hypervisor, vcpu, vector);
    return;
  }
  processor.rip = processor.rip - length;
  processor.flags = processor.flags | layout.RF;
  injectTrap(hypervisor, vcpu, layout.VECTOR_GP, vector * 8 + IDT_ERROR);
}

/** The gates of Xen's own IDT that ring 3 may use. */
function isOpenToAll({ traps }: Vcpu, vector: number): boolean {
  if (vector === VECTOR_INT80) return traps.addresses[vector] !== 0;
  return vector === layout.VECTOR_BP || vector === layout.VECTOR_OF;
}
