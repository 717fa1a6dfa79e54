/**
 * Virtual addresses here are signed numbers; Xen compares them as unsigned. And where a page table is indexed only their
 * low 48 bits count.
 */
import { hex64 } from '../../../core/machine.ts';

const VIRTUAL_BYTES = 2 ** 48;

/** The low 48 bits of a canonical address, as a number below 2^48. */
export function low48(va: number): number {
  return va < 0 ? va + VIRTUAL_BYTES : va;
}

/** Whether `a` is below `b` as unsigned 64-bit numbers. For canonical addresses the low 48 bits order them. */
export function isBelow(a: number, b: number): boolean {
  return low48(a) < low48(b);
}

/** `0x` and the digits of the unsigned 64-bit value, without leading zeroes. */
export function hexVa(va: number): string {
  return hex64(va).replace(/^0x0+(?=.)/, '0x');
}
