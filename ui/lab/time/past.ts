/**
 * What a lab was: the inputs of its run with their instants, and snapshots on the way. An instant before the present is the
 * snapshot before it, and forwards again, with the same inputs. Snapshots change nothing: they only save time.
 *
 * They lie close together near where somebody is, and further apart the older they are: of any two neighbours, one is dropped
 * when they are closer than a share of their distance from the present.
 */
import type { Fault } from '../faults.ts';
import type { SavedWorld } from '../snapshot/format.ts';

/** What came from outside, and when: before the first instruction behind that tick. */
export interface InputAt {
  readonly ticks: number;
  /** That were typed; none, where something was broken. */
  readonly keys: Uint8Array;
  readonly fault?: Fault;
}

export interface Moment {
  readonly ticks: number;
  readonly instructions: number;
  /** How many inputs had come. */
  readonly come: number;
  readonly saved: SavedWorld;
  /** Bytes that this one holds besides what the one before it does. */
  bytes: number;
}

/** Instructions from one snapshot to the next: about a quarter of a second of running. Idle time costs nothing. */
const INTERVAL = 20_000_000;
/** Neighbours may be apart by this share of their age. */
const APART = 1 / 12;
/** The bytes of all that differs between snapshots, at most. */
const BUDGET_BYTES = 384 * 2 ** 20;

export class Past {
  /** In the order of their instants. */
  inputs: InputAt[] = [];
  /** How many of them have come. */
  come = 0;
  /** How far this run has ever been, in ticks. */
  endTicks = 0;
  /** Whether snapshots are made on the way. */
  isKept = false;
  readonly moments: Moment[] = [];

  /** When the next input comes, in ticks. */
  get dueTicks(): number {
    return this.inputs[this.come]?.ticks ?? Infinity;
  }

  /** The earliest tick at which the next snapshot may be to be made: now, or when it is worth another look. */
  nextTicks(nowTicks: number, instructions: number): number {
    if (!this.isKept) return Infinity;
    const before = this.before(nowTicks);
    if (before === undefined) return nowTicks;
    return nowTicks + Math.max(0, before.instructions + INTERVAL - instructions);
  }

  /** The last snapshot at `ticks` or before. */
  before(ticks: number): Moment | undefined {
    return this.moments.findLast((moment) => moment.ticks <= ticks);
  }

  /** Another snapshot, of the present. */
  keep(moment: Omit<Moment, 'bytes'>): void {
    const at = this.moments.findIndex(({ ticks }) => ticks >= moment.ticks);
    if (at >= 0 && this.moments[at]!.ticks === moment.ticks) return;
    const index = at < 0 ? this.moments.length : at;
    this.moments.splice(index, 0, { ...moment, bytes: 0 });
    this.measure(index);
    this.measure(index + 1);
    this.thin(moment.instructions);
  }

  /** What comes now. What was to come later belongs to another run: its inputs, and its snapshots. */
  add(input: InputAt): void {
    const { ticks } = input;
    this.inputs.splice(this.come, Infinity, input);
    this.come++;
    this.endTicks = ticks;
    const later = this.moments.findIndex((moment) => moment.ticks > ticks);
    if (later >= 0) this.moments.splice(later);
  }

  /** The present is at `ticks`. */
  isAt(ticks: number): void {
    this.endTicks = Math.max(this.endTicks, ticks);
  }

  private measure(index: number): void {
    const moment = this.moments[index];
    if (moment === undefined) return;
    moment.bytes = bytesBeside(moment.saved, this.moments[index - 1]?.saved);
  }

  /** Drops snapshots: those that are closer together than their age asks for, and the oldest beyond the budget. */
  private thin(now: number): void {
    for (let index = this.moments.length - 2; index > 0; index--) {
      const gap = this.moments[index + 1]!.instructions - this.moments[index - 1]!.instructions;
      if (gap < Math.abs(now - this.moments[index]!.instructions) * APART) this.drop(index);
    }
    let bytes = this.moments.reduce((sum, moment) => sum + moment.bytes, 0);
    while (bytes > BUDGET_BYTES && this.moments.length > 2) {
      bytes -= this.moments[1]!.bytes;
      this.drop(1);
    }
  }

  private drop(index: number): void {
    this.moments.splice(index, 1);
    this.measure(index);
  }
}

/** Bytes of a world that another one does not share with it. */
function bytesBeside(world: SavedWorld, other: SavedWorld | undefined): number {
  let bytes = world.graph.bytes.length;
  for (const [host, { pages, processor }] of world.machines.entries()) {
    bytes += processor.length;
    const others = other?.machines[host]?.pages;
    for (let frame = 0; frame < pages.length; frame++)
      if (pages[frame] !== others?.[frame]) bytes += pages[frame]!.length;
  }
  for (const block of world.graph.blocks) bytes += block.length;
  return bytes;
}
