/** A virtual processor of a paravirtualized domain (struct vcpu, struct pv_vcpu). Plain data, saved whole. */
import { REGS, STATE_END } from '../../core/wasm/layout.ts';
import type { Domain } from './domain.ts';

/** RUNSTATE_* of vcpu.h. */
export const RUNSTATE_RUNNING = 0;
export const RUNSTATE_RUNNABLE = 1;
export const RUNSTATE_BLOCKED = 2;
export const RUNSTATE_OFFLINE = 3;

/** The guest's exception handlers (struct trap_info), by vector. */
export class TrapTable {
  /** Virtual addresses; 0 where there is none. */
  readonly addresses = new Float64Array(256);
  readonly selectors = new Uint16Array(256);
  /** The vector that the entry says it is of: its own, once it is set. */
  readonly vectors = new Uint8Array(256);
  /** TI_*: bits 0..1 the DPL, bit 2 "disable event delivery". */
  readonly flags = new Uint8Array(256);
}

/** What a bounce is of (traps/bounce.ts). */
export interface HeldBounce {
  readonly handler: number;
  readonly flags: number;
  readonly error: number;
}

export class Vcpu {
  readonly domain: Domain;
  readonly id: number;

  /** The processor's state while another vcpu is on the processor (`Processor.saveState`). */
  state: Uint8Array = new Uint8Array(STATE_END - REGS);
  /** VGCF_initialised: vcpu_op initialise, or the builder, has given it a context. */
  initialised = false;
  /** Flags of its last context (VGCF_*) that nothing else here tells. */
  contextFlags = 0;
  /** ctrlreg 5 to 7 of its last context, in words. */
  readonly unusedControl = new Uint32Array(6);
  /** Its context gave it selectors: what they name is loaded when it comes onto a processor. */
  segmentsNamed = false;
  /** Its x87 and SSE registers are its own: a context gave them, or it has been on a processor. */
  fpuInitialised = false;
  /** VPF_down: not up yet, or taken down by vcpu_op. */
  down = true;
  /** Somebody outside has stopped it (setStopped); undefined: nobody ever has. */
  isStopped: boolean | undefined = undefined;
  /** VPF_blocked; VPF_in_poll, for `pollPorts`. */
  blocked = false;
  polling = false;
  /** The frame whose contents it waits for, which are not here (memory/paged-frames.ts); -1 none. */
  awaitedMfn = -1;
  /** A frame for its kernel's stack, which is not here: the handler is entered when it is. */
  heldBounce: HeldBounce | null = null;
  /** It is runnable, and the scheduler knows. */
  queued = false;

  /** The physical processor it runs on, or ran on last; those it may run on (hard affinity), a bit each. */
  processor = 0;
  affinity = 0xffff;
  /** Those it should run on (soft affinity). */
  softAffinity = 0xffff;

  /** Root page tables: machine frames of the kernel's and the user's; 0 where there is none. */
  kernelRoot = 0;
  userRoot = 0;
  /** TF_kernel_mode: the guest's kernel (and its root) is running, not its user. */
  guestKernelMode = true;

  readonly traps = new TrapTable();
  kernelSs = 0;
  kernelSp = 0;
  /** Callbacks by CALLBACKTYPE_*, as virtual addresses; 0 where there is none. */
  eventCallback = 0;
  failsafeCallback = 0;
  syscallCallback = 0;
  syscall32Callback = 0;
  sysenterCallback = 0;
  nmiCallback = 0;
  /** Events are masked on entry to these callbacks. */
  failsafeMasksEvents = false;
  syscallMasksEvents = false;
  syscall32MasksEvents = false;
  sysenterMasksEvents = false;
  syscall32Selector = 0;
  sysenterSelector = 0;

  /** Segment bases: FS, and GS of the guest's kernel and user; the active GS base is the processor's. */
  fsBase = 0;
  gsBaseKernel = 0;
  gsBaseUser = 0;
  /** The guest kernel's IOPL, 0 to 3 (physdev_op set_iopl). */
  iopl = 0;
  /** Guest frames of its GDT, and how many entries they hold. */
  readonly gdtFrames: number[] = [];
  gdtEntries = 0;
  /** The guest's LDT: its address and entries (mmuext_op set_ldt). */
  ldtAddress = 0;
  ldtEntries = 0;

  /** The bitmap of ports its user may access: address and number of ports (physdev_op set_iobitmap). */
  ioBitmap = 0;
  ioBitmapPorts = 0;

  /** An NMI waits for delivery; the handler of one has not returned yet. */
  nmiPending = false;
  inNmi = false;
  /** CR0.TS as the guest set it, CR2 and CR4 as it sees them. */
  taskSwitched = false;
  cr2 = 0;
  cr4 = 0;
  /** MSR_MISC_FEATURES_ENABLES.CPUID_FAULT. */
  cpuidFaulting = false;
  /** DR0..DR7 as the guest set them; what they hold after a reset until then. */
  readonly debugRegisters = Float64Array.of(0, 0, 0, 0, 0, 0, 0xffff0ff0, 0x400);
  /** Enable bits of DR7 that the processor does not have: of breakpoints on ports, which Xen sees to (dr7_emul). */
  ioBreakpoints = 0;

  /** Machine address of its struct vcpu_info (in shared_info, or where it registered one). */
  info = 0;
  /** The registered vcpu_info's frame, 0 in shared_info: a type reference is held. */
  infoMfn = 0;
  /** Virtual addresses of the registered runstate and time areas; 0 where there is none. */
  runstateArea = 0;
  timeArea = 0;
  /** An area could not be written yet: its address is the kernel's, and the user runs. */
  areasPending = false;
  /** pvclock: the version last written. */
  timeVersion = 0;

  /** Singleshot timer: system time in ns it is due; -1 unarmed. */
  singleshotNs = -1;
  /** Periodic timer: period and next due time in ns; 0 and -1 when stopped. Xen starts every vcpu with 10 ms. */
  periodNs = 0;
  periodicNs = -1;
  /** SCHEDOP_poll's time-out in ns; -1 none. */
  pollTimeoutNs = -1;
  /** Ports it polls for. */
  pollPorts: number[] = [];

  /** Run state: RUNSTATE_*, since when (ns), and the times spent in each (ns). */
  runstate = RUNSTATE_OFFLINE;
  runstateSinceNs = 0;
  readonly runstateNs = new Float64Array(4);
  /** The port of each VIRQ bound to this vcpu, by VIRQ number; 0 none. */
  readonly virqPorts = new Uint32Array(24);

  constructor(domain: Domain, id: number) {
    this.domain = domain;
    this.id = id;
  }
}
