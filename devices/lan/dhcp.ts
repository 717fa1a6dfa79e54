/**
 * A DHCP server (RFC 2131, options of RFC 2132): it leases the addresses of one range. A client that comes again gets what it
 * had; leases end with time, and an address that somebody declined rests as long as a lease.
 */
import { get16, get32, put16, put32 } from './ethernet.ts';
import { NS_PER_SECOND } from '../nanoseconds.ts';

export const SERVER_PORT = 67;
export const CLIENT_PORT = 68;

const BOOTREQUEST = 1;
const BOOTREPLY = 2;
const FLAG_BROADCAST = 0x8000;
const COOKIE = 0x6382_5363;

/** Offsets of a message's fields (RFC 2131, figure 1). */
const XID = 4;
const FLAGS = 10;
const CIADDR = 12;
const YIADDR = 16;
const SIADDR = 20;
const GIADDR = 24;
const CHADDR = 28;
const COOKIE_AT = 236;
const OPTIONS = 240;
/** BOOTP's least: some clients take no shorter one. */
const LEAST_BYTES = 300;

const OPTION_PAD = 0;
const OPTION_NETMASK = 1;
const OPTION_ROUTER = 3;
const OPTION_DNS = 6;
const OPTION_REQUESTED = 50;
const OPTION_LEASE_TIME = 51;
const OPTION_TYPE = 53;
const OPTION_SERVER = 54;
const OPTION_CLIENT_ID = 61;
const OPTION_END = 255;

export const DISCOVER = 1;
export const OFFER = 2;
export const REQUEST = 3;
export const DECLINE = 4;
export const ACK = 5;
export const NAK = 6;
export const RELEASE = 7;
export const INFORM = 8;

/** How long an address is kept for who was offered it. */
const OFFER_NS = 60 * NS_PER_SECOND;

interface DhcpOptions {
  readonly server: number;
  readonly netmask: number;
  readonly router: number;
  readonly dns: number;
  /** First and last address to lease. */
  readonly first: number;
  readonly last: number;
  readonly leaseSeconds: number;
  /** Addresses of that range that are kept for the cards with these MAC addresses (six numbers, joined by commas). */
  readonly reserved?: ReadonlyMap<string, number>;
}

interface Lease {
  /** Whose it is; empty for one that was declined. */
  readonly client: string;
  readonly untilNs: number;
}

/** A message of a client, read. */
interface Message {
  readonly bytes: Uint8Array;
  readonly type: number;
  readonly client: string;
  /** Its card's address, as `DhcpOptions.reserved` has it. */
  readonly mac: string;
  /** Options 50 and 54; 0 where they are missing. */
  readonly requested: number;
  readonly server: number;
  readonly ciaddr: number;
}

/** A message for a client. */
interface Reply {
  readonly bytes: Uint8Array;
  /** Where it goes: to the client's own address, or to everyone. */
  readonly to: number;
}

const BROADCAST = 0xffff_ffff;

export class DhcpServer {
  private readonly options: DhcpOptions;
  /** By address. */
  readonly leases = new Map<number, Lease>();

  constructor(options: DhcpOptions) {
    this.options = options;
  }

  /** The answer to a client's message, if it gets one. */
  answer(bytes: Uint8Array, nowNs: number): Reply | null {
    const message = parse(bytes);
    if (message === null) return null;
    switch (message.type) {
      case DISCOVER:
        return this.discover(message, nowNs);
      case REQUEST:
        return this.request(message, nowNs);
      case DECLINE:
        if (this.isFor(message) && this.holds(message, message.requested, nowNs))
          this.leases.set(message.requested, { client: '', untilNs: this.leaseEnd(nowNs) });
        return null;
      case RELEASE:
        if (this.isFor(message) && this.holds(message, message.ciaddr, nowNs))
          this.leases.delete(message.ciaddr);
        return null;
      case INFORM:
        return this.reply(message, ACK, 0);
      default:
        return null;
    }
  }

  private isFor(message: Message): boolean {
    return message.server === this.options.server;
  }

  private leaseEnd(nowNs: number): number {
    return nowNs + this.options.leaseSeconds * NS_PER_SECOND;
  }

  private holder(address: number, nowNs: number): string | null {
    const lease = this.leases.get(address);
    return lease !== undefined && lease.untilNs > nowNs ? lease.client : null;
  }

  private holds(message: Message, address: number, nowNs: number): boolean {
    return this.holder(address, nowNs) === message.client;
  }

  private inRange(address: number): boolean {
    return address >= this.options.first && address <= this.options.last;
  }

  /** Whether a client may have an address, if nobody has it. */
  private mayHave({ mac }: Message, address: number): boolean {
    const { reserved } = this.options;
    if (!this.inRange(address)) return false;
    if (reserved === undefined) return true;
    const own = reserved.get(mac);
    return own === undefined ? ![...reserved.values()].includes(address) : own === address;
  }

  /** The address for a client: what it has, what it had, what it asks for, a free one. 0 when all are taken. */
  private choose(message: Message, nowNs: number): number {
    const { client, requested } = message;
    for (const [address, lease] of this.leases) if (lease.client === client) return address;
    if (this.mayHave(message, requested) && this.holder(requested, nowNs) === null) return requested;
    const { first, last } = this.options;
    for (const fresh of [true, false])
      for (let address = first; address <= last; address++) {
        const isFree = fresh ? !this.leases.has(address) : this.holder(address, nowNs) === null;
        if (isFree && this.mayHave(message, address)) return address;
      }
    return 0;
  }

  private discover(message: Message, nowNs: number): Reply | null {
    const address = this.choose(message, nowNs);
    if (address === 0) return null;
    if (!this.holds(message, address, nowNs))
      this.leases.set(address, { client: message.client, untilNs: nowNs + OFFER_NS });
    return this.reply(message, OFFER, address);
  }

  /** Section 4.3.2: the server id says that an offer is taken; else the client had the address before. */
  private request(message: Message, nowNs: number): Reply | null {
    if (message.server !== 0 && !this.isFor(message)) {
      this.withdraw(message);
      return null;
    }
    const address = message.requested === 0 ? message.ciaddr : message.requested;
    const holder = this.holder(address, nowNs);
    const free = holder === null && message.server === 0;
    if (!this.mayHave(message, address) || (holder !== message.client && !free))
      return this.reply(message, NAK, 0);
    this.withdraw(message);
    this.leases.set(address, { client: message.client, untilNs: this.leaseEnd(nowNs) });
    return this.reply(message, ACK, address);
  }

  /** Whatever the client had is free: it took another server's offer, or has another address. */
  private withdraw({ client }: Message): void {
    for (const [address, lease] of this.leases) if (lease.client === client) this.leases.delete(address);
  }

  private reply(message: Message, type: number, address: number): Reply {
    const { options } = this;
    const list = [OPTION_TYPE, 1, type, OPTION_SERVER, 4, ...octets(options.server)];
    if (address !== 0) list.push(OPTION_LEASE_TIME, 4, ...octets(options.leaseSeconds));
    if (type !== NAK) {
      list.push(OPTION_NETMASK, 4, ...octets(options.netmask));
      list.push(OPTION_ROUTER, 4, ...octets(options.router), OPTION_DNS, 4, ...octets(options.dns));
    }
    const bytes = new Uint8Array(Math.max(OPTIONS + list.length + 1, LEAST_BYTES));
    bytes.set(message.bytes.subarray(0, OPTIONS));
    // Server's and file's name are the client's no more; nor are the hop count and the seconds.
    bytes.fill(0, CHADDR + 16, COOKIE_AT);
    bytes[0] = BOOTREPLY;
    bytes[3] = 0;
    put16(bytes, 8, 0);
    put32(bytes, CIADDR, type === NAK ? 0 : message.ciaddr);
    put32(bytes, YIADDR, address);
    put32(bytes, SIADDR, type === NAK ? 0 : options.server);
    bytes.set([...list, OPTION_END], OPTIONS);
    return { bytes, to: destination(message, type, address) };
  }
}

/** Section 4.1: to the address the client has; to the one it gets, unless it asks for a broadcast. */
function destination({ bytes, ciaddr }: Message, type: number, address: number): number {
  if (type === NAK) return BROADCAST;
  if (ciaddr !== 0) return ciaddr;
  return (get16(bytes, FLAGS) & FLAG_BROADCAST) !== 0 || address === 0 ? BROADCAST : address;
}

function octets(value: number): number[] {
  return [value >>> 24, (value >>> 16) & 255, (value >>> 8) & 255, value & 255];
}

/** Reads a message; null for what is none. Relays (giaddr) are none of ours. */
function parse(bytes: Uint8Array): Message | null {
  if (bytes.length < OPTIONS || bytes[0] !== BOOTREQUEST || get32(bytes, COOKIE_AT) !== COOKIE) return null;
  if (bytes[1] !== 1 || bytes[2] !== 6 || get32(bytes, GIADDR) !== 0) return null;
  const options = parseOptions(bytes);
  const address = (code: number): number => {
    const value = options.get(code);
    return value?.length === 4 ? get32(value, 0) : 0;
  };
  const mac = bytes.subarray(CHADDR, CHADDR + 6).join();
  const identity = [mac, options.get(OPTION_CLIENT_ID) ?? []];
  return {
    bytes,
    type: options.get(OPTION_TYPE)?.[0] ?? 0,
    client: identity.join(),
    mac,
    requested: address(OPTION_REQUESTED),
    server: address(OPTION_SERVER),
    ciaddr: get32(bytes, CIADDR),
  };
}

/** Options by code; a list that is cut off ends where it can no longer be read. */
export function parseOptions(bytes: Uint8Array): Map<number, Uint8Array> {
  const options = new Map<number, Uint8Array>();
  for (let at = OPTIONS; at < bytes.length && bytes[at] !== OPTION_END;) {
    if (bytes[at] === OPTION_PAD) {
      at++;
      continue;
    }
    const length = bytes[at + 1] ?? 0;
    if (at + 2 + length > bytes.length) break;
    options.set(bytes[at]!, bytes.subarray(at + 2, at + 2 + length));
    at += 2 + length;
  }
  return options;
}

export const MESSAGE = { XID, FLAGS, CIADDR, YIADDR, CHADDR, COOKIE_AT, OPTIONS, COOKIE } as const;
