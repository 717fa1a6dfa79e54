/**
 * What CPUID and RDMSR tell a domain, as a list of leaves and one of MSRs (lib/x86/cpuid.c, lib/x86/msr.c, arch/x86/cpuid.c):
 * a saved domain takes it along, so that it finds on another host the processor that it knows, less what that host does not have.
 */
import {
  xen_cpuid_leaf,
  xen_domctl_cpu_policy,
  xen_msr_entry,
  XEN_CPUID_NO_SUBLEAF,
  XEN_DOMCTL_get_cpu_policy,
} from '../../abi/domctl.ts';
import { E2BIG, EEXIST, EFAULT, EINVAL, ENOBUFS, ERANGE } from '../../abi/errno.ts';
import type { StructOf } from '../../memory/guest-struct.ts';
import type { CpuidLeaf, Domain } from '../../state/domain.ts';
import type { Hypervisor } from '../../state/hypervisor.ts';
import { domainCpuid, guestCpuid } from '../../traps/privop/cpuid.ts';
import type { ControlBuffer } from '../control.ts';
import type { HypercallContext } from '../hypercall.ts';

type Policy = StructOf<typeof xen_domctl_cpu_policy>;

/** Xen's limits: CPUID_MAX_SERIALISED_LEAVES, MSR_MAX_SERIALISED_ENTRIES. */
const MAX_LEAVES = 0x5d;
const MAX_MSRS = 2;
const LAST_BASIC = 0x1f;
const LAST_EXTENDED = 0x8000_001f;
const FIRST_EXTENDED = 0x8000_0000;
/** Xen's own leaves, and those of Viridian: they say how far those go, 0 without a limit of the toolstack's. */
const HYPERVISORS = [0x4000_0000, 0x4000_0100];
/** Leaves that have subleaves: how many of them the policy holds at most. */
const SUBLEAVES: Readonly<Record<number, number>> = { 4: 8, 7: 2, 0xb: 2, 0xd: 63 };
const PLATFORM_INFO = 0xce;
const CPUID_FAULTING = 0x8000_0000;
/** The second is MSR_ARCH_CAPABILITIES, which says nothing here. */
const MSRS = [PLATFORM_INFO, 0x10a];

/** Leaves of features, and in which registers they stand: what the host lacks no domain has. */
const FEATURES: readonly { leaf: number; subleaf: number; registers: readonly ('a' | 'b' | 'c' | 'd')[] }[] =
  [
    { leaf: 1, subleaf: XEN_CPUID_NO_SUBLEAF, registers: ['c', 'd'] },
    { leaf: 7, subleaf: 0, registers: ['b', 'c', 'd'] },
    { leaf: 7, subleaf: 1, registers: ['a', 'b', 'c', 'd'] },
    { leaf: 0xd, subleaf: 0, registers: ['a', 'b', 'c', 'd'] },
    { leaf: 0xd, subleaf: 1, registers: ['a', 'b', 'c', 'd'] },
    { leaf: 0x8000_0001, subleaf: XEN_CPUID_NO_SUBLEAF, registers: ['c', 'd'] },
    { leaf: 0x8000_0007, subleaf: XEN_CPUID_NO_SUBLEAF, registers: ['d'] },
    { leaf: 0x8000_0008, subleaf: XEN_CPUID_NO_SUBLEAF, registers: ['b'] },
  ];

/** EAX, EBX, ECX, EDX of a leaf and subleaf. */
type Cpuid = (leaf: number, subleaf: number) => readonly [number, number, number, number];

const cpuidOf =
  (hypervisor: Hypervisor, domain: Domain): Cpuid =>
  (leaf, subleaf) =>
    domainCpuid(hypervisor, domain, leaf, subleaf);

/** All leaves that there are, in Xen's order. */
function leavesOf(cpuid: Cpuid): CpuidLeaf[] {
  const leaves: CpuidLeaf[] = [];
  const add = (leaf: number, subleaf: number): void => {
    const [a, b, c, d] = cpuid(leaf, subleaf === XEN_CPUID_NO_SUBLEAF ? 0 : subleaf);
    leaves.push({ leaf, subleaf, a: a >>> 0, b: b >>> 0, c: c >>> 0, d: d >>> 0 });
  };
  const range = (first: number, last: number): void => {
    for (let leaf = first; leaf <= last; leaf++) {
      const count = leaf === 7 ? cpuid(7, 0)[0] + 1 : leaf in SUBLEAVES ? 1 : 0;
      if (count === 0) add(leaf, XEN_CPUID_NO_SUBLEAF);
      for (let subleaf = 0; subleaf < Math.min(count, SUBLEAVES[leaf] ?? 0); subleaf++) add(leaf, subleaf);
    }
  };
  range(0, Math.min(cpuid(0, 0)[0], LAST_BASIC));
  for (const leaf of HYPERVISORS)
    leaves.push({ leaf, subleaf: XEN_CPUID_NO_SUBLEAF, a: 0, b: 0, c: 0, d: 0 });
  range(FIRST_EXTENDED, Math.min(cpuid(FIRST_EXTENDED, 0)[0] >>> 0, LAST_EXTENDED));
  return leaves;
}

/** A policy for a toolstack: leaves and MSRs, or, without a buffer, how many there are at most. */
export function tellPolicy(
  context: HypercallContext,
  op: Policy,
  cpuid: Cpuid,
  hasFaulting: boolean,
): number {
  const leaves = leavesOf(cpuid);
  if (op.get('leaves') === 0) op.set('nr_leaves', MAX_LEAVES);
  else if (op.get('nr_leaves') < leaves.length) return -ENOBUFS;
  else {
    const words = Uint32Array.from(
      leaves.flatMap(({ leaf, subleaf, a, b, c, d }) => [leaf, subleaf, a, b, c, d]),
    );
    if (!context.write(op.get('leaves'), words)) return -EFAULT;
    op.set('nr_leaves', leaves.length);
  }
  return tellMsrs(context, op, hasFaulting);
}

function tellMsrs(context: HypercallContext, op: Policy, hasFaulting: boolean): number {
  if (op.get('msrs') === 0) op.set('nr_msrs', MAX_MSRS);
  else if (op.get('nr_msrs') < MSRS.length) return -ENOBUFS;
  else {
    const platform = hasFaulting ? CPUID_FAULTING : 0;
    const words = MSRS.flatMap((index) => [index, 0, index === PLATFORM_INFO ? platform : 0, 0]);
    if (!context.write(op.get('msrs'), Uint32Array.from(words))) return -EFAULT;
    op.set('nr_msrs', MSRS.length);
  }
  return 0;
}

/** -EEXIST: the domain has run. -ERANGE, -EINVAL: err_leaf and err_subleaf, or err_msr, say what is not right. */
function set(context: HypercallContext, domain: Domain, op: Policy): number {
  if (domain === context.domain) return -EINVAL;
  if (domain.creationFinished) return -EEXIST;
  op.set('err_leaf', 0xffff_ffff);
  op.set('err_subleaf', 0xffff_ffff);
  op.set('err_msr', 0xffff_ffff);
  const count = op.get('nr_leaves');
  if (count > MAX_LEAVES || op.get('nr_msrs') > MAX_MSRS) return -E2BIG;
  const words = new Uint32Array((count * xen_cpuid_leaf.size) / 4);
  if (count > 0 && !context.read(op.get('leaves'), words)) return -EFAULT;
  const policy = new Map(
    leavesOf(cpuidOf(context.hypervisor, domain)).map((each) => [keyOf(each.leaf, each.subleaf), each]),
  );
  for (let at = 0; at < words.length; at += 6) {
    const [leaf, subleaf, a, b, c, d] = words.subarray(at, at + 6) as unknown as [
      number,
      number,
      number,
      number,
      number,
      number,
    ];
    const failed = isLeaf(leaf, subleaf) ? 0 : -ERANGE;
    if (failed < 0) return blame(op, leaf, subleaf, failed);
    policy.set(keyOf(leaf, subleaf), { leaf, subleaf, a, b, c, d });
  }
  const { failed, faulting } = readMsrs(context, op);
  if (failed < 0) return failed;
  const adopted = adopt(context.hypervisor, domain, op, [...policy.values()]);
  if (adopted === 0 && faulting !== null) domain.lacksCpuidFaulting = !faulting;
  return adopted;
}

const keyOf = (leaf: number, subleaf: number): string => `${String(leaf)}.${String(subleaf)}`;

function isLeaf(leaf: number, subleaf: number): boolean {
  const within = leaf <= LAST_BASIC || (leaf >= FIRST_EXTENDED && leaf <= LAST_EXTENDED);
  const count = SUBLEAVES[leaf];
  if (count !== undefined) return subleaf < count;
  return (within || HYPERVISORS.includes(leaf)) && subleaf === XEN_CPUID_NO_SUBLEAF;
}

function blame(op: Policy, leaf: number, subleaf: number, failed: number): number {
  op.set('err_leaf', leaf);
  op.set('err_subleaf', subleaf);
  return failed;
}

/** MSRs of the policy say what there is: whether the domain is to have CPUID faulting; null: it is as it was. */
function readMsrs(context: HypercallContext, op: Policy): { failed: number; faulting: boolean | null } {
  const words = new Uint32Array(xen_msr_entry.size / 4);
  let faulting: boolean | null = null;
  for (let n = 0; n < op.get('nr_msrs'); n++) {
    if (!context.read(op.get('msrs') + n * xen_msr_entry.size, words)) return { failed: -EFAULT, faulting };
    const [index, flags, low, high] = words as unknown as [number, number, number, number];
    const isKnown = MSRS.includes(index);
    // Nothing can be set that the host does not have. What ARCH_CAPABILITIES says is not the toolstack's yet.
    const exists = index !== PLATFORM_INFO || ((low & ~CPUID_FAULTING) === 0 && high === 0);
    if (flags !== 0 || !isKnown || !exists) {
      op.set('err_msr', index);
      return { failed: flags !== 0 || isKnown ? -EINVAL : -ERANGE, faulting };
    }
    if (index === PLATFORM_INFO) faulting = low !== 0;
  }
  return { failed: 0, faulting };
}

/** The leaves must not go beyond the host's; features that the host lacks are taken out (recalculate_cpuid_policy). */
function adopt(hypervisor: Hypervisor, domain: Domain, op: Policy, leaves: readonly CpuidLeaf[]): number {
  const find = (leaf: number, subleaf: number): CpuidLeaf | undefined =>
    leaves.find((each) => each.leaf === leaf && each.subleaf === subleaf);
  const isBeyond = (leaf: number, subleaf: number): boolean =>
    (find(leaf, subleaf)?.a ?? 0) > guestCpuid(hypervisor, leaf, 0)[0] >>> 0;
  if (isBeyond(0, XEN_CPUID_NO_SUBLEAF)) return blame(op, 0, XEN_CPUID_NO_SUBLEAF, -EINVAL);
  if (isBeyond(7, 0)) return blame(op, 7, 0, -EINVAL);
  if (isBeyond(FIRST_EXTENDED, XEN_CPUID_NO_SUBLEAF))
    return blame(op, FIRST_EXTENDED, XEN_CPUID_NO_SUBLEAF, -EINVAL);
  domain.cpuPolicy = leaves.map((each) => {
    const features = FEATURES.find(({ leaf, subleaf }) => leaf === each.leaf && subleaf === each.subleaf);
    if (features === undefined) return each;
    const [a, b, c, d] = guestCpuid(
      hypervisor,
      each.leaf,
      features.subleaf === XEN_CPUID_NO_SUBLEAF ? 0 : features.subleaf,
    );
    const own = { a, b, c, d };
    const kept = Object.fromEntries(features.registers.map((name) => [name, (each[name] & own[name]) >>> 0]));
    return { ...each, ...kept };
  });
  return 0;
}

/** XEN_DOMCTL_get_cpu_policy and XEN_DOMCTL_set_cpu_policy. */
export function cpuPolicy(
  context: HypercallContext,
  domain: Domain,
  u: ControlBuffer,
  command: number,
): number {
  const op = u.as(xen_domctl_cpu_policy);
  if (command !== XEN_DOMCTL_get_cpu_policy) return set(context, domain, op);
  return tellPolicy(context, op, cpuidOf(context.hypervisor, domain), !domain.lacksCpuidFaulting);
}
