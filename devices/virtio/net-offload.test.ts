/** What a driver leaves to its card, and what the card joins for it: what goes out could have been sent, what comes in could be cut again. */
import { expect, test } from 'vitest';
import { checksum, frame, get16, get32, put16, put32 } from '../lan/ethernet.ts';
import { Lan, LATENCY_NS } from '../lan/lan.ts';
import type { LanPort } from '../lan/lan.ts';
import { read16, write16 } from '../little-endian.ts';
import { TestClock, TestMemory } from '../testing.ts';
import { HEADER_BYTES, VirtioNet } from './net.ts';
import { TestDriver } from './testing.ts';
import type { Buffer as Room } from './testing.ts';

const MAC = Uint8Array.of(0x52, 0x54, 0, 1, 2, 3);
const PEER = Uint8Array.of(0x52, 0x54, 0, 1, 2, 4);
const RECEIVE = 0;
const TRANSMIT = 1;
const [F_GUEST_TSO4, F_HOST_TSO4, F_MRG_RXBUF] = [7, 11, 15];
const NEEDS_CSUM = 1;
const TCPV4 = 1;
const [FIN, PSH, ACK, CWR] = [1, 8, 16, 0x80];
const [IP, TCP, DATA] = [14, 34, 54];
const HOLD_NS = 100_000;

interface Segment {
  readonly sequence: number;
  readonly data: Uint8Array;
  readonly flags?: number;
  readonly acknowledgment?: number;
  readonly port?: number;
  readonly id?: number;
}

/** Data of which each byte says where it is. */
function numbered(bytes: number, from = 0): Uint8Array {
  return Uint8Array.from({ length: bytes }, (_, at) => ((from + at) * 7 + ((from + at) >> 8)) & 255);
}

function sumOf(bytes: Uint8Array): number {
  return ~checksum(bytes) & 0xffff;
}
function pseudoOf(frame: Uint8Array): number {
  return 6 + frame.length - TCP + sumOf(frame.subarray(IP + 12, IP + 20));
}

function tcpFrame(to: Uint8Array, from: Uint8Array, segment: Segment): Uint8Array {
  const { sequence, data, flags = ACK, acknowledgment = 77, port = 4000, id = 1 } = segment;
  const made = frame(to, from, 0x0800, new Uint8Array(40 + data.length));
  made[IP] = 0x45;
  put16(made, IP + 2, made.length - IP);
  put16(made, IP + 4, id);
  made[IP + 8] = 64;
  made[IP + 9] = 6;
  put32(made, IP + 12, 0x0a00_0001);
  put32(made, IP + 16, 0x0a00_0002);
  put16(made, IP + 10, checksum(made.subarray(IP, TCP)));
  put16(made, TCP, port);
  put16(made, TCP + 2, 80);
  put32(made, TCP + 4, sequence);
  put32(made, TCP + 8, acknowledgment);
  made[TCP + 12] = 0x50;
  made[TCP + 13] = flags;
  put16(made, TCP + 14, 500);
  made.set(data, DATA);
  put16(made, TCP + 16, checksum(made.subarray(TCP), pseudoOf(made)));
  return made;
}

function isRight(frame: Uint8Array): boolean {
  return checksum(frame.subarray(IP, TCP)) === 0 && checksum(frame.subarray(TCP), pseudoOf(frame)) === 0;
}

interface Setup {
  readonly guest: TestDriver;
  readonly device: VirtioNet;
  readonly clock: TestClock;
  readonly peer: LanPort;
}

function setup(without: readonly number[] = []): Setup {
  const memory = new TestMemory();
  const clock = new TestClock();
  const lan = new Lan();
  const device = new VirtioNet(memory, clock, lan.join(), MAC);
  const guest = new TestDriver(memory, device);
  guest.start(16, without);
  return { guest, device, clock, peer: lan.join() };
}

function headerFor(segmentBytes: number): Uint8Array {
  const header = new Uint8Array(HEADER_BYTES);
  header[0] = NEEDS_CSUM;
  header[1] = TCPV4;
  write16(header, 2, DATA);
  write16(header, 4, segmentBytes);
  write16(header, 6, TCP);
  write16(header, 8, 16);
  return header;
}

function allOf(port: LanPort, ns: number): Uint8Array[] {
  const frames: Uint8Array[] = [];
  for (let next = port.receive(ns); next !== null; next = port.receive(ns)) frames.push(next);
  return frames;
}

test('a long frame is cut into segments that could have been sent', () => {
  const { guest, peer } = setup();
  const data = numbered(4001);
  const whole = tcpFrame(PEER, MAC, {
    sequence: 0xffff_ff00,
    data,
    flags: ACK | PSH | FIN | CWR,
    id: 0xffff,
  });
  put16(whole, TCP + 16, pseudoOf(whole));
  guest.request(TRANSMIT, [guest.out(headerFor(1448)), guest.out(whole)]);
  const segments = allOf(peer, LATENCY_NS);
  expect(segments.map(({ length }) => length - DATA)).toEqual([1448, 1448, 1105]);
  expect(segments.every(isRight)).toBe(true);
  expect(segments.map((each) => get32(each, TCP + 4))).toEqual([0xffff_ff00, 1192, 2640]);
  expect(segments.map((each) => get16(each, IP + 4))).toEqual([0xffff, 0, 1]);
  expect(segments.map((each) => each[TCP + 13])).toEqual([ACK | CWR, ACK, ACK | PSH | FIN]);
  expect(segments.flatMap((each) => [...each.subarray(DATA)])).toEqual([...data]);
});

test('one with the tag of a VLAN is cut as others are; the tag goes along', () => {
  const { guest, peer } = setup();
  const plain = tcpFrame(PEER, MAC, { sequence: 5, data: numbered(2000) });
  const tagged = Uint8Array.of(...plain.subarray(0, 12), 0x81, 0, 0, 10, ...plain.subarray(12));
  guest.request(TRANSMIT, [guest.out(headerFor(1448)), guest.out(tagged)]);
  const segments = allOf(peer, LATENCY_NS);
  expect(segments.map(({ length }) => length)).toEqual([DATA + 4 + 1448, DATA + 4 + 552]);
  expect(segments.map((each) => get16(each, 14))).toEqual([10, 10]);
});

test.each([
  ['segments of no bytes', 0, (whole: Uint8Array) => whole],
  ['no TCP', 1448, (whole: Uint8Array) => whole.fill(17, IP + 9, IP + 10)],
  [
    'a header beyond the frame',
    1448,
    (whole: Uint8Array) => whole.fill(0xf0, TCP + 12, TCP + 13).subarray(0, 60),
  ],
  ['a length beyond the frame', 1448, (whole: Uint8Array) => whole.fill(0xff, IP + 2, IP + 4)],
])('what cannot be cut goes as it is, and is lost where it is too long: %s', (_what, segmentBytes, spoil) => {
  const { guest, peer, device } = setup();
  const whole = spoil(tcpFrame(PEER, MAC, { sequence: 5, data: numbered(3000) }));
  guest.request(TRANSMIT, [guest.out(headerFor(segmentBytes)), guest.out(whole)]);
  expect(allOf(peer, LATENCY_NS)).toEqual(whole.length < 1500 ? [whole] : []);
  expect(device.trouble).toBe('');
});

test('who has not asked for it has nothing cut', () => {
  const { guest, peer } = setup([F_HOST_TSO4]);
  guest.request(TRANSMIT, [
    guest.out(headerFor(1448)),
    guest.out(tcpFrame(PEER, MAC, { sequence: 5, data: numbered(3000) })),
  ]);
  expect(allOf(peer, LATENCY_NS)).toEqual([]);
});

/** Sends frames to the card, the first when all is quiet, the others at once behind it; what the driver has got, header and all. */
function receive(
  { guest, device, clock, peer }: Setup,
  frames: readonly Uint8Array[],
  rooms: readonly Room[],
): Uint8Array[] {
  for (const room of rooms) guest.add(RECEIVE, [room]);
  guest.kick(RECEIVE);
  for (const [index, each] of frames.entries()) peer.send(each, index === 0 ? 0 : 1000 * index);
  for (let next = device.nextNs(); next < Infinity; next = device.nextNs()) {
    if (next <= clock.ns && clock.ns > 1e9) break;
    clock.ns = Math.max(next, clock.ns);
    device.advance(clock.ns);
  }
  const used = guest.used(RECEIVE);
  const got: Uint8Array[] = [];
  for (let at = 0, room = 0; at < used.length;) {
    const count = read16(guest.bytesOf(rooms[room]!), 10);
    const parts = used
      .slice(at, at + count)
      .map(({ written }, n) => guest.bytesOf(rooms[room + n]!).subarray(0, written));
    got.push(Uint8Array.from(parts.flatMap((part) => [...part])));
    at += count;
    room += count;
  }
  return got;
}

const at = (sequence: number, more: Partial<Segment> = {}): Uint8Array =>
  tcpFrame(MAC, PEER, { sequence, data: numbered(1000, sequence), ...more });
const rooms = (guest: TestDriver, count: number, bytes = 1600): Room[] =>
  Array.from({ length: count }, () => guest.room(bytes));

test('segments that follow one another are one, in as many buffers as it needs; the first does not wait', () => {
  const world = setup();
  const { guest, clock } = world;
  const sent = [0, 1000, 2000, 3000, 4000].map((sequence) => at(sequence));
  const [first, joined, ...others] = receive(world, sent, rooms(guest, 8));
  expect(others).toEqual([]);
  expect(clock.ns).toBe(LATENCY_NS + HOLD_NS);
  expect(first!.subarray(HEADER_BYTES)).toEqual(sent[0]);
  expect([...joined!.subarray(0, 10)]).toEqual([
    NEEDS_CSUM,
    TCPV4,
    DATA,
    0,
    1000 & 255,
    1000 >> 8,
    TCP,
    0,
    16,
    0,
  ]);
  const whole = joined!.slice(HEADER_BYTES);
  expect([...whole.subarray(DATA)]).toEqual([...numbered(4000, 1000)]);
  expect([get32(whole, TCP + 4), get16(whole, IP + 2)]).toEqual([1000, 4040]);
  expect(checksum(whole.subarray(IP, TCP))).toBe(0);
  // The pseudo-header's sum alone: with the rest it is right.
  put16(whole, TCP + 16, checksum(whole.subarray(TCP)) || 0xffff);
  expect(isRight(whole)).toBe(true);
});

test('one that says that nothing follows, or is shorter, is the last: it is given at once', () => {
  for (const last of [at(3000, { flags: ACK | PSH }), at(3000, { data: numbered(10) })]) {
    const world = setup();
    const got = receive(world, [at(0), at(1000), at(2000), last], rooms(world.guest, 8));
    expect(got.map(({ length }) => length - HEADER_BYTES - DATA)).toEqual([1000, 2000 + last.length - DATA]);
    expect(got[1]![HEADER_BYTES + TCP + 13]).toBe(last[TCP + 13]);
    expect(world.clock.ns).toBe(LATENCY_NS + 3000);
  }
});

test.each([
  ['another connection', at(2000, { port: 4001 })],
  ['another acknowledgment', at(2000, { acknowledgment: 78 })],
  ['a gap', at(2001)],
  ['what has come before', at(0)],
  ['a FIN', at(2000, { flags: ACK | FIN })],
  ['no data', at(2000, { data: new Uint8Array(0) })],
  ['longer than those before', at(2000, { data: numbered(1200) })],
  ['damage', at(2000).fill(0x55, DATA + 9, DATA + 10)],
  [
    'another address',
    tcpFrame(Uint8Array.of(0x52, 0x54, 0, 1, 2, 5), PEER, { sequence: 2000, data: numbered(1000) }),
  ],
  ['no TCP', frame(MAC, PEER, 0x0806, new Uint8Array(28))],
])('what does not belong to those before it stays apart, behind them: %s', (_what, other) => {
  const world = setup();
  // The switch has not learned where the other address is: its frame comes here, too.
  const got = receive(world, [at(9000), at(0), at(1000), other], rooms(world.guest, 8));
  expect(got.map(({ length }) => length - HEADER_BYTES)).toEqual([DATA + 1000, DATA + 2000, other.length]);
  expect(got[2]!.subarray(HEADER_BYTES)).toEqual(other);
  expect([...got[2]!.subarray(0, 2)]).toEqual([0, 0]);
});

test.each([F_GUEST_TSO4, F_MRG_RXBUF])(
  'who does not take what is joined gets them one by one (without %d)',
  (feature) => {
    const world = setup([feature]);
    const got = receive(world, [at(0), at(1000), at(2000)], rooms(world.guest, 8));
    expect(got.map((each) => each.subarray(HEADER_BYTES))).toEqual([at(0), at(1000), at(2000)]);
    expect(world.clock.ns).toBe(LATENCY_NS + 2000);
  },
);

test('no more is joined than a packet has room for', () => {
  const world = setup();
  const sent = Array.from({ length: 68 }, (_, n) => at(n * 1000));
  const got = receive(world, sent, rooms(world.guest, 16, 9000));
  const sizes = got.map(({ length }) => length - HEADER_BYTES - DATA);
  expect(sizes).toEqual([1000, 65_000, 2000]);
});

test('what finds too few buffers waits as it is, and comes whole when there are more', () => {
  const world = setup();
  const { guest, device, clock, peer } = world;
  const room = rooms(guest, 4);
  guest.add(RECEIVE, [room[0]!]);
  guest.add(RECEIVE, [room[1]!]);
  guest.kick(RECEIVE);
  for (const sequence of [0, 1000, 2000, 3000]) peer.send(at(sequence), sequence);
  device.advance((clock.ns = LATENCY_NS));
  device.advance((clock.ns = 1e6));
  expect(guest.used(RECEIVE)).toHaveLength(1);
  expect(device.nextNs()).toBe(Infinity);
  guest.add(RECEIVE, [room[2]!]);
  guest.add(RECEIVE, [room[3]!]);
  guest.kick(RECEIVE);
  const used = guest.used(RECEIVE);
  expect(used.map(({ written }) => written)).toEqual([1600, HEADER_BYTES + DATA + 3000 - 1600]);
  expect(read16(guest.bytesOf(room[1]!), 10)).toBe(2);
});

test('who resets the card while frames wait to be joined does not get them', () => {
  const world = setup();
  const { guest, device, clock, peer } = world;
  for (const room of rooms(guest, 4)) guest.add(RECEIVE, [room]);
  guest.kick(RECEIVE);
  peer.send(at(0), 0);
  peer.send(at(1000), 1000);
  device.advance((clock.ns = LATENCY_NS));
  device.advance((clock.ns = LATENCY_NS + 1000));
  expect(device.nextNs()).toBe(LATENCY_NS + HOLD_NS);
  guest.start();
  guest.add(RECEIVE, [guest.room(1600)]);
  guest.kick(RECEIVE);
  device.advance((clock.ns = 1e6));
  expect(guest.used(RECEIVE)).toEqual([]);
  expect(device.nextNs()).toBe(Infinity);
});
