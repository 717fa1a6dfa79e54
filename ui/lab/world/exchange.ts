/**
 * What lies between the hosts of a world: its LANs, and how far each host may go. It knows nothing of where hosts run.
 *
 * A frame that is sent at `t` arrives at `t + latency`, so that who is at `t` knows all that arrives by then. Time is cut into
 * cells, one nanosecond shorter than the shortest latency: hosts run to the end of the cell in which the first of them does
 * something, in any order or at once; what they have sent arrives behind that end, and is brought before they go on. Where
 * cells end, and where a run is stopped within one, changes nothing of what a host sees. A host that has nothing to do in a
 * cell is left alone, and its clock stays behind until somebody wants to see it.
 */
import { Chance } from '../../../devices/chance.ts';
import { MemoryImage } from '../../../devices/disk/memory-image.ts';
import { Overlay } from '../../../devices/disk/overlay.ts';
import { SharedStore } from '../../../devices/disk/shared-store.ts';
import type { StoreAnswer, StoreRequest } from '../../../devices/disk/shared-store.ts';
import { SwitchEnd } from '../../../devices/lan/cable.ts';
import { DEFAULT_GATEWAY, Gateway } from '../../../devices/lan/gateway.ts';
import { Lan } from '../../../devices/lan/lan.ts';
import type { Arrival, LanPort } from '../../../devices/lan/lan.ts';
import { cardsOf, DEFAULT_LATENCY_NS, DEFAULT_NETWORK, lansOf, storesOf } from './description.ts';
import type { LanDescription, StoreDescription, WorldDescription } from './description.ts';
import { imageInMemory } from './images.ts';
import type { WorldImages } from './images.ts';
import type { Input, InputLog, LanInput } from './inputs.ts';
import { seedOf } from '../../../devices/seed.ts';
import type { Stretch } from './stretch.ts';

/** How far a host is. */
export interface Progress {
  /** By its clock, whose ticks take so long. */
  readonly ticks: number;
  readonly periodNs: number;
  readonly nowNs: number;
  /** When it does something next, unless something comes for it: its clock, while it is busy; Infinity: never. */
  readonly activityNs: number;
  /** Its domain 0 has shut down: it runs no more. */
  readonly isOff: boolean;
}

/** What a host has sent until it stopped, by card, what it has asked stores for, by store, and how far it is. */
export interface Sent extends Progress {
  readonly sent: readonly (readonly Arrival[])[];
  readonly requests: readonly (readonly StoreRequest[])[];
  /** How many inputs have come. */
  readonly taken: number;
  /** Until when it has been let run, where that was left to the hosts. */
  readonly reachedNs?: number;
}

/** What a host is to do: to take what arrives on its cards, and what comes from outside, and to run to a time. */
export interface Job {
  readonly untilNs: number;
  readonly arrivals: readonly (readonly Arrival[])[];
  /** Of stores. */
  readonly answers: readonly (readonly StoreAnswer[])[];
  readonly inputs: readonly Input[];
}

/** What all hosts are to do in a turn; undefined: nothing. */
export type Jobs = readonly (Job | undefined)[];

export interface Turn {
  readonly endNs: number;
  readonly jobs: Jobs;
  /** Hosts do it slot by slot, and may end it earlier. */
  readonly stretch?: Stretch;
}

/** A host's card at the switch. */
interface Plug {
  readonly port: LanPort;
  readonly end: SwitchEnd;
}

/** Hosts that no LAN joins would never have to wait for each other; but a run is to stop now and then. */
const LONGEST_CELL_NS = 10_000_000;
const FIRST_LEASE = 100;
const MOST_LONG_NS = 2_000_000;
/** Fewer slots are no stretch. */
export const LEAST_SLOTS = 8;

export class Exchange {
  readonly lans: readonly Lan[];
  readonly stores: readonly SharedStore[];
  /** Which of them each host has, in its order. */
  private readonly attached: readonly (readonly SharedStore[])[];
  /** By host and card. */
  private readonly plugs: readonly (readonly Plug[])[];
  readonly progress: Progress[];
  private readonly inputs: InputLog;
  /** The time up to which hosts have been let run. */
  horizonNs = 0;
  private readonly cellNs: number;

  /** `progress`: of the hosts, as they were made; `images`: of the stores. Throws DescriptionError. */
  constructor(
    description: WorldDescription,
    progress: readonly Progress[],
    images: WorldImages,
    inputs: InputLog,
  ) {
    const lans = lansOf(description);
    this.lans = lans.map((lan, index) => makeLan(lan, index, description));
    this.plugs = description.hosts.map((host) =>
      cardsOf(description, host).map((lan) => {
        const end = new SwitchEnd();
        return { port: this.lans[lan]!.join(end), end };
      }),
    );
    this.stores = (description.stores ?? []).map((store, index) =>
      makeStore(
        store,
        description.hosts.length,
        imageInMemory(images, store.image, `stores[${String(index)}].image`),
      ),
    );
    this.attached = description.hosts.map((host) => storesOf(description, host).map((n) => this.stores[n]!));
    this.progress = [...progress];
    this.inputs = inputs;
    this.cellNs = Math.min(
      LONGEST_CELL_NS,
      ...[...this.lans, ...this.stores].map(({ latencyNs }) => latencyNs - 1),
    );
  }

  /** When something happens next anywhere; Infinity: nothing does, without an input. */
  get activityNs(): number {
    return Math.min(this.flyingNs, ...this.progress.map((_, host) => this.hostActivityNs(host)));
  }

  /** When the next of what is on its way between hosts comes somewhere; Infinity: nothing is. */
  private get flyingNs(): number {
    const arriving = this.plugs.flatMap((cards) => cards.map(({ end }) => end.nextNs()));
    return Math.min(...arriving, ...[...this.lans, ...this.stores].map((each) => each.nextNs()));
  }

  private hostActivityNs(host: number): number {
    const { activityNs, periodNs, isOff } = this.progress[host]!;
    if (isOff) return Infinity;
    return Math.min(activityNs, Math.floor(this.inputs.dueTicks(host) * periodNs));
  }

  /** Until when nothing happens to a host; Infinity: nothing does, without an input. */
  calmUntilNs(host: number): number {
    const others = this.progress.map((_, each) => (each === host ? Infinity : this.hostActivityNs(each)));
    return Math.min(
      this.hostActivityNs(host),
      ...this.plugs[host]!.map(({ end }) => end.nextNs()),
      ...[...this.lans, ...this.stores].map((each) => each.nextNs()),
      this.cellEndNs(Math.min(...others)),
    );
  }

  private cellEndNs(ns: number): number {
    return (Math.floor(ns / this.cellNs) + 1) * this.cellNs;
  }

  /** Whether a host has nothing to do where the others are, and its clock has been left behind. */
  private lags(host: number): boolean {
    const { nowNs, isOff } = this.progress[host]!;
    return !isOff && nowNs < this.horizonNs && this.hostActivityNs(host) > this.horizonNs;
  }

  /** The instant at which what comes for a host now does: by its clock, which is where the others are by then. */
  instantFor(host: number): number {
    const { ticks, periodNs } = this.progress[host]!;
    return this.lags(host) ? Math.ceil(this.horizonNs / periodNs) : ticks;
  }

  /**
   * Begins a turn. It ends where the cell does, or at `limitNs`, and then with all clocks at that. Where nobody does anything
   * until `pauseNs`, it ends there.
   */
  begin(limitNs: number, pauseNs: number): Turn {
    const { activityNs } = this;
    const endNs = Math.min(activityNs > pauseNs ? pauseNs : this.cellEndNs(activityNs), limitNs);
    this.horizonNs = Math.max(this.horizonNs, endNs);
    this.cross(endNs);
    const isLimit = endNs === limitNs;
    return { endNs, jobs: this.progress.map((_, host) => this.jobOf(host, endNs, isLimit)) };
  }

  /**
   * Begins a stretch in which nothing is on its way (stretch.ts): hosts may end it, each within two slots of the others. Undefined:
   * something is, or it would be a short one.
   */
  beginStretch(limitNs: number, pauseNs: number): Turn | undefined {
    const slotNs = Math.floor(this.cellNs / 2);
    const beginNs = this.activityNs;
    const isSoon = (ns: number): boolean => ns < beginNs + LEAST_SLOTS * slotNs;
    const activities = this.progress.map((_, host) => this.hostActivityNs(host));
    const comingNs = Math.min(this.flyingNs, this.inputs.nextOfLans?.atNs ?? Infinity);
    const restNs = Math.min(comingNs, ...activities.filter((ns) => !isSoon(ns)));
    const untilNs = Math.min(limitNs, pauseNs, restNs, beginNs + LONGEST_CELL_NS) - 1;
    if (slotNs === 0 || isSoon(untilNs)) return undefined;
    const hosts = [...activities.keys()].filter((host) => isSoon(activities[host]!));
    const jobs = activities.map((_, host) =>
      hosts.includes(host)
        ? { untilNs, arrivals: [], answers: [], inputs: this.inputsBy(host, untilNs) }
        : undefined,
    );
    return { endNs: untilNs, stretch: { beginNs, slotNs, hosts }, jobs };
  }

  /** A time in which a stretch is worth its beginning and its end. */
  get longNs(): number {
    return Math.min(MOST_LONG_NS, 20 * Math.floor(this.cellNs / 2));
  }

  private jobOf(host: number, untilNs: number, isLimit: boolean): Job | undefined {
    const arrivals = this.plugs[host]!.map(({ end }) => end.takeUntil(untilNs));
    const answers = this.attached[host]!.map((store) => store.takeUntil(host, untilNs));
    const { isOff, nowNs } = this.progress[host]!;
    if (isOff) return undefined;
    const comes = [...arrivals, ...answers].some(({ length }) => length > 0);
    const isBusy = this.hostActivityNs(host) <= untilNs || comes;
    if (!isBusy && !(isLimit && nowNs < untilNs)) return undefined;
    return { untilNs, arrivals, answers, inputs: this.inputsBy(host, untilNs) };
  }

  private inputsBy(host: number, ns: number): readonly Input[] {
    return this.inputs.dueBy(host, Math.ceil(ns / this.progress[host]!.periodNs));
  }

  /** Lets everything cross that is due by then, broken from when it was. */
  private cross(endNs: number): void {
    const { inputs } = this;
    for (let next = inputs.nextOfLans; next !== undefined && next.atNs < endNs; next = inputs.nextOfLans) {
      inputs.tookOfLans();
      this.suffer(next);
    }
    for (const each of [...this.lans, ...this.stores]) each.advance(endNs);
  }

  /** Breaks something of a LAN: frames that cross until then are not touched. */
  suffer({ lan, atNs, fault }: LanInput): void {
    this.lans[lan]!.advance(atNs);
    this.lans[lan]!.suffer(fault, atNs);
  }

  /** What lets every host look at what it has come to: nobody's clock goes on. */
  look(): Jobs {
    return this.progress.map(({ nowNs, isOff }) =>
      isOff ? undefined : { untilNs: nowNs, arrivals: [], answers: [], inputs: [] },
    );
  }

  /** What brings the clocks of those who have nothing to do to where the others are. */
  catchUp(): Jobs {
    const untilNs = this.horizonNs;
    return this.progress.map((_, host) =>
      this.lags(host) ? { untilNs, arrivals: [], answers: [], inputs: [] } : undefined,
    );
  }

  /**
   * Ends a turn: takes what hosts have sent; undefined: they had no job. In whatever order they ran, the same happens. Throws
   * an Error where a frame would arrive when others have been already, which is a fault of this file's.
   */
  end(reports: readonly (Sent | undefined)[]): void {
    this.horizonNs = Math.max(this.horizonNs, ...reports.map((report) => report?.reachedNs ?? 0));
    for (const [host, report] of reports.entries()) {
      if (report === undefined) continue;
      const { sent, requests, taken, ticks, periodNs, nowNs, activityNs, isOff } = report;
      this.inputs.took(host, taken);
      this.progress[host] = { ticks, periodNs, nowNs, activityNs, isOff };
      for (const [index, asked] of requests.entries()) {
        const store = this.attached[host]![index]!;
        for (const request of asked) {
          this.checkLatency(request.atNs + store.latencyNs);
          store.send(host, request);
        }
      }
      for (const [card, frames] of sent.entries()) {
        const { port } = this.plugs[host]![card]!;
        for (const { frame, atNs } of frames) {
          this.checkLatency(atNs + port.lan.latencyNs);
          port.send(frame, atNs);
        }
      }
    }
  }

  private checkLatency(arrivesNs: number): void {
    if (arrivesNs <= this.horizonNs)
      throw new Error(
        `what arrives at ${String(arrivesNs)} ns was sent too late for ${String(this.horizonNs)} ns`,
      );
  }
}

/** Nobody writes to the image: what hosts write lies over it. */
function makeStore({ latencyNs }: StoreDescription, hosts: number, image: Uint8Array): SharedStore {
  return new SharedStore(new Overlay(new MemoryImage(image)), hosts, latencyNs ?? DEFAULT_LATENCY_NS);
}

function makeLan(lan: LanDescription, index: number, description: WorldDescription): Lan {
  const { name, latencyNs, megabitsPerSecond, loss, gateway } = lan;
  const made = new Lan({
    seed: seedOf(description.seed, `lan ${name}: loss`),
    chance: description.vary === undefined ? undefined : new Chance(description.vary, `lan ${name}`),
    latencyNs: latencyNs ?? DEFAULT_LATENCY_NS,
    ...(loss === undefined ? {} : { loss }),
    ...(megabitsPerSecond === undefined ? {} : { bitsPerSecond: megabitsPerSecond * 1e6 }),
  });
  if (gateway !== null) made.join(makeGateway(gateway ?? DEFAULT_NETWORK, index, description));
  return made;
}

/** The MAC address of a host's card on a LAN. */
export function macOf(host: number, lan: number): string {
  return mac(lan, 0x10 + host);
}

function mac(lan: number, station: number): string {
  return `52:54:00:00:${[lan, station].map((byte) => byte.toString(16).padStart(2, '0')).join(':')}`;
}

/** Hosts get the first addresses that the gateway leases, in their order. */
function makeGateway(network: string, lan: number, description: WorldDescription): Gateway {
  const address = (station: number): string => network.replace(/0\/24$/, String(station));
  const reserved = description.hosts
    .map((host, index) => ({ index, cards: cardsOf(description, host) }))
    .filter(({ cards }) => cards.includes(lan))
    .map(({ index }) => [macOf(index, lan), address(FIRST_LEASE + index)] as const);
  return new Gateway({
    ...DEFAULT_GATEWAY,
    mac: mac(lan, 1),
    address: address(1),
    first: address(FIRST_LEASE),
    last: address(199),
    reserved: Object.fromEntries(reserved),
  });
}
