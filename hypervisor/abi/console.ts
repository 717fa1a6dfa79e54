/**
 * The console ring: one page shared by a domain and whoever serves its console. Indices run freely and are masked by
 * the size of the array.
 * Source: xen/include/public/io/console.h, Xen 4.17.
 */
import { array, struct, u32, u8 } from './layout.ts';

export const XENCONS_IN_BYTES = 1024;
export const XENCONS_OUT_BYTES = 2048;

/** `in` is what the guest reads, `out` what it writes. */
export const xencons_interface = struct({
  in: array(u8, XENCONS_IN_BYTES),
  out: array(u8, XENCONS_OUT_BYTES),
  in_cons: u32,
  in_prod: u32,
  out_cons: u32,
  out_prod: u32,
});
