/**
 * The I/O APIC's registers as domain 0 reads them (arch/x86/io_apic.c, ioapic_guest_read; Intel's 82093AA). It is Xen's own: here
 * its lines come to Xen without it, and what its registers say is made up of who listens to them.
 */
import { IO_APIC } from '../../../devices/firmware/acpi.ts';
import { PCI_LINES } from '../../../devices/pci/bus.ts';
import { EINVAL, EPERM } from '../../abi/errno.ts';
import type { physdev_apic } from '../../abi/physdev.ts';
import type { StructOf } from '../../memory/guest-struct.ts';
import type { Gsi } from '../../state/gsi.ts';
import type { HypercallContext } from '../hypercall.ts';

const VERSION = 1;
const FIRST_ENTRY = 0x10;
/** Its version, and the number of its last line. */
const VERSION_BITS = 0x20;
const LAST_LINE_SHIFT = 16;
/** An entry: lowest priority to a logical destination; level triggered; masked. Its upper half has the destination. */
const DELIVERY = 0x900;
const LEVEL = 0x8000;
const MASKED = 0x1_0000;
const FIRST_PROCESSOR = 0x100_0000;
/** Vectors as Xen hands them out: from one on, eight apart. */
const FIRST_VECTOR = 0x30;
const VECTOR_STEP = 8;

/** PHYSDEVOP_apic_read */
export function readIoApic(context: HypercallContext, op: StructOf<typeof physdev_apic>): number {
  if (!context.domain.isPrivileged) return -EPERM;
  if (op.get('apic_physbase') !== IO_APIC) return -EINVAL;
  op.set('value', register(context.hypervisor.gsis, op.get('reg')));
  return 0;
}

/** PHYSDEVOP_apic_write: lines are told how they are by what domain 0 binds to them; what it writes here changes nothing. */
export function writeIoApic({ domain }: HypercallContext, op: StructOf<typeof physdev_apic>): number {
  if (!domain.isPrivileged) return -EPERM;
  return op.get('apic_physbase') === IO_APIC ? 0 : -EINVAL;
}

function register(gsis: readonly Gsi[], number: number): number {
  if (number === VERSION) return ((gsis.length - 1) << LAST_LINE_SHIFT) | VERSION_BITS;
  const line = (number - FIRST_ENTRY) >>> 1;
  const gsi = number < FIRST_ENTRY ? undefined : gsis[line];
  if (gsi === undefined) return 0;
  const isUsed = gsi.isXens || gsi.domain !== null;
  if ((number & 1) !== 0) return isUsed ? FIRST_PROCESSOR : 0;
  if (!isUsed) return MASKED;
  const isLevel = (PCI_LINES as readonly number[]).includes(line);
  return (FIRST_VECTOR + line * VECTOR_STEP) | DELIVERY | (isLevel ? LEVEL : 0) | (gsi.masked ? MASKED : 0);
}
