/**
 * physdev_op(command, argument): a domain's I/O privilege level and port bitmap; of domain 0 the interrupts of its devices. To
 * others what concerns them gives -EINVAL or -EPERM, as Xen's checks do; to it -EEXIST what is in use, -ENODEV what no device has.
 */
import { EBUSY, EEXIST, EFAULT, EINVAL, ENODEV, ENOSYS, EPERM, ESRCH } from '../abi/errno.ts';
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
import { readIoApic, writeIoApic } from './physdev-op/io-apic.ts';
import * as pci from './physdev-op/pci.ts';

const MAX_PORTS = 65536;
/** Xen's own. */
const TIMER_LINE = 0;

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
 * PHYSDEVOP_map_pirq: gives a line that the caller has to itself or to another domain. A pirq has the number of its line: under
 * another it is there already. No device sends messages (MSI).
 */
function mapPirq(context: HypercallContext, op: StructOf<typeof physdev.physdev_map_pirq>): number {
  const target = targetOf(context, op.get('domid'));
  const line = op.get('index');
  const pirq = op.get('pirq');
  if (target === undefined) return -ESRCH;
  if (MESSAGES.includes(op.get('type'))) return -ENODEV;
  if (op.get('type') !== physdev.MAP_PIRQ_TYPE_GSI || line < 0 || line >= GSIS) return -EINVAL;
  if (!mayHave(context.domain, line)) return -EPERM;
  if (pirq >= 0 && pirq !== line) return -EEXIST;
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

const MESSAGES = [physdev.MAP_PIRQ_TYPE_MSI, physdev.MAP_PIRQ_TYPE_MSI_SEG, physdev.MAP_PIRQ_TYPE_MULTI_MSI];

function targetOf(context: HypercallContext, domid: number): Domain | undefined {
  return context.hypervisor.domains.get(anyDomain(context, domid));
}

/** PHYSDEVOP_setup_gsi: how a line is triggered, which the firmware's tables say too. One that is in use stays as it is. */
function setUpLine({ hypervisor }: HypercallContext, op: StructOf<typeof physdev.physdev_setup_gsi>): number {
  const gsi = op.get('gsi');
  const line = hypervisor.gsis[gsi];
  if (line === undefined) return -EINVAL;
  return line.isXens || line.domain !== null || gsi === TIMER_LINE ? -EEXIST : 0;
}

/** PHYSDEVOP_alloc_irq_vector: Xen's vectors are its own; the line's number stands for one. */
const lineVector = ofDevices(physdev.physdev_irq, (_, op) => {
  const irq = op.get('irq');
  if (irq >= GSIS) return -EINVAL;
  op.set('vector', irq);
  return 0;
});

/** PHYSDEVOP_dbgp_op: no controller of the USB has a debug port, so nothing is to be done. */
const debugPort: Operation = (context, argument) => {
  if (!context.domain.isPrivileged) return -EPERM;
  return context.readStruct(physdev.physdev_irq, argument) === null ? -EFAULT : 0;
};

/** What is said of a PCI function: the older commands know of one segment alone. */
function onBus0(work: (context: HypercallContext, address: pci.Address) => number): Operation {
  return reads(physdev.physdev_manage_pci, (context, op) =>
    work(context, { segment: 0, bus: op.get('bus'), devfn: op.get('devfn') }),
  );
}
function onAnyBus(work: (context: HypercallContext, address: pci.Address) => number): Operation {
  return reads(physdev.physdev_pci_device, (context, op) =>
    work(context, { segment: op.get('seg'), bus: op.get('bus'), devfn: op.get('devfn') }),
  );
}

/** The page where a bit is set for each interrupt, bound from now on, that needs an end-of-interrupt call. */
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
  [physdev.PHYSDEVOP_apic_read]: ofDevices(physdev.physdev_apic, readIoApic),
  [physdev.PHYSDEVOP_apic_write]: ofDevices(physdev.physdev_apic, writeIoApic),
  [physdev.PHYSDEVOP_alloc_irq_vector]: lineVector,
  [physdev.PHYSDEVOP_setup_gsi]: ofDevices(physdev.physdev_setup_gsi, setUpLine),
  [physdev.PHYSDEVOP_manage_pci_add]: onBus0(pci.addDevice),
  [physdev.PHYSDEVOP_manage_pci_remove]: onBus0(pci.removeDevice),
  [physdev.PHYSDEVOP_manage_pci_add_ext]: onBus0(pci.addDevice),
  [physdev.PHYSDEVOP_pci_device_add]: onAnyBus(pci.addDevice),
  [physdev.PHYSDEVOP_pci_device_remove]: onAnyBus(pci.removeDevice),
  // The tables tell of no configuration space in memory.
  [physdev.PHYSDEVOP_pci_mmcfg_reserved]: ({ domain }) => (domain.isPrivileged ? -ENODEV : -EPERM),
  [physdev.PHYSDEVOP_restore_msi]: onBus0(pci.restoreMessages),
  [physdev.PHYSDEVOP_restore_msi_ext]: onAnyBus(pci.restoreMessages),
  [physdev.PHYSDEVOP_prepare_msix]: onAnyBus(pci.messageTable),
  [physdev.PHYSDEVOP_release_msix]: onAnyBus(pci.messageTable),
  [physdev.PHYSDEVOP_dbgp_op]: debugPort,
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
