/** What is told of the trace of a host that runs in another thread, to those at home who only count and look. */
import type { TraceEvent } from '../../../hypervisor/trace/event.ts';
import type { TraceSink } from '../../../hypervisor/trace/tracer.ts';
import { MoveSink } from '../stage/moves.ts';
import type { Moves } from '../stage/view.ts';

/** Of events, what is counted: arrays as bytes. */
export interface AwayTrace {
  /** What the numbers are: kinds of events, and vcpus (`d0v0`). */
  readonly names: readonly string[];
  /** Of each event, 64 bits: its instant. */
  readonly ticks: Uint8Array;
  /** 16 bits: its kind. */
  readonly kinds: Uint8Array;
  /** Of each that says who has a processor from now on, twice 16 bits: the processor's number, and the vcpu. */
  readonly schedules: Uint8Array;
  readonly moves: Moves;
  readonly storeWritten: boolean;
}

/** In the host's thread. */
export class AwaySink implements TraceSink {
  private readonly moves = new MoveSink();
  private names = new Map<string, number>();
  private ticks: number[] = [];
  private kinds: number[] = [];
  private schedules: number[] = [];

  event(event: TraceEvent): void {
    const { ticks, detail } = event;
    this.ticks.push(ticks);
    this.kinds.push(this.number(detail.kind));
    if (detail.kind === 'schedule') this.schedules.push(detail.processor, this.number(detail.to));
    this.moves.event(event);
  }

  end(): void {
    // An event counts where it begins.
  }

  /** What has been traced since the last time. */
  take(): AwayTrace {
    const told = {
      names: [...this.names.keys()],
      ticks: new Uint8Array(Float64Array.from(this.ticks).buffer),
      kinds: new Uint8Array(Uint16Array.from(this.kinds).buffer),
      schedules: new Uint8Array(Uint16Array.from(this.schedules).buffer),
      moves: this.moves.take(),
      storeWritten: this.moves.takeStoreWritten(),
    };
    this.names = new Map();
    this.ticks = [];
    this.kinds = [];
    this.schedules = [];
    return told;
  }

  private number(name: string): number {
    let number = this.names.get(name);
    if (number === undefined) this.names.set(name, (number = this.names.size));
    return number;
  }
}

/** Who counts events. `processor`, `to`: of one that says who has a processor. */
interface Counter {
  count(ticks: number, kind: string, processor: number, to: string): void;
}

/** Counts what was told. */
export function countAll({ names, ...told }: AwayTrace, counter: Counter): void {
  const ticks = new Float64Array(told.ticks.slice().buffer);
  const kinds = new Uint16Array(told.kinds.slice().buffer);
  const schedules = new Uint16Array(told.schedules.slice().buffer);
  let at = 0;
  for (const [n, number] of kinds.entries()) {
    const kind = names[number]!;
    if (kind !== 'schedule') counter.count(ticks[n]!, kind, 0, '');
    else counter.count(ticks[n]!, kind, schedules[at++]!, names[schedules[at++]!]!);
  }
}
