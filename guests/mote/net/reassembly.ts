/**
 * Fragments put together again. A packet under way is a block for all that it may become, and a bit for every eight bytes
 * that have come. One that is not complete in time, or that would be too long, is dropped; so is the oldest where there are
 * too many.
 */
import { alloc, dispose, free } from 'kernel/memory/heap';
import { now, SECOND } from 'kernel/events/clock';
import { Timer } from 'kernel/events/timers';
import { Packet } from './packet';

const MAX_PARTIAL: i32 = 4;
const MAX_BYTES: u32 = 16384;
const TIMEOUT_NS: u64 = 15 * SECOND;

class PartialPacket {
  next: PartialPacket | null = null;
  source: u32;
  destination: u32;
  protocol: u32;
  id: u32;
  data: usize = alloc(MAX_BYTES);
  /** A byte for every eight of data: whether they have come. */
  come: usize = alloc(MAX_BYTES / 8);
  /** How long it is, once its last fragment has come. */
  total: u32 = 0;
  got: u32 = 0;
  deadlineNs: u64 = now() + TIMEOUT_NS;

  constructor(packet: Packet, id: u32) {
    this.source = packet.source;
    this.destination = packet.destination;
    this.protocol = packet.protocol;
    this.id = id;
    memory.fill(this.come, 0, MAX_BYTES / 8);
  }

  isOf(packet: Packet, id: u32): bool {
    const same = this.source == packet.source && this.destination == packet.destination;
    return same && this.id == id && this.protocol == packet.protocol;
  }

  release(): void {
    free(this.data);
    free(this.come);
    dispose(this);
  }
}

let first: PartialPacket | null = null;
let count = 0;

class Expiry extends Timer {
  fire(): void {
    while (first != null && first!.deadlineNs <= now()) dropOldest();
    if (first != null) this.set(first!.deadlineNs);
  }
}

const expiry = new Expiry();

/** Adds a fragment, which it takes, at an offset: the whole packet, when this was the last piece missing. */
export function reassemble(packet: Packet, id: u32, offset: u32, more: bool): Packet | null {
  const bytes = packet.bytes;
  const wrong = offset + bytes > MAX_BYTES || bytes == 0 || (more && bytes % 8 != 0);
  let partial: PartialPacket | null = null;
  if (!wrong) partial = find(packet, id);
  if (partial == null) {
    packet.free();
    return null;
  }
  memory.copy(partial.data + offset, packet.at, bytes);
  for (let unit = offset / 8; unit < (offset + bytes + 7) / 8; unit++) {
    if (load<u8>(partial.come + unit) == 0) partial.got++;
    store<u8>(partial.come + unit, 1);
  }
  if (!more) partial.total = offset + bytes;
  if (partial.total == 0 || partial.got < (partial.total + 7) / 8) {
    packet.free();
    return null;
  }
  const whole = partial.got == (partial.total + 7) / 8 ? Packet.make(partial.total) : null;
  if (whole != null) {
    memory.copy(whole.at, partial.data, partial.total);
    whole.interface_ = packet.interface_;
    whole.source = packet.source;
    whole.destination = packet.destination;
    whole.protocol = packet.protocol;
    whole.ttl = packet.ttl;
  }
  packet.free();
  remove(partial);
  return whole;
}

function find(packet: Packet, id: u32): PartialPacket {
  let last: PartialPacket | null = null;
  for (let each: PartialPacket | null = first; each != null; each = each!.next) {
    if (each.isOf(packet, id)) return each;
    last = each;
  }
  if (count == MAX_PARTIAL) dropOldest();
  const made = new PartialPacket(packet, id);
  count++;
  if (first == null) first = made;
  else last!.next = made;
  if (!expiry.armed) expiry.set(made.deadlineNs);
  return made;
}

function dropOldest(): void {
  remove(first!);
}

function remove(gone: PartialPacket): void {
  let before: PartialPacket | null = null;
  let each = first;
  while (each != gone) {
    before = each;
    each = each!.next;
  }
  if (before == null) first = gone.next;
  else before.next = gone.next;
  count--;
  gone.release();
}
