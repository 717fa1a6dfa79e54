/**
 * multicall(calls, count): makes a batch of hypercalls, each a multicall_entry (op, result, six arguments); results go to
 * the entries. Stops with -EFAULT where an entry cannot be read or written. Long batches continue: a call that continues
 * leaves its new arguments in its entry. -EINVAL for a multicall in a multicall. An iret ends the batch: the guest goes on
 * where its frame says, with that frame's RAX, of which the batch's result has kept 32 bits.
 */
import { RAX } from '../../core/wasm/layout.ts';
import { EFAULT, EINVAL } from '../abi/errno.ts';
import { HYPERVISOR_iret, HYPERVISOR_multicall, multicall_entry } from '../abi/xen.ts';
import { isGuestArray } from '../memory/guest-access.ts';
import { perform } from './dispatch.ts';
import type { Hypercall, HypercallContext } from './hypercall.ts';

const ENTRY_WORDS = multicall_entry.size / 4;
const ARGUMENTS = multicall_entry.offset.args / 4;
const RESULT = multicall_entry.offset.result;
const entry = new Uint32Array(ENTRY_WORDS);
const result = new Uint32Array(2);

export const multicall: Hypercall = {
  number: HYPERVISOR_multicall,
  name: 'multicall',
  args: [
    { name: 'calls', kind: 'va' },
    { name: 'count', kind: 'unsigned' },
  ],
  handler(context, calls) {
    if (context.inMulticall) return -EINVAL;
    const count = context.low(1);
    if (!isGuestArray(calls, count, multicall_entry.size)) return -EFAULT;
    context.inMulticall = true;
    const outcome = performAll(context, calls, count);
    context.inMulticall = false;
    return outcome;
  },
};

function performAll(context: HypercallContext, calls: number, count: number): number {
  for (let done = 0; done < count; done++) {
    const va = calls + done * multicall_entry.size;
    if (done > 0 && context.preemptCheck()) return goOn(context, va, count - done);
    if (!context.read(va, entry)) return context.mustWait ? goOn(context, va, count - done) : -EFAULT;
    const number = entry[1] === 0 ? entry[0]! : 0xffffffff;
    context.words.set(entry.subarray(ARGUMENTS));
    context.continued = false;
    const value = perform(context, number);
    if (number === HYPERVISOR_iret) return context.replaced ? afterIret(context, va) : 0;
    result[0] = value >>> 0;
    result[1] = Math.floor(value / 0x1_0000_0000) >>> 0;
    if (context.mustWait && !context.continued) return goOn(context, va, count - done);
    if (context.continued) {
      if (!context.write(va + ARGUMENTS * 4, context.words)) return -EFAULT;
      return goOn(context, va, count - done);
    }
    if (!context.write(va + RESULT, result)) return -EFAULT;
  }
  return 0;
}

/** iret's result is RAX. The entry gets it if the guest's user, who may run now, can write there. */
function afterIret(context: HypercallContext, va: number): number {
  const { processor } = context.hypervisor;
  const low = processor.low(RAX);
  result[0] = low;
  result[1] = processor.high(RAX);
  context.write(va + RESULT, result);
  processor.setHalves(RAX, low, low >= 0x8000_0000 ? 0xffff_ffff : 0);
  return 0;
}

/** The rest of the batch is another multicall. */
function goOn(context: HypercallContext, calls: number, count: number): number {
  context.number = HYPERVISOR_multicall;
  return context.continueWith(calls, count);
}
