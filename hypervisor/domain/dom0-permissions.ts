/** What the hardware domain may use of the machine: all but what Xen uses itself (dom0_setup_permissions). */
import { PM_TIMER, PM_TIMER_BYTES } from '../../devices/firmware/power.ts';
import { COM1, UART_PORTS } from '../../devices/uart16550.ts';
import type { Hypervisor } from '../state/hypervisor.ts';
import type { Domain } from '../state/domain.ts';
import { addRange, removeRange } from '../state/range-set.ts';

const LAST_PORT = 0xffff;
/** Xen's ports: the interrupt controllers, the timers, the timer's gate, the serial line, PCI's configuration (by way of Xen). */
const XENS_PORTS = [
  [0x20, 0x21],
  [0xa0, 0xa1],
  [0x40, 0x43],
  [0x61, 0x61],
  [COM1, COM1 + UART_PORTS - 1],
  [PM_TIMER, PM_TIMER + PM_TIMER_BYTES - 1],
  [0xcfc, 0xcff],
] as const;
/** Where a device's write is an interrupt's message (MSI_ADDR_BASE_LO), the local APICs' registers among it. */
const MESSAGE_FRAMES = [0xfee00, 0xfeeff] as const;
const PAGE_BITS = 12;
const LEAF_ADDRESS_BITS = 0x80000008;

export function permitHardware({ gsis, processor }: Hypervisor, domain: Domain): void {
  addRange(domain.ports, 0, LAST_PORT);
  for (const [first, last] of XENS_PORTS) removeRange(domain.ports, first, last);
  // Line 0 is the timer's.
  addRange(domain.lines, 1, gsis.length - 1);
  const addressBits = processor.cpuid(LEAF_ADDRESS_BITS, 0)[0] & 0xff;
  addRange(domain.deviceFrames, 0, 2 ** (addressBits - PAGE_BITS) - 1);
  removeRange(domain.deviceFrames, ...MESSAGE_FRAMES);
}
