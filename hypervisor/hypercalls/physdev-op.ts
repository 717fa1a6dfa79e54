/**
 * physdev_op(command, argument): a domain's I/O privilege level and port bitmap; of domain 0 the interrupts of its devices. To
 * others what concerns them gives -EINVAL or -EPERM, as Xen's checks do.
 */
import { fromHalves } from '../../core/machine.ts';
import { EBUSY, EFAULT, EINVAL, ENODEV, ENOSYS, EPERM, ESRCH } from '../abi/errno.ts';
import { namesOf } from '../abi/names.ts';
import * as physdev from '../abi/physdev.ts';
import { HYPERVISOR_physdev_op } from '../abi/xen.ts';
import type { Domain } from '../state/domain.ts';
import { addRange, removeRange } from '../state/range-set.ts';
import { endPirq, mayHave } from '../events/pirq.ts';
import { GSIS } from '../state/gsi.ts';
import { PGT_WRITABLE_PAGE } from '../memory/frame-table.ts';
import { getPageAndType } from '../memory/page-types.ts';
import { isGuestAddress } from '../memory/guest-access.ts';
import { anyDomain } from '../state/page-owner.ts';
import type { Hypercall, HypercallContext } from './hypercall.ts';

const MAX_PORTS = 65536;
const request = new Uint32Array(4);

type Operation = (context: HypercallContext, argument: number) => number;

/** An operation on the devices' interrupts: domain 0's alone. It works on the words of its structure. */
function ofDevices(size: number, work: (context: HypercallContext, words: Uint32Array) => number): Operation {
  return (context, argument) => {
    const words = new Uint32Array(Math.ceil(size / 4));
    if (!context.read(argument, words)) return -EFAULT;
    if (!context.domain.isPrivileged) return -EPERM;
    const result = work(context, words);
    if (result < 0) return result;
    return context.write(argument, words) ? result : -EFAULT;
  };
}

/** PHYSDEVOP_eoi: a line was served. */
const endInterrupt: Operation = (context, argument) => {
  if (!context.read(argument, request.subarray(0, 1))) return -EFAULT;
  return endPirq(context.hypervisor, context.domain, request[0]!);
};

/** PHYSDEVOP_irq_status_query: lines are level triggered, so each wants its end told. */
const queryInterrupt: Operation = (context, argument) => {
  const words = request.subarray(0, 2);
  if (!context.read(argument, words)) return -EFAULT;
  if (!mayHave(context.domain, words[0]!)) return -EINVAL;
  words[1] = physdev.XENIRQSTAT_needs_eoi;
  return context.write(argument, words) ? 0 : -EFAULT;
};

/**
 * PHYSDEVOP_map_pirq: gives a line that the caller has to itself or to another domain. A pirq has the number of its line.
 * Messages (MSI) are not there.
 */
function mapPirq(context: HypercallContext, words: Uint32Array): number {
  const at = physdev.physdev_map_pirq.offset;
  const target = targetOf(context, words[at.domid / 4]!);
  const line = words[at.index / 4]!;
  const pirq = words[at.pirq / 4]! | 0;
  if (target === undefined) return -ESRCH;
  if (words[at.type / 4] !== physdev.MAP_PIRQ_TYPE_GSI || line >= GSIS) return -EINVAL;
  if (pirq >= 0 && pirq !== line) return -EINVAL;
  if (!mayHave(context.domain, line)) return -EPERM;
  addRange(target.lines, line, line);
  words[at.pirq / 4] = line;
  return 0;
}

/** PHYSDEVOP_unmap_pirq: what was given to another domain is taken away again. */
function unmapPirq(context: HypercallContext, words: Uint32Array): number {
  const at = physdev.physdev_unmap_pirq.offset;
  const target = targetOf(context, words[at.domid / 4]!);
  const pirq = words[at.pirq / 4]!;
  if (target === undefined) return -ESRCH;
  if (!mayHave(target, pirq)) return -EINVAL;
  if (context.hypervisor.gsis[pirq]!.domain === target.id) return -EBUSY;
  if (target !== context.domain) removeRange(target.lines, pirq, pirq);
  return 0;
}

function targetOf(context: HypercallContext, word: number): Domain | undefined {
  return context.hypervisor.domains.get(anyDomain(context, word & 0xffff));
}

/** What is for the domain that has the machine's devices. */
const forOthers: Operation = (context, argument) =>
  context.read(argument, request.subarray(0, 1)) ? -EPERM : -EFAULT;

/** PHYSDEVOP_restore_msi: who asks is looked at after the device. None has messages to restore. */
function restoreMessages({ hypervisor, domain }: HypercallContext, bus: number, devfn: number): number {
  const isThere = bus === 0 && (devfn & 7) === 0 && hypervisor.platform.pci.functions[devfn >>> 3] !== null;
  if (!isThere) return -ENODEV;
  return domain.isPrivileged ? 0 : -EPERM;
}

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
  [physdev.PHYSDEVOP_eoi]: endInterrupt,
  [physdev.PHYSDEVOP_irq_status_query]: queryInterrupt,
  [physdev.PHYSDEVOP_pirq_eoi_gmfn_v1]: registerEoiPage,
  [physdev.PHYSDEVOP_pirq_eoi_gmfn_v2]: registerEoiPage,
  [physdev.PHYSDEVOP_map_pirq]: ofDevices(physdev.physdev_map_pirq.size, mapPirq),
  [physdev.PHYSDEVOP_unmap_pirq]: ofDevices(physdev.physdev_unmap_pirq.size, unmapPirq),
  [physdev.PHYSDEVOP_apic_read]: forOthers,
  [physdev.PHYSDEVOP_apic_write]: forOthers,
  [physdev.PHYSDEVOP_alloc_irq_vector]: forOthers,
  [physdev.PHYSDEVOP_setup_gsi]: ofDevices(physdev.physdev_setup_gsi.size, ({ domain }, words) =>
    mayHave(domain, words[0]!) ? 0 : -EINVAL,
  ),
  [physdev.PHYSDEVOP_manage_pci_add]: forOthers,
  [physdev.PHYSDEVOP_manage_pci_remove]: forOthers,
  [physdev.PHYSDEVOP_manage_pci_add_ext]: forOthers,
  [physdev.PHYSDEVOP_pci_device_add]: forOthers,
  [physdev.PHYSDEVOP_pci_device_remove]: forOthers,
  [physdev.PHYSDEVOP_pci_mmcfg_reserved]: () => -EPERM,
  [physdev.PHYSDEVOP_restore_msi](context, argument) {
    const bytes = new Uint8Array(physdev.physdev_manage_pci.size);
    if (!context.readBytes(argument, bytes)) return -EFAULT;
    return restoreMessages(context, bytes[0]!, bytes[1]!);
  },
  [physdev.PHYSDEVOP_restore_msi_ext](context, argument) {
    const bytes = new Uint8Array(physdev.physdev_pci_device.size);
    if (!context.readBytes(argument, bytes)) return -EFAULT;
    const segment = bytes[0]! | (bytes[1]! << 8);
    return segment === 0 ? restoreMessages(context, bytes[2]!, bytes[3]!) : -ENODEV;
  },
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
