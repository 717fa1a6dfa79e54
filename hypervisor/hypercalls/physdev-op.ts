/**
 * physdev_op(command, argument): of an unprivileged domain, its I/O privilege level and port bitmap. It has no physical
 * interrupts: what concerns them gives -EINVAL or -EPERM, as Xen's checks do.
 */
import { fromHalves } from '../../core/machine.ts';
import { EFAULT, EINVAL, ENOSYS, EPERM } from '../abi/errno.ts';
import { namesOf } from '../abi/names.ts';
import * as physdev from '../abi/physdev.ts';
import { HYPERVISOR_physdev_op } from '../abi/xen.ts';
import { PGT_WRITABLE_PAGE } from '../memory/frame-table.ts';
import { getPageAndType } from '../memory/page-types.ts';
import { isGuestAddress } from '../memory/guest-access.ts';
import type { Hypercall, HypercallContext } from './hypercall.ts';

const MAX_PORTS = 65536;
const request = new Uint32Array(4);

type Operation = (context: HypercallContext, argument: number) => number;

const noInterrupts: Operation = (context, argument) =>
  context.read(argument, request.subarray(0, 1)) ? -EINVAL : -EFAULT;

/** What is for the domain that has the machine's devices. */
const forOthers: Operation = (context, argument) =>
  context.read(argument, request.subarray(0, 1)) ? -EPERM : -EFAULT;

/** The page where Xen would set a bit for each interrupt that needs an end-of-interrupt call. */
const registerEoiPage: Operation = (context, argument) => {
  const { hypervisor, domain } = context;
  if (!context.read(argument, request.subarray(0, 2))) return -EFAULT;
  if (domain.pirqEoiMfn !== 0) return -EINVAL;
  const mfn = fromHalves(request[0]!, request[1]!);
  if (getPageAndType(hypervisor.frames, mfn, domain.id, PGT_WRITABLE_PAGE) !== 0) return -EINVAL;
  domain.pirqEoiMfn = mfn;
  return 0;
};

const operations: Readonly<Record<number, Operation>> = {
  [physdev.PHYSDEVOP_set_iopl](context, argument) {
    if (!context.read(argument, request.subarray(0, 1))) return -EFAULT;
    if (request[0]! > 3) return -EINVAL;
    context.vcpu.iopl = request[0]!;
    return 0;
  },
  [physdev.PHYSDEVOP_set_iobitmap](context, argument) {
    if (!context.read(argument, request)) return -EFAULT;
    const bitmap = fromHalves(request[0]!, request[1]!);
    if (request[2]! > MAX_PORTS || !isGuestAddress(bitmap)) return -EINVAL;
    context.vcpu.ioBitmap = bitmap;
    context.vcpu.ioBitmapPorts = request[2]!;
    return 0;
  },
  [physdev.PHYSDEVOP_eoi]: noInterrupts,
  [physdev.PHYSDEVOP_irq_status_query]: noInterrupts,
  [physdev.PHYSDEVOP_pirq_eoi_gmfn_v1]: registerEoiPage,
  [physdev.PHYSDEVOP_pirq_eoi_gmfn_v2]: registerEoiPage,
  [physdev.PHYSDEVOP_map_pirq]: forOthers,
  [physdev.PHYSDEVOP_unmap_pirq]: forOthers,
  [physdev.PHYSDEVOP_apic_read]: forOthers,
  [physdev.PHYSDEVOP_apic_write]: forOthers,
  [physdev.PHYSDEVOP_alloc_irq_vector]: forOthers,
  [physdev.PHYSDEVOP_setup_gsi]: forOthers,
  [physdev.PHYSDEVOP_manage_pci_add]: forOthers,
  [physdev.PHYSDEVOP_manage_pci_remove]: forOthers,
  [physdev.PHYSDEVOP_manage_pci_add_ext]: forOthers,
  [physdev.PHYSDEVOP_pci_device_add]: forOthers,
  [physdev.PHYSDEVOP_pci_device_remove]: forOthers,
  [physdev.PHYSDEVOP_pci_mmcfg_reserved]: () => -EPERM,
  [physdev.PHYSDEVOP_restore_msi]: forOthers,
  [physdev.PHYSDEVOP_restore_msi_ext]: forOthers,
  [physdev.PHYSDEVOP_prepare_msix]: forOthers,
  [physdev.PHYSDEVOP_release_msix]: forOthers,
  [physdev.PHYSDEVOP_dbgp_op]: () => -EPERM,
};

export const physdevOp: Hypercall = {
  number: HYPERVISOR_physdev_op,
  name: 'physdev_op',
  args: [
    { name: 'command', kind: 'command', commands: namesOf(physdev, 'PHYSDEVOP_') },
    { name: 'argument', kind: 'va' },
  ],
  handler: (context, command, argument) => operations[command]?.(context, argument) ?? -ENOSYS,
};
