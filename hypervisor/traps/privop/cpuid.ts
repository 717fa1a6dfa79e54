/**
 * CPUID as a paravirtualized domain sees it: what the processor has and such a guest can use, and Xen's own leaves
 * (arch-x86/cpuid.h). Kernels ask by the forced-emulation prefix; everyone's plain CPUID faults and comes here too.
 */
import * as layout from '../../../core/wasm/layout.ts';
import {
  XEN_CPUID_FEAT1_MMU_PT_UPDATE_PRESERVE_AD,
  XEN_CPUID_FIRST_LEAF,
  XEN_CPUID_MAX_NUM_LEAVES,
  XEN_CPUID_SIGNATURE_EBX,
  XEN_CPUID_SIGNATURE_ECX,
  XEN_CPUID_SIGNATURE_EDX,
} from '../../abi/cpuid.ts';
import { XEN_CPUID_NO_SUBLEAF } from '../../abi/domctl.ts';
import type { Domain } from '../../state/domain.ts';
import type { Hypervisor } from '../../state/hypervisor.ts';
import { tscKhz } from '../../state/clock.ts';
import { tscKhzOf, tscScale } from '../../time/tsc.ts';

export type Leaf = [number, number, number, number];

/** Hidden in leaf 1 EDX: VME, PSE, MCE, APIC, MTRR, PGE, MCA, PSE36. A guest's page tables and interrupts are Xen's. */
const HIDDEN_1D = (1 << 1) | (1 << 3) | (1 << 7) | (1 << 9) | (1 << 12) | (1 << 13) | (1 << 14) | (1 << 17);
/** Hidden in leaf 1 ECX: MONITOR, VMX, PCID, X2APIC, TSC_DEADLINE. */
const HIDDEN_1C = (1 << 3) | (1 << 5) | (1 << 17) | (1 << 21) | (1 << 24);
const HYPERVISOR = 1 << 31;
/** Leaf 1 EDX: shown to the domain that has the machine's devices alone. */
const APIC = 1 << 9;
/** Hidden in leaf 7 EBX: SMEP, INVPCID, SMAP. */
const HIDDEN_7B = (1 << 7) | (1 << 10) | (1 << 20);
/** Hidden in leaf 7 ECX: UMIP, PKU, LA57. */
const HIDDEN_7C = (1 << 2) | (1 << 3) | (1 << 16);
/** Hidden in leaf 80000001 EDX: PSE, PGE, MTRR, PSE36, PDPE1GB, RDTSCP; the last wants an MSR for each vcpu. */
const HIDDEN_E1D = (1 << 3) | (1 << 12) | (1 << 13) | (1 << 17) | (1 << 26) | (1 << 27);
const SVM = 1 << 2;
/** Hidden in leaf 80000007 EDX: ITSC, as the domain may move to another host. */
const INVARIANT_TSC = 1 << 8;

const VERSION = 0x40011;
const PAGE_SHIFT = 12;
/** Bit 0: the TSC is emulated; bit 1: the machine's is safe. */
const TSC_SAFE = 2;

/** EAX, EBX, ECX, EDX of a leaf as a domain sees it: what a toolstack has set for it, else what the host has. */
export function domainCpuid(hypervisor: Hypervisor, domain: Domain, leaf: number, subleaf: number): Leaf {
  const own = guestCpuid(hypervisor, leaf, subleaf);
  // Kernels believe ACPI's word on interrupt controllers only where there is a local APIC.
  if (leaf === 1 && domain.isPrivileged) own[3] |= APIC;
  if (domain.cpuPolicy.length === 0 || (leaf & 0xf000_0000) >>> 0 === XEN_CPUID_FIRST_LEAF) return own;
  const set = domain.cpuPolicy.find(
    (each) => each.leaf === leaf && (each.subleaf === subleaf || each.subleaf === XEN_CPUID_NO_SUBLEAF),
  );
  return set === undefined ? [0, 0, 0, 0] : [set.a, set.b, set.c, set.d];
}

/** What the host has of it for paravirtualized domains. */
export function guestCpuid(hypervisor: Hypervisor, leaf: number, subleaf: number): Leaf {
  if (leaf >= XEN_CPUID_FIRST_LEAF && leaf <= XEN_CPUID_FIRST_LEAF + XEN_CPUID_MAX_NUM_LEAVES)
    return xenLeaf(hypervisor, leaf - XEN_CPUID_FIRST_LEAF, subleaf);
  if (leaf >= XEN_CPUID_FIRST_LEAF && leaf < XEN_CPUID_FIRST_LEAF + 0x10000) return [0, 0, 0, 0];
  const [a, b, c, d] = hypervisor.processor.cpuid(leaf, subleaf);
  switch (leaf) {
    case 1:
      return [a, b & 0x00ffffff, (c & ~HIDDEN_1C) | HYPERVISOR, d & ~HIDDEN_1D];
    case 7:
      return subleaf === 0 ? [a, b & ~HIDDEN_7B, c & ~HIDDEN_7C, d] : [a, b, c, d];
    case 0x80000001:
      return [a, b, c & ~SVM, d & ~HIDDEN_E1D];
    case 0x80000007:
      return [a, b, c, d & ~INVARIANT_TSC];
    default:
      return [a, b, c, d];
  }
}

/** Xen's leaves: signature, version, features, the TSC, (HVM's alone), widths. */
function xenLeaf(hypervisor: Hypervisor, index: number, subleaf: number): Leaf {
  switch (index) {
    case 0: {
      const last = XEN_CPUID_FIRST_LEAF + XEN_CPUID_MAX_NUM_LEAVES;
      return [last, XEN_CPUID_SIGNATURE_EBX, XEN_CPUID_SIGNATURE_ECX, XEN_CPUID_SIGNATURE_EDX];
    }
    case 1:
      return [VERSION, 0, 0, 0];
    case 2:
      return [1, XEN_CPUID_FIRST_LEAF, XEN_CPUID_FEAT1_MMU_PT_UPDATE_PRESERVE_AD, 0];
    case 3:
      return tscLeaf(hypervisor, subleaf);
    case 5:
      return subleaf === 0 ? [0, machineAddressBits(hypervisor), 0, 0] : [0, 0, 0, 0];
    default:
      return [0, 0, 0, 0];
  }
}

/** How many bits machine addresses have: by it guests choose the version of their grant tables. */
function machineAddressBits({ frames }: Hypervisor): number {
  return 32 - Math.clz32(frames.frames - 1) + PAGE_SHIFT;
}

function tscLeaf(hypervisor: Hypervisor, subleaf: number): Leaf {
  const { clock } = hypervisor;
  const domain = hypervisor.current?.domain;
  const isEmulated = domain?.tscEmulated ?? false;
  const khz = domain === undefined ? tscKhz(clock) : tscKhzOf(hypervisor, domain);
  const { multiplier, shift } = domain === undefined ? clock : tscScale(hypervisor, domain);
  if (subleaf === 0) return [TSC_SAFE | Number(isEmulated), domain?.tscMode ?? 0, khz, 0];
  if (subleaf === 1) return [0, 0, multiplier, shift >>> 0];
  return subleaf === 2 ? [tscKhz(clock), 0, 0, 0] : [0, 0, 0, 0];
}

/** Performs CPUID on the guest's registers. */
export function performCpuid(hypervisor: Hypervisor): void {
  const { processor } = hypervisor;
  const leaf = processor.low(layout.RAX);
  const subleaf = processor.low(layout.RCX);
  if (hypervisor.trace.on) hypervisor.trace.emit({ kind: 'cpuid', leaf, subleaf });
  const domain = hypervisor.current?.domain;
  const [a, b, c, d] =
    domain === undefined
      ? guestCpuid(hypervisor, leaf, subleaf)
      : domainCpuid(hypervisor, domain, leaf, subleaf);
  processor.setHalves(layout.RAX, a, 0);
  processor.setHalves(layout.RBX, b, 0);
  processor.setHalves(layout.RCX, c, 0);
  processor.setHalves(layout.RDX, d, 0);
}
