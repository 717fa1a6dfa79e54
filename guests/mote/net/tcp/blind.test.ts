/**
 * Segments from somebody who does not see the connection that he wants to break, and has to guess (RFC 5961): made by hand,
 * and put before Mote's TCP.
 */
import { beforeEach, describe, expect, test } from 'vitest';
import { HERE, Link, pattern, THERE } from '../../../tests/network/link.ts';

const FIN = 1;
const SYN = 2;
const RST = 4;
const ACK = 16;
const ESTABLISHED = 1;
const FIN_WAIT_2 = 5;
const CLOSE_WAIT = 8;
const EAGAIN = -11;
const ECONNRESET = -104;
const PORT = 80;
const OUR_PORT = 1000;
/** The most that Mote offers. */
const WINDOW = 32768;

interface Segment {
  readonly sequence: number;
  readonly acknowledgment: number;
  readonly flags: number;
  readonly window: number;
  readonly bytes: number;
}

function sum(bytes: Uint8Array, start: number): number {
  let total = start;
  for (let at = 0; at < bytes.length; at += 2) total += (bytes[at]! << 8) | (bytes[at + 1] ?? 0);
  while (total > 0xffff) total = (total & 0xffff) + (total >>> 16);
  return ~total & 0xffff;
}

function make({ sequence, acknowledgment, flags, window }: Segment, data: Uint8Array): Uint8Array {
  const packet = new Uint8Array(40 + data.length);
  const view = new DataView(packet.buffer);
  packet[0] = 0x45;
  view.setUint16(2, packet.length);
  packet[8] = 64;
  packet[9] = 6;
  view.setUint32(12, HERE);
  view.setUint32(16, THERE);
  view.setUint16(10, sum(packet.subarray(0, 20), 0));
  view.setUint16(20, OUR_PORT);
  view.setUint16(22, PORT);
  view.setUint32(24, sequence);
  view.setUint32(28, acknowledgment);
  packet[32] = 0x50;
  packet[33] = flags;
  view.setUint16(34, window);
  packet.set(data, 40);
  const ends = (HERE >>> 16) + (HERE & 0xffff) + (THERE >>> 16) + (THERE & 0xffff);
  view.setUint16(36, sum(packet.subarray(20), ends + 6 + packet.length - 20));
  return packet;
}

function read(packet: Uint8Array): Segment {
  const view = new DataView(packet.buffer);
  return {
    sequence: view.getUint32(24),
    acknowledgment: view.getUint32(28),
    flags: packet[33]!,
    window: view.getUint16(34),
    bytes: packet.length - 20 - (packet[32]! >> 4) * 4,
  };
}

/** A connection of Mote's with a peer that is the test. */
class Peer {
  readonly link: Link;
  readonly socket: number;
  /** The next byte to send, and the next one that is expected. */
  next: number;
  expected: number;
  private seen = 0;

  constructor(sequence: number, startNs = 1e9) {
    const link = new Link({ startNs, lose: () => true });
    this.link = link;
    this.next = sequence;
    this.expected = 0;
    const { calls } = link.there;
    const listener = calls.tcp();
    calls.bind(listener, 0, PORT);
    calls.listen(listener, 5);
    this.send({ flags: SYN });
    const [answer] = this.answers();
    expect(answer).toMatchObject({ flags: SYN | ACK, acknowledgment: (sequence + 1) >>> 0 });
    this.next = (sequence + 1) >>> 0;
    this.expected = (answer!.sequence + 1) >>> 0;
    this.send({ flags: ACK });
    this.socket = calls.accept(listener);
    expect(this.state).toBe(ESTABLISHED);
    // Whatever is said next is not the first thing for a while.
    link.run(5000);
    this.answers();
  }

  get state(): number {
    return this.link.there.calls.state(this.socket);
  }
  /** A segment, in step unless it says otherwise. */
  send(segment: Partial<Segment>, data: Uint8Array = new Uint8Array(0)): void {
    const whole = {
      sequence: this.next,
      acknowledgment: this.expected,
      flags: ACK,
      window: WINDOW,
      bytes: 0,
    };
    this.link.there.arrive(make({ ...whole, ...segment }, data));
  }
  /** What Mote has sent since one last looked. */
  answers(): Segment[] {
    const sent = this.link.log.slice(this.seen);
    this.seen = this.link.log.length;
    return sent.map(({ packet }) => read(packet));
  }
  expectChallenge(): void {
    expect(this.answers()).toMatchObject([
      { flags: ACK, sequence: this.expected, acknowledgment: this.next },
    ]);
  }
}

const u32 = (value: number): number => value >>> 0;

describe.each([
  ['in the middle', 1_000_000, 1e9],
  ['where the sequence numbers wrap around', 2 ** 32 - 3, (2 ** 32 - 3) * 4000],
  ['where the window ends with them', 2 ** 32 - 2 - WINDOW, 1e9],
  ['where their sign changes', 2 ** 31 - 3, (2 ** 31 - 3) * 4000],
])('%s', (_where, sequence, startNs) => {
  let peer: Peer;
  beforeEach(() => {
    peer = new Peer(sequence, startNs);
  });

  test('a reset that is exactly in step ends the connection', () => {
    peer.send({ flags: RST });
    expect(peer.link.there.receive(peer.socket)).toBe(ECONNRESET);
    expect(peer.answers()).toEqual([]);
  });

  test.each([1, 2, 1000, WINDOW - 1])('a reset %d bytes further in the window is challenged', (ahead) => {
    peer.send({ flags: RST, sequence: u32(peer.next + ahead) });
    peer.expectChallenge();
    expect(peer.state).toBe(ESTABLISHED);
    // Who has really reset answers the challenge.
    peer.send({ flags: RST });
    expect(peer.link.there.receive(peer.socket)).toBe(ECONNRESET);
  });

  test.each([-1, -1000, WINDOW, WINDOW + 1, 2 ** 31])(
    'a reset %d bytes off, outside, is dropped',
    (ahead) => {
      peer.send({ flags: RST, sequence: u32(peer.next + ahead) });
      expect(peer.answers()).toEqual([]);
      expect(peer.state).toBe(ESTABLISHED);
    },
  );

  test.each([-1, 0, 1, 1000, WINDOW, 2 ** 31])('a SYN %d bytes off is challenged', (ahead) => {
    peer.send({ flags: SYN, sequence: u32(peer.next + ahead) });
    peer.expectChallenge();
    expect(peer.state).toBe(ESTABLISHED);
  });

  test('strangers get a challenge twice a second, data in step are acknowledged all the same', () => {
    for (let round = 0; round < 1000; round++) {
      peer.send({ flags: round & 1 ? SYN : RST, sequence: u32(peer.next + 1 + round) });
      peer.link.run(1);
    }
    expect(peer.answers()).toHaveLength(2);
    for (let round = 0; round < 4; round++) {
      peer.send({ flags: RST, sequence: u32(peer.next + 1) });
      peer.send({}, pattern(100));
      peer.next = u32(peer.next + 100);
    }
    expect(peer.answers().at(-1)).toMatchObject({ flags: ACK, acknowledgment: peer.next });
    expect(peer.link.there.receive(peer.socket)).toHaveLength(400);
  });

  test.each([1, 100_000, 2 ** 31 - 1])(
    'data that acknowledge %d bytes that were never sent are dropped',
    (ahead) => {
      peer.send({ acknowledgment: u32(peer.expected + ahead) }, pattern(10));
      peer.expectChallenge();
      expect(peer.link.there.receive(peer.socket)).toBe(EAGAIN);
    },
  );

  test('data that acknowledge what is older than a window are dropped', () => {
    peer.send({ acknowledgment: u32(peer.expected - WINDOW - 1) }, pattern(10));
    peer.expectChallenge();
    expect(peer.link.there.receive(peer.socket)).toBe(EAGAIN);
    peer.send({ acknowledgment: u32(peer.expected - WINDOW) }, pattern(10));
    expect(peer.link.there.receive(peer.socket)).toHaveLength(10);
  });

  test('the end comes behind a window that is full: it is taken, and the connection ends in order', () => {
    const data = pattern(WINDOW);
    for (let at = 0; at < WINDOW; at += 1024) {
      peer.send({}, data.subarray(at, at + 1024));
      peer.next = u32(peer.next + 1024);
    }
    expect(peer.answers().at(-1)).toMatchObject({ acknowledgment: peer.next, window: 0 });
    // In step, but there is no room for it yet.
    peer.send({ flags: FIN | ACK });
    expect(peer.state).toBe(ESTABLISHED);
    expect(Buffer.compare(peer.link.there.receive(peer.socket, WINDOW) as Uint8Array, data)).toBe(0);
    peer.send({ flags: FIN | ACK });
    expect(peer.state).toBe(CLOSE_WAIT);
    peer.next = u32(peer.next + 1);
    peer.answers();
    peer.link.there.calls.close(peer.socket);
    expect(peer.answers()).toMatchObject([{ flags: FIN | ACK, sequence: peer.expected }]);
    peer.expected = u32(peer.expected + 1);
    peer.send({});
    expect(peer.link.there.calls.connectionsLeft()).toBe(1);
  });

  test('a last segment that fills the window and brings the end too is taken whole', () => {
    const data = pattern(WINDOW);
    for (let at = 0; at < WINDOW; at += 1024) {
      const last = at + 1024 === WINDOW;
      peer.send({ flags: last ? FIN | ACK : ACK }, data.subarray(at, at + 1024));
      peer.next = u32(peer.next + 1024);
    }
    peer.next = u32(peer.next + 1);
    expect(peer.state).toBe(CLOSE_WAIT);
    expect(peer.answers().at(-1)).toMatchObject({ acknowledgment: peer.next, window: 0 });
    peer.link.there.calls.shutdown(peer.socket, 1);
    peer.expected = u32(peer.expected + 1);
    peer.answers();
    peer.send({});
    expect(Buffer.compare(peer.link.there.receive(peer.socket, WINDOW) as Uint8Array, data)).toBe(0);
    peer.link.there.calls.close(peer.socket);
    // Only the listener is left: the acknowledgment of the end has been taken.
    expect(peer.link.there.calls.connectionsLeft()).toBe(1);
  });

  test('half closed, what comes in step is still taken', () => {
    peer.link.there.calls.shutdown(peer.socket, 1);
    peer.expected = u32(peer.expected + 1);
    peer.send({});
    expect(peer.state).toBe(FIN_WAIT_2);
    peer.send({}, pattern(5));
    expect(peer.link.there.receive(peer.socket)).toEqual(pattern(5));
  });
});
