/**
 * A physical processor, as the scheduler sees it.
 *
 * One core serves all processors of a machine: they take turns, in the order of their numbers, of TURN_TICKS of the clock
 * each. A processor runs during its turns alone, and time passes during everyone's: with P processors a tick is a P-th of
 * the time of an instruction, so that each retires as many instructions in a second as one alone would. What happens is in
 * one order, and the clock never goes back between processors: none can see an effect before its cause. The price is that
 * an interrupt of another processor waits until its turn comes, at most (P - 1) turns.
 */
import type { Vcpu } from './vcpu.ts';

/** Long enough that exchanging the processor's state costs little, short enough for interrupts between processors. */
export const TURN_TICKS = 50_000;
export const MAX_PCPUS = 16;

export class Pcpu {
  readonly id: number;
  /** The vcpu that runs on it; null while there is none. */
  running: Vcpu | null = null;
  /** Whose segments it holds: of the vcpu that ran last. */
  loaded: Vcpu | null = null;
  /** When the running vcpu's slice ends, in ticks. */
  sliceEndTicks = Infinity;
  /** A vcpu woke, slept or yielded: the scheduler is to decide anew. */
  mustSchedule = true;
  /** Time without a running vcpu, up to the last one that came; since when there is none. In ns. */
  idleNs = 0;
  idleSinceNs = 0;

  constructor(id: number) {
    this.id = id;
  }
}

/** Makes the processors of a machine. Throws RangeError unless their number is a power of two up to MAX_PCPUS. */
export function makePcpus(count: number): Pcpu[] {
  if (!Number.isInteger(Math.log2(count)) || count < 1 || count > MAX_PCPUS)
    throw new RangeError(`a machine has 1, 2, 4, 8 or 16 processors, not ${String(count)}`);
  return Array.from({ length: count }, (_, id) => new Pcpu(id));
}

/** How long a processor has been idle altogether, in ns. */
export function idleNs(pcpu: Pcpu, nowNs: number): number {
  return pcpu.idleNs + (pcpu.running === null ? nowNs - pcpu.idleSinceNs : 0);
}

/** Whether hard affinity lets a vcpu run on a processor. */
export function allows(vcpu: Vcpu, pcpu: Pcpu): boolean {
  return (vcpu.affinity & (1 << pcpu.id)) !== 0;
}

/** Someone waits: processors that run a vcpu without an end decide anew. */
export function limitSlices(pcpus: readonly Pcpu[]): void {
  for (const pcpu of pcpus)
    if (pcpu.running !== null && pcpu.sliceEndTicks === Infinity) pcpu.mustSchedule = true;
}

/** The processor that a vcpu runs on, or undefined. */
export function runsOn(pcpus: readonly Pcpu[], vcpu: Vcpu): Pcpu | undefined {
  const pcpu = pcpus[vcpu.processor];
  return pcpu?.running === vcpu ? pcpu : undefined;
}

/** Where a vcpu that woke should run: where it was, if that or none is idle; else an idle processor. */
export function placeFor(pcpus: readonly Pcpu[], vcpu: Vcpu): Pcpu | undefined {
  const allowed = pcpus.filter((pcpu) => allows(vcpu, pcpu));
  const before = allowed.find(({ id }) => id === vcpu.processor);
  if (before?.running === null) return before;
  return allowed.find(({ running }) => running === null) ?? before ?? allowed[0];
}
