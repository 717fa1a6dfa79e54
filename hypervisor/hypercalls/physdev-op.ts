/**
 * physdev_op(command, argument): a domain's I/O privilege level and port bitmap; of domain 0 the interrupts of its devices. To
 * others what concerns them gives -EINVAL or -EPERM, as Xen's checks do.
 */
import { EBUSY, EFAULT, EINVAL, ENODEV, ENOSYS, EPERM, ESRCH } from '../abi/errno.ts';
import type { Composite } from '../abi/layout.ts';
import { namesOf } from '../abi/names.ts';
import * as physdev from '../abi/physdev.ts';
import { HYPERVISOR_physdev_op } from '../abi/xen.ts';
import type { Domain } from '../state/domain.ts';
import { addRange, removeRange } from '../state/range-set.ts';
import { endPirq, mayHave } from '../events/pirq.ts';
import { GSIS } from '../state/gsi.ts';
import { PGT_WRITABLE_PAGE } from '../memory/frame-table.ts';
import { getPageAndType, putPageAndType } from '../memory/page-types.ts';
import { isGuestAddress } from '../memory/guest-access.ts';
import type { GuestStruct, StructOf } from '../memory/guest-struct.ts';
import { anyDomain } from '../state/page-owner.ts';
import type { Hypercall, HypercallContext } from './hypercall.ts';

const MAX_PORTS = 65536;

type Operation = (context: HypercallContext, argument: number) => number;

type Work<F> = (context: HypercallContext, op: GuestStruct<F>) => number;

/** An operation that reads its structure. */
function reads<F>(layout: Composite<F>, work: Work<F>): Operation {
  return (context, argument) => {
    const op = context.readStruct(layout, argument);
    return op === null ? -EFAULT : work(context, op);
  };
}

/** An operation on the devices' interrupts: domain 0's alone. Its structure is the answer too. */
function ofDevices<F>(layout: Composite<F>, work: Work<F>): Operation {
  return reads(layout, (context, op) => {
    if (!context.domain.isPrivileged) return -EPERM;
    const result = work(context, op);
    if (result < 0) return result;
    return context.writeStruct(op) ? result : -EFAULT;
  });
}

/** PHYSDEVOP_eoi: a line was served. */
const endInterrupt = reads(physdev.physdev_eoi, ({ hypervisor, domain }, op) =>
  endPirq(hypervisor, domain, op.get('irq')),
);

/** PHYSDEVOP_irq_status_query: lines are level triggered, so each wants its end told. */
const queryInterrupt = reads(physdev.physdev_irq_status_query, (context, op) => {
  if (!mayHave(context.domain, op.get('irq'))) return -EINVAL;
  op.set('flags', physdev.XENIRQSTAT_needs_eoi);
  return context.writeStruct(op) ? 0 : -EFAULT;
});

/**
 * PHYSDEVOP_map_pirq: gives a line that the caller has to itself or to another domain. A pirq has the number of its line.
 * Messages (MSI) are not there.
 */
function mapPirq(context: HypercallContext, op: StructOf<typeof physdev.physdev_map_pirq>): number {
  const target = targetOf(context, op.get('domid'));
  const line = op.get('index');
  const pirq = op.get('pirq');
  if (target === undefined) return -ESRCH;
  if (op.get('type') !== physdev.MAP_PIRQ_TYPE_GSI || line < 0 || line >= GSIS) return -EINVAL;
  if (pirq >= 0 && pirq !== line) return -EINVAL;
  if (!mayHave(context.domain, line)) return -EPERM;
  addRange(target.lines, line, line);
  op.set('pirq', line);
  return 0;
}

/** PHYSDEVOP_unmap_pirq: what was given to another domain is taken away again. */
function unmapPirq(context: HypercallContext, op: StructOf<typeof physdev.physdev_unmap_pirq>): number {
  const target = targetOf(context, op.get('domid'));
  const pirq = op.get('pirq');
  if (target === undefined) return -ESRCH;
  if (!mayHave(target, pirq)) return -EINVAL;
  if (context.hypervisor.gsis[pirq]!.domain === target.id) return -EBUSY;
  if (target !== context.domain) removeRange(target.lines, pirq, pirq);
  return 0;
}

function targetOf(context: HypercallContext, domid: number): Domain | undefined {
  return context.hypervisor.domains.get(anyDomain(context, domid));
}

/** What is for the domain that has the machine's devices; of each structure but the first word is looked at. */
const forOthers = reads(physdev.physdev_eoi, () => -EPERM);

/** PHYSDEVOP_restore_msi: who asks is looked at after the device. None has messages to restore. */
function restoreMessages({ hypervisor, domain }: HypercallContext, bus: number, devfn: number): number {
  const isThere = bus === 0 && (devfn & 7) === 0 && hypervisor.platform.pci.functions[devfn >>> 3] !== null;
  if (!isThere) return -ENODEV;
  return domain.isPrivileged ? 0 : -EPERM;
}

/** The page where Xen would set a bit for each interrupt that needs an end-of-interrupt call. */
const registerEoiPage = reads(physdev.physdev_pirq_eoi_gmfn, ({ hypervisor, domain }, op) => {
  const mfn = op.get('gmfn');
  if (getPageAndType(hypervisor.frames, mfn, domain.id, PGT_WRITABLE_PAGE) !== 0) return -EINVAL;
  if (domain.pirqEoiMfn !== 0) {
    putPageAndType(hypervisor.frames, mfn);
    return -EBUSY;
  }
  domain.pirqEoiMfn = mfn;
  return 0;
});

const operations: Readonly<Record<number, Operation>> = {
  [physdev.PHYSDEVOP_set_iopl]: reads(physdev.physdev_set_iopl, ({ vcpu }, op) => {
    const iopl = op.get('iopl');
    if (iopl > 3) return -EINVAL;
    vcpu.iopl = iopl;
    return 0;
  }),
  [physdev.PHYSDEVOP_set_iobitmap]: reads(physdev.physdev_set_iobitmap, ({ vcpu }, op) => {
    const [bitmap, ports] = [op.get('bitmap'), op.get('nr_ports')];
    if (ports > MAX_PORTS || !isGuestAddress(bitmap)) return -EINVAL;
    vcpu.ioBitmap = bitmap;
    vcpu.ioBitmapPorts = ports;
    return 0;
  }),
  [physdev.PHYSDEVOP_eoi]: endInterrupt,
  [physdev.PHYSDEVOP_irq_status_query]: queryInterrupt,
  [physdev.PHYSDEVOP_pirq_eoi_gmfn_v1]: registerEoiPage,
  [physdev.PHYSDEVOP_pirq_eoi_gmfn_v2]: registerEoiPage,
  [physdev.PHYSDEVOP_map_pirq]: ofDevices(physdev.physdev_map_pirq, mapPirq),
  [physdev.PHYSDEVOP_unmap_pirq]: ofDevices(physdev.physdev_unmap_pirq, unmapPirq),
  [physdev.PHYSDEVOP_apic_read]: forOthers,
  [physdev.PHYSDEVOP_apic_write]: forOthers,
  [physdev.PHYSDEVOP_alloc_irq_vector]: forOthers,
  [physdev.PHYSDEVOP_setup_gsi]: ofDevices(physdev.physdev_setup_gsi, ({ domain }, op) =>
    mayHave(domain, op.get('gsi')) ? 0 : -EINVAL,
  ),
  [physdev.PHYSDEVOP_manage_pci_add]: forOthers,
  [physdev.PHYSDEVOP_manage_pci_remove]: forOthers,
  [physdev.PHYSDEVOP_manage_pci_add_ext]: forOthers,
  [physdev.PHYSDEVOP_pci_device_add]: forOthers,
  [physdev.PHYSDEVOP_pci_device_remove]: forOthers,
  [physdev.PHYSDEVOP_pci_mmcfg_reserved]: () => -EPERM,
  [physdev.PHYSDEVOP_restore_msi]: reads(physdev.physdev_manage_pci, (context, op) =>
    restoreMessages(context, op.get('bus'), op.get('devfn')),
  ),
  [physdev.PHYSDEVOP_restore_msi_ext]: reads(physdev.physdev_pci_device, (context, op) =>
    op.get('seg') === 0 ? restoreMessages(context, op.get('bus'), op.get('devfn')) : -ENODEV,
  ),
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
