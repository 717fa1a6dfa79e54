/**
 * Model specific registers as a paravirtualized domain sees them (guest_rdmsr, pv/emul-priv-op.c). One that is not here
 * does not exist: #GP.
 */
import { fromHalves, highHalf, isCanonical, lowHalf } from '../../../core/machine.ts';
import * as layout from '../../../core/wasm/layout.ts';
import type { Vcpu } from '../../state/vcpu.ts';
import { readTsc } from '../../time/tsc.ts';
import type { Hypervisor } from '../../state/hypervisor.ts';

/** A value in two halves, as RDMSR gives and WRMSR takes it. */
interface MsrValue {
  low: number;
  high: number;
}

interface Register {
  read(hypervisor: Hypervisor, vcpu: Vcpu): number;
  /** False: #GP. */
  write(hypervisor: Hypervisor, vcpu: Vcpu, value: MsrValue): boolean;
}

const refuse = (): boolean => false;
const constant = (value: number): Register => ({ read: () => value, write: refuse });

/** A segment base: a canonical address. */
function base(
  read: Register['read'],
  write: (hypervisor: Hypervisor, vcpu: Vcpu, va: number) => void,
): Register {
  return {
    read,
    write(hypervisor, vcpu, value) {
      const va = fromHalves(value.low, value.high);
      if (!isCanonical(va)) return false;
      write(hypervisor, vcpu, va);
      return true;
    },
  };
}

const APIC_BASE = 0xfee00800;
const APIC_BASE_BSP = 0x100;
const CPUID_FAULTING = 0x80000000;
/** BTS and PEBS are not available; xTPR messages are off. */
const MISC_ENABLE = (1 << 11) | (1 << 12) | (1 << 23);

const REGISTERS: Readonly<Record<number, Register>> = {
  // IA32_TIME_STAMP_COUNTER: a guest's writes are dropped.
  0x10: { read: (hypervisor, { domain }) => readTsc(hypervisor, domain), write: () => true },
  // IA32_APIC_BASE: kernels look at it though they have no APIC.
  0x1b: { read: (_, vcpu) => APIC_BASE + (vcpu.id === 0 ? APIC_BASE_BSP : 0), write: refuse },
  // IA32_BIOS_SIGN_ID: no microcode.
  0x8b: { read: () => 0, write: (_, __, value) => value.low === 0 && value.high === 0 },
  // MSR_PLATFORM_INFO and MISC_FEATURES_ENABLES: a kernel may make its user's CPUID fault.
  0xce: { read: (_, { domain }) => (domain.lacksCpuidFaulting ? 0 : CPUID_FAULTING), write: refuse },
  0x140: {
    read: (_, vcpu) => (vcpu.cpuidFaulting ? 1 : 0),
    write(_, vcpu, value) {
      if (value.high !== 0 || value.low > (vcpu.domain.lacksCpuidFaulting ? 0 : 1)) return false;
      vcpu.cpuidFaulting = value.low === 1;
      return true;
    },
  },
  0x1a0: { read: () => MISC_ENABLE, write: (_, __, value) => value.low === MISC_ENABLE && value.high === 0 },
  // IA32_PAT: write-back, write-through, uncached-, uncached, write-combining, write-protected, uncached-, uncached.
  0x277: constant(0x50100070406),
  // IA32_PERF_CAPABILITIES: none.
  0x345: constant(0),
  // EFER: what 64-bit mode needs, with SYSCALL and NX.
  0xc0000080: constant(0xd01),
  0xc0000100: base(
    ({ processor }) => processor.segmentBase(layout.SEG_FS),
    ({ processor }, vcpu, va) => {
      vcpu.fsBase = va;
      processor.setSegmentBase(layout.SEG_FS, va);
    },
  ),
  0xc0000101: base(
    ({ processor }) => processor.segmentBase(layout.SEG_GS),
    ({ processor }, vcpu, va) => {
      vcpu.gsBaseKernel = va;
      processor.setSegmentBase(layout.SEG_GS, va);
    },
  ),
  0xc0000102: base(
    (_, vcpu) => vcpu.gsBaseUser,
    (_, vcpu, va) => {
      vcpu.gsBaseUser = va;
    },
  ),
};

/** RDMSR into `value`. False: #GP. */
export function readMsr(hypervisor: Hypervisor, vcpu: Vcpu, index: number, value: MsrValue): boolean {
  const register = REGISTERS[index];
  if (register === undefined) return false;
  const result = register.read(hypervisor, vcpu);
  value.low = lowHalf(result);
  value.high = highHalf(result);
  return true;
}

/** WRMSR. False: #GP. */
export function writeMsr(hypervisor: Hypervisor, vcpu: Vcpu, index: number, value: MsrValue): boolean {
  return REGISTERS[index]?.write(hypervisor, vcpu, value) ?? false;
}
