/**
 * What a run was: the inputs that came with their instants, and snapshots on the way. An instant before the present is the
 * snapshot before it, and forwards again, with the same inputs. Snapshots change nothing: they only save time.
 *
 * They lie close together near where somebody is, and further apart the older they are: of any two neighbours, one is dropped
 * when they are closer than a share of their distance from the present.
 */
import type { SavedWorld } from '../snapshot/format.ts';
import { ZERO_PAGE } from '../snapshot/machine-saver.ts';
import { InputLog } from '../world/inputs.ts';
import type { Input, LanInput, Logged } from '../world/inputs.ts';

/** Where a host is: by its clock, and by its instructions. */
export interface Place {
  readonly ticks: number;
  readonly instructions: number;
}

/** What has a past: a host that is alone, or a world of several. */
export interface Traveller {
  /** Where its hosts are. */
  readonly places: readonly Place[];
  save(): SavedWorld;
  /** Throws SnapshotError. */
  restore(saved: SavedWorld): void;
}

/** Where hosts are, and how many inputs have come, by host, and behind them of LANs. */
export interface Instant {
  readonly places: readonly Place[];
  readonly come: readonly number[];
}

export interface Moment extends Instant {
  /** Of all hosts together: no clock goes back, so that this tells which of two instants of a run is later. */
  readonly age: number;
  readonly instructions: number;
  readonly saved: SavedWorld;
  /** Bytes that this one holds besides what the one before it does. */
  bytes: number;
}

/** A run that was left for another one: where, how far it had been, and its inputs, by which it is there again. */
export interface Branch {
  readonly fork: readonly Place[];
  /** How many inputs had come there. */
  readonly come: readonly number[];
  readonly ends: readonly number[];
  readonly inputs: Logged;
}

/** Hears what becomes of a run. */
export interface PastListener {
  /** It is at another instant, for which nothing has run. */
  moved(): void;
  /** It is another run from here on; the one that was left is a branch, unless that had nothing more. */
  another(left: Branch | null): void;
  /** A branch was taken up, in whose place the run that was left is one now. */
  tookUp(taken: Branch, left: Branch): void;
}

/** Instructions from one snapshot to the next: about a quarter of a second of running. Idle time costs nothing. */
const INTERVAL = 20_000_000;
/** Neighbours may be apart by this share of their age. */
const APART = 1 / 12;
/** The bytes of all that differs between snapshots, at most. */
const BUDGET_BYTES = 384 * 2 ** 20;

export class Past {
  readonly inputs: InputLog;
  /** How far each host has ever been in this run, in ticks. */
  ends: number[];
  /** All that has ever come to it is logged, from its first instruction on. */
  isWhole = true;
  /** Whether snapshots are made on the way. */
  isKept = false;
  readonly moments: Moment[] = [];
  /** Runs that were left for this one, in their order, until somebody drops them. */
  readonly branches: Branch[] = [];
  listener: PastListener | null = null;
  /** How many hosts there are. */
  readonly hosts: number;
  private readonly traveller: Traveller;

  constructor(traveller: Traveller, hosts: number) {
    this.traveller = traveller;
    this.hosts = hosts;
    this.inputs = new InputLog(hosts);
    this.ends = this.inputs.come.map(() => 0);
  }

  /** There is another run now: nothing is known of how it has come here. */
  forget(): void {
    this.isWhole = false;
    this.inputs.clear();
    this.branches.splice(0);
    this.moments.splice(0);
    this.isKept = false;
    this.ends = this.traveller.places.map(({ ticks }) => ticks);
  }

  /** The last snapshot in which a host is at an instant or before. */
  before(host: number, ticks: number): Moment | undefined {
    return this.moments.findLast(({ places }) => places[host]!.ticks <= ticks);
  }

  /** Instructions, of all hosts together, that may pass until the next snapshot is worth making; Infinity: none is made. */
  get untilNext(): number {
    if (!this.isKept) return Infinity;
    const { places } = this.traveller;
    const now = ageOf(places);
    const before = this.moments.findLast(({ age }) => age <= now);
    if (before === undefined) return 0;
    return Math.max(0, before.instructions + INTERVAL - instructionsOf(places));
  }

  /** A snapshot of the present, to come back to. */
  keep(): void {
    const places = [...this.traveller.places];
    const age = ageOf(places);
    if (this.moments.some((moment) => moment.age === age)) return;
    this.add({ places, come: this.inputs.come }, this.traveller.save());
  }

  /** Snapshots that were made when it went this way before. */
  adopt(instants: readonly Instant[], saved: readonly SavedWorld[]): void {
    for (const [n, instant] of instants.entries()) this.add(instant, saved[n]!);
  }

  /** The snapshots, in the order of their instants. */
  get saved(): readonly SavedWorld[] {
    return this.moments.map((moment) => moment.saved);
  }

  private add({ places, come }: Instant, saved: SavedWorld): void {
    const age = ageOf(places);
    const later = this.moments.findIndex((moment) => moment.age > age);
    const index = later < 0 ? this.moments.length : later;
    this.moments.splice(index, 0, {
      places,
      come,
      age,
      instructions: instructionsOf(places),
      saved,
      bytes: 0,
    });
    this.measure(index);
    this.measure(index + 1);
    this.thin(this.moments[index]!);
  }

  /** Goes back to a moment. Its inputs will come again. */
  returnTo({ saved, come }: Pick<Moment, 'saved' | 'come'>): void {
    this.traveller.restore(saved);
    this.inputs.come = come;
    for (const [host, { ticks }] of this.traveller.places.entries()) this.isAt(host, ticks);
    this.listener?.moved();
  }

  /** Something comes to a host now, and has been taken. What was to come later belongs to another run. */
  came(input: Input): void {
    this.beginAnother();
    this.inputs.add(input);
    this.inputs.took(input.host, 1);
  }

  /** The same of a LAN. */
  cameToLan(input: LanInput): void {
    this.beginAnother();
    this.inputs.addOfLans(input);
    this.inputs.tookOfLans();
  }

  /**
   * Goes to where a run was left, on a snapshot before that at most, and takes it up: this one is left there in turn. What is on
   * from there is the branch's; who wants to be at the fork goes on to it.
   */
  takeUp(branch: Branch): void {
    const age = ageOf(branch.fork);
    const isBefore = (moment: Moment): boolean =>
      moment.age <= age && moment.come.every((come, lane) => come <= branch.come[lane]!);
    const moment = this.moments.findLast(isBefore);
    if (moment === undefined) throw new RangeError('what was before it is not remembered any more');
    const left = { ...branch, ends: [...this.ends], inputs: this.inputs.logged() };
    this.branches.splice(this.branches.indexOf(branch), 1, left);
    this.returnTo(moment);
    this.moments.splice(this.moments.indexOf(moment) + 1);
    this.inputs.replace(branch.inputs);
    this.ends = [...branch.ends];
    this.listener?.tookUp(branch, left);
  }

  /** From here on it is another run: that before is a branch, if it had been further or more was to come. */
  private beginAnother(): void {
    const { places } = this.traveller;
    const age = ageOf(places);
    const { come } = this.inputs;
    const isLeft = this.inputs.hasRest || places.some(({ ticks }, host) => ticks < this.ends[host]!);
    const left = isLeft
      ? { fork: [...places], come, ends: [...this.ends], inputs: this.inputs.logged() }
      : null;
    if (left !== null) this.branches.push(left);
    this.inputs.dropRest();
    this.ends = places.map(({ ticks }) => ticks);
    const later = this.moments.findIndex((moment) => moment.age > age);
    if (later >= 0) this.moments.splice(later);
    this.listener?.another(left);
  }

  /** A host is at `ticks`. */
  isAt(host: number, ticks: number): void {
    this.ends[host] = Math.max(this.ends[host]!, ticks);
  }

  private measure(index: number): void {
    const moment = this.moments[index];
    if (moment === undefined) return;
    moment.bytes = bytesBeside(moment.saved, this.moments[index - 1]?.saved);
  }

  /**
   * Drops snapshots: those that are closer together than their age asks for, and, beyond the budget, those that are furthest from
   * the one that was made just now. That one stays, and the first, behind which nobody can go.
   */
  private thin(made: Moment): void {
    const now = made.instructions;
    for (let index = this.moments.length - 2; index > 0; index--) {
      const gap = this.moments[index + 1]!.instructions - this.moments[index - 1]!.instructions;
      if (gap < Math.abs(now - this.moments[index]!.instructions) * APART) this.drop(index);
    }
    let bytes = this.moments.reduce((sum, moment) => sum + moment.bytes, 0);
    while (bytes > BUDGET_BYTES) {
      const others = this.moments.filter((moment, index) => index > 0 && moment !== made);
      if (others.length === 0) return;
      const distance = (moment: Moment): number => Math.abs(moment.instructions - now);
      const furthest = others.reduce((one, other) => (distance(other) > distance(one) ? other : one));
      bytes -= furthest.bytes;
      this.drop(this.moments.indexOf(furthest));
    }
  }

  private drop(index: number): void {
    this.moments.splice(index, 1);
    this.measure(index);
  }
}

function ageOf(places: readonly Place[]): number {
  return places.reduce((sum, { ticks }) => sum + ticks, 0);
}

function instructionsOf(places: readonly Place[]): number {
  return places.reduce((sum, { instructions }) => sum + instructions, 0);
}

/** Bytes of a world that another one does not share with it. */
function bytesBeside(world: SavedWorld, other: SavedWorld | undefined): number {
  let bytes = world.graph.bytes.length;
  for (const [host, { pages, processor }] of world.machines.entries()) {
    bytes += processor.length;
    const others = other?.machines[host]?.pages;
    for (let frame = 0; frame < pages.length; frame++)
      if (pages[frame] !== ZERO_PAGE && pages[frame] !== others?.[frame]) bytes += pages[frame]!.length;
  }
  for (const block of world.graph.blocks) bytes += block.length;
  return bytes;
}
