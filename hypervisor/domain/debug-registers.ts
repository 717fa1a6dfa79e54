/** Debug registers of a guest (arch/x86/traps.c: set_debugreg, do_get_debugreg). */
import { DR } from '../../core/wasm/layout.ts';
import { EINVAL, ENODEV, EPERM } from '../abi/errno.ts';
import type { Vcpu } from '../state/vcpu.ts';
import type { Hypervisor } from '../hypervisor.ts';
import { isGuestAddress } from '../memory/guest-access.ts';

/** Bits that always read 1. */
export const DR6_DEFAULT = 0xffff0ff0;
export const DR7_DEFAULT = 0x400;
const DR7_RESERVED_CLEAR = 0xd000;
/** General detect: a guest must not have it. */
const DR7_GD = 0x2000;
/** R/W field of breakpoint 0: 2 means I/O. */
const IO_BREAKPOINT = 2;

/** Sets a debug register of the current vcpu. 0, -EPERM for Xen's addresses, -EINVAL, -ENODEV. */
export function writeDebugRegister(
  hypervisor: Hypervisor,
  vcpu: Vcpu,
  register: number,
  value: number,
): number {
  const index = register === 4 || register === 5 ? register + 2 : register;
  if (index >= 0 && index <= 3) {
    if (!isGuestAddress(value)) return -EPERM;
  } else if (index === 6) {
    if (value < 0 || value >= 2 ** 32) return -EINVAL;
    value = ((value & ~0x1000) | DR6_DEFAULT) >>> 0;
  } else if (index === 7) {
    if (value < 0 || value >= 2 ** 32) return -EINVAL;
    value = ((value & ~DR7_RESERVED_CLEAR) | DR7_DEFAULT) >>> 0;
    if ((value & DR7_GD) !== 0) return -EPERM;
    if (!breakpointsAllowed(value)) return -EPERM;
  } else {
    return -ENODEV;
  }
  vcpu.debugRegisters[index] = value;
  hypervisor.processor.setField(DR + index * 8 - (index >= 6 ? 16 : 0), value);
  hypervisor.processor.stateChanged();
  return 0;
}

/** I/O breakpoints need CR4.DE, which is not offered. */
function breakpointsAllowed(dr7: number): boolean {
  for (let index = 0; index < 4; index++)
    if ((dr7 & (3 << (index * 2))) !== 0 && ((dr7 >>> (16 + index * 4)) & 3) === IO_BREAKPOINT) return false;
  return true;
}

/** A debug register of a vcpu, or null for one that does not exist. */
export function readDebugRegister(vcpu: Vcpu, register: number): number | null {
  const index = register === 4 || register === 5 ? register + 2 : register;
  if (!(index >= 0 && index <= 3) && index !== 6 && index !== 7) return null;
  return vcpu.debugRegisters[index]!;
}
