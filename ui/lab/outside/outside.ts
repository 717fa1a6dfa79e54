/**
 * What is beyond a world's gateway: it opens TCP connections to ports of hosts and domains, in the gateway's name. It is no part of the
 * world. What it sends are frames, each an input with its instant, so that a run with them is made again without anybody outside; what the
 * gateway gets it hears while the world runs, and answers when that stands (`attend`).
 */
import {
  BROADCAST,
  ETHERTYPE,
  ETHERTYPE_ARP,
  ETHERTYPE_IPV4,
  frame,
  get16,
  get32,
  HEADER_BYTES,
  put32,
  SOURCE,
} from '../../../devices/lan/ethernet.ts';
import type { Gateway } from '../../../devices/lan/gateway.ts';
import { makeSegment, parsePacket, parseSegment } from '../../../devices/lan/ipv4.ts';
import type { Segment } from '../../../devices/lan/ipv4.ts';
import type { LanFault } from '../../../devices/lan/lan.ts';
import { Connection } from './connection.ts';
import type { ConnectionListener } from './connection.ts';

/** The ports that it uses, one after the other. */
const FIRST_PORT = 49_152;
const PORTS = 16_384;
const SEQUENCE_STEP = 0x10_0000;
/** Frames that nobody has attended to; more are lost. */
const MOST_HEARD = 4096;
/** How often it asks for an address, and how long after the last time, in ns. */
const ASK_NS = 300_000_000;
const MOST_ASKED = 8;

/** A network with a gateway, as the outside knows it. */
export interface Uplink {
  readonly gateway: Gateway;
  /** Now, in ns. */
  readonly nowNs: number;
  /** Something comes to the network from outside, now. */
  inject(fault: LanFault): void;
}

/** Somebody is sought. */
interface Asked {
  times: number;
  lastNs: number;
}

export class Outside {
  private readonly uplink: Uplink;
  private readonly connections = new Map<number, Connection>();
  /** MAC addresses by IPv4 addresses, as they were last heard. */
  private readonly stations = new Map<number, Uint8Array>();
  private readonly asked = new Map<number, Asked>();
  private heard: Uint8Array[] = [];
  private opened = 0;

  constructor(uplink: Uplink) {
    this.uplink = uplink;
    uplink.gateway.onFrame = (bytes) => {
      if (this.connections.size > 0 && this.heard.length < MOST_HEARD) this.heard.push(bytes.slice());
    };
  }

  /** Opens a connection to a port; what is to be sent can be given at once. */
  connect(address: number, port: number, listener: ConnectionListener): Connection {
    let localPort = FIRST_PORT + (this.opened++ % PORTS);
    while (this.connections.has(localPort)) localPort = FIRST_PORT + (this.opened++ % PORTS);
    const place = { address, port, localPort };
    const made = new Connection(place, (this.opened * SEQUENCE_STEP) >>> 0, listener);
    this.connections.set(localPort, made);
    return made;
  }

  /** Hears what has come, and sends what is due. To be called whenever the world stands for a moment. */
  attend(): void {
    for (const bytes of this.heard.splice(0)) this.hear(bytes);
    for (const each of [...this.connections.values()]) this.serve(each);
  }

  /** Breaks a connection off, and says so to the other side. */
  break(connection: Connection, problem: string): void {
    const reset = connection.break(problem);
    const mac = this.stations.get(connection.address);
    if (reset !== null && mac !== undefined) this.send(mac, connection.address, reset);
    this.connections.delete(connection.localPort);
  }

  /** The world is at another instant: nobody there knows of any connection. */
  forget(): void {
    this.heard = [];
    for (const each of [...this.connections.values()])
      each.break('the world stands, or is at another instant');
    this.connections.clear();
    this.stations.clear();
    this.asked.clear();
  }

  private hear(bytes: Uint8Array): void {
    const type = get16(bytes, ETHERTYPE);
    const payload = bytes.subarray(HEADER_BYTES);
    const mac = bytes.slice(SOURCE, SOURCE + 6);
    if (type === ETHERTYPE_ARP && payload.length >= 28) this.stations.set(get32(payload, 14), mac);
    if (type !== ETHERTYPE_IPV4) return;
    const packet = parsePacket(payload);
    const segment = packet === null ? null : parseSegment(packet);
    if (packet === null || segment === null) return;
    const connection = this.connections.get(segment.toPort);
    if (connection?.address === packet.from && connection.port === segment.fromPort) connection.hear(segment);
  }

  private serve(connection: Connection): void {
    const mac = this.stations.get(connection.address);
    if (mac === undefined) this.ask(connection);
    else for (const segment of connection.due(this.uplink.nowNs)) this.send(mac, connection.address, segment);
    if (connection.isOver) this.connections.delete(connection.localPort);
  }

  /** Who has that address (RFC 826)? */
  private ask(connection: Connection): void {
    const { nowNs, gateway } = this.uplink;
    const { address } = connection;
    const asked = this.asked.get(address) ?? { times: 0, lastNs: -Infinity };
    this.asked.set(address, asked);
    if (nowNs < asked.lastNs + ASK_NS) return;
    asked.lastNs = nowNs;
    if (++asked.times > MOST_ASKED) {
      this.asked.delete(address);
      this.break(connection, 'there is no such host');
      return;
    }
    const request = new Uint8Array(28);
    request.set([0, 1, 8, 0, 6, 4, 0, 1]);
    request.set(gateway.mac, 8);
    put32(request, 14, gateway.address);
    put32(request, 24, address);
    this.inject(frame(BROADCAST, gateway.mac, ETHERTYPE_ARP, request));
  }

  private send(mac: Uint8Array, address: number, segment: Segment): void {
    const { gateway } = this.uplink;
    const packet = makeSegment(gateway.address, address, segment);
    this.inject(frame(mac, gateway.mac, ETHERTYPE_IPV4, packet));
  }

  private inject(bytes: Uint8Array): void {
    const digits = Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');
    this.uplink.inject({ kind: 'frame from outside', frame: digits });
  }
}
