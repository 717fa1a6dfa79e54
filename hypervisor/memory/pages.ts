/** Pages, and addresses in them. Addresses are numbers, exact below 2^53, and signed where they are virtual. */
import { PAGE_BYTES } from '../../core/machine.ts';

export { PAGE_BYTES };
export const PAGE_WORDS = PAGE_BYTES / 4;

/** The number of the page, or of the frame, that an address is in. */
export function pageNumber(address: number): number {
  return Math.floor(address / PAGE_BYTES);
}

/** Where in its page an address is, in bytes. */
export function pageOffset(address: number): number {
  return address - pageNumber(address) * PAGE_BYTES;
}
