/** The 2-level ABI: bitmaps of pending and masked ports in shared_info, and a selector word in each vcpu_info. */
import { shared_info, vcpu_info } from '../abi/shared-info.ts';
import type { Domain } from '../state/domain.ts';
import type { Vcpu } from '../state/vcpu.ts';
import type { Hypervisor } from '../state/hypervisor.ts';
import { writeWord } from '../memory/guest-frames.ts';
import { markEventsPending } from './upcall.ts';
import { PAGE_BYTES } from '../memory/pages.ts';

const PENDING = shared_info.offset.evtchn_pending;
const MASK = shared_info.offset.evtchn_mask;
const SELECTOR = vcpu_info.offset.evtchn_pending_sel;

/** Index of the 32-bit word of a port's bit. */
function wordOf(domain: Domain, bitmap: number, port: number): number {
  return (domain.sharedInfoMfn * PAGE_BYTES + bitmap) / 4 + (port >>> 5);
}

/** Raises a port. True if it was not pending before. */
export function setPending2L(hypervisor: Hypervisor, domain: Domain, vcpu: Vcpu, port: number): boolean {
  const { frames, machine } = hypervisor;
  const at = wordOf(domain, PENDING, port);
  const bit = 1 << (port & 31);
  if ((machine.words[at]! & bit) !== 0) return false;
  writeWord(frames, at * 4, machine.words[at]! | bit);
  if (!isMasked2L(hypervisor, domain, port)) select(hypervisor, vcpu, port);
  return true;
}

export function clearPending2L(hypervisor: Hypervisor, domain: Domain, port: number): void {
  const at = wordOf(domain, PENDING, port);
  writeWord(hypervisor.frames, at * 4, hypervisor.machine.words[at]! & ~(1 << (port & 31)));
}

/** Sets the selector's bit of a pending port, and the upcall. */
function select(hypervisor: Hypervisor, vcpu: Vcpu, port: number): void {
  const { frames, machine } = hypervisor;
  if (vcpu.info === 0) return;
  const at = (vcpu.info + SELECTOR) / 4 + (port >>> 11);
  const bit = 1 << ((port >>> 6) & 31);
  if ((machine.words[at]! & bit) !== 0) return;
  writeWord(frames, at * 4, machine.words[at]! | bit);
  markEventsPending(hypervisor, vcpu);
}

/** Unmasks a port: an event that waited behind the mask goes on. */
export function unmask2L(hypervisor: Hypervisor, domain: Domain, vcpu: Vcpu, port: number): void {
  const { frames, machine } = hypervisor;
  const at = wordOf(domain, MASK, port);
  const bit = 1 << (port & 31);
  if ((machine.words[at]! & bit) === 0) return;
  writeWord(frames, at * 4, machine.words[at]! & ~bit);
  if (isPending2L(hypervisor, domain, port)) select(hypervisor, vcpu, port);
}

export function isPending2L(hypervisor: Hypervisor, domain: Domain, port: number): boolean {
  return (hypervisor.machine.words[wordOf(domain, PENDING, port)]! & (1 << (port & 31))) !== 0;
}

export function isMasked2L(hypervisor: Hypervisor, domain: Domain, port: number): boolean {
  return (hypervisor.machine.words[wordOf(domain, MASK, port)]! & (1 << (port & 31))) !== 0;
}
