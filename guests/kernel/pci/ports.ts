/** The ports of devices. They are domain 0's; each access is one that Xen makes for it. */
import { physdev_set_iopl, PHYSDEVOP_set_iopl } from 'xen';
import { HYPERVISOR_physdev_op } from '../xen/hypercalls';

// @ts-ignore: decorator
@external("asm", "in8")
export declare function in8(port: u32): u32;
// @ts-ignore: decorator
@external("asm", "in16")
export declare function in16(port: u32): u32;
// @ts-ignore: decorator
@external("asm", "in32")
export declare function in32(port: u32): u32;
// @ts-ignore: decorator
@external("asm", "out8")
export declare function out8(port: u32, value: u32): void;
// @ts-ignore: decorator
@external("asm", "out16")
export declare function out16(port: u32, value: u32): void;
// @ts-ignore: decorator
@external("asm", "out32")
export declare function out32(port: u32, value: u32): void;

const KERNEL_LEVEL: u32 = 1;
const request: usize = memory.data(4, 4);

/** Says that the kernel, and nobody else, may use ports. */
export function initPorts(): void {
  store<u32>(request + physdev_set_iopl.iopl, KERNEL_LEVEL);
  HYPERVISOR_physdev_op(PHYSDEVOP_set_iopl, request);
}
