/**
 * A cable from a machine to a switch that is elsewhere (another machine's time, another thread): the machine's end keeps what
 * was sent until somebody carries it to the switch, and takes what somebody brings from there ahead of its time. The switch's
 * end (`SwitchEnd`) is a station of it.
 */
import { INBOX_FRAMES } from './lan.ts';
import type { Arrival, NetworkPort, Station } from './lan.ts';

export class Cable implements NetworkPort {
  /** What the machine has sent and nobody has carried away; `atNs` is when. */
  readonly sent: Arrival[] = [];
  /** What will arrive. */
  readonly coming: Arrival[] = [];
  /** What has arrived. */
  readonly inbox: Arrival[] = [];
  /** Frames for which the inbox had no room. */
  lost = 0;

  send(frame: Uint8Array, nowNs: number): void {
    this.sent.push({ atNs: nowNs, frame: frame.slice() });
  }

  advance(nowNs: number): void {
    while (this.advanceNs() <= nowNs) {
      const arrival = this.coming.shift()!;
      if (this.inbox.length < INBOX_FRAMES) this.inbox.push(arrival);
      else this.lost++;
    }
  }

  first(nowNs: number): Uint8Array | null {
    this.advance(nowNs);
    return this.inbox[0]?.frame ?? null;
  }

  receive(nowNs: number): Uint8Array | null {
    this.advance(nowNs);
    return this.inbox.shift()?.frame ?? null;
  }

  nextNs(): number {
    return this.inbox[0]?.atNs ?? this.advanceNs();
  }

  advanceNs(): number {
    return this.coming[0]?.atNs ?? Infinity;
  }
}

/** Where such a cable ends at the switch: what arrives waits to be brought to the machine. */
export class SwitchEnd implements Station {
  readonly arrivals: Arrival[] = [];

  answer(frame: Uint8Array, atNs: number): readonly Uint8Array[] {
    this.arrivals.push({ atNs, frame });
    return [];
  }

  /** When the first of it arrives. */
  nextNs(): number {
    return this.arrivals[0]?.atNs ?? Infinity;
  }

  /** What arrives by then, taken from here. */
  takeUntil(ns: number): Arrival[] {
    const later = this.arrivals.findIndex(({ atNs }) => atNs > ns);
    return this.arrivals.splice(0, later < 0 ? this.arrivals.length : later);
  }
}
