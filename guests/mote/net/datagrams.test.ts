/** UDP, ICMP, fragments and routes of Mote's network, between two hosts. */
import { expect, test } from 'vitest';
import { HERE, Link, pattern, THERE } from '../../tests/network/link.ts';

const EAGAIN = -11;
const EADDRINUSE = -98;
const ENETUNREACH = -101;
const ECONNREFUSED = -111;
const MTU = 1500;

test('datagrams arrive whole, one at a time, and can be answered', () => {
  const link = new Link();
  const { here, there } = link;
  const server = there.calls.udp();
  expect(there.calls.bind(server, 0, 53)).toBe(0);
  expect(there.calls.bind(there.calls.udp(), 0, 53)).toBe(EADDRINUSE);
  const client = here.calls.udp();
  expect(here.send(client, pattern(10), THERE, 53)).toBe(10);
  expect(here.send(client, pattern(20), THERE, 53)).toBe(20);
  link.run(20);
  expect(there.receive(server)).toEqual(pattern(10));
  // What does not fit is cut off.
  expect(there.receive(server, 5)).toEqual(pattern(20).subarray(0, 5));
  expect(there.receive(server)).toBe(EAGAIN);
});

test('a connected socket hears that nobody is there, and only its own peer', () => {
  const link = new Link();
  const { here, there } = link;
  const client = here.calls.udp();
  expect(here.calls.connect(client, THERE, 9)).toBe(0);
  expect(here.send(client, pattern(4))).toBe(4);
  link.run(20);
  expect(here.receive(client)).toBe(ECONNREFUSED);
  const stranger = there.calls.udp();
  there.calls.bind(stranger, 0, 10);
  here.send(client, pattern(4));
  const port = new DataView(link.log[0]!.packet.buffer).getUint16(20);
  there.send(stranger, pattern(4), HERE, port);
  link.run(20);
  expect(here.receive(client)).toBe(ECONNREFUSED);
  expect(here.receive(client)).toBe(EAGAIN);
});

test('long datagrams go in fragments, whatever their order, and are whole or not at all', () => {
  const data = pattern(9000);
  const link = new Link({ reorder: 0.5, double: 0.3, seed: 4 });
  const server = link.there.calls.udp();
  link.there.calls.bind(server, 0, 53);
  const client = link.here.calls.udp();
  for (let round = 0; round < 20; round++) {
    expect(link.here.send(client, data, THERE, 53)).toBe(9000);
    link.run(100);
    expect(link.there.receive(server)).toEqual(data);
  }
  expect(Math.max(...link.log.map(({ packet }) => packet.length))).toBeLessThanOrEqual(MTU);
  const lossy = new Link({ lose: (_packet, number) => number % 7 === 3 });
  const other = lossy.there.calls.udp();
  lossy.there.calls.bind(other, 0, 53);
  const blocks = lossy.there.calls.blocks();
  const from = lossy.here.calls.udp();
  for (let round = 0; round < 10; round++) lossy.here.send(from, data, THERE, 53);
  lossy.run(20_000);
  expect(lossy.there.receive(other)).toBe(EAGAIN);
  // What never became whole has been given back.
  expect(lossy.there.calls.blocks()).toBe(blocks);
});

test('an echo is answered, as long as it may be', () => {
  const link = new Link();
  const ping = link.here.calls.icmp();
  for (const bytes of [0, 1, 56, 1472, 4000]) {
    const request = new Uint8Array(8 + bytes);
    request.set([8, 0, 0, 0, 0x12, 0x34, 0, 1]);
    request.set(pattern(bytes), 8);
    putChecksum(request);
    link.here.send(ping, request, THERE);
    link.run(50);
    const answer = link.here.receive(ping) as Uint8Array;
    expect(answer[0]).toBe(0x45);
    expect(answer.subarray(20, 24)).not.toEqual(request.subarray(0, 4));
    expect(answer[20]).toBe(0);
    expect(answer.subarray(24)).toEqual(request.subarray(4));
    expect(answer[8]).toBe(64);
  }
});

function putChecksum(bytes: Uint8Array): void {
  let sum = 0;
  for (let at = 0; at < bytes.length; at += 2) sum += (bytes[at]! << 8) | (bytes[at + 1] ?? 0);
  while (sum > 0xffff) sum = (sum & 0xffff) + (sum >>> 16);
  new DataView(bytes.buffer).setUint16(2, ~sum & 0xffff);
}

test('where there is no way, it says so', () => {
  const link = new Link();
  const client = link.here.calls.udp();
  expect(link.here.send(client, pattern(1), 0x0b00_0001, 53)).toBe(ENETUNREACH);
});

test('the loopback is the machine itself', () => {
  const { here } = new Link();
  const server = here.calls.udp();
  here.calls.bind(server, 0x7f00_0001, 53);
  const client = here.calls.udp();
  here.send(client, pattern(100), 0x7f00_0001, 53);
  expect(here.receive(server)).toEqual(pattern(100));
  // So is its own address, which does not go out.
  const all = here.calls.udp();
  here.calls.bind(all, 0, 54);
  here.send(client, pattern(9), HERE, 54);
  expect(here.receive(all)).toEqual(pattern(9));
});

test('who listens on the loopback is not reached from outside', () => {
  const link = new Link();
  const server = link.there.calls.udp();
  link.there.calls.bind(server, 0, 53);
  for (const destination of [0x7f00_0001, 0x7f01_0203, THERE]) {
    const packet = new Uint8Array(20 + 8 + 4);
    const view = new DataView(packet.buffer);
    packet[0] = 0x45;
    packet[8] = 64;
    packet[9] = 17;
    view.setUint16(2, packet.length);
    view.setUint32(12, HERE);
    view.setUint32(16, destination);
    view.setUint16(10, headerChecksum(view));
    view.setUint16(20, 1024);
    view.setUint16(22, 53);
    view.setUint16(24, 12);
    link.there.arrive(packet);
    link.run(10);
    expect(link.there.receive(server)).toEqual(destination === THERE ? new Uint8Array(4) : EAGAIN);
  }
});

function headerChecksum(view: DataView): number {
  let sum = 0;
  for (let at = 0; at < 20; at += 2) sum += view.getUint16(at);
  while (sum > 0xffff) sum = (sum & 0xffff) + (sum >>> 16);
  return ~sum & 0xffff;
}

test('noise is dropped', () => {
  const link = new Link();
  let state = 3;
  const next = (below: number): number => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return (state >>> 8) % below;
  };
  for (let round = 0; round < 20_000; round++) {
    const packet = Uint8Array.from({ length: next(100) }, () => next(256));
    if (packet.length >= 20 && next(2) === 0) {
      const view = new DataView(packet.buffer);
      packet[0] = 0x45;
      packet[9] = [1, 17, 6, 99][next(4)]!;
      view.setUint16(2, packet.length);
      view.setUint32(16, THERE);
      view.setUint16(10, 0);
      view.setUint16(10, headerChecksum(view));
    }
    link.there.arrive(packet);
  }
  link.run(60_000);
  expect(link.there.calls.packets()).toBe(0);
});
