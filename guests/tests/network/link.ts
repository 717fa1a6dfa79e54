/** Two hosts and the link between them: it delays, loses, doubles and reorders packets, by a seed; time is virtual. */
import { Host } from './host.ts';

export const HERE = 0x0a00_0001;
export const THERE = 0x0a00_0002;
const MS = 1_000_000;

export interface LinkOptions {
  readonly seed?: number;
  /** Chances, of one. */
  readonly loss?: number;
  readonly double?: number;
  readonly reorder?: number;
  readonly damage?: number;
  readonly delayMs?: number;
  /** What the clocks say at the beginning: sequence numbers begin by it (tcp/creation.ts). */
  readonly startNs?: number;
  /** Ethernet, with ARP; else bare IPv4 packets. */
  readonly ethernet?: boolean;
  /** Packets that are lost whatever the chances say, by their number on the link. */
  readonly lose?: (packet: Uint8Array, number: number) => boolean;
}

interface Flight {
  readonly atNs: number;
  readonly order: number;
  readonly to: Host;
  readonly packet: Uint8Array;
}

export class Link {
  readonly here: Host;
  readonly there: Host;
  ns: number;
  /** Every packet that was sent, with its sender, for a look at it. */
  readonly log: { from: 'here' | 'there'; packet: Uint8Array; ns: number }[] = [];
  private readonly options: LinkOptions;
  private readonly flights: Flight[] = [];
  private random: number;
  private order = 0;

  constructor(options: LinkOptions = {}) {
    this.options = options;
    this.ns = options.startNs ?? 1000 * MS;
    this.random = options.seed ?? 1;
    const ethernet = options.ethernet ?? false;
    this.here = new Host(
      HERE,
      (packet) => {
        this.carry('here', packet);
      },
      ethernet,
    );
    this.there = new Host(
      THERE,
      (packet) => {
        this.carry('there', packet);
      },
      ethernet,
    );
    this.tellTime();
  }

  private tellTime(): void {
    for (const host of [this.here, this.there]) host.calls.setTime(BigInt(Math.ceil(this.ns)));
  }

  /** xorshift: between 0 and 1. */
  private chance(): number {
    this.random ^= this.random << 13;
    this.random ^= this.random >>> 17;
    this.random ^= this.random << 5;
    return (this.random >>> 0) / 2 ** 32;
  }

  private carry(from: 'here' | 'there', packet: Uint8Array): void {
    const { loss = 0, double = 0, reorder = 0, damage = 0, delayMs = 5, lose } = this.options;
    this.log.push({ from, packet, ns: this.ns });
    if (this.chance() < loss || lose?.(packet, this.log.length - 1) === true) return;
    const to = from === 'here' ? this.there : this.here;
    const copies = this.chance() < double ? 2 : 1;
    for (let copy = 0; copy < copies; copy++) {
      const late = this.chance() < reorder ? this.chance() * 4 : 0;
      const sent = packet.slice();
      if (this.chance() < damage)
        sent[Math.floor(this.chance() * sent.length)]! ^= 1 << Math.floor(this.chance() * 8);
      this.flights.push({
        atNs: this.ns + (delayMs + late * delayMs) * MS,
        order: this.order++,
        to,
        packet: sent,
      });
    }
  }

  /** Goes on to the next thing that happens. False: nothing will, or not before `untilNs`. */
  step(untilNs: number): boolean {
    this.flights.sort((a, b) => a.atNs - b.atNs || a.order - b.order);
    const flight = this.flights[0];
    const timers = [this.here, this.there].map(({ calls }) =>
      Number(BigInt.asUintN(64, calls.nextDeadline())),
    );
    const next = Math.min(flight?.atNs ?? Infinity, ...timers);
    if (next > untilNs) return false;
    this.ns = Math.max(next, this.ns);
    this.tellTime();
    if (flight !== undefined && flight.atNs <= this.ns) {
      this.flights.shift();
      flight.to.arrive(flight.packet);
    }
    return true;
  }

  /** Lets time pass. */
  run(ms: number): void {
    const until = this.ns + ms * MS;
    while (this.step(until)) {
      // until nothing is left to happen
    }
    this.ns = until;
    this.tellTime();
  }
}

/** A connected pair: the socket here that asked, the one there that was accepted, and the listener; with rings of so many bytes. */
export function connected(
  link: Link,
  port = 80,
  ringBytes?: number,
): { client: number; server: number; listener: number } {
  const { here, there } = link;
  const listener = there.calls.tcp();
  there.calls.bind(listener, 0, port);
  there.calls.listen(listener, 5);
  const client = here.calls.tcp();
  if (ringBytes !== undefined)
    for (const isSending of [false, true]) {
      there.calls.resize(listener, isSending, ringBytes);
      here.calls.resize(client, isSending, ringBytes);
    }
  here.calls.connect(client, THERE, port);
  let server = there.calls.accept(listener);
  for (let tries = 0; server < 0 && tries < 100; tries++) {
    link.run(100);
    server = there.calls.accept(listener);
  }
  return { client, server, listener };
}

/** Bytes that tell where they stand. */
export function pattern(count: number, seed = 7): Uint8Array {
  const bytes = new Uint8Array(count);
  let state = seed;
  for (let at = 0; at < count; at++) {
    state = (Math.imul(state, 1103515245) + 12345) >>> 0;
    bytes[at] = state >>> 16;
  }
  return bytes;
}

/** Sends all of it from one socket to another, reading as it comes. What arrived, and how long it took. */
export function transfer(
  link: Link,
  from: Host,
  sender: number,
  to: Host,
  receiver: number,
  data: Uint8Array,
  patienceMs = 600_000,
): { got: Uint8Array; ms: number } {
  const began = link.ns;
  const got = new Uint8Array(data.length);
  let sent = 0;
  let come = 0;
  while (come < data.length && link.ns - began < patienceMs * MS) {
    while (sent < data.length) {
      const taken = from.send(sender, data.subarray(sent, sent + 4096));
      if (taken < 0) break;
      sent += taken;
    }
    for (
      let piece = to.receive(receiver);
      typeof piece !== 'number' && piece.length > 0;
      piece = to.receive(receiver)
    ) {
      got.set(piece, come);
      come += piece.length;
    }
    if (come < data.length && !link.step(Infinity)) break;
  }
  return { got: got.subarray(0, come), ms: (link.ns - began) / MS };
}
