/**
 * A step under way: up to the next instruction, line, hypercall or upcall. It goes on in pieces, so that whoever waits for it
 * sees how far it is and can give it up.
 */
import type { Vcpu } from '../../hypervisor/state/vcpu.ts';
import type { TraceEvent } from '../../hypervisor/trace/event.ts';
import type { TraceSink } from '../../hypervisor/trace/tracer.ts';
import { BREAKPOINT_LIMIT, RSP } from '../../core/wasm/layout.ts';
import { functionAt, lineAt } from '../../guests/toolchain/link/symbols.ts';
import type { Symbols } from '../../guests/toolchain/link/symbols.ts';
import { fitsStep, isEventStep } from './event-steps.ts';
import type { Lab } from './lab.ts';
import { eventOf } from './stop.ts';
import type { Stop } from './stop.ts';
import type { StepKind } from './protocol.ts';
import type { SourcePlace } from './symbols.ts';

export interface Stepping {
  /** Goes on for at most `ticks` of the clock, idle time included; undefined: it is not there yet. */
  go(ticks: number): Stop | undefined;
  /** Takes back what it has set up, whether it is there or not. */
  end(): void;
}

/** Begins a step to the next event that fits. */
export function beginSeek(lab: Lab, fits: (event: TraceEvent) => boolean): Stepping {
  lab.breaks.leave();
  return new ToEvent(lab, fits);
}

/** Begins a step of the lab's host; `domain`: to an event of that one. Throws a RangeError where there is no such step. */
export function beginStep(lab: Lab, kind: StepKind, domain?: number): Stepping {
  if (isEventStep(kind)) return beginSeek(lab, fitsStep(kind, domain));
  lab.breaks.leave();
  if (kind === 'instruction') return new ToInstruction(lab);
  lab.checkLines();
  const frame = kind === 'line' ? null : frameOf(lab);
  const addresses = frame === null ? [] : kind === 'out' ? [frame.returnAddress] : linesBeside(lab, frame);
  const isRoom = addresses.length > 0 && addresses.length + lab.breaks.addresses.length <= BREAKPOINT_LIMIT;
  return frame !== null && isRoom ? new ToAddress(lab, frame, addresses) : new ToLine(lab, kind);
}

/** To the next event of those that fit, or to a breakpoint before it. */
class ToEvent implements Stepping {
  private readonly lab: Lab;
  private readonly sink: TraceSink;
  private seen: Stop | null = null;

  constructor(lab: Lab, fits: (event: TraceEvent) => boolean) {
    this.lab = lab;
    this.sink = {
      event: (event) => {
        if (this.seen !== null || !fits(event)) return;
        this.seen = { kind: 'step', event: eventOf(event, lab.hypervisor.current) };
        lab.hypervisor.requestStop('step');
      },
      end: () => undefined,
    };
    lab.hypervisor.trace.add(this.sink);
  }

  go(ticks: number): Stop | undefined {
    return this.lab.runBetween(ticks, () => this.seen);
  }

  end(): void {
    this.lab.hypervisor.trace.remove(this.sink);
  }
}

/** One instruction is retired, or faults; while all vcpus are idle the clock goes to the next timer first. */
class ToInstruction implements Stepping {
  private readonly lab: Lab;

  constructor(lab: Lab) {
    this.lab = lab;
  }

  go(): Stop | undefined {
    return this.lab.stepInstruction();
  }

  end(): void {
    // Nothing was set up.
  }
}

/** The function that the processor is in: where its frame ends, and where it returns to. */
interface Frame {
  readonly symbols: Symbols;
  readonly start: number;
  readonly end: number;
  /** RSP within it, and when it has returned. */
  readonly rsp: number;
  readonly returnedRsp: number;
  readonly returnAddress: number;
  readonly vcpu: Vcpu;
  /** Its address space. */
  readonly root: number;
}

/** Null: nothing is known of the code, or it is assembler, whose frames have no size. */
function frameOf(lab: Lab): Frame | null {
  const { machine, processor, current: vcpu } = lab.hypervisor;
  const symbols = lab.code.symbolsAt(machine, processor.rip);
  if (symbols === null || vcpu === null) return null;
  const within = functionAt(symbols, processor.rip);
  if (within === undefined || within.frameBytes < 0) return null;
  const { start, end, frameBytes } = within;
  const base = processor.get(RSP) + (processor.rip === start ? 0 : frameBytes);
  const returnAddress = lab.word(base);
  if (returnAddress === null) return null;
  return {
    symbols,
    start,
    end,
    rsp: base - frameBytes,
    returnedRsp: base + 8,
    returnAddress,
    vcpu,
    root: rootOf(vcpu),
  };
}

function rootOf({ guestKernelMode, kernelRoot, userRoot }: Vcpu): number {
  return guestKernelMode ? kernelRoot : userRoot;
}

/** Where the function's other lines begin, and where it returns to. */
function linesBeside(lab: Lab, { symbols, start, end, returnAddress }: Frame): number[] {
  const here = lineAt(symbols, lab.hypervisor.processor.rip);
  const lines = symbols.lines.filter(
    ({ address, file, line }) =>
      address >= start && address < end && (line !== here?.line || symbols.files[file] !== here.file),
  );
  return [...lines.map(({ address }) => address), returnAddress];
}

/** To one of several addresses, in this frame or behind its return; what is called from here runs at full speed. */
class ToAddress implements Stepping {
  private readonly lab: Lab;
  private readonly frame: Frame;
  private readonly addresses: ReadonlySet<number>;

  constructor(lab: Lab, frame: Frame, addresses: readonly number[]) {
    this.lab = lab;
    this.frame = frame;
    this.addresses = new Set(addresses);
    lab.breaks.watchAlso(addresses);
  }

  go(ticks: number): Stop | undefined {
    return this.lab.runBetween(ticks, () => (this.isThere() ? { kind: 'step' } : null));
  }

  end(): void {
    this.lab.breaks.watchAlso([]);
  }

  /** Frames have fixed sizes: RSP tells this one from those of deeper calls, other threads and other processes. */
  private isThere(): boolean {
    const { processor, current } = this.lab.hypervisor;
    const { rsp, returnedRsp, returnAddress, vcpu, root } = this.frame;
    if (current !== vcpu || rootOf(vcpu) !== root || !this.addresses.has(processor.rip)) return false;
    const at = processor.get(RSP);
    return at === rsp || (processor.rip === returnAddress && at === returnedRsp);
  }
}

/**
 * Instruction by instruction until the kernel or a program is at another line of its sources: of whatever comes next (`line`),
 * of what is not called from here (`over`), or of who has called this function (`out`). The latter two where frames have no
 * size; all three, where the kernel has no symbols, are one instruction.
 */
class ToLine implements Stepping {
  private readonly lab: Lab;
  private readonly before: SourcePlace | null;
  /** The code of the line where it began, by address: there, nothing has to be looked up. */
  private readonly from: number;
  private readonly to: number;
  private readonly root: number;
  /** Stacks grow down: what is called from here has a lower RSP. */
  private readonly lowest: number;

  constructor(lab: Lab, kind: 'line' | 'over' | 'out') {
    const { machine, processor, current } = lab.hypervisor;
    this.lab = lab;
    this.before = lab.here();
    const { rip } = processor;
    const lines = lab.code.symbolsAt(machine, rip)?.lines ?? [];
    this.from = lines.findLast(({ address }) => address <= rip)?.address ?? 0;
    this.to = lines.find(({ address }) => address > rip)?.address ?? 0;
    this.root = current === null ? -1 : rootOf(current);
    const rsp = processor.get(RSP);
    this.lowest = kind === 'line' ? -Infinity : kind === 'over' ? rsp : rsp + 8;
  }

  go(ticks: number): Stop | undefined {
    const { lab } = this;
    const { processor } = lab.hypervisor;
    const end = lab.hypervisor.ticks() + ticks;
    do {
      const stop = lab.stepInstruction();
      if (stop?.kind !== 'step' || lab.code.kernel === null) return stop;
      if (processor.get(RSP) < this.lowest || this.isAtBegin()) continue;
      const place = lab.here();
      if (place !== null && (place.line !== this.before?.line || place.file !== this.before.file))
        return stop;
    } while (lab.hypervisor.ticks() < end);
    return undefined;
  }

  end(): void {
    // Nothing was set up.
  }

  private isAtBegin(): boolean {
    const { processor, current } = this.lab.hypervisor;
    const { rip } = processor;
    return rip >= this.from && rip < this.to && current !== null && rootOf(current) === this.root;
  }
}
