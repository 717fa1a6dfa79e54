/**
 * A disk that several machines have at once, elsewhere on a network of its own: a request takes the latency to it, requests are
 * served in the order of their times, then of their machines, and the answer takes the latency back. A write that a machine was
 * told to be done is seen by every read that is asked for after that, wherever.
 */
import { SECTOR_BYTES } from './disk.ts';
import type { Disk } from './disk.ts';

export interface StoreRequest {
  /** When it was sent, in ns; at the store, when it arrives. */
  readonly atNs: number;
  /** The machine's own number for it. */
  readonly id: number;
  readonly sector: number;
  /** What is written; null: it reads so many bytes. */
  readonly data: Uint8Array | null;
  readonly bytes: number;
}

export interface StoreAnswer {
  /** When it arrives, in ns. */
  readonly atNs: number;
  readonly id: number;
  /** What was read; null: it was a write. */
  readonly data: Uint8Array | null;
}

/** A machine's end: what it has asked for and nobody has carried away, and the answers that will come. */
export class StoreLink {
  readonly sectors: number;
  readonly sent: StoreRequest[] = [];
  readonly coming: StoreAnswer[] = [];
  /** Of its last request: answers still come that a machine has asked for before it was started anew. */
  lastId = 0;

  constructor(sectors: number) {
    this.sectors = sectors;
  }

  nextNs(): number {
    return this.coming[0]?.atNs ?? Infinity;
  }
}

interface Flight extends StoreRequest {
  readonly machine: number;
}

export class SharedStore {
  readonly latencyNs: number;
  readonly disk: Disk;
  /** Requests on their way, by time, then by machine. */
  private readonly flights: Flight[] = [];
  /** Answers that nobody has carried to their machines, by machine. */
  private readonly answers: readonly StoreAnswer[][];

  constructor(disk: Disk, machines: number, latencyNs: number) {
    this.disk = disk;
    this.latencyNs = latencyNs;
    this.answers = Array.from({ length: machines }, () => []);
  }

  /** A machine's requests come in the order in which it has sent them. */
  send(machine: number, request: StoreRequest): void {
    const flight = { ...request, machine, atNs: request.atNs + this.latencyNs };
    let place = this.flights.length;
    while (place > 0 && isBefore(flight, this.flights[place - 1]!)) place--;
    this.flights.splice(place, 0, flight);
  }

  /** When the next request arrives, or the next answer at its machine. */
  nextNs(): number {
    return Math.min(
      this.flights[0]?.atNs ?? Infinity,
      ...this.answers.map((answers) => answers[0]?.atNs ?? Infinity),
    );
  }

  /** Serves what has arrived by then. */
  advance(nowNs: number): void {
    for (let first = this.flights[0]; first !== undefined && first.atNs <= nowNs; first = this.flights[0]) {
      this.flights.shift();
      const { machine, id, atNs } = first;
      this.answers[machine]!.push({ atNs: atNs + this.latencyNs, id, data: this.serve(first) });
    }
  }

  private serve({ sector, data, bytes }: StoreRequest): Uint8Array | null {
    if (data !== null) {
      this.disk.write(sector, data);
      return null;
    }
    const into = new Uint8Array(bytes);
    this.disk.read(sector, into);
    return into;
  }

  /** The answers that arrive at a machine by then, taken from here. */
  takeUntil(machine: number, ns: number): StoreAnswer[] {
    const answers = this.answers[machine]!;
    const later = answers.findIndex(({ atNs }) => atNs > ns);
    return answers.splice(0, later < 0 ? answers.length : later);
  }
}

function isBefore(one: Flight, other: Flight): boolean {
  return one.atNs < other.atNs || (one.atNs === other.atNs && one.machine < other.machine);
}

/** A store as a driver is told of it: its sectors. What is read and written goes by its link. */
export class StoreSize implements Disk {
  readonly sectors: number;
  readonly readOnly = false;

  constructor(sectors: number) {
    this.sectors = sectors;
  }

  ready(): boolean {
    return true;
  }
  read(_sector: number, into: Uint8Array): void {
    throw new RangeError(`${String(into.length / SECTOR_BYTES)} sectors of a store are read by its link`);
  }
  write(_sector: number, from: Uint8Array): void {
    throw new RangeError(`${String(from.length / SECTOR_BYTES)} sectors of a store are written by its link`);
  }
}
