/** What domain 0 says to Xen of PCI functions, which are found by it: that they are there, and what is to become of their messages. */
import { ENODEV, EPERM } from '../../abi/errno.ts';
import type { Hypervisor } from '../../state/hypervisor.ts';
import type { HypercallContext } from '../hypercall.ts';

/** A function: its bus, and its slot and number in it. */
export interface Address {
  readonly segment: number;
  readonly bus: number;
  readonly devfn: number;
}

function isThere({ platform }: Hypervisor, { segment, bus, devfn }: Address): boolean {
  return segment === 0 && bus === 0 && (devfn & 7) === 0 && platform.pci.functions[devfn >>> 3] !== null;
}

function logDevice({ console }: Hypervisor, what: string, { segment, bus, devfn }: Address): void {
  const hex = (value: number, digits: number): string => value.toString(16).padStart(digits, '0');
  const place = `${hex(segment, 4)}:${hex(bus, 2)}:${hex(devfn >>> 3, 2)}.${String(devfn & 7)}`;
  console.log(`PCI ${what} device ${place}`);
}

/** PHYSDEVOP_pci_device_add and its predecessors: Xen takes domain 0's word for it. */
export function addDevice({ hypervisor, domain }: HypercallContext, address: Address): number {
  if (!domain.isPrivileged) return -EPERM;
  logDevice(hypervisor, 'add', address);
  return 0;
}

export function removeDevice({ hypervisor, domain }: HypercallContext, address: Address): number {
  if (!domain.isPrivileged) return -EPERM;
  if (!isThere(hypervisor, address)) return -ENODEV;
  logDevice(hypervisor, 'remove', address);
  return 0;
}

/** PHYSDEVOP_restore_msi: who asks is looked at after the device. None has messages to restore. */
export function restoreMessages({ hypervisor, domain }: HypercallContext, address: Address): number {
  if (!isThere(hypervisor, address)) return -ENODEV;
  return domain.isPrivileged ? 0 : -EPERM;
}

/** PHYSDEVOP_prepare_msix, PHYSDEVOP_release_msix: no device of this machine has a table of messages. */
export function messageTable({ domain }: HypercallContext): number {
  return domain.isPrivileged ? -ENODEV : -EPERM;
}
