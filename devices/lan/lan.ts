/**
 * A local network: one learning switch (IEEE 802.1D, section 7.8) that joins the ports of machines' NICs and of stations. A
 * frame takes the latency from the port where it is sent to where it arrives, and frames cross the switch in the order of
 * their times, then of their ports: so several machines may run ahead of each other by less than the latency, in whatever
 * turns, and the same happens.
 */
import type { Chance } from '../chance.ts';
import { Random } from '../random.ts';
import { DESTINATION, MAC_BYTES, MOST_FRAME_BYTES, SOURCE, HEADER_BYTES } from './ethernet.ts';
import { NS_PER_SECOND } from '../nanoseconds.ts';

export const LATENCY_NS = 20_000;
/** Frames that wait at a port for who takes them, or for the cable to be free; more are lost. */
export const INBOX_FRAMES = 512;
const LEARNED = 1024;
/** How much longer a frame may take where things vary: a switch's queue, a card's moderation of interrupts. */
const MOST_DELAY_NS = 2_000_000;
/** What a frame takes of a cable besides itself: preamble, check sequence, gap (IEEE 802.3); and the least that it is long. */
const WIRE_BYTES = 24;
const LEAST_FRAME_BYTES = 60;

interface LanOptions {
  /** Of the loss. */
  readonly seed?: number;
  /** What else varies. */
  readonly chance?: Chance | undefined;
  /** The share of frames that are lost, from 0 to 1. */
  readonly loss?: number;
  /** Of a frame, in ns; LATENCY_NS unless given. */
  readonly latencyNs?: number;
  /** How fast each cable is in each direction; without, a frame takes no time but the latency. */
  readonly bitsPerSecond?: number;
}

/** A frame with the time when it arrives, in ns. */
export interface Arrival {
  readonly atNs: number;
  readonly frame: Uint8Array;
}

/** What a NIC sees of the network that it is plugged into. Times are the machine's, in ns. */
export interface NetworkPort {
  send(frame: Uint8Array, nowNs: number): void;
  /** Lets everything come that is due, whether there is room for it or not. */
  advance(nowNs: number): void;
  /** The next frame that has arrived by now, which stays there; null when there is none. */
  first(nowNs: number): Uint8Array | null;
  /** The next frame that has arrived by now; null when there is none. */
  receive(nowNs: number): Uint8Array | null;
  /** When there may be something to receive next. */
  nextNs(): number;
  /** When `advance` has something to do next. */
  advanceNs(): number;
}

/** What somebody breaks, from when he does it on; or what comes from outside. */
export type LanFault =
  /** So great a share of all frames is lost, drawn from the seed: 0 to 1. */
  | { readonly kind: 'lose frames'; readonly share: number }
  /** So many of the next frames are lost. */
  | { readonly kind: 'drop frames'; readonly count: number }
  /** Each frame takes so much longer, in ns. */
  | { readonly kind: 'delay frames'; readonly ns: number }
  /** The gateway sends a frame that comes from beyond it: its bytes, two hexadecimal digits each. */
  | { readonly kind: 'frame from outside'; readonly frame: string };

interface Flight extends Arrival {
  readonly port: number;
  /** It has been held up already. */
  readonly isLate?: true;
}

/** Frames that the network has counted. One to many is delivered many times. */
interface LanCounts {
  sent: number;
  delivered: number;
  lost: number;
}

/** Something on the network that is no machine: it answers at once what it gets. */
export interface Station {
  /** The frames that it sends, for one that it got. */
  answer(frame: Uint8Array, nowNs: number): readonly Uint8Array[];
}

/** One end of a cable whose other end is at the switch. */
export class LanPort implements NetworkPort {
  readonly lan: Lan;
  readonly number: number;
  readonly station: Station | null;
  readonly inbox: Arrival[] = [];
  /** Until when the cable is busy, to the switch and from it, in ns. */
  sendsUntilNs = 0;
  receivesUntilNs = 0;
  /** Bytes of frames that have come to it, whether or not anybody took them there. */
  receivedBytes = 0;

  constructor(lan: Lan, number: number, station: Station | null) {
    this.lan = lan;
    this.number = number;
    this.station = station;
  }

  send(frame: Uint8Array, nowNs: number): void {
    this.lan.send(this.number, frame, nowNs);
  }

  advance(nowNs: number): void {
    this.lan.advance(nowNs);
  }

  first(nowNs: number): Uint8Array | null {
    this.lan.advance(nowNs);
    const arrival = this.inbox[0];
    return arrival !== undefined && arrival.atNs <= nowNs ? arrival.frame : null;
  }

  receive(nowNs: number): Uint8Array | null {
    const frame = this.first(nowNs);
    if (frame !== null) this.inbox.shift();
    return frame;
  }

  nextNs(): number {
    return Math.min(this.inbox[0]?.atNs ?? Infinity, this.lan.nextNs());
  }

  advanceNs(): number {
    return this.lan.nextNs();
  }
}

export class Lan {
  readonly ports: LanPort[] = [];
  readonly counts: LanCounts = { sent: 0, delivered: 0, lost: 0 };
  /** The share of frames that are lost. */
  private loss: number;
  /** How many of the next ones are lost, and how much longer all take; undefined: nothing was ever broken. */
  private faults: { dropping: number; delayNs: number } | undefined;
  readonly latencyNs: number;
  private readonly bitsPerSecond: number;
  private readonly random: Random;
  readonly chance: Chance | undefined;
  /** Frames on their way to the switch, by time, then by port. */
  private readonly flights: Flight[] = [];
  /** Which port a station is behind, by its address; those learned last are last. */
  private readonly learned = new Map<string, number>();

  constructor(options: LanOptions = {}) {
    this.random = new Random(options.seed ?? 1);
    this.chance = options.chance;
    this.loss = options.loss ?? 0;
    this.latencyNs = options.latencyNs ?? LATENCY_NS;
    this.bitsPerSecond = options.bitsPerSecond ?? Infinity;
  }

  suffer(fault: LanFault, nowNs: number): void {
    if (fault.kind === 'frame from outside') {
      const gateway = this.ports.find(({ station }) => station !== null);
      if (gateway !== undefined) this.send(gateway.number, bytesOf(fault.frame), nowNs);
      return;
    }
    if (fault.kind === 'lose frames') {
      this.loss = fault.share;
      return;
    }
    this.faults ??= { dropping: 0, delayNs: 0 };
    if (fault.kind === 'drop frames') this.faults.dropping += fault.count;
    else this.faults.delayNs = fault.ns;
  }

  /** A new port, for a NIC or for a station. */
  join(station: Station | null = null): LanPort {
    const port = new LanPort(this, this.ports.length, station);
    this.ports.push(port);
    return port;
  }

  /** Frames that are no Ethernet are lost on the cable, and those for which too many wait already. */
  send(port: number, frame: Uint8Array, nowNs: number): void {
    this.counts.sent++;
    const from = this.ports[port]!;
    const isFrame = frame.length >= HEADER_BYTES && frame.length <= MOST_FRAME_BYTES;
    if (!isFrame || this.isFull(from.sendsUntilNs, nowNs)) {
      this.counts.lost++;
      return;
    }
    from.sendsUntilNs = this.passesAt(from.sendsUntilNs, nowNs, frame);
    this.fly({ atNs: from.sendsUntilNs + this.latencyNs, port, frame: frame.slice() });
  }

  private fly(flight: Flight): void {
    let place = this.flights.length;
    while (place > 0 && isBefore(flight, this.flights[place - 1]!)) place--;
    this.flights.splice(place, 0, flight);
  }

  /** When the next frame crosses the switch, in ns. */
  nextNs(): number {
    return this.flights[0]?.atNs ?? Infinity;
  }

  /** Lets everything cross that is due. */
  advance(nowNs: number): void {
    for (let first = this.flights[0]; first !== undefined && first.atNs <= nowNs; first = this.flights[0]) {
      this.flights.shift();
      this.cross(first);
    }
  }

  private cross(flight: Flight): void {
    const { frame, port } = flight;
    if (this.isHeldUp(flight)) return;
    this.learn(frame, port);
    if (this.isLost(flight)) {
      this.counts.lost++;
      return;
    }
    const known = isGroup(frame) ? undefined : this.learned.get(addressAt(frame, DESTINATION));
    for (const to of this.ports)
      if (to.number !== port && (known === undefined || known === to.number)) this.deliver(to, flight);
  }

  /** It comes later: others pass it. */
  private isHeldUp(flight: Flight): boolean {
    if (flight.isLate === true) return false;
    const { chance, faults } = this;
    const delayNs = (faults?.delayNs ?? 0) + (chance?.draw('frame delay', MOST_DELAY_NS, flight.atNs) ?? 0);
    if (delayNs > 0) this.fly({ ...flight, atNs: flight.atNs + delayNs, isLate: true });
    return delayNs > 0;
  }

  private isLost({ atNs }: Flight): boolean {
    if (this.faults !== undefined && this.faults.dropping > 0) {
      this.faults.dropping--;
      return true;
    }
    if (this.loss > 0 && this.random.share() < this.loss) return true;
    return (this.chance?.draw('frame loss', 1, atNs) ?? 0) > 0;
  }

  private learn(frame: Uint8Array, port: number): void {
    const address = addressAt(frame, SOURCE);
    this.learned.delete(address);
    this.learned.set(address, port);
    if (this.learned.size > LEARNED) this.learned.delete(this.learned.keys().next().value!);
  }

  private deliver(to: LanPort, { atNs: crossesNs, frame }: Flight): void {
    const isFull = to.station === null && to.inbox.length >= INBOX_FRAMES;
    if (isFull || this.isFull(to.receivesUntilNs, crossesNs)) {
      this.counts.lost++;
      return;
    }
    this.counts.delivered++;
    to.receivedBytes += frame.length;
    const atNs = (to.receivesUntilNs = this.passesAt(to.receivesUntilNs, crossesNs, frame));
    if (to.station === null) to.inbox.push({ atNs, frame });
    else for (const answer of to.station.answer(frame, atNs)) this.send(to.number, answer, atNs);
  }

  /** When a frame has passed a cable that is busy until `busyNs`. */
  private passesAt(busyNs: number, nowNs: number, frame: Uint8Array): number {
    const bits = 8 * (Math.max(frame.length, LEAST_FRAME_BYTES) + WIRE_BYTES);
    return Math.max(busyNs, nowNs) + Math.ceil((bits * NS_PER_SECOND) / this.bitsPerSecond);
  }

  /** Whether so much waits for a cable that a switch's or a card's memory is full. */
  private isFull(busyNs: number, nowNs: number): boolean {
    const bits = 8 * INBOX_FRAMES * (MOST_FRAME_BYTES + WIRE_BYTES);
    return busyNs - nowNs > (bits * NS_PER_SECOND) / this.bitsPerSecond;
  }
}

function isBefore(one: Flight, other: Flight): boolean {
  return one.atNs < other.atNs || (one.atNs === other.atNs && one.port < other.port);
}

function addressAt(frame: Uint8Array, at: number): string {
  return frame.subarray(at, at + MAC_BYTES).join();
}

function bytesOf(digits: string): Uint8Array {
  return Uint8Array.from({ length: digits.length >>> 1 }, (_, n) => parseInt(digits.substr(n * 2, 2), 16));
}

/** Whether a frame is for many: broadcast or multicast. */
function isGroup(frame: Uint8Array): boolean {
  return (frame[DESTINATION]! & 1) !== 0;
}
