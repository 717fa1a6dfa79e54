/**
 * A TCP connection: all that is known of it, what RFC 9293 calls its transmission control block. Names follow it: `una` is
 * the first byte that is not acknowledged, `nxt` the next to be sent, `wnd` what the other side lets us send.
 */
import { WaitQueue } from 'kernel/threads/wait';
import { dispose } from 'kernel/memory/heap';
import { Timer } from 'kernel/events/timers';
import { wakePollers } from '../../fs/pollers';
import { Gaps } from './gaps';
import { Ring } from './ring';

// States, by Linux's numbers: /proc/net/tcp tells them.
export const ESTABLISHED: i32 = 1;
export const SYN_SENT: i32 = 2;
export const SYN_RECEIVED: i32 = 3;
export const FIN_WAIT_1: i32 = 4;
export const FIN_WAIT_2: i32 = 5;
export const TIME_WAIT: i32 = 6;
export const CLOSED: i32 = 7;
export const CLOSE_WAIT: i32 = 8;
export const LAST_ACK: i32 = 9;
export const LISTEN: i32 = 10;
export const CLOSING: i32 = 11;

/** Bytes of each ring unless a program wants others (SO_SNDBUF, SO_RCVBUF): the most that is under way, and the largest window that is offered. */
export const RING_BYTES: u32 = 32768;
export const LEAST_RING_BYTES: u32 = 4096;
export const MOST_RING_BYTES: u32 = 1 << 18;
/** What may be sent in a segment to somebody who has not said more. */
export const DEFAULT_MSS: u32 = 536;

export class Connection {
  state: i32 = CLOSED;
  localAddress: u32 = 0;
  localPort: u32 = 0;
  remoteAddress: u32 = 0;
  remotePort: u32 = 0;
  /** A socket has it. What nobody has goes away by itself. */
  attached: bool = true;
  /** Why it ended: an errno. */
  error: i32 = 0;
  changed: WaitQueue = new WaitQueue();
  next: Connection | null = null;

  // Of one that listens: who waits to be accepted, and how many are on their way there.
  backlog: i32 = 0;
  pending: i32 = 0;
  firstReady: Connection | null = null;
  /** Of one that has come to it: the listener, until it is accepted. */
  listener: Connection | null = null;
  nextReady: Connection | null = null;

  // Sending. The ring's first byte is `una`.
  sending: Ring = new Ring();
  /** How long the rings are, or will be: a listener's are those of its connections. */
  sendBytes: u32 = RING_BYTES;
  receiveBytes: u32 = RING_BYTES;
  /** The windows that are told count in units of two to this power (RFC 7323), once both have said so when they opened. */
  wndShift: u32 = 0;
  rcvShift: u32 = 0;
  /** The other side's SYN has said how it shifts them. */
  peerScales: bool = false;
  iss: u32 = 0;
  una: u32 = 0;
  nxt: u32 = 0;
  /** The end of all that has ever been sent: `nxt` goes back to send again. */
  max: u32 = 0;
  wnd: u32 = 0;
  /** The largest window that was ever offered. */
  maxWnd: u32 = 0;
  /** The segment that last told of the window: its sequence number and acknowledgment. */
  wl1: u32 = 0;
  wl2: u32 = 0;
  mss: u32 = DEFAULT_MSS;
  /** Nobody will write any more: behind the last byte a FIN is due. */
  finDue: bool = false;
  /** Small segments go at once (TCP_NODELAY). */
  noDelay: bool = false;

  // Receiving. The ring's end is `rcvNxt`.
  receiving: Ring = new Ring();
  irs: u32 = 0;
  rcvNxt: u32 = 0;
  /** The end of the window that was last told. */
  rcvEnd: u32 = 0;
  gaps: Gaps = new Gaps();
  finReceived: bool = false;
  /** Nobody will read any more. */
  readClosed: bool = false;
  ackNow: bool = false;
  /** Segments that are not acknowledged yet. */
  unacked: u32 = 0;
  /** No challenge is sent before. */
  nextChallengeNs: u64 = 0;

  // Time (rtt.ts). A segment is timed when it is sent for the first time.
  srttNs: u64 = 0;
  rttvarNs: u64 = 0;
  rtoNs: u64 = 0;
  timing: bool = false;
  timedSequence: u32 = 0;
  timedAtNs: u64 = 0;
  /** How often what is due has been sent in vain. */
  retries: u32 = 0;
  /** Probes of a closed window that nothing has answered. */
  silent: u32 = 0;
  timer: Timer;
  ackTimer: Timer;

  // Congestion (congestion.ts).
  cwnd: u32 = 0;
  ssthresh: u32 = 0;
  duplicates: u32 = 0;
  recovering: bool = false;
  recover: u32 = 0;

  constructor(timer: Timer, ackTimer: Timer) {
    this.timer = timer;
    this.ackTimer = ackTimer;
  }

  /** Both sides know of each other. */
  get isSynchronized(): bool {
    return (
      this.state != CLOSED && this.state != LISTEN && this.state != SYN_SENT && this.state != SYN_RECEIVED
    );
  }
  /** Something may come from the other side still. */
  get mayReceive(): bool {
    return this.state == ESTABLISHED || this.state == FIN_WAIT_1 || this.state == FIN_WAIT_2;
  }
  /** The other side may be sent to still. */
  get maySend(): bool {
    return (this.state == ESTABLISHED || this.state == CLOSE_WAIT) && !this.finDue;
  }
  /** A FIN is due that has not been acknowledged. */
  get owesFin(): bool {
    return this.finDue && this.state != FIN_WAIT_2 && this.state != TIME_WAIT;
  }
  /** Who writes may go on: a third of the ring is free, so that he does not have to for every segment. */
  get isWritable(): bool {
    return this.sending.room >= this.sending.capacity / 3;
  }
  /** The sequence number behind the last byte that is to be sent. */
  get dataEnd(): u32 {
    return this.una + this.sending.count;
  }

  wake(): void {
    this.changed.wake();
    wakePollers();
  }

  /** Gives everything back. */
  release(): void {
    this.timer.cancel();
    this.ackTimer.cancel();
    this.sending.close();
    this.receiving.close();
    dispose(this.timer);
    dispose(this.ackTimer);
    dispose(this.sending);
    dispose(this.receiving);
    this.gaps.release();
    dispose(this.changed);
    dispose(this);
  }
}
