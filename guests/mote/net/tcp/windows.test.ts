/** More than 64 KiB under way (RFC 7323, 2), and packets that a card cuts and joins. */
import { describe, expect, test } from 'vitest';
import { connected, HERE, Link, pattern, THERE, transfer } from '../../../tests/network/link.ts';
import type { LinkOptions } from '../../../tests/network/link.ts';

const RING_BYTES = 1 << 18;
const MOST_WHOLE = 44 * 1460;
const [SYN, ACK] = [2, 16];
const [MSS, SCALE] = [2, 3];
const IP_BYTES = 20;
const MEGABYTE = pattern(1 << 20);

const view = (packet: Uint8Array): DataView => new DataView(packet.buffer, packet.byteOffset);
const flagsOf = (packet: Uint8Array): number => packet[IP_BYTES + 13]!;
const windowOf = (packet: Uint8Array): number => view(packet).getUint16(IP_BYTES + 14);
const dataOf = (packet: Uint8Array): number => packet.length - IP_BYTES - (packet[IP_BYTES + 12]! >> 4) * 4;

/** Options of TCP, by their kinds. */
function optionsOf(packet: Uint8Array): Map<number, readonly number[]> {
  const options = new Map<number, readonly number[]>();
  const end = IP_BYTES + (packet[IP_BYTES + 12]! >> 4) * 4;
  for (let at = IP_BYTES + 20; at < end;) {
    const kind = packet[at]!;
    if (kind === 0) break;
    const length = kind === 1 ? 1 : packet[at + 1]!;
    if (kind > 1) options.set(kind, [...packet.subarray(at + 2, at + length)]);
    at += length;
  }
  return options;
}

/** The most that was under way from here at once. */
function mostUnderWay(link: Link): number {
  let [end, acknowledged, most] = [0, 0, 0];
  const first = view(link.log.find(({ from }) => from === 'here')!.packet).getUint32(IP_BYTES + 4);
  for (const { from, packet } of link.log) {
    if (from === 'there') acknowledged = (view(packet).getUint32(IP_BYTES + 8) - first) >>> 0;
    else end = Math.max(end, (view(packet).getUint32(IP_BYTES + 4) + dataOf(packet) - first) >>> 0);
    if (acknowledged > 0) most = Math.max(most, end - acknowledged);
  }
  return most;
}

function sent(link: Link, { whole = false, ringBytes = RING_BYTES } = {}): Uint8Array {
  if (whole) for (const host of [link.here, link.there]) host.calls.takeWhole(MOST_WHOLE);
  const { client, server } = connected(link, 80, ringBytes);
  return transfer(link, link.here, client, link.there, server, MEGABYTE).got;
}

test('with long rings more than 64 KiB are under way, and windows are told in the units that both have named', () => {
  const link = new Link({ delayMs: 20 });
  expect(Buffer.compare(sent(link), MEGABYTE)).toBe(0);
  const syns = link.log.map(({ packet }) => packet).filter((packet) => (flagsOf(packet) & SYN) !== 0);
  expect(syns.map((packet) => optionsOf(packet).get(SCALE))).toEqual([[3], [3]]);
  // Those of a SYN are not shifted (RFC 7323, 2.2).
  expect(syns.map(windowOf)).toEqual([65_535, 65_535]);
  expect(Math.max(...link.log.slice(2).map(({ packet }) => windowOf(packet)))).toBe(RING_BYTES / 8);
  expect(mostUnderWay(link)).toBeGreaterThan(3 * 65_536);
});

test('usual rings need no units, and say so', () => {
  const link = new Link();
  sent(link, { ringBytes: 32_768 });
  const [syn, answer] = link.log.map(({ packet }) => packet);
  for (const packet of [syn!, answer!]) expect(optionsOf(packet).get(SCALE)).toEqual([0]);
  expect(optionsOf(syn!).get(MSS)).toEqual([1460 >> 8, 1460 & 255]);
});

test('who does not name units is not told of any, and windows are what they say', () => {
  const link = new Link();
  const { there } = link;
  const listener = there.calls.tcp();
  there.calls.bind(listener, 0, 80);
  there.calls.resize(listener, false, RING_BYTES);
  there.calls.listen(listener, 5);
  const syn = new Uint8Array(IP_BYTES + 20);
  syn.set([0x45, 0, 0, syn.length, 0, 1, 0, 0, 64, 6]);
  view(syn).setUint32(12, HERE);
  view(syn).setUint32(16, THERE);
  view(syn).setUint16(IP_BYTES, 1234);
  view(syn).setUint16(IP_BYTES + 2, 80);
  syn.set([0x50, SYN, 255, 255], IP_BYTES + 12);
  const sum = (from: number, to: number, start: number): number => {
    let total = start;
    for (let at = from; at < to; at += 2) total += view(syn).getUint16(at);
    while (total > 0xffff) total = (total & 0xffff) + (total >>> 16);
    return ~total & 0xffff;
  };
  view(syn).setUint16(IP_BYTES + 16, sum(12, syn.length, 6 + 20));
  view(syn).setUint16(10, sum(0, IP_BYTES, 0));
  there.arrive(syn);
  const answer = link.log.at(-1)!.packet;
  expect(flagsOf(answer)).toBe(SYN | ACK);
  expect([...optionsOf(answer).keys()]).toEqual([MSS]);
});

describe.each<[string, LinkOptions]>([
  ['a good link', {}],
  ['one that loses packets', { loss: 0.05, seed: 3 }],
  ['one that reorders and doubles them', { reorder: 0.2, double: 0.05, seed: 5 }],
])('packets for a card that cuts them, over %s', (_what, options) => {
  test('are long, full, few, and all there', () => {
    const link = new Link(options);
    expect(Buffer.compare(sent(link, { whole: true }), MEGABYTE)).toBe(0);
    const lengths = link.log.filter(({ from }) => from === 'here').map(({ packet }) => dataOf(packet));
    const isGood = options.seed === undefined;
    expect(Math.max(...lengths)).toBeGreaterThanOrEqual(isGood ? MOST_WHOLE : 10 * 1460);
    const long = lengths.filter((bytes) => bytes > 1460);
    // What is cut leaves no segment behind that is not full, but where all there was to send goes.
    expect(long.filter((bytes) => bytes % 1460 === 0).length).toBeGreaterThan(long.length / 2);
    if (isGood) expect(link.log.length).toBeLessThan(MEGABYTE.length / 1460 / 2);
  });
});

test('who writes is told that he may when a third of the ring is free, not for every segment', () => {
  const POLLOUT = 4;
  const link = new Link();
  const { client, server } = connected(link, 80, 30_000);
  const { here, there } = link;
  while (here.send(client, MEGABYTE.subarray(0, 4096)) > 0) {
    // until the ring is full
  }
  expect(here.calls.poll(client) & POLLOUT).toBe(0);
  let free = 0;
  while ((here.calls.poll(client) & POLLOUT) === 0 && link.step(Infinity)) {
    const got = there.receive(server, 4096);
    if (typeof got !== 'number') free += got.length;
  }
  expect(here.calls.poll(client) & POLLOUT).toBe(POLLOUT);
  expect(free).toBeGreaterThan(10_000 - 1460);
});
