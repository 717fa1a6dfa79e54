/** xen_version(command, argument): who Xen is and what it can do. -ENOSYS, -EFAULT, -EPERM where dom0 alone may know. */
import { highHalf, lowHalf } from '../../core/machine.ts';
import { HYPERVISOR_VIRT_START } from '../abi/arch-x86.ts';
import { EFAULT, EINVAL, ENOSYS, EPERM } from '../abi/errno.ts';
import { namesOf } from '../abi/names.ts';
import * as version from '../abi/version.ts';
import {
  XEN_CAPABILITIES_INFO_LEN,
  XEN_CHANGESET_INFO_LEN,
  XEN_COMMANDLINE_LEN,
  XEN_EXTRAVERSION_LEN,
  XENFEAT_dom0,
  XENFEAT_gnttab_map_avail_bits,
  XENFEAT_highmem_assist,
  XENFEAT_memory_op_vnode_supported,
  XENFEAT_mmu_pt_update_preserve_ad,
  XENFEAT_not_direct_mapped,
  XENFEAT_NR_SUBMAPS,
  XENFEAT_pae_pgdir_above_4gb,
} from '../abi/version.ts';
import { HYPERVISOR_xen_version, VMASST_TYPE_pae_extended_cr3 } from '../abi/xen.ts';
import type { Domain } from '../state/domain.ts';
import type { Hypercall, HypercallContext } from './hypercall.ts';
import { PAGE_BYTES } from '../memory/pages.ts';

export const MAJOR = 4;
export const MINOR = 17;
export const EXTRA = '.7';
const CAPABILITIES = 'xen-3.0-x86_64 ';
export const CHANGESET = '';
/** By whom, where and when it was compiled is not kept: builds are the same each time. */
export const COMPILE_INFO = {
  compiler: 'asc 0.28',
  compile_by: 'xenoscope',
  compile_domain: '',
  compile_date: '',
};
/** As xen_compile_info lays it out. */
const COMPILE_FIELDS: readonly (readonly [keyof typeof COMPILE_INFO, number])[] = [
  ['compiler', 64],
  ['compile_by', 16],
  ['compile_domain', 32],
  ['compile_date', 32],
];

/** The features of a paravirtualized domain. */
export function features(domain: Domain): number {
  let bits =
    (1 << XENFEAT_memory_op_vnode_supported) |
    (1 << XENFEAT_mmu_pt_update_preserve_ad) |
    (1 << XENFEAT_highmem_assist) |
    (1 << XENFEAT_gnttab_map_avail_bits) |
    (1 << XENFEAT_not_direct_mapped);
  if ((domain.vmAssist & (1 << VMASST_TYPE_pae_extended_cr3)) !== 0) bits |= 1 << XENFEAT_pae_pgdir_above_4gb;
  if (domain.isPrivileged) bits |= 1 << XENFEAT_dom0;
  return bits;
}

const pair = new Uint32Array(2);

/** Writes a string into `size` bytes, the rest zero. */
function writeText(context: HypercallContext, va: number, text: string, size: number): number {
  const bytes = new Uint8Array(size);
  bytes.set(new TextEncoder().encode(text).subarray(0, size - 1));
  return context.writeBytes(va, bytes) ? 0 : -EFAULT;
}

const operations: Readonly<Record<number, (context: HypercallContext, argument: number) => number>> = {
  [version.XENVER_version]: () => MAJOR * 0x10000 + MINOR,
  [version.XENVER_extraversion]: (context, va) => writeText(context, va, EXTRA, XEN_EXTRAVERSION_LEN),
  [version.XENVER_compile_info](context, va) {
    let at = va;
    for (const [field, size] of COMPILE_FIELDS) {
      if (writeText(context, at, COMPILE_INFO[field], size) !== 0) return -EFAULT;
      at += size;
    }
    return 0;
  },
  [version.XENVER_capabilities]: (context, va) =>
    writeText(context, va, CAPABILITIES, XEN_CAPABILITIES_INFO_LEN),
  [version.XENVER_changeset]: (context, va) => writeText(context, va, CHANGESET, XEN_CHANGESET_INFO_LEN),
  [version.XENVER_platform_parameters](context, va) {
    pair[0] = lowHalf(HYPERVISOR_VIRT_START);
    pair[1] = highHalf(HYPERVISOR_VIRT_START);
    return context.write(va, pair) ? 0 : -EFAULT;
  },
  [version.XENVER_get_features](context, va) {
    if (!context.read(va, pair)) return -EFAULT;
    if (pair[0]! >= XENFEAT_NR_SUBMAPS) return -EINVAL;
    pair[1] = features(context.domain);
    return context.write(va, pair) ? 0 : -EFAULT;
  },
  [version.XENVER_pagesize]: () => PAGE_BYTES,
  [version.XENVER_guest_handle]: (context, va) =>
    context.writeBytes(va, context.domain.handle) ? 0 : -EFAULT,
  [version.XENVER_commandline](context, va) {
    const { commandLine } = context.hypervisor.parameters;
    return writeText(
      context,
      va,
      context.domain.isPrivileged ? commandLine : '<denied>',
      XEN_COMMANDLINE_LEN,
    );
  },
  [version.XENVER_build_id]: () => -EPERM,
};

export const xenVersion: Hypercall = {
  number: HYPERVISOR_xen_version,
  name: 'xen_version',
  args: [
    { name: 'command', kind: 'command', commands: namesOf(version, 'XENVER_') },
    { name: 'argument', kind: 'va' },
  ],
  handler: (context, command, argument) => operations[command]?.(context, argument) ?? -ENOSYS,
};
