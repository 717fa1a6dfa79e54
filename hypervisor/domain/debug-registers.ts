/**
 * Debug registers of a guest (set_debugreg in pv/misc-hypercalls.c, x86emul_read_dr). Breakpoints on code and data are the
 * processor's. Those on ports are Xen's, which does a guest's I/O: their enable bits are kept apart from the processor's
 * DR7 (dr7_emul).
 */
import { DR } from '../../core/wasm/layout.ts';
import { EINVAL, ENODEV, EPERM } from '../abi/errno.ts';
import type { Vcpu } from '../state/vcpu.ts';
import type { Hypervisor } from '../state/hypervisor.ts';
import { isGuestAddress } from '../memory/guest-access.ts';
import { CR4_DE } from './cr4.ts';

/** Bits that always read 1. */
export const DR6_DEFAULT = 0xffff0ff0;
export const DR7_DEFAULT = 0x400;
/** Bits that always read 0: those of features that nobody has (RTM, bit 11) among them. */
const DR6_RESERVED_CLEAR = 0x1000;
const DR7_RESERVED_CLEAR = 0xd800;
/** General detect: a guest must not have it. */
const DR7_GD = 0x2000;
/** L0 to G3: some breakpoint is enabled. */
const DR7_ACTIVE = 0xff;
/** R/W field of a breakpoint: 2 means I/O. */
const IO_BREAKPOINT = 2;
/** LEN field of a breakpoint, in bytes. */
const WIDTHS = [1, 2, 8, 4] as const;
const BREAKPOINTS = [0, 1, 2, 3] as const;

/** The register that a number means: 4 and 5 are 6 and 7, unless the guest has debugging extensions. -1: there is none. */
function registerOf(vcpu: Vcpu, number: number): number {
  if (number === 4 || number === 5) return (vcpu.cr4 & CR4_DE) === 0 ? number + 2 : -1;
  return (number >= 0 && number <= 3) || number === 6 || number === 7 ? number : -1;
}

/** Sets a debug register of the current vcpu. 0, -EPERM for Xen's addresses, -EINVAL, -ENODEV. */
export function writeDebugRegister(
  hypervisor: Hypervisor,
  vcpu: Vcpu,
  number: number,
  value: number,
): number {
  const register = registerOf(vcpu, number);
  if (register < 0) return -ENODEV;
  if (register <= 3) {
    if (!isGuestAddress(value)) return -EPERM;
  } else {
    if (value < 0 || value >= 2 ** 32) return -EINVAL;
    if (register === 6) value = ((value & ~DR6_RESERVED_CLEAR) | DR6_DEFAULT) >>> 0;
    else {
      value = ((value & ~DR7_RESERVED_CLEAR) | DR7_DEFAULT) >>> 0;
      if (!mayControl(vcpu, value)) return -EPERM;
      vcpu.ioBreakpoints = (value & DR7_ACTIVE) === 0 ? 0 : ioEnables(value);
      value = (value & ~vcpu.ioBreakpoints) >>> 0;
    }
  }
  vcpu.debugRegisters[register] = value;
  hypervisor.processor.setField(DR + register * 8 - (register >= 6 ? 16 : 0), value);
  hypervisor.processor.stateChanged();
  return 0;
}

/** Whether a guest may have this in DR7. Breakpoints on ports are for those who have asked for debugging extensions. */
function mayControl(vcpu: Vcpu, dr7: number): boolean {
  if ((dr7 & DR7_GD) !== 0) return false;
  if ((dr7 & DR7_ACTIVE) === 0 || (vcpu.cr4 & CR4_DE) !== 0) return true;
  return !BREAKPOINTS.some((index) => isIo(dr7, index));
}

function isIo(dr7: number, index: number): boolean {
  return ((dr7 >>> (16 + index * 4)) & 3) === IO_BREAKPOINT;
}

/** The enable bits of breakpoints on ports. */
function ioEnables(dr7: number): number {
  let enables = 0;
  for (const index of BREAKPOINTS) if (isIo(dr7, index)) enables |= dr7 & (3 << (index * 2));
  return enables;
}

/** A debug register of a vcpu, or null for one that does not exist. */
export function readDebugRegister(vcpu: Vcpu, number: number): number | null {
  const register = registerOf(vcpu, number);
  if (register < 0) return null;
  const value = vcpu.debugRegisters[register]!;
  return register === 7 ? (value | vcpu.ioBreakpoints) >>> 0 : value;
}

/** check_guest_io_breakpoint: which breakpoints (bits of DR6) an access of `bytes` at a port hits. */
export function ioBreakpointsHit(vcpu: Vcpu, port: number, bytes: number): number {
  if (vcpu.ioBreakpoints === 0 || (vcpu.cr4 & CR4_DE) === 0) return 0;
  let hit = 0;
  for (const index of BREAKPOINTS) {
    if ((vcpu.ioBreakpoints & (3 << (index * 2))) === 0) continue;
    const width = WIDTHS[((vcpu.debugRegisters[7]! >>> (18 + index * 4)) & 3) as 0 | 1 | 2 | 3];
    const address = vcpu.debugRegisters[index]!;
    // Both signs of an address have the same lower bits.
    const start = address - (((address % width) + width) % width);
    if (start < port + bytes && start + width > port) hit |= 1 << index;
  }
  return hit;
}
