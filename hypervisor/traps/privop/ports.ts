/**
 * The ports of a PC as a domain without devices sees them: what its kernel's I/O privilege lets through to Xen reads all
 * ones and writes nothing, but for the two index registers that Xen shadows (guest_io_read, guest_io_write).
 */
import type { Domain } from '../../domain/domain.ts';
import type { Vcpu } from '../../domain/vcpu.ts';
import type { Hypervisor } from '../../hypervisor.ts';
import { isGuestAddress, translate } from '../../memory/guest-access.ts';
import { VMASST_TYPE_architectural_iopl } from '../../abi/xen.ts';

const CMOS_INDEX = 0x70;
const PCI_ADDRESS = 0xcf8;

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
export function readPort(domain: Domain, port: number, bytes: number): number {
  if (port === PCI_ADDRESS && bytes === 4) return domain.pciAddress;
  if (port <= CMOS_INDEX && port + bytes > CMOS_INDEX) {
    const shift = (CMOS_INDEX - port) * 8;
    return ((mask(bytes) & ~(0xff << shift)) | (domain.cmosIndex << shift)) >>> 0;
  }
  return mask(bytes);
}

export function writePort(domain: Domain, port: number, bytes: number, value: number): void {
  if (port === PCI_ADDRESS && bytes === 4) domain.pciAddress = value >>> 0;
  else if (port <= CMOS_INDEX && port + bytes > CMOS_INDEX)
    domain.cmosIndex = (value >>> ((CMOS_INDEX - port) * 8)) & 0xff;
}

function mask(bytes: number): number {
  return bytes === 4 ? 0xffffffff : bytes === 2 ? 0xffff : 0xff;
}
