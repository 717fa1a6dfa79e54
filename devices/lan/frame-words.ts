/** A frame in words, for who watches: what it is, from whom, to whom. Any bytes may be in it; checksums are nobody's business here. */
import {
  BROADCAST,
  DESTINATION,
  ETHERTYPE,
  ETHERTYPE_ARP,
  ETHERTYPE_IPV4,
  ETHERTYPE_VLAN,
  get16,
  get32,
  HEADER_BYTES,
  MAC_BYTES,
  sameBytes,
  SOURCE,
} from './ethernet.ts';
import { ACK, FIN, PROTOCOL_ICMP, PROTOCOL_TCP, PROTOCOL_UDP, PSH, RST, SYN } from './ipv4.ts';

const VLAN_BYTES = 4;
const VLAN_ID = 0x0fff;
const TYPES: Readonly<Record<number, string>> = { [ETHERTYPE_IPV4]: 'IPv4', [ETHERTYPE_ARP]: 'ARP' };
const ARP_BYTES = 28;
const ARP_REQUEST = 1;
const ARP_ANSWER = 2;
const IPV4_BYTES = 20;
const FRAGMENT_OFFSET = 0x1fff;
const UDP_BYTES = 8;
const TCP_BYTES = 20;
const ICMP_BYTES = 8;
const ICMP: Readonly<Record<number, string>> = {
  0: 'echo answer',
  3: 'unreachable',
  5: 'redirect',
  8: 'echo request',
  11: 'time exceeded',
};
const FLAGS = [
  [SYN, 'SYN'],
  [FIN, 'FIN'],
  [RST, 'RST'],
  [PSH, 'PSH'],
  [ACK, 'ACK'],
] as const;
/** Of UDP and TCP, by port. */
const SERVICES: Readonly<Record<number, string>> = { 53: 'DNS', 67: 'DHCP', 80: 'HTTP', 8002: 'migration' };

/** `TCP SYN from 10.0.0.1:1234 to 10.0.0.100:80 (HTTP)`; of what is not known, `IPv4 from 00:16:3e:00:00:01 to all`. */
export function frameWords(bytes: Uint8Array): string {
  if (bytes.length < HEADER_BYTES) return 'a frame without a header';
  const type = get16(bytes, ETHERTYPE);
  if (type === ETHERTYPE_VLAN && bytes.length >= HEADER_BYTES + VLAN_BYTES) return taggedWords(bytes);
  const payload = bytes.subarray(HEADER_BYTES);
  const known =
    type === ETHERTYPE_ARP ? arpWords(payload) : type === ETHERTYPE_IPV4 ? packetWords(payload) : null;
  if (known !== null) return known;
  const name = TYPES[type] ?? `type 0x${type.toString(16).padStart(4, '0')}`;
  return `${name} from ${macWords(bytes, SOURCE)} to ${macWords(bytes, DESTINATION)}`;
}

function taggedWords(bytes: Uint8Array): string {
  const inner = new Uint8Array(bytes.length - VLAN_BYTES);
  inner.set(bytes.subarray(0, ETHERTYPE));
  inner.set(bytes.subarray(ETHERTYPE + VLAN_BYTES), ETHERTYPE);
  return `in VLAN ${String(get16(bytes, HEADER_BYTES) & VLAN_ID)}, ${frameWords(inner)}`;
}

function arpWords(bytes: Uint8Array): string | null {
  if (bytes.length < ARP_BYTES || get16(bytes, 2) !== ETHERTYPE_IPV4) return null;
  const [sender, target] = [ipWords(get32(bytes, 14)), ipWords(get32(bytes, 24))];
  const operation = get16(bytes, 6);
  if (operation === ARP_REQUEST)
    return sender === target ? `ARP: ${sender} is here now` : `ARP from ${sender}: who has ${target}?`;
  return operation === ARP_ANSWER ? `ARP: ${sender} is at ${macWords(bytes, 8)}` : null;
}

function packetWords(bytes: Uint8Array): string | null {
  const header = (bytes[0]! & 15) * 4;
  if (bytes.length < IPV4_BYTES || bytes[0]! >> 4 !== 4 || header < IPV4_BYTES) return null;
  // Behind it there may be padding.
  const payload = bytes.subarray(header, get16(bytes, 2));
  const [from, to] = [ipWords(get32(bytes, 12)), ipWords(get32(bytes, 16))];
  const protocol = bytes[9]!;
  if ((get16(bytes, 6) & FRAGMENT_OFFSET) !== 0) return `a later fragment from ${from} to ${to}`;
  if (protocol === PROTOCOL_ICMP && payload.length >= ICMP_BYTES)
    return `ICMP ${ICMP[payload[0]!] ?? `type ${String(payload[0])}`} from ${from} to ${to}`;
  if (protocol === PROTOCOL_UDP && payload.length >= UDP_BYTES)
    return `UDP ${endsWords(from, to, payload)}, ${amount(payload.length - UDP_BYTES)}`;
  if (protocol === PROTOCOL_TCP && payload.length >= TCP_BYTES) return segmentWords(from, to, payload);
  return `IPv4, protocol ${String(protocol)}, from ${from} to ${to}`;
}

function segmentWords(from: string, to: string, bytes: Uint8Array): string {
  const data = Math.max(0, bytes.length - (bytes[12]! >> 4) * 4);
  const flags = FLAGS.filter(([bit]) => (bytes[13]! & bit) !== 0).map(([, name]) => name);
  const what = ['TCP', ...flags].join(' ');
  return `${what} ${endsWords(from, to, bytes)}${data === 0 ? '' : `, ${amount(data)}`}`;
}

/** Both ends, and whose port it is where that is known. */
function endsWords(from: string, to: string, bytes: Uint8Array): string {
  const [fromPort, toPort] = [get16(bytes, 0), get16(bytes, 2)];
  const service = SERVICES[toPort] ?? SERVICES[fromPort];
  const ends = `from ${from}:${String(fromPort)} to ${to}:${String(toPort)}`;
  return service === undefined ? ends : `${ends} (${service})`;
}

function amount(bytes: number): string {
  return bytes === 1 ? '1 byte' : `${String(bytes)} bytes`;
}

function ipWords(address: number): string {
  return [24, 16, 8, 0].map((shift) => String((address >>> shift) & 255)).join('.');
}

function macWords(bytes: Uint8Array, at: number): string {
  const mac = bytes.subarray(at, at + MAC_BYTES);
  if (sameBytes(mac, BROADCAST)) return 'all';
  return Array.from(mac, (byte) => byte.toString(16).padStart(2, '0')).join(':');
}
