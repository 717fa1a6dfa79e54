/** A vcpu_guest_context as words, and its members of 64 bits. */
import { fromHalves, highHalf, lowHalf } from '../../core/machine.ts';
import { vcpu_guest_context } from '../abi/arch-x86.ts';

/** An empty one, to fill in. */
export function newGuestContext(): Uint32Array {
  return new Uint32Array(vcpu_guest_context.size / 4);
}

/** The u64 at a byte offset as a signed number, exact below 2^53. */
export function member(words: Uint32Array, at: number): number {
  return fromHalves(words[at / 4]!, words[at / 4 + 1]!);
}

export function putMember(words: Uint32Array, at: number, value: number): void {
  words[at / 4] = lowHalf(value);
  words[at / 4 + 1] = highHalf(value);
}
