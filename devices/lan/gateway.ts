/**
 * A station that a network is not lonely with: it has an address, answers ARP (RFC 826) and ICMP echo (RFC 792), and leases
 * addresses by DHCP. What is behind it is no part of the world: it hears what the gateway gets (`onFrame`), and what it sends is an
 * input (lan.ts, `frame from outside`).
 */
import { CLIENT_PORT, DhcpServer, SERVER_PORT } from './dhcp.ts';
import * as ethernet from './ethernet.ts';
import { checksum, get16, get32, put16, put32, sameBytes } from './ethernet.ts';
import { makeDatagram, makePacket, parseDatagram, parsePacket, PROTOCOL_ICMP, PROTOCOL_UDP } from './ipv4.ts';
import type { Packet } from './ipv4.ts';
import type { Station } from './lan.ts';

const ARP_BYTES = 28;
const ARP_REQUEST = 1;
const ARP_REPLY = 2;
/** Ethernet, IPv4, and the lengths of their addresses. */
const ARP_KIND = [0, 1, 8, 0, 6, 4];

const ICMP_ECHO = 8;
const ICMP_ECHO_REPLY = 0;
const BROADCAST = 0xffff_ffff;

/** Addresses as text. */
export interface GatewayOptions {
  readonly mac: string;
  readonly address: string;
  readonly netmask: string;
  /** First and last address that it leases. */
  readonly first: string;
  readonly last: string;
  /** The name server that clients are told of; itself unless given. */
  readonly dns?: string;
  readonly leaseSeconds: number;
  /** Addresses of that range that are kept for cards, by their MAC addresses. */
  readonly reserved?: Readonly<Record<string, string>>;
}

export const DEFAULT_GATEWAY: GatewayOptions = {
  mac: '52:54:00:00:00:01',
  address: '10.0.0.1',
  netmask: '255.255.255.0',
  first: '10.0.0.100',
  last: '10.0.0.199',
  leaseSeconds: 3600,
};

function reservations(reserved: Readonly<Record<string, string>>): Map<string, number> {
  return new Map(
    Object.entries(reserved).map(([mac, address]) => [
      ethernet.parseMac(mac).join(),
      ethernet.parseIpv4(address),
    ]),
  );
}

export class Gateway implements Station {
  /** Told of each frame that is for it, or for all. No part of the state. */
  onFrame: ((frame: Uint8Array) => void) | undefined = undefined;
  readonly mac: Uint8Array;
  readonly address: number;
  readonly dhcp: DhcpServer;

  /** Throws RangeError for text that is no address. */
  constructor(options: GatewayOptions) {
    this.mac = ethernet.parseMac(options.mac);
    this.address = ethernet.parseIpv4(options.address);
    this.dhcp = new DhcpServer({
      server: this.address,
      router: this.address,
      netmask: ethernet.parseIpv4(options.netmask),
      dns: ethernet.parseIpv4(options.dns ?? options.address),
      first: ethernet.parseIpv4(options.first),
      last: ethernet.parseIpv4(options.last),
      leaseSeconds: options.leaseSeconds,
      ...(options.reserved === undefined ? {} : { reserved: reservations(options.reserved) }),
    });
  }

  answer(frame: Uint8Array, nowNs: number): Uint8Array[] {
    const to = frame.subarray(ethernet.DESTINATION, ethernet.DESTINATION + ethernet.MAC_BYTES);
    if (!sameBytes(to, this.mac) && !sameBytes(to, ethernet.BROADCAST)) return [];
    this.onFrame?.(frame);
    const payload = frame.subarray(ethernet.HEADER_BYTES);
    const type = get16(frame, ethernet.ETHERTYPE);
    const sender = frame.subarray(ethernet.SOURCE, ethernet.SOURCE + ethernet.MAC_BYTES);
    if (type === ethernet.ETHERTYPE_ARP) return this.arp(payload);
    if (type !== ethernet.ETHERTYPE_IPV4) return [];
    const packet = parsePacket(payload);
    if (packet === null) return [];
    return packet.protocol === PROTOCOL_UDP ? this.udp(packet, sender, nowNs) : this.echo(packet, sender);
  }

  private arp(payload: Uint8Array): Uint8Array[] {
    if (payload.length < ARP_BYTES || !ARP_KIND.every((byte, at) => payload[at] === byte)) return [];
    if (get16(payload, 6) !== ARP_REQUEST || get32(payload, 24) !== this.address) return [];
    const reply = payload.slice(0, ARP_BYTES);
    put16(reply, 6, ARP_REPLY);
    reply.set(this.mac, 8);
    put32(reply, 14, this.address);
    reply.set(payload.subarray(8, 18), 18);
    return [ethernet.frame(payload.subarray(8, 14), this.mac, ethernet.ETHERTYPE_ARP, reply)];
  }

  private echo({ from, to, protocol, payload }: Packet, sender: Uint8Array): Uint8Array[] {
    if (protocol !== PROTOCOL_ICMP || to !== this.address) return [];
    if (payload.length < 8 || payload[0] !== ICMP_ECHO || checksum(payload) !== 0) return [];
    const reply = payload.slice();
    reply[0] = ICMP_ECHO_REPLY;
    put16(reply, 2, 0);
    put16(reply, 2, checksum(reply));
    const packet = makePacket({ from: this.address, to: from, protocol: PROTOCOL_ICMP, payload: reply });
    return [ethernet.frame(sender, this.mac, ethernet.ETHERTYPE_IPV4, packet)];
  }

  private udp(packet: Packet, sender: Uint8Array, nowNs: number): Uint8Array[] {
    const datagram = parseDatagram(packet);
    const mine = packet.to === this.address || packet.to === BROADCAST;
    if (datagram?.toPort !== SERVER_PORT || !mine) return [];
    const reply = this.dhcp.answer(datagram.payload, nowNs);
    if (reply === null) return [];
    const bytes = makeDatagram(this.address, reply.to, {
      fromPort: SERVER_PORT,
      toPort: CLIENT_PORT,
      payload: reply.bytes,
    });
    const to = reply.to === BROADCAST ? ethernet.BROADCAST : sender;
    return [ethernet.frame(to, this.mac, ethernet.ETHERTYPE_IPV4, bytes)];
  }
}
