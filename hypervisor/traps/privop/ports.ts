/**
 * The ports of a PC (guest_io_read, guest_io_write). A domain reaches devices by those that it was given; what its kernel's I/O
 * privilege lets through to Xen otherwise reads all ones and writes nothing. Two index registers Xen
 * shadows for everyone: two domains may be between an index and its data.
 */
import { SHUTDOWN_poweroff } from '../../abi/sched.ts';
import { shutdownDomain } from '../../domain/life.ts';
import type { Domain } from '../../state/domain.ts';
import { containsRange } from '../../state/range-set.ts';
import type { Vcpu } from '../../state/vcpu.ts';
import type { Hypervisor } from '../../state/hypervisor.ts';
import { isGuestAddress, translate } from '../../memory/guest-access.ts';
import { VMASST_TYPE_architectural_iopl } from '../../abi/xen.ts';

const CMOS_INDEX = 0x70;
const PCI_ADDRESS = 0xcf8;
const PCI_DATA = 0xcfc;

/** guest_io_okay: by the kernel's IOPL, or its bitmap. Without architectural_iopl the kernel counts as ring 1. */
export function mayAccess(hypervisor: Hypervisor, vcpu: Vcpu, port: number, bytes: number): boolean {
  if (ioplSuffices(vcpu)) return true;
  if (vcpu.ioBitmapPorts <= port + bytes) return false;
  const first = bitmapByte(hypervisor, vcpu, port >>> 3);
  const second = bitmapByte(hypervisor, vcpu, (port >>> 3) + 1);
  return ((first | (second << 8)) & (((1 << bytes) - 1) << (port & 7))) === 0;
}

/** iopl_ok */
export function ioplSuffices(vcpu: Vcpu): boolean {
  const architectural = (vcpu.domain.vmAssist & (1 << VMASST_TYPE_architectural_iopl)) !== 0;
  const ring = vcpu.guestKernelMode ? (architectural ? 0 : 1) : 3;
  return ring <= vcpu.iopl;
}

/** A byte of the bitmap, in the kernel's address space; all ones (no access) where it cannot be read. */
function bitmapByte(hypervisor: Hypervisor, vcpu: Vcpu, index: number): number {
  const va = vcpu.ioBitmap + index;
  if (!isGuestAddress(va)) return 0xff;
  const at = translate(hypervisor.frames, vcpu.kernelRoot, va, false);
  return at < 0 ? 0xff : hypervisor.machine.bytes[at]!;
}

/** What a port of 1, 2 or 4 bytes reads. */
export function readPort(hypervisor: Hypervisor, domain: Domain, port: number, bytes: number): number {
  if (port === PCI_ADDRESS && bytes === 4) return domain.pciAddress;
  if (port <= CMOS_INDEX && port + bytes > CMOS_INDEX) {
    const shift = (CMOS_INDEX - port) * 8;
    return ((mask(bytes) & ~(0xff << shift)) | (domain.cmosIndex << shift)) >>> 0;
  }
  if (!reachesDevices(domain, port, bytes)) return mask(bytes);
  select(hypervisor, domain);
  const value = hypervisor.platform.readPort(port, bytes);
  hypervisor.deviceUsed();
  return value;
}

export function writePort(
  hypervisor: Hypervisor,
  domain: Domain,
  port: number,
  bytes: number,
  value: number,
): void {
  if (port === PCI_ADDRESS && bytes === 4) domain.pciAddress = value >>> 0;
  else if (port <= CMOS_INDEX && port + bytes > CMOS_INDEX)
    domain.cmosIndex = (value >>> ((CMOS_INDEX - port) * 8)) & 0xff;
  else if (reachesDevices(domain, port, bytes)) {
    select(hypervisor, domain);
    hypervisor.platform.writePort(port, bytes, (value & mask(bytes)) >>> 0);
    hypervisor.deviceUsed();
    if (hypervisor.platform.power.isOff) shutdownDomain(hypervisor, domain, SHUTDOWN_poweroff, null);
  }
}

/** Whether the domain was given the ports. PCI's configuration, which Xen uses too, is the hardware domain's. */
function reachesDevices(domain: Domain, port: number, bytes: number): boolean {
  if (port >= PCI_DATA && port < PCI_DATA + 4) return domain.isPrivileged;
  return containsRange(domain.ports, port, port + bytes - 1);
}

/** Gives the devices the indices that this domain has written. */
function select({ platform }: Hypervisor, domain: Domain): void {
  platform.writePort(PCI_ADDRESS, 4, domain.pciAddress);
  platform.writePort(CMOS_INDEX, 1, domain.cmosIndex);
}

function mask(bytes: number): number {
  return bytes === 4 ? 0xffffffff : bytes === 2 ? 0xffff : 0xff;
}
