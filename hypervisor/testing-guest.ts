/** For tests: guests of a few lines of assembly, on the domains of memory/testing.ts. */
import { assemble } from '../core/assembler/assemble.ts';
import { highHalf, lowHalf } from '../core/machine.ts';
import { vcpu_guest_context, VGCF_in_kernel } from './abi/arch-x86.ts';
import { setGuestContext } from './domain/context.ts';
import type { Vcpu } from './domain/vcpu.ts';
import { copyToGuest } from './memory/guest-access.ts';
import { L4_PFN, TEST_BASE, TestDomain, testHost } from './memory/testing.ts';
import { setDown } from './sched/vcpus.ts';

/** Pages of the guest: its code, its stack (growing down to STACK - 4096), its data. */
export const CODE = TEST_BASE + 8 * 4096;
export const STACK = TEST_BASE + 10 * 4096;
export const DATA = TEST_BASE + 11 * 4096;

export interface Setup {
  readonly labels: ReadonlyMap<string, number>;
  readonly guest: TestDomain;
}

/** Starts a vcpu at a label, or at CODE. */
export function start({ guest, labels }: Setup, vcpu: Vcpu, label?: string): void {
  const words = new Uint32Array(vcpu_guest_context.size / 4);
  const { offset } = vcpu_guest_context;
  const put = (at: number, value: number): void => {
    words[at / 4] = lowHalf(value);
    words[at / 4 + 1] = highHalf(value);
  };
  put(offset.flags, VGCF_in_kernel);
  put(offset['user_regs.rip'], label === undefined ? CODE : address(labels, label));
  put(offset['user_regs.rsp'], STACK - vcpu.id * 1024);
  put(offset.kernel_sp, STACK - vcpu.id * 1024);
  put(offset.ctrlreg + 3 * 8, guest.mfns[L4_PFN]! * 4096);
  if (setGuestContext(guest.hypervisor, vcpu, words) !== 0) throw new Error('the context was refused');
  setDown(guest.hypervisor, vcpu, false);
}

export function address(labels: ReadonlyMap<string, number>, label: string): number {
  const offset = labels.get(label);
  if (offset === undefined) throw new Error(`no label ${label}`);
  return CODE + offset;
}

/** A domain whose code is `source`, not yet running. */
export function load(source: string, vcpus = 1, hypervisor = testHost(), id = 1): Setup {
  const guest = new TestDomain(hypervisor, id, 32, vcpus);
  const { bytes, labels } = assemble(source, { origin: 0 });
  if (!copyToGuest(guest.hypervisor.frames, guest.vcpu, CODE, bytes)) throw new Error('no room for the code');
  guest.hypervisor.current = null;
  return { guest, labels };
}
