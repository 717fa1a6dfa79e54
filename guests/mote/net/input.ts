/**
 * What has come in and waits to be dealt with. A packet may cause another one that comes in at once, by the loopback; so
 * packets wait in a queue, and `drain` deals with one after the other until none is left, never within itself.
 */
import { ipInput } from './ipv4';
import { Packet } from './packet';

/** More than this many in the queue are lost. */
const MAX_QUEUED: i32 = 256;

let first: Packet | null = null;
let last: Packet | null = null;
let queued = 0;
let draining: bool = false;
/** What is to be tidied up when nothing is being dealt with. */
let afterwards: (() => void) | null = null;

export function setAfterwards(hook: () => void): void {
  afterwards = hook;
}

/** Takes an IPv4 packet that has come in. It is dealt with by the next `drain`. */
export function receive(packet: Packet): void {
  const from = packet.interface_!;
  if (queued == MAX_QUEUED) {
    from.dropped++;
    packet.free();
    return;
  }
  from.countReceived(packet);
  queued++;
  packet.next = null;
  const before = last;
  if (before == null) first = packet;
  else before.next = packet;
  last = packet;
}

/** Deals with all that waits, and all that comes of it. Everything that sends or takes in packets ends with it. */
export function drain(): void {
  if (draining) return;
  draining = true;
  for (let packet = first; packet != null; packet = first) {
    first = packet.next;
    if (first == null) last = null;
    packet.next = null;
    queued--;
    ipInput(packet);
  }
  const hook = afterwards;
  if (hook != null) hook();
  draining = false;
}
