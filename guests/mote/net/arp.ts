/**
 * ARP (RFC 826): which card has an IPv4 address. Who wants to know asks all, and the one who has it answers; what was learnt
 * is kept for a while. A packet waits for the answer; the last one for each address, for who sends will send again.
 */
import { now, SECOND } from 'kernel/events/clock';
import { Timer } from 'kernel/events/timers';
import { get16, get32, put16, put32 } from './bytes';
import { EthernetInterface } from './ethernet';
import { HARDWARE_BYTES, TYPE_ARP, TYPE_IPV4 } from './frame';
import { drain } from './input';
import { isForwarding } from './forwarding';
import { isOurs } from './interface';
import { Packet } from './packet';
import { findRoute } from './route';

const ENTRIES: i32 = 32;
const LIFETIME_NS: u64 = 60 * SECOND;
const RETRY_NS: u64 = SECOND;
const MAX_TRIES: i32 = 3;

const MESSAGE: u32 = 28;
const HARDWARE_ETHERNET: u32 = 1;
const OPERATION_REQUEST: u32 = 1;
const OPERATION_REPLY: u32 = 2;
// Where in a message: the sender's card and address, the target's.
const SENDER: usize = 8;
const SENDER_IP: usize = 14;
const TARGET: usize = 18;
const TARGET_IP: usize = 24;

class Entry {
  /** 0: it is not used. */
  address: u32 = 0;
  hardware: StaticArray<u8> = new StaticArray<u8>(HARDWARE_BYTES);
  known: bool = false;
  /** When it is forgotten, or asked for again. */
  deadlineNs: u64 = 0;
  tries: i32 = 0;
  waiting: Packet | null = null;

  forget(): void {
    const waiting = this.waiting;
    if (waiting != null) waiting.free();
    this.waiting = null;
    this.address = 0;
    this.known = false;
  }
}

/** What an interface knows of its network. */
export class ArpCache {
  private entries: StaticArray<Entry> = new StaticArray<Entry>(ENTRIES);
  private timer: AskAgain = new AskAgain();

  constructor() {
    for (let index = 0; index < ENTRIES; index++) this.entries[index] = new Entry();
  }

  private at(address: u32): Entry | null {
    for (let index = 0; index < ENTRIES; index++)
      if (this.entries[index].address == address) return this.entries[index];
    return null;
  }

  /** Where the card's address is; 0: it is not known. */
  find(address: u32): usize {
    const entry = this.at(address);
    if (entry == null || !entry.known || entry.deadlineNs <= now()) return 0;
    return changetype<usize>(entry.hardware);
  }

  /** Asks for an address; the packet goes there when the answer comes. */
  ask(by: EthernetInterface, packet: Packet, address: u32): void {
    let entry = this.at(address);
    if (entry == null) entry = this.take(address);
    const before = entry.waiting;
    if (before != null) before.free();
    entry.waiting = packet;
    // Asked already, and the answer may still come.
    if (!entry.known && entry.tries > 0) return;
    entry.known = false;
    entry.tries = 1;
    entry.deadlineNs = now() + RETRY_NS;
    sendMessage(by, OPERATION_REQUEST, by.address, address, 0);
    this.timer.interface_ = by;
    if (!this.timer.armed) this.timer.set(entry.deadlineNs);
  }

  /** A place for an address: a free one, or that of who would be forgotten first. */
  private take(address: u32): Entry {
    let oldest = this.entries[0];
    for (let index = 0; index < ENTRIES; index++) {
      const each = this.entries[index];
      if (each.address == 0) {
        oldest = each;
        break;
      }
      if (each.deadlineNs < oldest.deadlineNs) oldest = each;
    }
    oldest.forget();
    oldest.address = address;
    oldest.tries = 0;
    return oldest;
  }

  /** Somebody has told where an address is. It is kept where it was known or asked for, or where `wanted`. */
  learn(by: EthernetInterface, address: u32, hardware: usize, wanted: bool): void {
    let entry = this.at(address);
    if (entry == null) {
      if (!wanted || address == 0) return;
      entry = this.take(address);
    }
    memory.copy(changetype<usize>(entry.hardware), hardware, HARDWARE_BYTES);
    entry.known = true;
    entry.tries = 0;
    entry.deadlineNs = now() + LIFETIME_NS;
    const waiting = entry.waiting;
    entry.waiting = null;
    if (waiting != null) by.sendFrame(waiting, changetype<usize>(entry.hardware), TYPE_IPV4);
  }

  /** Forgets all: the card is gone. */
  clear(): void {
    this.timer.cancel();
    for (let index = 0; index < ENTRIES; index++) this.entries[index].forget();
  }

  /** Asks again for what has not been answered, and gives up at last. When to do so again; 0: never. */
  askAgain(by: EthernetInterface): u64 {
    let next: u64 = 0;
    for (let index = 0; index < ENTRIES; index++) {
      const entry = this.entries[index];
      if (entry.address == 0 || entry.known) continue;
      if (entry.deadlineNs <= now()) {
        if (entry.tries == MAX_TRIES) {
          by.dropped++;
          entry.forget();
          continue;
        }
        entry.tries++;
        entry.deadlineNs = now() + RETRY_NS;
        sendMessage(by, OPERATION_REQUEST, by.address, entry.address, 0);
      }
      if (next == 0 || entry.deadlineNs < next) next = entry.deadlineNs;
    }
    return next;
  }
}

class AskAgain extends Timer {
  interface_: EthernetInterface | null = null;

  fire(): void {
    const by = this.interface_!;
    const next = by.cache.askAgain(by);
    if (next != 0) this.set(next);
    drain();
  }
}

/** Sends a message about ourselves, as whoever has the address `sender`; `to` 0: to all. */
function sendMessage(by: EthernetInterface, operation: u32, sender: u32, target: u32, to: usize): void {
  const packet = Packet.make(MESSAGE);
  if (packet == null) return;
  const at = packet.at;
  memory.fill(at, 0, MESSAGE);
  put16(at, HARDWARE_ETHERNET);
  put16(at + 2, TYPE_IPV4);
  store<u8>(at + 4, <u8>HARDWARE_BYTES);
  store<u8>(at + 5, 4);
  put16(at + 6, operation);
  memory.copy(at + SENDER, changetype<usize>(by.hardware), HARDWARE_BYTES);
  put32(at + SENDER_IP, sender);
  if (to != 0) memory.copy(at + TARGET, to, HARDWARE_BYTES);
  put32(at + TARGET_IP, target);
  if (to == 0) by.sendToAll(packet, TYPE_ARP);
  else by.sendFrame(packet, to, TYPE_ARP);
}

/** Tells all cards our address: who had it from before learns of a change. */
export function announce(by: EthernetInterface): void {
  if (by.address != 0) sendMessage(by, OPERATION_REQUEST, by.address, by.address, 0);
}

/** Hears of who announces his address where it was known: he may have come to another host. */
let announced: ((address: u32) => void) | null = null;
export function setAnnounced(hook: (address: u32) => void): void {
  announced = hook;
}

/** Deals with a message, which stays the caller's. */
export function arpInput(by: EthernetInterface, packet: Packet): void {
  const at = packet.at;
  if (packet.bytes < MESSAGE || get16(at) != HARDWARE_ETHERNET || get16(at + 2) != TYPE_IPV4) return;
  if (load<u8>(at + 4) != <u8>HARDWARE_BYTES || load<u8>(at + 5) != 4) return;
  const operation = get16(at + 6);
  const sender = get32(at + SENDER_IP);
  const forUs = get32(at + TARGET_IP) == by.address && by.address != 0;
  // Who asks for us will be written to soon. Nobody else may take our own address.
  const isStranger = sender != by.address && !isOurs(sender);
  const wasKnown = isStranger && by.cache.find(sender) != 0;
  if (isStranger) by.cache.learn(by, sender, at + SENDER, forUs);
  const wanted = get32(at + TARGET_IP);
  const hook = announced;
  if (wasKnown && wanted == sender && hook != null) hook(sender);
  if (operation != OPERATION_REQUEST) return;
  if (forUs || (by.proxyArp && isProxy(by, wanted)))
    sendMessage(by, OPERATION_REPLY, wanted, sender, at + SENDER);
}

/** Whether an address is reached by way of us, from a network where who has it would have to answer (RFC 1027). */
function isProxy(by: EthernetInterface, address: u32): bool {
  const route = findRoute(address);
  return isForwarding && route != null && route.interface_ != by && !route.interface_.isLoopback;
}
