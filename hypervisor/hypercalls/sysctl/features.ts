/**
 * What processors can do, as toolstacks ask for it: sets of features in Xen's words (public/arch-x86/cpufeatureset.h), and policies of
 * CPUID leaves and MSRs. There are no HVM domains, so none of theirs.
 */
import { xen_domctl_cpu_policy } from '../../abi/domctl.ts';
import { EFAULT, EINVAL, ENOBUFS, EOPNOTSUPP } from '../../abi/errno.ts';
import * as abi from '../../abi/sysctl.ts';
import { GuestStruct } from '../../memory/guest-struct.ts';
import type { Hypervisor } from '../../state/hypervisor.ts';
import { guestCpuid } from '../../traps/privop/cpuid.ts';
import type { ControlBuffer } from '../control.ts';
import { tellPolicy } from '../domctl/cpu-policy.ts';
import type { HypercallContext } from '../hypercall.ts';

/** EAX, EBX, ECX, EDX of a leaf and subleaf. */
export type Cpuid = (leaf: number, subleaf: number) => readonly [number, number, number, number];

const [A, B, C, D] = [0, 1, 2, 3] as const;
/** Where the words of a feature set come from: leaf, subleaf, register. Null: an MSR's, which says nothing here. */
const WORDS: readonly (readonly [number, number, 0 | 1 | 2 | 3] | null)[] = [
  [1, 0, D],
  [1, 0, C],
  [0x8000_0001, 0, D],
  [0x8000_0001, 0, C],
  [0xd, 1, A],
  [7, 0, B],
  [7, 0, C],
  [0x8000_0007, 0, D],
  [0x8000_0008, 0, B],
  [7, 0, D],
  [7, 1, A],
  [0x8000_0021, 0, A],
  [7, 1, B],
  [7, 2, D],
  [7, 1, C],
  [7, 1, D],
  null,
  null,
  [0x8000_0021, 0, C],
];

/** The processor itself, or what of it paravirtualized domains can have. */
function cpuidOf(hypervisor: Hypervisor, isGuests: boolean): Cpuid {
  return (leaf, subleaf) =>
    isGuests ? guestCpuid(hypervisor, leaf, subleaf) : hypervisor.processor.cpuid(leaf, subleaf);
}

/** The words of a feature set. */
export function featureSet(cpuid: Cpuid): readonly number[] {
  return WORDS.map((word) => (word === null ? 0 : cpuid(word[0], word[1])[word[2]] >>> 0));
}

/** The processor's. */
export function hostFeatures(hypervisor: Hypervisor): readonly number[] {
  return featureSet(cpuidOf(hypervisor, false));
}

/**
 * Features of leaf 1's EDX that every processor has on which Xen runs, and of which paravirtualized domains see nothing: VME, MTRR,
 * PSE36. The core, which has neither Xen nor real mode to run, does not say them.
 */
const KEPT_BY_XEN = (1 << 1) | (1 << 12) | (1 << 17);
/** Of physinfo's hw_cap. */
const CAPABILITY_WORDS = 8;

/** Physinfo's hw_cap: with those, without which libvirt knows no processor. */
export function hostCapabilities(hypervisor: Hypervisor): readonly number[] {
  const [first, ...rest] = hostFeatures(hypervisor).slice(0, CAPABILITY_WORDS);
  return [(first! | KEPT_BY_XEN) >>> 0, ...rest];
}

const FEATURE_SETS: readonly ('host' | 'pv' | 'hvm')[] = ['host', 'host', 'pv', 'hvm', 'pv', 'hvm'];
const POLICIES: readonly ('host' | 'pv' | 'hvm')[] = ['host', 'host', 'pv', 'hvm', 'pv', 'hvm'];

/** XEN_SYSCTL_get_cpu_featureset: without a buffer, how many words there are. -ENOBUFS: there is not room for all. */
export function getFeatureSet(context: HypercallContext, u: ControlBuffer): number {
  const op = u.as(abi.xen_sysctl_cpu_featureset);
  const buffer = op.get('features');
  if (buffer === 0) {
    op.set('nr_features', WORDS.length);
    return 0;
  }
  const whose = FEATURE_SETS[op.get('index')];
  if (whose === undefined) return -EINVAL;
  if (whose === 'hvm') return -EOPNOTSUPP;
  const words = featureSet(cpuidOf(context.hypervisor, whose === 'pv'));
  const room = op.get('nr_features');
  const told = words.slice(0, room);
  if (!context.write(buffer, Uint32Array.from(told))) return -EFAULT;
  op.set('nr_features', told.length);
  return room < words.length ? -ENOBUFS : 0;
}

/** XEN_SYSCTL_get_cpu_policy: as XEN_DOMCTL_get_cpu_policy, of no domain. */
export function getPolicy(context: HypercallContext, u: ControlBuffer): number {
  const op = u.as(abi.xen_sysctl_cpu_policy);
  const whose = POLICIES[op.get('index')];
  if (whose === undefined || op.get('_rsvd') !== 0) return -EINVAL;
  if (whose === 'hvm') return -EOPNOTSUPP;
  const policy = new GuestStruct(xen_domctl_cpu_policy, 0);
  for (const name of ['nr_leaves', 'nr_msrs', 'leaves', 'msrs'] as const) policy.set(name, op.get(name));
  const result = tellPolicy(context, policy, cpuidOf(context.hypervisor, whose === 'pv'), true);
  for (const name of ['nr_leaves', 'nr_msrs'] as const) op.set(name, policy.get(name));
  return result;
}

/** XEN_SYSCTL_get_cpu_levelling_caps: what a domain is told is chosen by letting CPUID fault. */
export function levelling(_: HypercallContext, u: ControlBuffer): number {
  u.as(abi.xen_sysctl_cpu_levelling_caps).set('caps', abi.XEN_SYSCTL_CPU_LEVELCAP_faulting);
  return 0;
}
