/** Network interfaces: where packets go out and come in, and with which addresses. */
import { dispose } from 'kernel/memory/heap';
import { Packet } from './packet';

/** Linux's flags. */
export const IFF_UP: u32 = 1;
export const IFF_BROADCAST: u32 = 2;
export const IFF_LOOPBACK: u32 = 8;
export const IFF_RUNNING: u32 = 0x40;

export const BROADCAST: u32 = 0xffff_ffff;

export abstract class Interface {
  name: string;
  /** The name was made for it (`textAt`), and is given back with it. */
  ownsName: bool = false;
  index: i32 = 0;
  flags: u32;
  mtu: u32 = 1500;
  address: u32 = 0;
  netmask: u32 = 0;
  /** The Ethernet address, where there is one. */
  hardware: StaticArray<u8> = new StaticArray<u8>(6);
  receivedPackets: u64 = 0;
  receivedBytes: u64 = 0;
  sentPackets: u64 = 0;
  sentBytes: u64 = 0;
  /** Packets that were lost for want of memory, or of somebody who answers. */
  dropped: u64 = 0;
  next: Interface | null = null;

  constructor(name: string, flags: u32) {
    this.name = name;
    this.flags = flags;
  }

  get isUp(): bool {
    return (this.flags & IFF_UP) != 0;
  }
  get isLoopback(): bool {
    return (this.flags & IFF_LOOPBACK) != 0;
  }
  /** The address that means all on this network. */
  get broadcast(): u32 {
    return this.address | ~this.netmask;
  }

  /** Bytes of TCP's data that it takes in one packet, to be cut into segments (`Packet.segmentBytes`); 0: it takes none such. */
  get mostToCut(): u32 {
    return 0;
  }

  /** It is there no more: whatever stands on it goes, too. */
  leaving(): void {}

  /** Sends an IPv4 packet, which it takes, to an address on this network. */
  abstract send(packet: Packet, nextHop: u32): void;

  countSent(packet: Packet): void {
    this.sentPackets++;
    this.sentBytes += packet.bytes;
  }
  countReceived(packet: Packet): void {
    this.receivedPackets++;
    this.receivedBytes += packet.bytes;
  }
}

let first: Interface | null = null;
let last: Interface | null = null;
let count: i32 = 0;

/** All of them, in the order in which they came. */
export function interfaces(): Interface | null {
  return first;
}

export function addInterface(added: Interface): void {
  added.index = ++count;
  const before = last;
  if (before == null) first = added;
  else before.next = added;
  last = added;
}

/** Gives an interface a name that was made for it. */
export function nameInterface(named: Interface, name: string): void {
  if (named.ownsName) dispose(named.name);
  named.name = name;
  named.ownsName = true;
}

/** One is there no more. Whoever has it still may: it stays, and nothing goes out by it. */
export function removeInterface(removed: Interface): void {
  removed.leaving();
  let before: Interface | null = null;
  for (let each: Interface | null = first; each != null && each != removed; each = each!.next) before = each;
  if (before == null) first = removed.next;
  else before.next = removed.next;
  if (last == removed) last = before;
  removed.next = null;
  removed.flags &= ~(IFF_UP | IFF_RUNNING);
  removed.address = 0;
  removed.netmask = 0;
}

/** The one of a NUL-terminated name; null: there is none. */
export function interfaceNamed(at: usize): Interface | null {
  for (let each: Interface | null = first; each != null; each = each!.next) {
    const name = each.name;
    let index = 0;
    while (index < name.length && load<u8>(at + index) == <u8>name.charCodeAt(index)) index++;
    if (index == name.length && load<u8>(at + index) == 0) return each;
  }
  return null;
}

/** The one of an index; null: there is none. */
export function interfaceAt(index: i32): Interface | null {
  for (let each: Interface | null = first; each != null; each = each!.next)
    if (each.index == index) return each;
  return null;
}

/** The one that has this address. */
export function interfaceOf(address: u32): Interface | null {
  for (let each: Interface | null = first; each != null; each = each!.next)
    if (each.address == address && address != 0) return each;
  return null;
}

/** Whether packets to this address are for this machine. */
export function isOurs(address: u32): bool {
  if (address == BROADCAST) return true;
  for (let each: Interface | null = first; each != null; each = each!.next) {
    if (!each.isUp || each.address == 0) continue;
    if (address == each.address || address == each.broadcast) return true;
    if (each.isLoopback && (address & each.netmask) == (each.address & each.netmask)) return true;
  }
  return false;
}
