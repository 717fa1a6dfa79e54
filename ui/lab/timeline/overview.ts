/**
 * A whole run at a glance: who had each processor, and how often what happened, in bins of guest time that widen as the run
 * grows, so that ten minutes take no more memory than a second. It is made of the trace as the host runs, and is no part of its
 * state: where the past is run again, what is known already is not counted a second time.
 */
import type { TraceDetail, TraceEvent } from '../../../hypervisor/trace/event.ts';
import type { TraceSink } from '../../../hypervisor/trace/tracer.ts';
import { COUNTED } from './counted.ts';

/** At first so many ticks each; where there would be more of them, two become one. */
export const BINS = 8192;
export const FIRST_BIN_TICKS = 65_536;
/** Of vcpus on processors, so many are told apart; further ones are `others` of their processor. */
const MOST_RUNS = 96;
export const OTHERS = 'others';

const OTHER = COUNTED.length - 1;

type Kind = TraceDetail['kind'];
const TRAPS: readonly Kind[] = [
  'trap',
  'page_fault',
  'failsafe',
  'emulated',
  'cpuid',
  'ptwr',
  'math_state_restore',
];
/** Others are counted under their own names, or under `other`. */
const COUNTED_AS: ReadonlyMap<string, number> = new Map([
  ...COUNTED.map((kind, index): [string, number] => [kind, index]),
  ...TRAPS.map((kind): [string, number] => [kind, COUNTED.indexOf('trap')]),
]);

/** How long a vcpu had a processor, in ticks by bin; `name`: `d0v0`. */
export interface Run {
  readonly processor: number;
  readonly name: string;
  readonly ticks: Float32Array;
}

/** What of an overview has changed since it was told last: the bins from `from` on. If it is 0, all that was told before is void. */
export interface OverviewChange {
  readonly binNs: number;
  readonly from: number;
  /** Of each bin, the ticks of which anything is known. */
  readonly known: Float32Array;
  /** By `COUNTED`. */
  readonly counts: readonly Float32Array[];
  readonly runs: readonly Run[];
  /** Ticks of a bin. */
  readonly binTicks: number;
}

interface Stretch {
  from: number;
  to: number;
}

interface Column {
  readonly processor: number;
  readonly name: string;
  ticks: Float64Array<ArrayBuffer>;
}

export class Overview implements TraceSink {
  private binTicks = FIRST_BIN_TICKS;
  private known = new Float64Array(BINS);
  private counts = COUNTED.map(() => new Float64Array(BINS));
  private columns = new Map<string, Column>();
  /** What has been watched, in order; behind each its next. */
  private stretches: Stretch[] = [];
  /** Who is on each processor; null: nobody. */
  private running: (Column | null)[] = [];
  /** Up to here all is accounted for. */
  private at = 0;
  /** Where it is now has been watched before, up to `edge`; or it is new, up to there. */
  private isAgain = false;
  private edge = Infinity;
  /** The stretch that is being watched. */
  private now: Stretch | null = null;
  private changed = 0;

  /** It is at an instant now, whatever was before. `names`: who is on each processor, `d0v0` or `idle`. */
  moved(ticks: number, names: readonly string[]): void {
    this.at = ticks;
    this.running = names.map((name, processor) => this.column(processor, name));
    this.look();
  }

  event({ ticks, detail }: TraceEvent): void {
    if (detail.kind === 'schedule') this.count(ticks, detail.kind, detail.processor, detail.to);
    else this.count(ticks, detail.kind);
  }

  /** As an event of that kind. `to`: who has the processor from now on, where it says that. */
  count(ticks: number, kind: string, processor = 0, to = ''): void {
    if (ticks > this.edge || kind === 'schedule') this.upTo(ticks);
    if (kind === 'schedule') this.running[processor] = this.column(processor, to);
    else if (!this.isAgain) {
      const counts = this.counts[COUNTED_AS.get(kind) ?? OTHER]!;
      const bin = this.bin(ticks);
      counts[bin] = counts[bin]! + 1;
    }
  }

  end(): void {
    // Spans are counted where they begin.
  }

  /** All up to here has happened. */
  upTo(ticks: number): void {
    while (this.at < ticks) {
      const end = Math.min(ticks, this.edge);
      if (!this.isAgain) this.account(this.at, end);
      this.at = end;
      if (end < ticks) this.look();
    }
  }

  /** What was later than this has not happened: it is another run from here on. */
  forget(ticks: number): void {
    if (!this.stretches.some(({ to }) => to > ticks)) return;
    const bin = Math.floor(ticks / this.binTicks);
    const begin = bin * this.binTicks;
    for (const each of this.arrays()) each.fill(0, bin);
    this.stretches = this.stretches.filter(({ from }) => from < begin);
    for (const stretch of this.stretches) stretch.to = Math.min(stretch.to, begin);
    this.changed = 0;
    this.look();
  }

  /** Another one, with what this one has. */
  copy(): Overview {
    const copy = new Overview();
    copy.become(this);
    return copy;
  }

  /** Has what another one has from now on, at its own instant. */
  become(other: Overview): void {
    this.binTicks = other.binTicks;
    this.known = other.known.slice();
    this.counts = other.counts.map((counts) => counts.slice());
    this.columns = new Map(
      [...other.columns].map(([key, column]) => [key, { ...column, ticks: column.ticks.slice() }]),
    );
    this.stretches = other.stretches.map((stretch) => ({ ...stretch }));
    this.changed = 0;
    this.moved(
      this.at,
      this.running.map((column) => column?.name ?? 'idle'),
    );
  }

  /** What has changed since it was asked last. `periodNs`: ns per tick. */
  take(periodNs: number, ticks: number): OverviewChange {
    this.upTo(ticks);
    const last = this.stretches.reduce((most, { to }) => Math.max(most, to), 0);
    const end = Math.min(BINS, Math.ceil(last / this.binTicks));
    const from = Math.min(this.changed, end);
    const part = (values: Float64Array): Float32Array => Float32Array.from(values.subarray(from, end));
    this.changed = Math.max(0, Math.min(end, Math.floor(this.at / this.binTicks)));
    return {
      binNs: this.binTicks * periodNs,
      binTicks: this.binTicks,
      from,
      known: part(this.known),
      counts: this.counts.map(part),
      runs: [...this.columns.values()].map(({ processor, name, ticks: run }) => ({
        ...{ processor, name, ticks: part(run) },
      })),
    };
  }

  /** The next time everything is told. */
  tellAll(): void {
    this.changed = 0;
  }

  /** Finds out whether what is here has been watched. */
  private look(): void {
    const { at, stretches } = this;
    this.now = null;
    const here = stretches.find(({ from, to }) => from <= at && at < to);
    this.isAgain = here !== undefined;
    if (here !== undefined) {
      this.edge = here.to;
      return;
    }
    const next = stretches.find(({ from }) => from > at);
    this.edge = next?.from ?? Infinity;
  }

  private account(from: number, to: number): void {
    this.bin(to);
    this.extend(from, to);
    this.add(this.known, from, to);
    for (const column of this.running) if (column !== null) this.add(column.ticks, from, to);
    this.changed = Math.min(this.changed, Math.floor(from / this.binTicks));
  }

  private extend(from: number, to: number): void {
    if (this.now === null) {
      const before = this.stretches.find((stretch) => stretch.to === from);
      this.now = before ?? { from, to };
      if (before === undefined) {
        this.stretches.push(this.now);
        this.stretches.sort((a, b) => a.from - b.from);
      }
    }
    this.now.to = to;
    const next = this.stretches.find((stretch) => stretch.from === to && stretch !== this.now);
    if (next === undefined) return;
    this.now.to = next.to;
    this.stretches.splice(this.stretches.indexOf(next), 1);
    this.now = null;
  }

  private add(values: Float64Array, from: number, to: number): void {
    const { binTicks } = this;
    for (let bin = Math.floor(from / binTicks); bin * binTicks < to; bin++) {
      const overlap = Math.min(to, (bin + 1) * binTicks) - Math.max(from, bin * binTicks);
      values[bin] = values[bin]! + overlap;
    }
  }

  /** The bin of an instant; they are widened until there is one. */
  private bin(ticks: number): number {
    while (ticks >= this.binTicks * BINS) this.widen();
    return Math.floor(ticks / this.binTicks);
  }

  private widen(): void {
    for (const values of this.arrays()) {
      for (let bin = 0; bin < BINS / 2; bin++) values[bin] = values[2 * bin]! + values[2 * bin + 1]!;
      values.fill(0, BINS / 2);
    }
    this.binTicks *= 2;
    this.changed = 0;
  }

  private arrays(): readonly Float64Array[] {
    return [this.known, ...this.counts, ...[...this.columns.values()].map(({ ticks }) => ticks)];
  }

  private column(processor: number, name: string): Column | null {
    if (name === 'idle') return null;
    const key = `${String(processor)} ${name}`;
    const found = this.columns.get(key);
    if (found !== undefined) return found;
    if (this.columns.size >= MOST_RUNS && name !== OTHERS) return this.column(processor, OTHERS);
    const column = { processor, name, ticks: new Float64Array(BINS) };
    this.columns.set(key, column);
    return column;
  }
}
