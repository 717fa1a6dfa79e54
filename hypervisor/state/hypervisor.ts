/**
 * The hypervisor as all its parts know it: one machine, its frames, its domains, and what goes on. All its state is plain
 * data reachable from here, so that it can be saved whole; time moves only with the count of retired instructions.
 */
import type { Machine, Processor, ReadonlyMachine } from '../../core/machine.ts';
import type { Chance } from '../../devices/chance.ts';
import type { Platform } from '../../devices/platform.ts';
import type { XenConsole } from '../console/console.ts';
import { bootFrameTable } from '../memory/boot.ts';
import type { FrameTable } from '../memory/frame-table.ts';
import { Counts } from '../trace/counts.ts';
import { Tracer } from '../trace/tracer.ts';
import type { BootParameters } from './boot-parameters.ts';
import type { Clock } from './clock.ts';
import type { Domain } from './domain.ts';
import type { Gsi } from './gsi.ts';
import { makeGsis } from './gsi.ts';
import type { Pcpu } from './pcpu.ts';
import type { Scheduler } from './scheduler.ts';
import { TraceBuffers } from './trace-buffers.ts';
import type { Vcpu } from './vcpu.ts';

/** Why `Xen.run` came back. */
export type Stop =
  /** The clock has reached `untilTicks`. */
  | { readonly kind: 'budget' }
  /** No vcpu can run and no timer is set: only input from outside can change that. The clock is at `untilTicks`. */
  | { readonly kind: 'idle' }
  /** A domain has shut down; `domain.shutdown` says why. */
  | { readonly kind: 'shutdown'; readonly domain: Domain }
  /** A vcpu is at a breakpoint (Processor.setBreakpoints); its instruction is the next. */
  | { readonly kind: 'breakpoint' }
  /** A disk lacks bytes that are elsewhere (Platform.waiting): time stands still until they have come. */
  | { readonly kind: 'waiting' }
  /** Someone asked for it by `requestStop`. */
  | { readonly kind: 'request'; readonly reason: string };

export const WAITING: Stop = { kind: 'waiting' };

/** What is decided before there is a hypervisor. */
export interface Parts {
  readonly clock: Clock;
  /** The wall clock at system time 0, in seconds since 1970. */
  readonly epochSeconds: number;
  readonly pcpus: readonly Pcpu[];
  readonly scheduler: Scheduler;
  readonly parameters: BootParameters;
  /** What varies. */
  readonly chance: Chance | undefined;
}

export abstract class Hypervisor {
  /** To look at; what is written goes by memory/guest-frames.ts. */
  readonly machine: ReadonlyMachine;
  readonly processor: Processor;
  readonly frames: FrameTable;
  readonly clock: Clock;
  /** The wall clock at system time 0: seconds since 1970, and ns. Domain 0 sets it (XENPF_settime64). */
  readonly wallClock: { seconds: number; ns: number };
  readonly pcpus: readonly Pcpu[];
  readonly scheduler: Scheduler;
  readonly trace = new Tracer();
  readonly counts = new Counts();
  readonly traceBuffers = new TraceBuffers();
  abstract readonly console: XenConsole;
  /** Interrupt lines of devices, and the devices. */
  readonly gsis: readonly Gsi[] = makeGsis();
  abstract readonly platform: Platform;
  readonly parameters: BootParameters;
  /** By domain id, in order of creation. */
  readonly domains = new Map<number, Domain>();
  /** Who handles a VIRQ of the whole machine, where it is not the hardware domain: domain ids by VIRQ. */
  readonly virqHandlers = new Map<number, number>();
  /** Those that were destroyed and of which there are remains (frames.remains), by id. */
  readonly dying = new Map<number, Domain>();
  /** What varies, and of whom that are to be woken, when that comes, in ns of system time; undefined: nothing does. */
  readonly chance: Chance | undefined;
  readonly wakings: Map<Vcpu, number> | undefined;
  /** The vcpu whose state the core holds; null before the first. */
  current: Vcpu | null = null;
  /** When the next timer is due, in ticks. */
  deadlineTicks = Infinity;
  /** When the scheduler's tick is due, in ns of system time: one of those timers. */
  schedulerTickNs = Infinity;
  /** The physical processor whose turn it is. */
  pcpu: Pcpu;
  /** The id that a domain got last from createdomain's own choice. */
  lastDomainId = 0;
  /**
   * The guest that is loaded was stopped by the budget of a run alone, which no real processor does: it goes on without being
   * told of what it has unmasked meanwhile. Whatever would have interrupted it makes this false.
   */
  staysInGuest = false;
  /** Why `run` is to come back before the next instruction. */
  stop: Stop | null = null;
  /** Told what a domain prints whose console Xen serves itself. No part of the state. */
  onConsole: ((domain: Domain, bytes: Uint8Array) => void) | null = null;
  /** Told when a domain raises a port to whose other end no domain is bound. No part of the state. */
  onNotify: ((domain: Domain, port: number) => void) | null = null;

  constructor(machine: Machine, parts: Parts) {
    this.machine = machine;
    this.processor = machine.processor;
    this.clock = parts.clock;
    this.wallClock = { seconds: parts.epochSeconds, ns: 0 };
    this.pcpus = parts.pcpus;
    this.pcpu = parts.pcpus[0]!;
    this.scheduler = parts.scheduler;
    this.parameters = parts.parameters;
    this.chance = parts.chance;
    if (parts.chance !== undefined)
      parts.chance.onTaken = (name, amount) => {
        if (this.trace.on) this.trace.emit({ kind: 'variation', name, amount });
      };
    this.wakings = parts.chance === undefined ? undefined : new Map();
    this.frames = bootFrameTable(machine, this.domains, this.trace);
  }

  /** The clock: TSC cycles. */
  ticks(): number {
    return this.processor.retired + this.processor.tscOffset;
  }

  /** System time in ns. */
  nowNs(): number {
    return Math.floor(this.ticks() * this.clock.periodNs);
  }

  /** The vcpu of the processor whose turn it is; null while it is idle. */
  get running(): Vcpu | null {
    return this.pcpu.running;
  }

  /** Someone has used a device: it may be due sooner now, or wait for what is elsewhere. */
  deviceUsed(): void {
    this.deadlineTicks = Math.min(this.deadlineTicks, this.platform.nextTicks());
    if (this.platform.waiting) this.stop = WAITING;
  }

  /** Asks `run` to come back before the next instruction. To be called from a trace sink, `onNotify` or `onConsole`. */
  requestStop(reason: string): void {
    this.stop ??= { kind: 'request', reason };
  }

  /** A domain has raised the port of its console ring, which Xen serves. */
  abstract consoleRaised(domain: Domain): void;

  /** Tells the trace where the next events happen; null: in the hypervisor itself. */
  placeTrace(vcpu: Vcpu | null): void {
    this.trace.ticks = this.ticks();
    this.trace.domain = vcpu?.domain.id ?? -1;
    this.trace.vcpu = vcpu?.id ?? -1;
  }
}
