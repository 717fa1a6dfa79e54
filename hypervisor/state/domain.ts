/** A domain: its vcpus, its memory accounting, and what it shares with Xen. Plain data, saved whole. */
import { TSC_MODE_DEFAULT } from '../abi/domctl.ts';
import type { EventChannels } from './event-channels.ts';
import type { DomainMemory } from '../memory/domain-memory.ts';
import type { GrantTable } from './grant-table.ts';
import type { ConsoleRing } from './console-ring.ts';
import { containsRange } from './range-set.ts';
import type { RangeSet } from './range-set.ts';
import type { Vcpu } from './vcpu.ts';
import type { DirtyLog } from '../memory/dirty-log.ts';
import type { PagedFrames } from '../memory/paged-frames.ts';
import type { CrashReport } from './crash.ts';

/** Why a domain has shut down: SHUTDOWN_* of sched.h; `crash` says how where the hypervisor did it. */
export interface Shutdown {
  readonly reason: number;
  readonly crash: CrashReport | null;
}

/** What CPUID tells the domain in a leaf: an xen_cpuid_leaf. */
export interface CpuidLeaf {
  readonly leaf: number;
  readonly subleaf: number;
  readonly a: number;
  readonly b: number;
  readonly c: number;
  readonly d: number;
}

export class Domain {
  readonly id: number;
  readonly isPrivileged: boolean;
  readonly vcpus: Vcpu[] = [];
  /** How many it may have (struct domain's max_vcpus). */
  maxVcpus = 0;
  /** The frame of shared_info, owned by Xen, shared with the domain. */
  sharedInfoMfn = 0;
  /** Pages it has and may have (struct domain's tot_pages, max_pages), and what belongs to memory/ alone. */
  totalPages = 0;
  maxPages = 0;
  memory!: DomainMemory;
  grants!: GrantTable;
  events!: EventChannels;
  /** VM_ASSIST bits: 1 << VMASST_TYPE_*; the one beyond 31 has a field of its own. */
  vmAssist = 0;
  m2pStrict = false;
  /** SCHEDOP_shutdown_code: the reason that a later crash will give; -1 none. */
  shutdownCode = -1;
  /** SCHEDOP_watchdog: deadlines in ns of the two timers; -1 unarmed. */
  readonly watchdogsNs: number[] = [-1, -1];
  /** The page registered by PHYSDEVOP_pirq_eoi_gmfn: a type reference is held; 0 none. */
  pirqEoiMfn = 0;
  /** Its wall clock is so far off everyone's. */
  timeOffsetSeconds = 0;
  /** TSC_MODE_*, and how often it was set: at every start and restore. */
  tscMode = TSC_MODE_DEFAULT;
  tscIncarnation = 1;
  /** Its TSC is reckoned from system time: at which frequency, and what it is behind that, in ns. */
  tscEmulated = false;
  tscKhz = 0;
  tscOffsetNs = 0;
  /** What CPUID tells it, where a toolstack has said so (set_cpu_policy); none: what the host has. */
  cpuPolicy: readonly CpuidLeaf[] = [];
  /** A toolstack has taken CPUID faulting from it (MSR_PLATFORM_INFO). */
  lacksCpuidFaulting = false;
  /** What it may use of the machine's devices: lines, ports, frames of device memory. */
  readonly lines: RangeSet = [];
  readonly ports: RangeSet = [];
  readonly deviceFrames: RangeSet = [];
  /** The PC's ports that Xen keeps a shadow of: PCI's address register and the CMOS's index. */
  pciAddress = 0;
  cmosIndex = 0;
  /** Which of its pages were written, while that is logged. */
  dirtyLog: DirtyLog | null = null;
  /** Which are not here yet, while any may be. */
  paged: PagedFrames | null = null;
  /** Set when the domain has shut down: none of its vcpus runs any more. */
  shutdown: Shutdown | null = null;
  /** The port that is raised when it suspends itself, instead of VIRQ_DOM_EXC (XEN_DOMCTL_subscribe); 0 none. */
  suspendPort = 0;
  /** domain_pause count: above 0, none of its vcpus runs. */
  pauseCount = 0;
  /** How many of them are the toolstack's (controller_pause_count). */
  controllerPauseCount = 0;
  /** It has been unpaused for the first time. */
  creationFinished = false;
  /** XEN_X86_EMU_*: devices that Xen emulates for it. */
  emulationFlags = 0;
  /** Destroyed, but others still map pages of it; destroyed while it ran, not shut down. */
  isDying = false;
  isKilled = false;
  /** UUID. */
  readonly handle = new Uint8Array(16);
  /** What console_io wrote since its last newline. */
  consoleLine = '';
  /** The console ring's frame and the guest's end of its event channel, as start_info says them. */
  consoleMfn = 0;
  consolePort = 0;
  /** The ring, where Xen serves it itself. */
  consoleRing: ConsoleRing | null = null;
  storeMfn = 0;
  storePort = 0;
  /** The frame of its start_info, where Xen has built it. */
  startInfoMfn = 0;

  constructor(id: number, isPrivileged: boolean) {
    this.id = id;
    this.isPrivileged = isPrivileged;
  }

  get hasDevices(): boolean {
    return this.deviceFrames.length > 0 || this.ports.length > 0;
  }
  mayMapDevice(mfn: number): boolean {
    return containsRange(this.deviceFrames, mfn, mfn);
  }
}
