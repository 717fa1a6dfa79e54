/**
 * Xen at work: what boots on a machine and decides, whenever its processor stops, what happens and who goes on. Its state is
 * that of state/hypervisor.ts; what it does between two runs of the processor is in run/.
 */
import type { Machine } from '../core/machine.ts';
import { EXIT_BREAKPOINT, EXIT_BUDGET, EXIT_EXCEPTION, EXIT_REASON } from '../core/wasm/layout.ts';
import type { Chance } from '../devices/chance.ts';
import type { DeviceConfig, Platform } from '../devices/platform.ts';
import { XenConsole } from './console/console.ts';
import { serveConsole } from './domain/console-ring.ts';
import { Serial } from './console/serial.ts';
import { HypercallContext } from './hypercalls/hypercall.ts';
import { machineMessages, versionMessage } from './run/boot-messages.ts';
import { handleExit } from './run/exits.ts';
import { makePlatform } from './run/platform.ts';
import { schedule, switchTo } from './run/schedule.ts';
import { expireTimers } from './run/timers.ts';
import { makeScheduler } from './sched/schedulers.ts';
import { parseBootParameters } from './state/boot-parameters.ts';
import type { BootParameters } from './state/boot-parameters.ts';
import { makeClock } from './state/clock.ts';
import type { Domain } from './state/domain.ts';
import { Hypervisor, WAITING } from './state/hypervisor.ts';
import type { Stop } from './state/hypervisor.ts';
import { makePcpus, TURN_TICKS } from './state/pcpu.ts';
import type { Vcpu } from './state/vcpu.ts';
import { upcallDue } from './state/vcpu-info.ts';
import { findDeadline } from './time/deadlines.ts';
import { bounceHeld } from './traps/bounce.ts';
import { BufferRecorder, tellReader } from './xentrace/recorder.ts';
import { deliverNmi, deliverUpcall } from './traps/upcall.ts';

export interface XenOptions {
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
  /** What varies; without it, nothing does. */
  readonly chance?: Chance | undefined;
}

/**
 * 2028-01-01T00:00:00Z: where the wall clock starts unless one is given. It is ahead of the day on which any system of today
 * was built: one that finds an earlier clock takes it for wrong and sets it (systemd, TIME_EPOCH).
 */
const DEFAULT_EPOCH_SECONDS = 1_830_297_600;
/**
 * The processor is left at every multiple of so many ticks. Where a run of it ends it may be in the middle of a block, and what is
 * translated to WebAssembly, and when, follows from that: whoever runs the hypervisor in pieces by the wall clock cuts them here, too,
 * and then it is the same however long they are.
 */
export const GRAIN_TICKS = 0x10000;

const BUDGET: Stop = { kind: 'budget' };
const IDLE: Stop = { kind: 'idle' };
const BREAKPOINT: Stop = { kind: 'breakpoint' };

export class Xen extends Hypervisor {
  readonly console: XenConsole;
  readonly platform: Platform;
  /** The hypercall under way. */
  readonly call: HypercallContext;
  /** Fills the trace buffers: no state. */
  readonly recorder = new BufferRecorder(this);
  /** When the turn of the physical processor that has it ends, in ticks. */
  private turnEndTicks: number;

  constructor(machine: Machine, options: XenOptions = {}) {
    const pcpus = makePcpus(options.pcpus ?? 1);
    const epochSeconds = options.epochSeconds ?? DEFAULT_EPOCH_SECONDS;
    super(machine, {
      clock: makeClock((options.periodNs ?? 1) / pcpus.length),
      epochSeconds,
      pcpus,
      scheduler: makeScheduler(options.scheduler ?? 'credit', pcpus, options.chance),
      parameters: options.parameters ?? parseBootParameters(''),
      chance: options.chance,
    });
    this.turnEndTicks = pcpus.length === 1 ? Infinity : this.ticks() + TURN_TICKS;
    this.call = new HypercallContext(this);
    this.platform = makePlatform(this, {
      epochSeconds,
      processors: pcpus.length,
      devices: options.devices ?? [],
      chance: options.chance,
    });
    this.console = new XenConsole(new Serial(this.platform.uart, this.gsis, this.parameters.line));
    this.greet();
  }

  /** What Xen says of itself, the machine and its command line. All of it is on the line where that is its console. */
  private greet(): void {
    const { commandLine, complaints, isOnLine } = this.parameters;
    const say = (text: string): void => {
      if (isOnLine) this.console.log(text);
      else this.console.note(text);
    };
    const { scheduler, pcpus, machine } = this;
    say(versionMessage());
    for (const message of machineMessages({
      ramBytes: machine.bytes.length,
      processors: pcpus.length,
      scheduler,
    }))
      say(message);
    if (commandLine !== '') this.console.log(`Command line: ${commandLine}`);
    for (const complaint of complaints) this.console.log(complaint);
  }

  /** Whether no processor has anything to run or to decide. */
  get idle(): boolean {
    return this.pcpus.every(({ running, mustSchedule }) => running === null && !mustSchedule);
  }

  /**
   * Runs the domains until the clock is at `untilTicks` (Infinity: for ever), or something stops it. It comes back at one place
   * of a tick alone, when all that is due by then has been done and who goes on has been told of it: so a tick says exactly
   * where a run stands, whyever it came back there, and an input of that tick meets the same state when the run is made again.
   * `staysWhenIdle`: where nothing can happen any more but by input, the clock stays where that has come to be. Where a device waits
   * for what is elsewhere, it comes back in the midst of a tick: nothing is done before that has been brought (`deviceFilled`).
   */
  run(untilTicks: number, staysWhenIdle = false): Stop {
    if (this.platform.waiting) return WAITING;
    this.stop = null;
    // Another may have been restored.
    this.recorder.follow();
    for (;;) {
      if (this.stop === WAITING) return WAITING;
      let now = this.ticks();
      this.doWhatIsDue(now);
      if (this.stop === WAITING) return WAITING;
      const vcpu = this.pcpu.running;
      if (vcpu !== null && !this.enter(vcpu)) continue;
      if (this.stop !== null) return this.stop;
      if (now >= untilTicks) return BUDGET;
      if (vcpu === null) {
        const stop = this.passIdleTime(untilTicks, staysWhenIdle);
        if (stop !== null) return stop;
        continue;
      }
      const grainTicks = now - (now % GRAIN_TICKS) + GRAIN_TICKS;
      now =
        Math.min(untilTicks, this.deadlineTicks, this.pcpu.sliceEndTicks, this.turnEndTicks, grainTicks) -
        now;
      const reason = this.processor.run(now);
      if (reason === EXIT_BUDGET) continue;
      if (reason === EXIT_BREAKPOINT) {
        // Nothing has happened: the state is that of a run whose budget ended here.
        this.processor.setWord(EXIT_REASON, EXIT_BUDGET);
        this.stop = BREAKPOINT;
        continue;
      }
      this.staysInGuest = false;
      // What faults is not retired, but takes its tick: time goes on whatever a guest does.
      if (reason === EXIT_EXCEPTION) this.processor.tscOffset = this.processor.tscOffset + 1;
      if (this.trace.on) this.placeTrace(vcpu);
      handleExit(this.call, vcpu, reason);
      this.recorder.follow();
    }
  }

  /** What is due by now; whatever is, the guest has been left for it. While all processors idle no turns pass. */
  private doWhatIsDue(now: number): void {
    if (this.trace.on) this.placeTrace(null);
    if (this.traceBuffers.isDue) {
      this.staysInGuest = false;
      tellReader(this);
    }
    if (now >= this.deadlineTicks) {
      this.staysInGuest = false;
      expireTimers(this);
      if (this.stop === WAITING) return;
    }
    if (now >= this.turnEndTicks && !this.idle) {
      this.staysInGuest = false;
      this.nextTurn(now);
    }
    if (this.pcpu.mustSchedule || now >= this.pcpu.sliceEndTicks) {
      this.staysInGuest = false;
      schedule(this);
    }
  }

  /**
   * A vcpu gets its processor, and is told of what it has to be told of as it goes back to its guest. False: it does not go back, for
   * its kernel's stack is not here.
   */
  private enter(vcpu: Vcpu): boolean {
    switchTo(this, vcpu);
    if (this.staysInGuest) return true;
    this.staysInGuest = true;
    if (this.trace.on) this.placeTrace(vcpu);
    bounceHeld(this, vcpu);
    if (vcpu.awaitedMfn < 0 && vcpu.nmiPending) deliverNmi(this, vcpu);
    if (vcpu.awaitedMfn < 0 && upcallDue(this, vcpu)) deliverUpcall(this, vcpu);
    return vcpu.awaitedMfn < 0;
  }

  override consoleRaised(domain: Domain): void {
    serveConsole(this, domain);
  }

  /** The next processor takes its turn. */
  private nextTurn(now: number): void {
    this.pcpu = this.pcpus[(this.pcpu.id + 1) % this.pcpus.length]!;
    const length = this.chance?.draw('turn length', TURN_TICKS - 1, this.nowNs()) ?? 0;
    this.turnEndTicks = now + (length === 0 ? TURN_TICKS : length);
  }

  /** The processor whose turn it is has nothing to run: its turn passes; when no other has, time goes on at once. */
  private passIdleTime(untilTicks: number, staysWhenIdle: boolean): Stop | null {
    if (!this.idle) {
      this.advanceTo(Math.min(this.turnEndTicks, this.deadlineTicks, untilTicks));
      return null;
    }
    if (this.deadlineTicks === Infinity && staysWhenIdle) return IDLE;
    if (this.deadlineTicks > untilTicks || this.deadlineTicks === Infinity) return this.rest(untilTicks);
    this.advanceTo(this.deadlineTicks);
    return null;
  }

  /** What devices waited for has been brought (disk/fetched-image.ts): they go on. */
  deviceFilled(): void {
    if (this.trace.on) this.placeTrace(this.pcpu.running);
    this.platform.advance(this.ticks());
    findDeadline(this);
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
