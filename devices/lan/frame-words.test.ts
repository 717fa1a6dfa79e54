/** What a frame is, in words; of any bytes. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { BROADCAST, ETHERTYPE_ARP, ETHERTYPE_IPV4, frame, parseIpv4, put16, put32 } from './ethernet.ts';
import { frameWords } from './frame-words.ts';
import { ACK, makeDatagram, makePacket, makeSegment, PROTOCOL_ICMP, SYN } from './ipv4.ts';

const MAC = Uint8Array.of(0, 0x16, 0x3e, 0, 0, 1);
const [FROM, TO] = ['10.0.0.1', '10.0.0.100'].map(parseIpv4) as [number, number];

function ipv4(packet: Uint8Array): Uint8Array {
  return frame(BROADCAST, MAC, ETHERTYPE_IPV4, packet);
}
function arp(operation: number, sender: number, target: number): Uint8Array {
  const bytes = new Uint8Array(28);
  put16(bytes, 0, 1);
  put16(bytes, 2, ETHERTYPE_IPV4);
  put16(bytes, 6, operation);
  bytes.set(MAC, 8);
  put32(bytes, 14, sender);
  put32(bytes, 24, target);
  return frame(BROADCAST, MAC, ETHERTYPE_ARP, bytes);
}
function icmp(type: number): Uint8Array {
  const payload = new Uint8Array(64);
  payload[0] = type;
  return ipv4(makePacket({ from: FROM, to: TO, protocol: PROTOCOL_ICMP, payload }));
}
function tcp(flags: number, payload: Uint8Array): Uint8Array {
  const ends = { fromPort: 1234, toPort: 80, sequence: 7, acknowledged: 9, window: 100 };
  return ipv4(makeSegment(FROM, TO, { ...ends, flags, payload }));
}
function tagged(bytes: Uint8Array): Uint8Array {
  return Uint8Array.of(...bytes.subarray(0, 12), 0x81, 0, 0x20, 10, ...bytes.subarray(12));
}
const udp = ipv4(makeDatagram(FROM, TO, { fromPort: 67, toPort: 68, payload: new Uint8Array(300) }));

test.each<[words: string, bytes: Uint8Array]>([
  ['ARP from 10.0.0.1: who has 10.0.0.100?', arp(1, FROM, TO)],
  ['ARP: 10.0.0.1 is at 00:16:3e:00:00:01', arp(2, FROM, TO)],
  ['ARP: 10.0.0.1 is here now', arp(1, FROM, FROM)],
  ['ARP from 00:16:3e:00:00:01 to all', arp(3, FROM, TO)],
  ['ICMP echo request from 10.0.0.1 to 10.0.0.100', icmp(8)],
  ['ICMP type 42 from 10.0.0.1 to 10.0.0.100', icmp(42)],
  ['TCP SYN ACK from 10.0.0.1:1234 to 10.0.0.100:80 (HTTP)', tcp(SYN | ACK, new Uint8Array(0))],
  ['TCP ACK from 10.0.0.1:1234 to 10.0.0.100:80 (HTTP), 1 byte', tcp(ACK, new Uint8Array(1))],
  ['UDP from 10.0.0.1:67 to 10.0.0.100:68 (DHCP), 300 bytes', udp],
  ['in VLAN 10, ICMP echo answer from 10.0.0.1 to 10.0.0.100', tagged(icmp(0))],
  ['type 0x86dd from 00:16:3e:00:00:01 to all', frame(BROADCAST, MAC, 0x86dd, new Uint8Array(40))],
  ['IPv4 from 00:16:3e:00:00:01 to all', ipv4(new Uint8Array(10))],
  ['a frame without a header', new Uint8Array(13)],
])('%s', (words, bytes) => {
  expect(frameWords(bytes)).toBe(words);
});

test('any bytes are told of in a line', () => {
  const types = fc.constantFrom(ETHERTYPE_ARP, ETHERTYPE_IPV4, 0x8100);
  fc.assert(
    fc.property(types, fc.uint8Array({ maxLength: 80 }), (type, payload) => {
      expect(frameWords(frame(BROADCAST, MAC, type, payload))).toMatch(/^[^\n]{5,120}$/);
    }),
  );
});
