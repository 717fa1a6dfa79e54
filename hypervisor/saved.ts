/** What of this room is state (devices/saved.ts). */
import type { SavedClasses } from '../devices/saved.ts';
import { Serial } from './console/serial.ts';
import { XenConsole } from './console/console.ts';
import { DirtyLog } from './memory/dirty-log.ts';
import { DomainMemory } from './memory/domain-memory.ts';
import { FrameTable } from './memory/frame-table.ts';
import { PagedFrames } from './memory/paged-frames.ts';
import { DeviceMemory, Lines, Ticks } from './run/platform.ts';
import { Atropos } from './sched/atropos.ts';
import { Bvt, BvtDomain, BvtVcpu } from './sched/bvt.ts';
import { Credit } from './sched/credit.ts';
import { CreditQueues } from './sched/credit-queues.ts';
import { CreditDomain, CreditUnit } from './sched/credit-units.ts';
import { EdfVcpu } from './sched/edf.ts';
import { RoundRobin } from './sched/rrobin.ts';
import { Sedf } from './sched/sedf.ts';
import { ConsoleRing } from './state/console-ring.ts';
import { Domain } from './state/domain.ts';
import { EventChannel, EventChannels, FifoControl } from './state/event-channels.ts';
import { GrantTable } from './state/grant-table.ts';
import { Gsi } from './state/gsi.ts';
import { Pcpu } from './state/pcpu.ts';
import { TraceBuffers } from './state/trace-buffers.ts';
import { TrapTable, Vcpu } from './state/vcpu.ts';
import { Counts } from './trace/counts.ts';
import { Xen } from './xen.ts';

/** The classes of this room whose objects are state. The machine and its processor are saved by core/machine-state.ts. */
export const HYPERVISOR_SAVED: SavedClasses = {
  Atropos: { type: Atropos },

  Bvt: { type: Bvt },
  BvtDomain: { type: BvtDomain },
  BvtVcpu: { type: BvtVcpu },
  ConsoleRing: { type: ConsoleRing },
  Counts: { type: Counts },
  Credit: { type: Credit },
  CreditDomain: { type: CreditDomain },
  CreditQueues: { type: CreditQueues },
  CreditUnit: { type: CreditUnit },
  DeviceMemory: { type: DeviceMemory },
  DirtyLog: { type: DirtyLog },
  Domain: { type: Domain },
  DomainMemory: { type: DomainMemory },
  EventChannel: { type: EventChannel },
  EventChannels: { type: EventChannels },
  EdfVcpu: { type: EdfVcpu },
  FifoControl: { type: FifoControl },
  FrameTable: { type: FrameTable, but: ['memory', 'trace'] },
  GrantTable: { type: GrantTable },
  Gsi: { type: Gsi },
  Lines: { type: Lines },
  PagedFrames: { type: PagedFrames },
  Pcpu: { type: Pcpu },
  RoundRobin: { type: RoundRobin },
  Sedf: { type: Sedf },
  Serial: { type: Serial },
  Ticks: { type: Ticks },
  TraceBuffers: { type: TraceBuffers },
  TrapTable: { type: TrapTable },
  Vcpu: { type: Vcpu },
  // `call` is scratch between two hypercalls.
  Xen: { type: Xen, but: ['machine', 'processor', 'trace', 'call', 'recorder', 'onConsole', 'onNotify'] },
  XenConsole: { type: XenConsole, but: ['onOutput'] },
};
