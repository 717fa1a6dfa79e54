/** The prefix by which a guest asks for Xen's CPUID: UD2, the bytes `xen`, then CPUID (XEN_EMULATE_PREFIX). */
import { ACCESS_EXECUTE } from '../../core/machine.ts';
import { XEN_EMULATE_PREFIX } from '../abi/arch-x86.ts';
import type { Hypervisor } from '../hypervisor.ts';

const SEQUENCE = [...XEN_EMULATE_PREFIX, 0x0f, 0xa2] as const;
export const FORCED_CPUID_BYTES = SEQUENCE.length;

/** Whether the #UD at RIP is that sequence. */
export function isForcedCpuid(hypervisor: Hypervisor): boolean {
  const { processor, machine } = hypervisor;
  const { rip } = processor;
  let at = processor.translate(rip, ACCESS_EXECUTE);
  for (let index = 0; index < SEQUENCE.length; index++, at++) {
    if (index > 0 && (at & 4095) === 0) at = processor.translate(rip + index, ACCESS_EXECUTE);
    if (at < 0 || machine.bytes[at] !== SEQUENCE[index]) return false;
  }
  return true;
}
