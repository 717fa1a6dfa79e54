/**
 * The FIFO ABI: one 32-bit word for each port in an array of the guest's pages, and for each vcpu a control block with the
 * heads of 16 queues by priority. Pending ports are linked through their words; Xen keeps the tails.
 */
import {
  EVTCHN_FIFO_BUSY,
  EVTCHN_FIFO_LINK_MASK,
  EVTCHN_FIFO_LINKED,
  EVTCHN_FIFO_MASKED,
  EVTCHN_FIFO_PENDING,
  evtchn_fifo_control_block,
} from '../abi/event-channel.ts';
import type { Domain } from '../state/domain.ts';
import type { Hypervisor } from '../state/hypervisor.ts';
import { writeWord } from '../memory/guest-frames.ts';
import type { EventChannel, FifoControl } from '../state/event-channels.ts';
import { markEventsPending } from './upcall.ts';

const PENDING = (1 << EVTCHN_FIFO_PENDING) >>> 0;
const MASKED = 1 << EVTCHN_FIFO_MASKED;
const LINKED = 1 << EVTCHN_FIFO_LINKED;
const BUSY = 1 << EVTCHN_FIFO_BUSY;
/** Event words in a page. */
export const WORDS_PER_PAGE = 1024;
const READY = evtchn_fifo_control_block.offset.ready / 4;
const HEAD = evtchn_fifo_control_block.offset.head / 4;

/** Index in machine words of a port's event word, or -1 where the guest has given no page for it. */
function wordOf(domain: Domain, port: number): number {
  const frame = domain.events.fifo?.frames[Math.floor(port / WORDS_PER_PAGE)];
  return frame === undefined ? -1 : frame * 1024 + (port % WORDS_PER_PAGE);
}

/** A port's event word, or null where the guest has given no page for it. */
export function eventWord({ machine }: Hypervisor, domain: Domain, port: number): number | null {
  const at = wordOf(domain, port);
  return at < 0 ? null : machine.words[at]!;
}

function write({ frames }: Hypervisor, at: number, value: number): void {
  writeWord(frames, at * 4, value);
}

/** Raises a port. True if it was not pending before. */
export function setPendingFifo(hypervisor: Hypervisor, domain: Domain, channel: EventChannel): boolean {
  const at = wordOf(domain, channel.port);
  if (at < 0) {
    channel.pending = true;
    return true;
  }
  const was = hypervisor.machine.words[at]!;
  write(hypervisor, at, was | PENDING);
  if ((was & (MASKED | LINKED)) === 0) link(hypervisor, domain, channel, at);
  return (was & PENDING) === 0;
}

/** Puts a pending port at the end of its queue. */
function link(hypervisor: Hypervisor, domain: Domain, channel: EventChannel, at: number): void {
  const { words } = hypervisor.machine;
  const control = domain.events.fifo!.controls[channel.notifyVcpu] ?? null;
  // A vcpu without a control block gets no events: the word stays pending.
  if (control === null) return;
  forgetOldTail(domain, channel);
  channel.lastVcpu = channel.notifyVcpu;
  channel.lastPriority = channel.priority;
  write(hypervisor, at, words[at]! | LINKED);
  const tail = control.tails[channel.priority]!;
  // The tail itself looks linked, because it just was: its queue is empty then.
  const behind = tail !== 0 && tail !== channel.port;
  const linked = behind && linkBehind(hypervisor, wordOf(domain, tail), channel.port);
  if (!linked) write(hypervisor, control.address / 4 + HEAD + channel.priority, channel.port);
  control.tails[channel.priority] = channel.port;
  if (linked) return;
  const ready = control.address / 4 + READY;
  const bit = 1 << channel.priority;
  if ((words[ready]! & bit) !== 0) return;
  write(hypervisor, ready, words[ready]! | bit);
  markEventsPending(hypervisor, domain.vcpus[channel.notifyVcpu]!);
}

/** A port that moves to another queue is no longer the tail of the old one. */
function forgetOldTail(domain: Domain, channel: EventChannel): void {
  if (channel.lastVcpu === channel.notifyVcpu && channel.lastPriority === channel.priority) return;
  const old: FifoControl | null = domain.events.fifo!.controls[channel.lastVcpu] ?? null;
  if (old !== null && old.tails[channel.lastPriority] === channel.port) old.tails[channel.lastPriority] = 0;
}

/** Links a port behind a tail. False if the guest has consumed the tail already. */
function linkBehind(hypervisor: Hypervisor, tailAt: number, port: number): boolean {
  if (tailAt < 0) return false;
  const tail = hypervisor.machine.words[tailAt]!;
  if ((tail & LINKED) === 0) return false;
  write(hypervisor, tailAt, (tail & ~(BUSY | EVTCHN_FIFO_LINK_MASK)) | port);
  return true;
}

export function clearPendingFifo(hypervisor: Hypervisor, domain: Domain, channel: EventChannel): void {
  const at = wordOf(domain, channel.port);
  channel.pending = false;
  // A word that is linked stays so: the guest will find it not pending.
  if (at >= 0) write(hypervisor, at, hypervisor.machine.words[at]! & ~PENDING);
}

export function unmaskFifo(hypervisor: Hypervisor, domain: Domain, channel: EventChannel): void {
  const at = wordOf(domain, channel.port);
  if (at < 0) return;
  write(hypervisor, at, hypervisor.machine.words[at]! & ~MASKED);
  if ((hypervisor.machine.words[at]! & PENDING) !== 0) setPendingFifo(hypervisor, domain, channel);
}

export function isPendingFifo(hypervisor: Hypervisor, domain: Domain, port: number): boolean {
  const at = wordOf(domain, port);
  return at >= 0 && (hypervisor.machine.words[at]! & PENDING) !== 0;
}

export function isMaskedFifo(hypervisor: Hypervisor, domain: Domain, port: number): boolean {
  const at = wordOf(domain, port);
  return at < 0 || (hypervisor.machine.words[at]! & MASKED) !== 0;
}
