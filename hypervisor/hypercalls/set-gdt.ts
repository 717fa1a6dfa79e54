/**
 * set_gdt(frame_list, entries): makes `entries` descriptors (at most 7168, in frames of 512) the vcpu's GDT. `frame_list`:
 * one u64 machine frame number for each frame. The frames become descriptor pages: not writable while they are in use.
 *
 * Gives 0, or: -EINVAL too many, or a frame that is not the caller's, is mapped writable, or holds a descriptor that is
 * not allowed; -EFAULT the list cannot be read.
 */
import { FIRST_RESERVED_GDT_ENTRY } from '../abi/arch-x86.ts';
import { EFAULT, EINVAL } from '../abi/errno.ts';
import { HYPERVISOR_set_gdt } from '../abi/xen.ts';
import { fromHalves } from '../../core/machine.ts';
import { readGuestWords } from '../memory/guest-access.ts';
import { setGdt as installGdt } from '../memory/per-domain.ts';
import type { Hypercall } from './hypercall.ts';

const DESCRIPTORS_PER_FRAME = 512;

export const setGdt: Hypercall = {
  number: HYPERVISOR_set_gdt,
  name: 'set_gdt',
  args: [
    { name: 'frame_list', kind: 'va' },
    { name: 'entries', kind: 'unsigned' },
  ],
  handler(context, list): number {
    const { vcpu, domain } = context;
    const { frames } = context.hypervisor;
    const entries = context.low(1);
    if (entries > FIRST_RESERVED_GDT_ENTRY) return -EINVAL;
    const words = new Uint32Array(2 * Math.ceil(entries / DESCRIPTORS_PER_FRAME));
    if (words.length > 0 && !readGuestWords(frames, vcpu, list, words)) return -EFAULT;
    const mfns: number[] = [];
    for (let i = 0; i < words.length; i += 2) mfns.push(fromHalves(words[i]!, words[i + 1]!));
    const result = installGdt(frames, domain.id, domain.memory.perDomainL3, vcpu.id, mfns);
    if (result < 0) return result;
    vcpu.gdtFrames.splice(0, vcpu.gdtFrames.length, ...mfns);
    vcpu.gdtEntries = entries;
    frames.flushTlb();
    return 0;
  },
};
