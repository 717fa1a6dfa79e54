/**
 * The outside's end of a TCP connection (RFC 9293): it opens, sends what it is given, hears the other side in order, and ends. A segment is
 * lost seldom: what comes out of order is not kept, and what was not acknowledged in time is sent again from there on.
 */
import { ACK, FIN, PSH, RST, SYN } from '../../../devices/lan/ipv4.ts';
import type { Segment } from '../../../devices/lan/ipv4.ts';

/** What a segment carries: more fits into no frame. */
const MOST_BYTES = 1460;
/** It takes all that comes. */
const WINDOW = 0xffff;
/** How long it waits for an acknowledgement, in ns of the world's time; and how often, each time twice as long. */
const PATIENCE_NS = 200_000_000;
const MOST_TRIES = 8;

type State = 'opening' | 'open' | 'over';

/** What a connection tells who asked for it. */
export interface ConnectionListener {
  data(bytes: Uint8Array): void;
  /** The other side sends no more. */
  ended(): void;
  /** It is over; null: as it should be. */
  closed(problem: string | null): void;
}

export class Connection {
  readonly address: number;
  readonly port: number;
  readonly localPort: number;
  private readonly listener: ConnectionListener;
  private state: State = 'opening';
  /** What is to be sent or not acknowledged yet, from `unacknowledged` on. */
  private waiting = new Uint8Array(0);
  private unacknowledged: number;
  private next: number;
  private theirWindow = MOST_BYTES;
  private expected = 0;
  private isEnding = false;
  private finSent = false;
  private theyEnded = false;
  private owesAck = false;
  private againNs = Infinity;
  private tries = 0;

  /** `sequence`: of its SYN. */
  constructor(
    place: { readonly address: number; readonly port: number; readonly localPort: number },
    sequence: number,
    listener: ConnectionListener,
  ) {
    this.address = place.address;
    this.port = place.port;
    this.localPort = place.localPort;
    this.unacknowledged = this.next = sequence;
    this.listener = listener;
  }

  get isOver(): boolean {
    return this.state === 'over';
  }

  send(bytes: Uint8Array): void {
    const both = new Uint8Array(this.waiting.length + bytes.length);
    both.set(this.waiting);
    both.set(bytes, this.waiting.length);
    this.waiting = both;
  }

  /** Nothing more will be sent. */
  end(): void {
    this.isEnding = true;
  }

  /** A segment of the other side's. */
  hear(segment: Segment): void {
    if (this.state === 'over') return;
    const { flags } = segment;
    if ((flags & RST) !== 0) {
      this.over(this.state === 'opening' ? 'nobody listens there' : 'the other side has broken it off');
      return;
    }
    if (this.state === 'opening') {
      if ((flags & (SYN | ACK)) !== (SYN | ACK) || segment.acknowledged !== after(this.next, 1)) return;
      this.expected = after(segment.sequence, 1);
      this.unacknowledged = this.next = segment.acknowledged;
      this.theirWindow = segment.window;
      this.state = 'open';
      this.owesAck = true;
      this.gotOn();
      return;
    }
    this.acknowledge(segment);
    this.take(segment);
  }

  private acknowledge({ flags, acknowledged, window }: Segment): void {
    if ((flags & ACK) === 0) return;
    this.theirWindow = window;
    const count = (acknowledged - this.unacknowledged) >>> 0;
    const sent = (this.next - this.unacknowledged) >>> 0;
    if (count === 0 || count > sent) return;
    this.waiting = this.waiting.slice(Math.min(count, this.waiting.length));
    this.unacknowledged = acknowledged;
    this.gotOn();
  }

  private take({ sequence, payload, flags }: Segment): void {
    const isFin = (flags & FIN) !== 0;
    if (payload.length === 0 && !isFin) return;
    this.owesAck = true;
    const known = (this.expected - sequence) >>> 0;
    if (known > payload.length + (isFin ? 1 : 0)) return;
    const news = payload.subarray(known);
    if (news.length > 0) {
      this.expected = after(this.expected, news.length);
      this.listener.data(news.slice());
    }
    if (!isFin || this.theyEnded || this.expected !== after(sequence, payload.length)) return;
    this.expected = after(this.expected, 1);
    this.theyEnded = true;
    this.listener.ended();
  }

  private gotOn(): void {
    this.tries = 0;
    this.againNs = Infinity;
  }

  private over(problem: string | null): void {
    this.state = 'over';
    this.listener.closed(problem);
  }

  /** It is of no interest any more, or what it was with is gone. */
  break(problem: string): Segment | null {
    if (this.state === 'over') return null;
    const reset = this.state === 'open' ? this.segment(RST | ACK, new Uint8Array(0)) : null;
    this.over(problem);
    return reset;
  }

  /** The segments that it sends now. */
  due(nowNs: number): Segment[] {
    if (this.state === 'over') return [];
    if (nowNs >= this.againNs) {
      if (++this.tries > MOST_TRIES) {
        this.over('it does not answer');
        return [];
      }
      this.next = this.unacknowledged;
      this.finSent = false;
      this.againNs = Infinity;
    }
    const segments = this.state === 'opening' ? this.opening() : this.going();
    if (this.next !== this.unacknowledged || this.state === 'opening')
      this.againNs = Math.min(this.againNs, nowNs + PATIENCE_NS * 2 ** this.tries);
    if (this.finSent && this.theyEnded && this.unacknowledged === this.next) this.over(null);
    return segments;
  }

  private opening(): Segment[] {
    return this.againNs === Infinity ? [this.segment(SYN, new Uint8Array(0))] : [];
  }

  private going(): Segment[] {
    const segments: Segment[] = [];
    for (;;) {
      const sent = (this.next - this.unacknowledged) >>> 0;
      const room = Math.min(MOST_BYTES, this.theirWindow - sent);
      const payload = this.finSent ? new Uint8Array(0) : this.waiting.slice(sent, sent + Math.max(room, 0));
      if (payload.length === 0) break;
      segments.push(this.segment(ACK | PSH, payload));
      this.next = after(this.next, payload.length);
    }
    const isAllSent = (this.next - this.unacknowledged) >>> 0 >= this.waiting.length;
    if (this.isEnding && !this.finSent && isAllSent) {
      segments.push(this.segment(ACK | FIN, new Uint8Array(0)));
      this.next = after(this.next, 1);
      this.finSent = true;
    }
    if (segments.length === 0 && this.owesAck) segments.push(this.segment(ACK, new Uint8Array(0)));
    this.owesAck = false;
    return segments;
  }

  private segment(flags: number, payload: Uint8Array): Segment {
    const { localPort: fromPort, port: toPort, next: sequence } = this;
    const acknowledged = this.state === 'opening' ? 0 : this.expected;
    return { fromPort, toPort, sequence, acknowledged, flags, window: WINDOW, payload };
  }
}

function after(sequence: number, bytes: number): number {
  return (sequence + bytes) >>> 0;
}
