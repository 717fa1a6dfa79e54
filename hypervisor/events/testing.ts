/** For tests of events: event_channel_op as a guest makes it, and what the guest sees of its events. */
import { vcpu_info } from '../abi/shared-info.ts';
import { eventChannelOp } from '../hypercalls/event-channel-op.ts';
import { ARGUMENTS } from '../memory/testing.ts';
import type { TestDomain } from '../memory/testing.ts';
import type { Vcpu } from '../state/vcpu.ts';

/** What a call gave: its result, and its structure afterwards in words. */
export interface Outcome {
  readonly result: number;
  readonly words: readonly number[];
}

/** event_channel_op with a structure of words. */
export function eventOp(guest: TestDomain, command: number, ...words: readonly number[]): Outcome {
  const all = [...words, 0, 0, 0, 0, 0, 0].slice(0, 6);
  guest.poke(ARGUMENTS, ...[0, 2, 4].map((at) => BigInt(all[at]!) | (BigInt(all[at + 1]!) << 32n)));
  const result = guest.call(eventChannelOp, command, ARGUMENTS);
  const after = [0, 8, 16].flatMap((at) => {
    const word = guest.peek(ARGUMENTS + at);
    return [Number(word & 0xffff_ffffn), Number(word >> 32n)];
  });
  return { result, words: after };
}

/** What a vcpu's vcpu_info says: evtchn_upcall_pending, the selector's bits. */
export function upcallOf(guest: TestDomain, vcpu: Vcpu = guest.vcpu): { pending: number; selector: bigint } {
  const { bytes, words } = guest.hypervisor.machine;
  const at = (vcpu.info + vcpu_info.offset.evtchn_pending_sel) / 4;
  return { pending: bytes[vcpu.info]!, selector: BigInt(words[at]!) | (BigInt(words[at + 1]!) << 32n) };
}
