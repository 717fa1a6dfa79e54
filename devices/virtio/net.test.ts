import { expect, test } from 'vitest';
import { checksum, frame } from '../lan/ethernet.ts';
import { Lan, LATENCY_NS } from '../lan/lan.ts';
import type { LanPort } from '../lan/lan.ts';
import { write16 } from '../little-endian.ts';
import { TestClock, TestMemory } from '../testing.ts';
import { HEADER_BYTES, VirtioNet } from './net.ts';
import { TestDriver } from './testing.ts';

const MAC = Uint8Array.of(0x52, 0x54, 0, 1, 2, 3);
const PEER = Uint8Array.of(0x52, 0x54, 0, 1, 2, 4);
const RECEIVE = 0;
const TRANSMIT = 1;
const F_MRG_RXBUF = 15;

interface Setup {
  readonly guest: TestDriver;
  readonly device: VirtioNet;
  readonly clock: TestClock;
  readonly peer: LanPort;
  readonly memory: TestMemory;
}

function setup(): Setup {
  const memory = new TestMemory();
  const clock = new TestClock();
  const lan = new Lan();
  const device = new VirtioNet(memory, clock, lan.join(), MAC);
  const guest = new TestDriver(memory, device);
  guest.start();
  return { guest, device, clock, peer: lan.join(), memory };
}

function packet(header: readonly number[], body: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(HEADER_BYTES + body.length);
  bytes.set(header);
  bytes.set(body, HEADER_BYTES);
  return bytes;
}

test('the configuration tells its address, and that the link is up', () => {
  const { guest } = setup();
  expect([0, 1, 2, 3, 4, 5].map((at) => guest.config(at, 1))).toEqual([...MAC]);
  expect(guest.config(6, 2)).toBe(1);
});

test('a frame goes out, whether its header is in a buffer of its own or not; who watches is told', () => {
  const { guest, peer, memory } = setup();
  const sent = frame(PEER, MAC, 0x0800, Uint8Array.of(1, 2, 3));
  guest.request(TRANSMIT, [guest.out(new Uint8Array(HEADER_BYTES)), guest.out(sent)]);
  guest.request(TRANSMIT, [guest.out(packet([], sent))]);
  expect([peer.receive(LATENCY_NS), peer.receive(LATENCY_NS)]).toEqual([sent, sent]);
  const told = { device: 'network card', action: 'send', sector: 0, bytes: sent.length };
  const text = 'IPv4 from 52:54:00:01:02:03 to 52:54:00:01:02:04';
  expect(memory.told).toEqual([
    { ...told, buffers: 2, text },
    { ...told, buffers: 1, text },
  ]);
});

test('a checksum that the driver left is completed', () => {
  const { guest, peer } = setup();
  const body = Uint8Array.from({ length: 40 }, (_, n) => n * 5);
  const sent = frame(PEER, MAC, 0x0800, body);
  const pseudo = 0x1234;
  sent.set([pseudo >>> 8, pseudo & 255], 14 + 20 + 6);
  const header = new Uint8Array(HEADER_BYTES);
  header[0] = 1;
  write16(header, 6, 14 + 20);
  write16(header, 8, 6);
  guest.request(TRANSMIT, [guest.out(packet([...header], sent))]);
  const got = peer.receive(LATENCY_NS)!;
  // With the field complete, the sum over the segment and the pseudo-header's part is right.
  expect(checksum(got.subarray(14 + 20), pseudo)).toBe(0);
  // A field outside the frame is none.
  write16(header, 8, 60_000);
  guest.request(TRANSMIT, [guest.out(packet([...header], sent))]);
  expect(peer.receive(LATENCY_NS)).toEqual(sent);
});

test('a checksum of zero is sent as all ones; a field that the frame cuts off is none', () => {
  const { guest, peer } = setup();
  const sent = frame(PEER, MAC, 0x0800, new Uint8Array(26));
  const header = new Uint8Array(HEADER_BYTES);
  header[0] = 1;
  write16(header, 6, 14);
  write16(header, 8, 6);
  // All that is summed is 0xffff.
  sent[14] = sent[15] = 0xff;
  guest.request(TRANSMIT, [guest.out(packet([...header], sent))]);
  expect([...peer.receive(LATENCY_NS)!.subarray(20, 22)]).toEqual([0xff, 0xff]);
  write16(header, 8, 25);
  guest.request(TRANSMIT, [guest.out(packet([...header], sent))]);
  expect(peer.receive(LATENCY_NS)).toEqual(sent);
});

test('a frame comes in when it is due, into the next buffer, with an interrupt', () => {
  const { guest, device, clock, peer } = setup();
  const room = [guest.room(1600), guest.room(1600)];
  for (const buffer of room) guest.add(RECEIVE, [buffer]);
  guest.kick(RECEIVE);
  const sent = frame(MAC, PEER, 0x0800, Uint8Array.of(9, 8, 7));
  peer.send(sent, 500);
  expect(device.nextNs()).toBe(500 + LATENCY_NS);
  device.advance(clock.ns);
  expect(guest.used(RECEIVE)).toEqual([]);
  clock.ns = 500 + LATENCY_NS;
  device.advance(clock.ns);
  expect(guest.used(RECEIVE)).toEqual([{ head: 0, written: HEADER_BYTES + sent.length }]);
  expect(guest.isr()).toBe(1);
  const bytes = guest.bytesOf(room[0]!);
  expect([...bytes.subarray(0, HEADER_BYTES)]).toEqual([0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0]);
  expect(bytes.subarray(HEADER_BYTES, HEADER_BYTES + sent.length)).toEqual(sent);
  expect(device.nextNs()).toBe(Infinity);
});

test('without buffers frames wait, without a driver they are lost', () => {
  const { guest, device, clock, peer } = setup();
  clock.ns = 1e6;
  peer.send(frame(MAC, PEER, 0x0800, Uint8Array.of(1)), 0);
  device.advance(clock.ns);
  expect(device.nextNs()).toBe(Infinity);
  guest.add(RECEIVE, [guest.room(100), guest.room(1500)]);
  guest.kick(RECEIVE);
  expect(guest.used(RECEIVE)).toHaveLength(1);
  guest.status = 0;
  peer.send(frame(MAC, PEER, 0x0800, Uint8Array.of(2)), 1e6);
  device.advance((clock.ns = 2e6));
  guest.start();
  guest.add(RECEIVE, [guest.room(1600)]);
  guest.kick(RECEIVE);
  expect(guest.used(RECEIVE)).toEqual([]);
});

test('who resets the card while a frame waits for a buffer gets the next one when it is due', () => {
  const { guest, device, clock, peer } = setup();
  peer.send(frame(MAC, PEER, 0x0800, Uint8Array.of(1)), 0);
  device.advance((clock.ns = 1e6));
  guest.start();
  guest.add(RECEIVE, [guest.room(1600)]);
  device.advance(clock.ns);
  expect(guest.used(RECEIVE)).toHaveLength(1);
});

test('a receive buffer that is too small: the device needs a reset', () => {
  const { guest, device, clock, peer } = setup();
  guest.start(16, [F_MRG_RXBUF]);
  guest.add(RECEIVE, [guest.room(20)]);
  peer.send(frame(MAC, PEER, 0x0800, new Uint8Array(100)), 0);
  device.advance((clock.ns = LATENCY_NS));
  expect(guest.status & 64).toBe(64);
  expect(guest.isr() & 2).toBe(2);
});

test('a frame too long for the network is taken from the driver, and lost', () => {
  const { guest, peer } = setup();
  guest.request(TRANSMIT, [guest.out(packet([], new Uint8Array(9000)))]);
  expect(peer.receive(LATENCY_NS)).toBeNull();
  expect(peer.lan.counts.lost).toBe(1);
});
