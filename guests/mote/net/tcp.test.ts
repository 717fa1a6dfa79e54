/** Mote's TCP between two hosts, over links that are slow, lossy and disorderly. */
import { expect, test } from 'vitest';
import { connected, Link, pattern, THERE, transfer } from '../../tests/network/link.ts';

const EAGAIN = -11;
const EPIPE = -32;
const ECONNRESET = -104;
const ETIMEDOUT = -110;
const ECONNREFUSED = -111;
const EINPROGRESS = -115;

/** Both hosts have nothing left: no packet, no connection, no block but what they began with. */
function expectNothingLeft(link: Link, before: readonly number[]): void {
  link.run(120_000);
  for (const host of [link.here, link.there]) {
    expect(host.calls.packets()).toBe(0);
    expect(host.calls.connectionsLeft()).toBe(0);
  }
  expect([link.here.calls.blocks(), link.there.calls.blocks()]).toEqual(before);
}

function blocks(link: Link): number[] {
  return [link.here.calls.blocks(), link.there.calls.blocks()];
}

test('a connection is opened, used in both directions, and ended in good order', () => {
  const link = new Link();
  const { here, there } = link;
  const before = blocks(link);
  const { client, server, listener } = connected(link);
  expect(here.send(client, new TextEncoder().encode('ask'))).toBe(3);
  link.run(50);
  expect(new TextDecoder().decode(there.receive(server) as Uint8Array)).toBe('ask');
  there.send(server, new TextEncoder().encode('answer'));
  there.calls.close(server);
  link.run(50);
  expect(new TextDecoder().decode(here.receive(client) as Uint8Array)).toBe('answer');
  expect(here.receive(client)).toEqual(new Uint8Array(0));
  here.calls.close(client);
  there.calls.close(listener);
  expectNothingLeft(link, before);
});

test.each([
  ['a good link', {}, 20],
  ['one that loses a percent', { loss: 0.01 }, 60],
  ['one that loses a tenth, doubles and reorders', { loss: 0.1, double: 0.05, reorder: 0.2 }, 1500],
  ['one that damages packets', { damage: 0.02 }, 200],
])('a megabyte over %s arrives whole', (_what, options, seconds) => {
  for (const seed of [1, 2, 3]) {
    const link = new Link({ ...options, seed });
    const before = blocks(link);
    const { client, server, listener } = connected(link);
    const data = pattern(1 << 20);
    const { got, ms } = transfer(link, link.here, client, link.there, server, data, 3_000_000);
    expect(got.length).toBe(data.length);
    expect(Buffer.compare(got, data)).toBe(0);
    expect(ms).toBeLessThan(seconds * 1000);
    link.here.calls.close(client);
    link.run(1000);
    link.there.calls.close(server);
    link.there.calls.close(listener);
    expectNothingLeft(link, before);
  }
});

test('both directions at once, over a bad link', () => {
  const link = new Link({ seed: 9, loss: 0.03, reorder: 0.1 });
  const { here, there } = link;
  const { client, server } = connected(link);
  const data = pattern(200_000);
  const gotHere: number[] = [];
  const gotThere: number[] = [];
  let sentHere = 0;
  let sentThere = 0;
  const began = link.ns;
  while ((gotHere.length < data.length || gotThere.length < data.length) && link.ns - began < 600e9) {
    sentHere += Math.max(here.send(client, data.subarray(sentHere, sentHere + 4000)), 0);
    sentThere += Math.max(there.send(server, data.subarray(sentThere, sentThere + 4000)), 0);
    const one = here.receive(client);
    const other = there.receive(server);
    if (typeof one !== 'number') gotHere.push(...one);
    if (typeof other !== 'number') gotThere.push(...other);
    link.step(Infinity);
  }
  expect(Buffer.compare(Uint8Array.from(gotHere), data)).toBe(0);
  expect(Buffer.compare(Uint8Array.from(gotThere), data)).toBe(0);
});

test('nobody listens: refused; nobody answers: given up', () => {
  const link = new Link();
  const client = link.here.calls.tcp();
  expect(link.here.calls.connect(client, THERE, 81)).toBe(EINPROGRESS);
  link.run(100);
  expect(link.here.calls.connect(client, THERE, 81)).toBe(ECONNREFUSED);
  const dead = new Link({ loss: 1 });
  const waiting = dead.here.calls.tcp();
  expect(dead.here.calls.connect(waiting, THERE, 80)).toBe(EINPROGRESS);
  dead.run(30_000);
  expect(dead.here.calls.connect(waiting, THERE, 80)).toBe(-114);
  dead.run(100_000);
  expect(dead.here.calls.connect(waiting, THERE, 80)).toBe(ETIMEDOUT);
  // Asked six times, each time after twice as long.
  expect(dead.log.length).toBe(6);
  const gaps = dead.log.slice(1).map(({ ns }, at) => Math.round((ns - dead.log[at]!.ns) / 1e9));
  expect(gaps).toEqual([1, 2, 4, 8, 16]);
});

test('a SYN that is lost is sent again, and so is its answer', () => {
  for (const lost of [0, 1, 2]) {
    const link = new Link({ lose: (_packet, number) => number === lost });
    const { client, server } = connected(link);
    expect(server).toBeGreaterThanOrEqual(0);
    const data = pattern(5000);
    expect(transfer(link, link.here, client, link.there, server, data).got).toEqual(data);
  }
});

test('who does not read is not sent more than the window, and is asked until there is room', () => {
  const link = new Link();
  const { here, there } = link;
  const { client, server } = connected(link);
  const data = pattern(100_000);
  let sent = 0;
  for (let round = 0; round < 200; round++) {
    sent += Math.max(here.send(client, data.subarray(sent, sent + 4096)), 0);
    link.run(10);
  }
  // What the two rings hold.
  expect(sent).toBe(65536);
  const before = link.log.length;
  link.run(60_000);
  const probes = link.log.slice(before).filter(({ from }) => from === 'here').length;
  expect(probes).toBeGreaterThan(2);
  expect(probes).toBeLessThan(30);
  const all: number[] = [];
  for (let round = 0; round < 1000 && all.length < data.length; round++) {
    sent += Math.max(here.send(client, data.subarray(sent, sent + 4096)), 0);
    const piece = there.receive(server, 1000);
    if (typeof piece !== 'number') all.push(...piece);
    link.run(10);
  }
  expect(Buffer.compare(Uint8Array.from(all), data)).toBe(0);
});

test('one loss costs one fast retransmission and no time-out', () => {
  let data = 0;
  const link = new Link({ lose: (packet) => packet.length > 1000 && ++data === 20 });
  const { client, server } = connected(link);
  const sent = pattern(300_000);
  const { got, ms } = transfer(link, link.here, client, link.there, server, sent);
  expect(Buffer.compare(got, sent)).toBe(0);
  const segments = link.log.filter(({ packet }) => packet.length > 1000);
  const numbers = segments.map(({ packet }) => new DataView(packet.buffer).getUint32(24));
  expect(numbers.length - new Set(numbers).size).toBe(1);
  expect(ms).toBeLessThan(400);
});

test('half closed: one side has ended, the other one goes on', () => {
  const link = new Link();
  const { here, there } = link;
  const { client, server } = connected(link);
  here.calls.shutdown(client, 1);
  expect(here.send(client, pattern(1))).toBe(EPIPE);
  link.run(50);
  expect(there.receive(server)).toEqual(new Uint8Array(0));
  const data = pattern(50_000);
  expect(transfer(link, there, server, here, client, data).got).toEqual(data);
});

test('both end at the same time', () => {
  const link = new Link();
  const before = blocks(link);
  const { client, server, listener } = connected(link);
  link.run(100);
  link.here.calls.close(client);
  link.there.calls.close(server);
  link.there.calls.close(listener);
  expectNothingLeft(link, before);
});

test('an end that has been acknowledged is not told again', () => {
  const link = new Link();
  const { client, server } = connected(link);
  link.there.send(server, pattern(100));
  link.there.calls.close(server);
  link.run(100);
  link.here.receive(client);
  link.here.calls.close(client);
  link.run(10_000);
  const ends = link.log.filter(({ packet }) => (packet[33]! & 1) !== 0);
  expect(ends.map(({ from }) => from)).toEqual(['there', 'here']);
});

test('connections that are over, and kept for what may be late, make room for new ones: the oldest first', () => {
  const link = new Link({ delayMs: 1 });
  const { here, there } = link;
  const before = blocks(link);
  const { client, server, listener } = connected(link);
  const oneMore = (): number => {
    const asks = here.calls.tcp();
    here.calls.connect(asks, THERE, 80);
    link.run(3);
    const answers = there.calls.accept(listener);
    if (answers >= 0) there.calls.close(answers);
    link.run(3);
    here.calls.close(asks);
    return answers;
  };
  // As fast as that, more than there is room for are over before the first is forgotten.
  for (let n = 0; n < 300; n++) expect(oneMore(), String(n)).toBeGreaterThanOrEqual(0);
  for (const [host, socket] of [
    [here, client],
    [there, server],
    [there, listener],
  ] as const)
    host.calls.close(socket);
  expectNothingLeft(link, before);
});

test('both ask at the same time: one connection', () => {
  const link = new Link();
  const { here, there } = link;
  const one = here.calls.tcp();
  const other = there.calls.tcp();
  here.calls.bind(one, 0, 1000);
  there.calls.bind(other, 0, 2000);
  here.calls.connect(one, THERE, 2000);
  there.calls.connect(other, here.address, 1000);
  link.run(100);
  expect([here.calls.state(one), there.calls.state(other)]).toEqual([1, 1]);
  expect(link.log.length).toBeLessThan(10);
  const data = pattern(3000);
  expect(transfer(link, here, one, there, other, data).got).toEqual(data);
});

test('what would be lost at the end is told by a reset', () => {
  const link = new Link();
  const { here, there } = link;
  const { client, server } = connected(link);
  here.send(client, pattern(100));
  link.run(50);
  // Nobody there has read it.
  there.calls.close(server);
  link.run(50);
  expect(here.receive(client)).toBe(ECONNRESET);
  expect(here.send(client, pattern(1))).toBe(EPIPE);
});

test('more than the backlog are not let in before somebody is accepted', () => {
  const link = new Link();
  const { here, there } = link;
  const before = blocks(link);
  const listener = there.calls.tcp();
  there.calls.bind(listener, 0, 80);
  there.calls.listen(listener, 2);
  const clients = [1, 2, 3].map(() => here.calls.tcp());
  for (const client of clients) here.calls.connect(client, THERE, 80);
  link.run(500);
  expect(clients.map((client) => here.calls.state(client))).toEqual([1, 1, 2]);
  expect(there.calls.accept(listener)).toBeGreaterThanOrEqual(0);
  link.run(5000);
  expect(here.calls.state(clients[2]!)).toBe(1);
  // Who waits when the listener goes is sent away.
  there.calls.close(listener);
  link.run(100);
  expect(here.receive(clients[1]!)).toBe(ECONNRESET);
  expect(here.receive(clients[0]!)).toBe(EAGAIN);
  for (const client of clients) here.calls.close(client);
  link.run(100);
  there.calls.close(1);
  expectNothingLeft(link, before);
});

test('small writes are gathered while something is under way (Nagle), and acknowledgments wait', () => {
  const link = new Link({ delayMs: 20 });
  const { client } = connected(link);
  link.run(200);
  const before = link.log.length;
  for (let count = 0; count < 50; count++) link.here.send(client, pattern(10));
  link.run(500);
  const sent = link.log.slice(before).filter(({ from, packet }) => from === 'here' && packet.length > 40);
  expect(sent.length).toBe(2);
  expect(link.log.slice(before).filter(({ from }) => from === 'there').length).toBeLessThanOrEqual(2);
});

test('packets of noise are survived, and cost nothing', () => {
  const link = new Link();
  const { client, server } = connected(link);
  link.run(100);
  const data = pattern(20_000);
  transfer(link, link.here, client, link.there, server, data);
  const real = link.log.filter(({ from }) => from === 'here').map(({ packet }) => packet);
  let state = 5;
  const next = (below: number): number => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return (state >>> 8) % below;
  };
  for (let round = 0; round < 20_000; round++) {
    const packet = real[next(real.length)]!.slice(0, 20 + next(60));
    for (let change = next(4); change >= 0; change--) packet[next(packet.length)] = next(256);
    putRight(packet);
    link.there.arrive(packet);
  }
  link.run(300_000);
  expect(link.there.calls.packets()).toBe(0);
  // Whatever became of that connection, a new one works.
  const again = connected(link, 90);
  expect(transfer(link, link.here, again.client, link.there, again.server, data).got).toEqual(data);
});

/** When the first connection's sequence begins `bytes` before it wraps around: a clock of four microseconds. */
const beforeWrap = (bytes: number): number => (2 ** 32 - bytes) * 4000;

test.each([0, 1, 2, 3, 1460, 1461, 2921, 20_000, 32_768, 65_535, 150_000, 2 ** 31])(
  'sequence numbers wrap around, %d bytes from the beginning',
  (bytes) => {
    const link = new Link({ startNs: beforeWrap(bytes), seed: bytes + 1, loss: 0.02, reorder: 0.1 });
    const { here, there } = link;
    const before = blocks(link);
    const { client, server, listener } = connected(link);
    const first = new DataView(link.log[0]!.packet.buffer).getUint32(24);
    expect(2 ** 32 - first).toBe(bytes === 0 ? 2 ** 32 : bytes);
    const data = pattern(100_000);
    expect(Buffer.compare(transfer(link, here, client, there, server, data).got, data)).toBe(0);
    expect(Buffer.compare(transfer(link, there, server, here, client, data).got, data)).toBe(0);
    here.calls.close(client);
    link.run(1000);
    there.calls.close(server);
    there.calls.close(listener);
    expectNothingLeft(link, before);
  },
);

/** Makes the checksums of a damaged packet right, so that what is behind them is tried too. */
function putRight(packet: Uint8Array): void {
  const view = new DataView(packet.buffer, packet.byteOffset, packet.length);
  packet[0] = 0x45;
  view.setUint16(2, packet.length);
  view.setUint16(6, 0);
  view.setUint32(16, THERE);
  view.setUint16(10, 0);
  view.setUint16(10, sumOf(packet.subarray(0, 20), 0));
  if (packet[9] !== 6 || packet.length < 40) return;
  view.setUint16(36, 0);
  const pseudo = sumOver(packet.subarray(12, 20)) + 6 + packet.length - 20;
  view.setUint16(36, sumOf(packet.subarray(20), pseudo));
}

function sumOver(bytes: Uint8Array): number {
  let sum = 0;
  for (let at = 0; at < bytes.length; at += 2) sum += (bytes[at]! << 8) | (bytes[at + 1] ?? 0);
  return sum;
}
function sumOf(bytes: Uint8Array, start: number): number {
  let sum = start + sumOver(bytes);
  while (sum > 0xffff) sum = (sum & 0xffff) + (sum >>> 16);
  return ~sum & 0xffff;
}
