/**
 * The hypervisor: one machine, its frames, its domains. All its state is plain data reachable from here, so that it can
 * be saved whole; time moves only with the count of retired instructions.
 */
import type { Machine, Processor } from '../core/machine.ts';
import { EXIT_BREAKPOINT, EXIT_BUDGET, EXIT_EXCEPTION, EXIT_REASON } from '../core/wasm/layout.ts';
import { SHUTDOWN_crash, SHUTDOWN_suspend } from './abi/sched.ts';
import { VIRQ_DOM_EXC } from './abi/xen.ts';
import { parseBootParameters } from './state/boot-parameters.ts';
import type { BootParameters } from './state/boot-parameters.ts';
import { XenConsole } from './console/console.ts';
import type { DeviceConfig, Platform } from '../devices/platform.ts';
import { makeGsis } from './events/pirq.ts';
import { Serial } from './console/serial.ts';
import { reportCrash } from './domain/crash-report.ts';
import type { CrashReport } from './state/crash.ts';
import type { Domain } from './state/domain.ts';
import type { Vcpu } from './state/vcpu.ts';
import { ECS_UNBOUND } from './state/event-channels.ts';
import { sendEvent, sendGlobalVirq, setPortPending } from './events/send.ts';
import { deliverNmi, deliverUpcall, upcallDue } from './events/upcall.ts';
import { HypercallContext } from './hypercalls/hypercall.ts';
import { bootFrameTable } from './memory/boot.ts';
import type { FrameTable } from './memory/frame-table.ts';
import { makePlatform } from './platform.ts';
import { makePcpus, TURN_TICKS } from './state/pcpu.ts';
import type { Pcpu } from './state/pcpu.ts';
import { schedule, switchTo } from './run/schedule.ts';
import { makeScheduler } from './sched/schedulers.ts';
import type { Scheduler } from './state/scheduler.ts';
import { update } from './sched/vcpus.ts';
import type { Clock } from './state/clock.ts';
import { makeClock } from './state/clock.ts';
import { expireTimers, findDeadline } from './time/timers.ts';
import { Counts } from './trace/counts.ts';
import { Tracer } from './trace/tracer.ts';
import { handleExit } from './run/exits.ts';

export interface HypervisorOptions {
  /** Nanoseconds per instruction of a processor: a power of two (state/clock.ts). */
  readonly periodNs?: number;
  /** The wall clock at system time 0, in seconds since 1970. */
  readonly epochSeconds?: number;
  /** The scheduler's name, as `sched=` gives it. */
  readonly scheduler?: string;
  /** Physical processors: 1, 2, 4, 8 or 16. */
  readonly pcpus?: number;
  /** What is on the PCI bus. */
  readonly devices?: readonly DeviceConfig[];
  /** Xen's boot parameters; `scheduler` stands for their `sched=`. */
  readonly parameters?: BootParameters;
}

/** 2026-01-01T00:00:00Z: where the wall clock starts unless one is given. */
const DEFAULT_EPOCH_SECONDS = 1_767_225_600;
/** The largest budget of one run of the processor. */
const MAX_BUDGET = 0x7fffffff;

/** Why `run` came back. */
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

const BUDGET: Stop = { kind: 'budget' };
const IDLE: Stop = { kind: 'idle' };
const WAITING: Stop = { kind: 'waiting' };

export class Hypervisor {
  readonly machine: Machine;
  readonly processor: Processor;
  readonly frames: FrameTable;
  readonly clock: Clock;
  /** The wall clock at system time 0: seconds since 1970, and ns. Domain 0 sets it (XENPF_settime64). */
  readonly wallClock: { seconds: number; ns: number };
  readonly pcpus: readonly Pcpu[];
  readonly scheduler: Scheduler;
  readonly trace = new Tracer();
  readonly counts = new Counts();
  readonly console: XenConsole;
  /** Interrupt lines of devices, and the devices. */
  readonly gsis = makeGsis();
  readonly platform: Platform;
  readonly parameters: BootParameters;
  /** By domain id, in order of creation. */
  readonly domains = new Map<number, Domain>();
  /** Who handles a VIRQ of the whole machine, where it is not the hardware domain: domain ids by VIRQ. */
  readonly virqHandlers = new Map<number, number>();
  /** Those that were destroyed and of which there are remains (frames.remains), by id. */
  readonly dying = new Map<number, Domain>();
  /** The vcpu whose state the core holds; null before the first. */
  current: Vcpu | null = null;
  readonly call: HypercallContext;
  /** When the next timer is due, in ticks. */
  deadlineTicks = Infinity;
  /** When the scheduler's tick is due, in ns of system time: one of those timers. */
  schedulerTickNs = Infinity;
  /** The physical processor whose turn it is. */
  pcpu: Pcpu;
  /** When its turn ends, in ticks. */
  private turnEndTicks: number;
  /** The id that a domain got last from createdomain's own choice. */
  lastDomainId = 0;
  /** Why `run` is to come back before the next instruction. */
  private stop: Stop | null = null;
  /** Told when a guest raises a port whose other end is outside: the console's server. No part of the state. */
  onNotify: ((domain: Domain, port: number) => void) | null = null;

  constructor(machine: Machine, options: HypervisorOptions = {}) {
    this.machine = machine;
    this.processor = machine.processor;
    this.pcpus = makePcpus(options.pcpus ?? 1);
    this.pcpu = this.pcpus[0]!;
    this.turnEndTicks = this.pcpus.length === 1 ? Infinity : TURN_TICKS;
    const periodNs = (options.periodNs ?? 1) / this.pcpus.length;
    const epochSeconds = options.epochSeconds ?? DEFAULT_EPOCH_SECONDS;
    this.clock = makeClock(periodNs);
    this.wallClock = { seconds: epochSeconds, ns: 0 };
    this.scheduler = makeScheduler(options.scheduler ?? 'credit', this.pcpus);
    this.frames = bootFrameTable(machine, this.domains, this.trace);
    this.call = new HypercallContext(this);
    this.platform = makePlatform(this, { epochSeconds, devices: options.devices ?? [] });
    this.console = new XenConsole(new Serial(this.platform.uart, this.gsis));
    this.parameters = options.parameters ?? parseBootParameters('');
    this.greet();
  }

  /** What Xen says of its command line. */
  private greet(): void {
    const { commandLine, complaints } = this.parameters;
    if (commandLine !== '') this.console.log(`Command line: ${commandLine}`);
    for (const complaint of complaints) this.console.log(complaint);
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

  /** Whether no processor has anything to run or to decide. */
  get idle(): boolean {
    return this.pcpus.every(({ running, mustSchedule }) => running === null && !mustSchedule);
  }

  /** Runs the domains until the clock is at `untilTicks` (Infinity: for ever), or something stops it. */
  run(untilTicks: number): Stop {
    this.stop = this.platform.waiting ? WAITING : null;
    for (;;) {
      let now = this.ticks();
      if (now >= this.deadlineTicks) expireTimers(this);
      if (now >= this.turnEndTicks) this.nextTurn(now);
      if (this.pcpu.mustSchedule || now >= this.pcpu.sliceEndTicks) schedule(this);
      if (this.stop !== null) return this.stop;
      if (now >= untilTicks) return BUDGET;
      const vcpu = this.pcpu.running;
      if (vcpu === null) {
        const stop = this.passIdleTime(untilTicks);
        if (stop !== null) return stop;
        continue;
      }
      switchTo(this, vcpu);
      if (vcpu.nmiPending) deliverNmi(this, vcpu);
      if (upcallDue(this, vcpu)) deliverUpcall(this, vcpu);
      if (this.stop !== null) return this.stop;
      now = Math.min(untilTicks, this.deadlineTicks, this.pcpu.sliceEndTicks, this.turnEndTicks) - now;
      const reason = this.processor.run(now < MAX_BUDGET ? now : MAX_BUDGET);
      if (reason === EXIT_BUDGET) continue;
      if (reason === EXIT_BREAKPOINT) {
        // Nothing has happened: the state is that of a run whose budget ended here.
        this.processor.setWord(EXIT_REASON, EXIT_BUDGET);
        return { kind: 'breakpoint' };
      }
      // What faults is not retired, but takes its tick: time goes on whatever a guest does.
      if (reason === EXIT_EXCEPTION) this.processor.tscOffset = this.processor.tscOffset + 1;
      if (this.trace.on) this.placeTrace(vcpu);
      handleExit(this, vcpu, reason);
    }
  }

  /** The next processor takes its turn. */
  private nextTurn(now: number): void {
    this.pcpu = this.pcpus[(this.pcpu.id + 1) % this.pcpus.length]!;
    this.turnEndTicks = now + TURN_TICKS;
  }

  /** The processor whose turn it is has nothing to run: its turn passes; when no other has, time goes on at once. */
  private passIdleTime(untilTicks: number): Stop | null {
    if (!this.idle) {
      this.advanceTo(Math.min(this.turnEndTicks, this.deadlineTicks, untilTicks));
      return null;
    }
    if (this.deadlineTicks > untilTicks || this.deadlineTicks === Infinity) return this.rest(untilTicks);
    this.advanceTo(this.deadlineTicks);
    return null;
  }

  /** Someone has used a device: it may be due sooner now, or wait for what is elsewhere. */
  deviceUsed(): void {
    this.deadlineTicks = Math.min(this.deadlineTicks, this.platform.nextTicks());
    if (this.platform.waiting) this.stop = WAITING;
  }

  /** What devices waited for has been brought (disk/fetched-image.ts): they go on. */
  deviceFilled(): void {
    this.platform.advance(this.ticks());
    findDeadline(this);
  }

  /** Asks `run` to come back before the next instruction. To be called from a trace sink or `onNotify`. */
  requestStop(reason: string): void {
    this.stop ??= { kind: 'request', reason };
  }

  /** domain_crash: the domain runs no more; the report says why. */
  crashDomain(domain: Domain, message: string): void {
    if (domain.shutdown !== null) return;
    if (this.trace.on) this.trace.emit({ kind: 'crash', domain: domain.id, message });
    const report = reportCrash(this, domain, message);
    this.shutdownDomain(domain, SHUTDOWN_crash, report);
  }

  /** domain_shutdown: none of the domain's vcpus runs any more. A kernel that crashes itself is reported too. */
  shutdownDomain(domain: Domain, reason: number, crash: CrashReport | null): void {
    if (domain.shutdown !== null) return;
    const code = domain.shutdownCode >= 0 ? domain.shutdownCode : reason;
    const report =
      crash ?? (code === SHUTDOWN_crash ? reportCrash(this, domain, 'the kernel crashed') : null);
    domain.shutdown = { reason: code, crash: report };
    if (report !== null) this.console.log(report.text);
    if (this.trace.on) this.trace.emit({ kind: 'shutdown', domain: domain.id, reason: code });
    for (const vcpu of domain.vcpus) update(this, vcpu);
    findDeadline(this);
    if (code === SHUTDOWN_suspend && domain.suspendPort !== 0) sendEvent(this, domain, domain.suspendPort);
    else sendGlobalVirq(this, VIRQ_DOM_EXC);
    this.stop = { kind: 'shutdown', domain };
  }

  /** domain_resume: a domain that has shut down goes on where it was. */
  resumeDomain(domain: Domain): void {
    if (domain.shutdown === null) return;
    domain.shutdown = null;
    for (const vcpu of domain.vcpus) update(this, vcpu);
    findDeadline(this);
  }

  /** domain_pause and domain_unpause. */
  pauseDomain(domain: Domain): void {
    domain.pauseCount++;
    for (const vcpu of domain.vcpus) update(this, vcpu);
  }
  unpauseDomain(domain: Domain): void {
    domain.pauseCount--;
    for (const vcpu of domain.vcpus) update(this, vcpu);
  }

  /** Raises a port of a domain from outside: the console has input. False: there is no such port. */
  notify(domain: Domain, port: number): boolean {
    const channel = domain.events.at(port);
    if (channel === null) return false;
    this.placeTrace(null);
    setPortPending(this, domain, channel);
    return true;
  }

  /** A guest raised a port whose other end is outside. */
  notified(domain: Domain, port: number): void {
    if (domain.events.at(port)?.state === ECS_UNBOUND) this.onNotify?.(domain, port);
  }

  /** Tells the trace where the next events happen; null: in the hypervisor itself. */
  placeTrace(vcpu: Vcpu | null): void {
    this.trace.ticks = this.ticks();
    this.trace.domain = vcpu?.domain.id ?? -1;
    this.trace.vcpu = vcpu?.id ?? -1;
  }

  /** Everyone is idle until `untilTicks`, or for ever. */
  private rest(untilTicks: number): Stop {
    if (untilTicks !== Infinity) this.advanceTo(untilTicks);
    return this.deadlineTicks === Infinity ? IDLE : BUDGET;
  }

  private advanceTo(ticks: number): void {
    const ahead = ticks - this.ticks();
    if (ahead > 0) this.processor.tscOffset = this.processor.tscOffset + ahead;
  }
}
