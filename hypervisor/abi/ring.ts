/**
 * Rings of requests and responses in a page that a frontend and a backend share. Indices run freely; entry `n` is at
 * `n & (size - 1)`, the size being the largest power of two that fits the page. A side asks to be told of the next entry by
 * setting its `event` index just behind the last one it has seen.
 * Source: xen/include/public/io/ring.h, Xen 4.17.
 */
import { array, struct, u32, u8 } from './layout.ts';

/** The head of a shared ring; its entries follow. */
export const sring = struct({
  req_prod: u32,
  req_event: u32,
  rsp_prod: u32,
  rsp_event: u32,
  pvt: array(u8, 4),
  __pad: array(u8, 44),
});
