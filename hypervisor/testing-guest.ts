/** For tests: guests of a few lines of assembly, on the domains of memory/testing.ts. */
import { assemble } from '../core/assembler/assemble.ts';
import {
  FLAT_KERNEL_CS,
  FLAT_KERNEL_SS,
  vcpu_guest_context,
  VGCF_in_kernel,
  VGCF_online,
} from './abi/arch-x86.ts';
import { newGuestContext, putMember } from './domain/context-words.ts';
import { setGuestContext } from './domain/context.ts';
import { releaseTables } from './domain/reset.ts';
import type { Vcpu } from './state/vcpu.ts';
import { copyToGuest } from './memory/guest-access.ts';
import { L4_PFN, TEST_BASE, TestDomain, testHost } from './memory/testing.ts';
import { PAGE_BYTES } from './memory/pages.ts';

/** Pages of the guest: its code, its stack (growing down to STACK - 4096), its data. */
export const CODE = TEST_BASE + 8 * PAGE_BYTES;
export const STACK = TEST_BASE + 10 * PAGE_BYTES;
export const DATA = TEST_BASE + 11 * PAGE_BYTES;

export interface Setup {
  readonly labels: ReadonlyMap<string, number>;
  readonly guest: TestDomain;
}

/** Starts a vcpu at a label, or at CODE. */
export function start({ guest, labels }: Setup, vcpu: Vcpu, label?: string): void {
  const words = newGuestContext();
  const { offset } = vcpu_guest_context;
  const put = (at: number, value: number): void => {
    putMember(words, at, value);
  };
  put(offset.flags, VGCF_in_kernel | VGCF_online);
  put(offset['user_regs.cs'], FLAT_KERNEL_CS);
  put(offset['user_regs.ss'], FLAT_KERNEL_SS);
  put(offset['user_regs.rip'], label === undefined ? CODE : address(labels, label));
  put(offset['user_regs.rsp'], STACK - vcpu.id * 1024);
  put(offset.kernel_sp, STACK - vcpu.id * 1024);
  put(offset.ctrlreg + 3 * 8, guest.mfns[L4_PFN]! * PAGE_BYTES);
  // The root that the domain was made with: the context brings its own references.
  if (!vcpu.initialised && vcpu.kernelRoot !== 0) releaseTables(guest.hypervisor, vcpu);
  if (setGuestContext(guest.hypervisor, vcpu, words) !== 0) throw new Error('the context was refused');
}

/** What was started runs as the guest's user, on the kernel's page tables. */
export function asUser({ guest: { vcpu } }: Setup): void {
  vcpu.userRoot = vcpu.kernelRoot;
  vcpu.guestKernelMode = false;
  vcpu.kernelSp = STACK;
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
