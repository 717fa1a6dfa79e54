/** Ethernet and ARP of Mote's network: who has an address is asked for, remembered, and asked for again. */
import { expect, test } from 'vitest';
import { connected, HERE, Link, pattern, THERE, transfer } from '../../tests/network/link.ts';

const ARP = 0x0806;
const IPV4 = 0x0800;

function typeOf(frame: Uint8Array): number {
  return new DataView(frame.buffer).getUint16(12);
}
function arps(link: Link): string[] {
  return link.log
    .filter(({ packet }) => typeOf(packet) === ARP)
    .map(({ from, packet }) => `${from} ${packet[0] === 0xff ? 'all' : 'one'} ${String(packet[21])}`);
}

test('who has the address is asked once, and TCP runs over it', () => {
  const link = new Link({ ethernet: true });
  const { client, server } = connected(link);
  const data = pattern(100_000);
  expect(transfer(link, link.here, client, link.there, server, data).got).toEqual(data);
  // A question to all, an answer to one: the one who answers has learnt from the question.
  expect(arps(link)).toEqual(['here all 1', 'there one 2']);
  expect(link.log.filter(({ packet }) => typeOf(packet) === IPV4).length).toBeGreaterThan(80);
});

test('an answer that is lost is asked for again; an address that nobody has is given up', () => {
  const link = new Link({ ethernet: true, lose: (_frame, number) => number < 2 });
  const server = link.there.calls.udp();
  link.there.calls.bind(server, 0, 53);
  const client = link.here.calls.udp();
  link.here.send(client, pattern(5), THERE, 53);
  link.here.send(client, pattern(6), THERE, 53);
  link.run(5000);
  // The last packet has waited.
  expect(link.there.receive(server)).toEqual(pattern(6));
  expect(arps(link)).toEqual(['here all 1', 'here all 1', 'here all 1', 'there one 2']);
  link.here.send(client, pattern(5), HERE + 7, 53);
  link.run(20_000);
  expect(arps(link).length).toBe(7);
  expect(link.here.calls.packets()).toBe(0);
});

test('what is known is forgotten after a while', () => {
  const link = new Link({ ethernet: true });
  const server = link.there.calls.udp();
  link.there.calls.bind(server, 0, 53);
  const client = link.here.calls.udp();
  for (const pause of [1000, 30_000, 61_000, 10]) {
    link.here.send(client, pattern(5), THERE, 53);
    link.run(100);
    expect(link.there.receive(server)).toEqual(pattern(5));
    link.run(pause);
  }
  expect(arps(link).filter((line) => line === 'here all 1').length).toBe(2);
});

test('a message that lies about our own address, or is cut off, changes nothing', () => {
  const link = new Link({ ethernet: true });
  const frame = new Uint8Array(42).fill(0);
  frame.set([0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 6, 6, 6, 6, 6, 6, 8, 6, 0, 1, 8, 0, 6, 4, 0, 2]);
  frame.set([6, 6, 6, 6, 6, 6], 22);
  const view = new DataView(frame.buffer);
  view.setUint32(28, HERE);
  link.here.arrive(frame);
  for (let length = 0; length < 42; length++) link.here.arrive(frame.slice(0, length));
  const { client, server } = connected(link);
  const data = pattern(1000);
  expect(transfer(link, link.here, client, link.there, server, data).got).toEqual(data);
});

/** THERE says that it has its address, as it does when it has come to another host. */
function announcement(link: Link): Uint8Array {
  const frame = new Uint8Array(42);
  const view = new DataView(frame.buffer);
  frame.fill(0xff, 0, 6);
  // Its card's address, as host.ts makes it.
  const hardware = [2, 0, 0, 0, 0, THERE & 255];
  frame.set([...hardware, 8, 6, 0, 1, 8, 0, 6, 4, 0, 1, ...hardware], 6);
  view.setUint32(28, THERE);
  view.setUint32(38, THERE);
  expect(link.here.address).toBe(HERE);
  return frame;
}

test('who announces itself is told at once what may not have come to it, and is sent it again; not for every announcement', () => {
  let isCut = false;
  const link = new Link({ ethernet: true, lose: () => isCut });
  const { client, server } = connected(link);
  const { here, there } = link;
  there.send(server, pattern(100));
  link.run(100);
  // Acknowledgments and data that are under way to it when it goes elsewhere are lost.
  isCut = true;
  here.send(client, pattern(300));
  link.run(50);
  isCut = false;
  expect(there.receive(server)).toBe(-11);
  const before = link.log.length;
  for (let times = 0; times < 3; times++) here.arrive(announcement(link));
  link.run(20);
  expect(there.receive(server)).toEqual(pattern(300));
  const sent = link.log.slice(before).filter(({ from }) => from === 'here');
  expect(sent.length).toBeLessThan(4);
  // An announcement of who is not known means nothing.
  const stranger = announcement(link);
  stranger[31] = stranger[41] = 9;
  const quiet = link.log.length;
  here.arrive(stranger);
  expect(link.log.length).toBe(quiet);
});
