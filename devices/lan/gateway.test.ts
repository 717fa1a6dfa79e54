/** Conversations with the gateway: ARP, echo, and DHCP as a client leads them. */
import fc from 'fast-check';
import { beforeEach, expect, test } from 'vitest';
import * as dhcp from './dhcp.ts';
import { MESSAGE } from './dhcp.ts';
import {
  BROADCAST,
  checksum,
  ETHERTYPE_ARP,
  ETHERTYPE_IPV4,
  frame,
  get16,
  get32,
  parseIpv4,
  put16,
  put32,
} from './ethernet.ts';
import { DEFAULT_GATEWAY, Gateway } from './gateway.ts';
import { makeDatagram, makePacket, parseDatagram, parsePacket, PROTOCOL_ICMP } from './ipv4.ts';

const CLIENT = Uint8Array.of(0x52, 0x54, 0, 0, 0, 9);
const OTHER = Uint8Array.of(0x52, 0x54, 0, 0, 0, 10);
const GATEWAY = parseIpv4('10.0.0.1');
const FIRST = parseIpv4('10.0.0.100');
const SECOND_NS = 1_000_000_000;

let gateway: Gateway;
beforeEach(() => {
  gateway = new Gateway({ ...DEFAULT_GATEWAY, last: '10.0.0.101' });
});

function arpRequest(target: number): Uint8Array {
  const payload = new Uint8Array(46);
  payload.set([0, 1, 8, 0, 6, 4, 0, 1, ...CLIENT]);
  put32(payload, 14, FIRST);
  put32(payload, 24, target);
  return frame(BROADCAST, CLIENT, ETHERTYPE_ARP, payload);
}

test('ARP: who has the gateway’s address is told, others are not', () => {
  const [reply] = gateway.answer(arpRequest(GATEWAY), 0);
  expect([...reply!.subarray(0, 14)]).toEqual([...CLIENT, ...gateway.mac, 8, 6]);
  const arp = reply!.subarray(14);
  expect([...arp.subarray(0, 8)]).toEqual([0, 1, 8, 0, 6, 4, 0, 2]);
  expect([...arp.subarray(8, 14)]).toEqual([...gateway.mac]);
  expect([get32(arp, 14), get32(arp, 24)]).toEqual([GATEWAY, FIRST]);
  expect([...arp.subarray(18, 24)]).toEqual([...CLIENT]);
  expect(gateway.answer(arpRequest(GATEWAY + 1), 0)).toEqual([]);
});

function ping(to: Uint8Array, address: number, spoil = 0): Uint8Array {
  const echo = new Uint8Array(40).fill(0xab);
  echo.set([8, 0, 0, 0, 0x12, 0x34, 0, 1]);
  put16(echo, 2, checksum(echo) ^ spoil);
  const packet = makePacket({ from: FIRST, to: address, protocol: PROTOCOL_ICMP, payload: echo });
  return frame(to, CLIENT, ETHERTYPE_IPV4, packet);
}

test('ICMP echo comes back with its data; what is damaged, or for others, does not', () => {
  const [reply] = gateway.answer(ping(gateway.mac, GATEWAY), 0);
  const packet = parsePacket(reply!.subarray(14))!;
  expect([packet.from, packet.to]).toEqual([GATEWAY, FIRST]);
  expect([...packet.payload.subarray(4)]).toEqual([0x12, 0x34, 0, 1, ...new Array<number>(32).fill(0xab)]);
  expect([packet.payload[0], checksum(packet.payload)]).toEqual([0, 0]);
  expect(gateway.answer(ping(gateway.mac, GATEWAY, 1), 0)).toEqual([]);
  expect(gateway.answer(ping(gateway.mac, GATEWAY + 1), 0)).toEqual([]);
  expect(gateway.answer(ping(OTHER, GATEWAY), 0)).toEqual([]);
});

interface Ask {
  readonly type: number;
  readonly mac?: Uint8Array;
  readonly ciaddr?: number;
  readonly flags?: number;
  /** Options with four bytes. */
  readonly options?: Record<number, number>;
}

interface Answer {
  readonly type: number;
  readonly address: number;
  readonly options: Map<number, Uint8Array>;
  readonly to: number;
  readonly frameTo: Uint8Array;
}

function ask({ type, mac = CLIENT, ciaddr = 0, flags = 0, options = {} }: Ask, nowNs = 0): Answer | null {
  const bytes = new Uint8Array(300);
  bytes.set([1, 1, 6, 0, 0xde, 0xad, 0xbe, 0xef]);
  put16(bytes, MESSAGE.FLAGS, flags);
  put32(bytes, MESSAGE.CIADDR, ciaddr);
  bytes.set(mac, MESSAGE.CHADDR);
  put32(bytes, MESSAGE.COOKIE_AT, MESSAGE.COOKIE);
  const list = [53, 1, type];
  for (const [code, value] of Object.entries(options))
    list.push(Number(code), 4, value >>> 24, (value >>> 16) & 255, (value >>> 8) & 255, value & 255);
  bytes.set([0, ...list, 255], MESSAGE.OPTIONS);
  const datagram = makeDatagram(ciaddr, 0xffff_ffff, { fromPort: 68, toPort: 67, payload: bytes });
  const [reply] = gateway.answer(frame(BROADCAST, mac, ETHERTYPE_IPV4, datagram), nowNs);
  if (reply === undefined) return null;
  const packet = parsePacket(reply.subarray(14))!;
  const { fromPort, toPort, payload } = parseDatagram(packet)!;
  expect([fromPort, toPort, payload[0], get32(payload, MESSAGE.XID)]).toEqual([67, 68, 2, 0xdeadbeef]);
  const read = dhcp.parseOptions(payload);
  return {
    type: read.get(53)![0]!,
    address: get32(payload, MESSAGE.YIADDR),
    options: read,
    to: packet.to,
    frameTo: reply.subarray(0, 6),
  };
}

/** Discover and request. */
function lease(mac: Uint8Array, nowNs = 0): number {
  const offer = ask({ type: dhcp.DISCOVER, mac }, nowNs);
  if (offer === null) return 0;
  const ack = ask({ type: dhcp.REQUEST, mac, options: { 50: offer.address, 54: GATEWAY } }, nowNs);
  expect(ack?.type).toBe(dhcp.ACK);
  return ack!.address;
}

test('DHCP: an offer with mask, router, name server and lease time, and the same again acknowledged', () => {
  const offer = ask({ type: dhcp.DISCOVER })!;
  expect([offer.type, offer.address, offer.to]).toEqual([dhcp.OFFER, FIRST, FIRST]);
  expect([...offer.frameTo]).toEqual([...CLIENT]);
  const numbers = [1, 3, 6, 51, 54].map((code) => get32(offer.options.get(code)!, 0));
  expect(numbers).toEqual([0xffff_ff00, GATEWAY, GATEWAY, 3600, GATEWAY]);
  const ack = ask({ type: dhcp.REQUEST, options: { 50: FIRST, 54: GATEWAY } })!;
  expect([ack.type, ack.address]).toEqual([dhcp.ACK, FIRST]);
  expect(lease(CLIENT)).toBe(FIRST);
  expect(lease(OTHER)).toBe(FIRST + 1);
});

test('DHCP: a client that wants a broadcast gets one', () => {
  const offer = ask({ type: dhcp.DISCOVER, flags: 0x8000 })!;
  expect([offer.to, offer.frameTo[0]]).toEqual([0xffff_ffff, 255]);
});

test('DHCP: an address that is asked for is given when it is free, and refused when it is not', () => {
  expect(ask({ type: dhcp.DISCOVER, options: { 50: FIRST + 1 } })?.address).toBe(FIRST + 1);
  // Without an offer (INIT-REBOOT): taken by another, or outside.
  expect(ask({ type: dhcp.REQUEST, mac: OTHER, options: { 50: FIRST + 1 } })?.type).toBe(dhcp.NAK);
  expect(ask({ type: dhcp.REQUEST, mac: OTHER, options: { 50: parseIpv4('192.168.0.9') } })?.type).toBe(
    dhcp.NAK,
  );
  expect(ask({ type: dhcp.REQUEST, mac: OTHER, options: { 50: FIRST } })?.type).toBe(dhcp.ACK);
});

test('DHCP: leases end; they are renewed, released, declined; another server’s offer frees ours', () => {
  expect([lease(CLIENT), lease(OTHER)]).toEqual([FIRST, FIRST + 1]);
  const third = Uint8Array.of(2, 0, 0, 0, 0, 3);
  expect(ask({ type: dhcp.DISCOVER, mac: third })).toBeNull();
  const renewed = ask({ type: dhcp.REQUEST, ciaddr: FIRST }, 3000 * SECOND_NS);
  expect([renewed?.type, renewed?.address, renewed?.to]).toEqual([dhcp.ACK, FIRST, FIRST]);
  expect(lease(third, 3601 * SECOND_NS)).toBe(FIRST + 1);
  expect(lease(OTHER, 3602 * SECOND_NS)).toBe(0);
  ask({ type: dhcp.RELEASE, ciaddr: FIRST, options: { 54: GATEWAY } }, 3603 * SECOND_NS);
  expect(lease(OTHER, 3604 * SECOND_NS)).toBe(FIRST);
  ask({ type: dhcp.DECLINE, mac: OTHER, options: { 50: FIRST, 54: GATEWAY } }, 3605 * SECOND_NS);
  expect(lease(OTHER, 3606 * SECOND_NS)).toBe(0);
  ask({ type: dhcp.REQUEST, mac: third, options: { 50: 1, 54: GATEWAY + 5 } }, 3607 * SECOND_NS);
  expect(lease(OTHER, 3608 * SECOND_NS)).toBe(FIRST + 1);
});

test('DHCP: nobody releases or declines the address of another', () => {
  expect(lease(CLIENT)).toBe(FIRST);
  ask({ type: dhcp.RELEASE, mac: OTHER, ciaddr: FIRST, options: { 54: GATEWAY } });
  ask({ type: dhcp.DECLINE, mac: OTHER, options: { 50: FIRST, 54: GATEWAY } });
  // Nor for a server that is another one.
  ask({ type: dhcp.RELEASE, ciaddr: FIRST, options: { 54: GATEWAY + 1 } });
  expect(ask({ type: dhcp.REQUEST, mac: OTHER, options: { 50: FIRST } })?.type).toBe(dhcp.NAK);
  expect(ask({ type: dhcp.REQUEST, ciaddr: FIRST })?.type).toBe(dhcp.ACK);
});

test('DHCP: who takes another address has given up the one it had', () => {
  expect(lease(CLIENT)).toBe(FIRST);
  expect(ask({ type: dhcp.REQUEST, options: { 50: FIRST + 1 } })?.type).toBe(dhcp.ACK);
  expect(ask({ type: dhcp.REQUEST, mac: OTHER, options: { 50: FIRST } })?.type).toBe(dhcp.ACK);
});

test('DHCP: INFORM is told the network, and gets no address', () => {
  const answer = ask({ type: dhcp.INFORM, ciaddr: parseIpv4('10.0.0.7') })!;
  expect([answer.type, answer.address, answer.options.has(51)]).toEqual([dhcp.ACK, 0, false]);
  expect(get32(answer.options.get(3)!, 0)).toBe(GATEWAY);
});

test('DHCP: an address that is reserved is its card’s alone, whoever comes first', () => {
  gateway = new Gateway({
    ...DEFAULT_GATEWAY,
    last: '10.0.0.102',
    reserved: { '52:54:00:00:00:09': '10.0.0.101' },
  });
  expect(lease(OTHER)).toBe(FIRST);
  const third = Uint8Array.of(2, 0, 0, 0, 0, 3);
  expect(ask({ type: dhcp.REQUEST, mac: third, options: { 50: FIRST + 1 } })?.type).toBe(dhcp.NAK);
  expect(lease(third)).toBe(FIRST + 2);
  expect(ask({ type: dhcp.DISCOVER, options: { 50: FIRST + 2 } })?.address).toBe(FIRST + 1);
  expect(lease(CLIENT)).toBe(FIRST + 1);
});

test('whatever comes, the gateway answers with frames or not at all', () => {
  const heads = [arpRequest(GATEWAY), ping(gateway.mac, GATEWAY)];
  const spoiled = fc.tuple(
    fc.nat(1),
    fc.array(fc.tuple(fc.nat(90), fc.nat(255)), { maxLength: 6 }),
    fc.nat(90),
  );
  fc.assert(
    fc.property(spoiled, fc.uint8Array({ maxLength: 400 }), ([which, changes, length], dhcpBytes) => {
      const bytes = heads[which]!.slice();
      for (const [at, value] of changes) bytes[at % bytes.length] = value;
      for (const answer of gateway.answer(bytes.subarray(0, Math.max(length, 14)), 0))
        expect(get16(answer, 12)).toBeGreaterThan(0);
      const message = new Uint8Array(240 + dhcpBytes.length);
      message.set([1, 1, 6]);
      put32(message, MESSAGE.COOKIE_AT, MESSAGE.COOKIE);
      message.set(dhcpBytes, 240);
      gateway.dhcp.answer(message, 0);
    }),
    { seed: 7, numRuns: 500 },
  );
});
