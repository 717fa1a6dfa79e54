/**
 * XENMEM_exchange: a domain gives frames and gets as many others, e.g. contiguous ones or ones below 4 GiB. All or
 * nothing by chunks, a chunk being the larger of the input's and the output's extents. Compare memory_exchange in Xen's
 * common/memory.c.
 */
import { EFAULT, EINVAL, ENOMEM, EPERM } from '../../abi/errno.ts';
import { XENMEM_exchange, xen_memory_exchange, xen_memory_reservation } from '../../abi/memory.ts';
import { fromHalves, highHalf, lowHalf } from '../../../core/machine.ts';
import type { HypercallContext } from '../hypercall.ts';
import { anyDomain, mayTarget } from '../../state/page-owner.ts';
import { isGuestArray, readGuestWords, writeGuestWords } from '../../memory/guest-access.ts';
import type { StructOf } from '../../memory/guest-struct.ts';
import { isPaged, missPaged } from '../../memory/paged-frames.ts';
import { setM2p } from '../../memory/m2p.ts';
import { frameLimit, maxOrder } from './reservation.ts';

interface Side {
  readonly list: number;
  readonly count: number;
  readonly order: number;
  readonly flags: number;
  readonly domid: number;
}

interface Exchange {
  readonly domain: number;
  readonly input: Side;
  readonly output: Side;
  /** Input and output extents of a chunk, as powers of 2. */
  readonly inputShift: number;
  readonly outputShift: number;
  /** Frame below which output must lie. */
  readonly limit: number;
}

/** Gives 0 or a negative errno; `nr_exchanged` of the argument tells how many input extents are exchanged. */
export function exchange(context: HypercallContext, argument: number): number {
  const op = context.readStruct(xen_memory_exchange, argument);
  if (op === null) return -EFAULT;
  const done = op.get('nr_exchanged');
  const input = readSide(op.part('in', xen_memory_reservation));
  const output = readSide(op.part('out', xen_memory_reservation));
  const work = check(context, input, output, done);
  if (typeof work === 'number') return finish(context, op, done, work);
  if (done === input.count) return 0;

  const chunks = Math.floor(input.count / 2 ** work.inputShift);
  const first = Math.floor(done / 2 ** work.inputShift);
  for (let chunk = first; chunk < chunks; chunk++) {
    if (chunk > first && context.preemptCheck()) {
      const failure = finish(context, op, chunk * 2 ** work.inputShift, 0);
      return failure || context.continueWith(XENMEM_exchange, argument);
    }
    const result = exchangeChunk(context, work, chunk);
    if (result < 0) return finish(context, op, chunk * 2 ** work.inputShift, result);
  }
  return finish(context, op, input.count, 0);
}

function readSide(side: StructOf<typeof xen_memory_reservation>): Side {
  return {
    list: side.get('extent_start'),
    count: side.get('nr_extents'),
    order: side.get('extent_order'),
    flags: side.get('mem_flags'),
    domid: side.get('domid'),
  };
}

/** What is to be done, or a negative errno. */
function check(context: HypercallContext, input: Side, output: Side, done: number): Exchange | number {
  if (Math.max(input.order, output.order) > maxOrder(context)) return -EPERM;
  const countsFit = input.count >= 0 && output.count >= 0 && input.count < 2 ** 40 && output.count < 2 ** 40;
  if (!countsFit || done < 0 || done > input.count || input.domid !== output.domid) return -EINVAL;
  if (input.count * 2 ** input.order !== output.count * 2 ** output.order) return -EINVAL;
  if (!isGuestArray(input.list, input.count, 8) || !isGuestArray(output.list, output.count, 8))
    return -EFAULT;
  const domain = anyDomain(context, input.domid);
  if (domain < 0) return domain;
  const denied = mayTarget(context, domain);
  if (denied) return denied;
  return {
    domain,
    input,
    output,
    inputShift: Math.max(output.order - input.order, 0),
    outputShift: Math.max(input.order - output.order, 0),
    limit: frameLimit(context.hypervisor.frames, output.flags),
  };
}

/** Steals the chunk's frames, takes others, frees the stolen ones. A failure leaves the domain as it was. */
function exchangeChunk(context: HypercallContext, work: Exchange, chunk: number): number {
  const { frames } = context.hypervisor;
  const stolen: number[] = [];
  const taken: number[] = [];
  const undo = (error: number): number => {
    for (const mfn of stolen) frames.unsteal(mfn, work.domain);
    for (const first of taken)
      for (let i = 0; i < 2 ** work.output.order; i++) frames.dropAllocation(first + i, work.domain);
    return error;
  };
  const frame = new Uint32Array(2);
  if (!canTell(context, work, chunk)) return -EFAULT;
  for (let i = 0; i < 2 ** work.inputShift; i++) {
    const at = work.input.list + (chunk * 2 ** work.inputShift + i) * 8;
    if (!readGuestWords(frames, context.vcpu, at, frame)) return undo(-EFAULT);
    const first = fromHalves(frame[0]!, frame[1]!);
    for (let mfn = first; mfn < first + 2 ** work.input.order; mfn++) {
      if (!frames.steal(mfn, work.domain)) {
        if (mfn < frames.frames && frames.owner[mfn] === work.domain && isPaged(frames, mfn))
          missPaged(frames, mfn);
        return undo(-EINVAL);
      }
      stolen.push(mfn);
    }
  }
  for (let i = 0; i < 2 ** work.outputShift; i++) {
    const first = work.limit < 0 ? -1 : frames.allocateExtent(work.domain, work.output.order, work.limit);
    if (first < 0) return undo(-ENOMEM);
    taken.push(first);
  }
  for (const mfn of stolen) {
    frames.unsteal(mfn, work.domain);
    frames.dropAllocation(mfn, work.domain);
  }
  return tell(context, work, chunk, taken);
}

/** False: the exchange waits for the pages of the output list, which are not here. */
function canTell(context: HypercallContext, work: Exchange, chunk: number): boolean {
  if (context.domain.paged === null) return true;
  const { list } = work.output;
  const words = new Uint32Array(2 * 2 ** work.outputShift);
  readGuestWords(context.hypervisor.frames, context.vcpu, list + chunk * 2 ** work.outputShift * 8, words);
  return !context.mustWait;
}

/** Sets the M2P of the new frames by the output list, and replaces its numbers by theirs. */
function tell(context: HypercallContext, work: Exchange, chunk: number, taken: readonly number[]): number {
  const { frames } = context.hypervisor;
  const frame = new Uint32Array(2);
  let result = 0;
  taken.forEach((mfn, index) => {
    const at = work.output.list + (chunk * 2 ** work.outputShift + index) * 8;
    if (!readGuestWords(frames, context.vcpu, at, frame)) {
      result = -EFAULT;
      return;
    }
    const pfn = fromHalves(frame[0]!, frame[1]!);
    for (let i = 0; i < 2 ** work.output.order; i++)
      setM2p(frames, mfn + i, lowHalf(pfn + i), highHalf(pfn + i));
    frame[0] = mfn;
    frame[1] = 0;
    if (!writeGuestWords(frames, context.vcpu, at, frame)) result = -EFAULT;
  });
  return result;
}

/** Writes `nr_exchanged` and gives `error`, or -EFAULT where it cannot be written. */
function finish(
  context: HypercallContext,
  op: StructOf<typeof xen_memory_exchange>,
  exchanged: number,
  error: number,
): number {
  op.set('nr_exchanged', exchanged);
  return context.writeField(op, 'nr_exchanged') ? error : -EFAULT;
}
