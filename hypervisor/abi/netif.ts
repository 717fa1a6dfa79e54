/**
 * Network devices: a ring for packets to send, and one for buffers to receive into.
 * Source: xen/include/public/io/netif.h, Xen 4.17.
 */
import { array, gref, i16, struct, u16, u8, union } from './layout.ts';

export const NETTXF_csum_blank = 1 << 0;
export const NETTXF_data_validated = 1 << 1;
export const NETTXF_more_data = 1 << 2;
export const NETTXF_extra_info = 1 << 3;

export const NETRXF_data_validated = 1 << 0;
export const NETRXF_csum_blank = 1 << 1;
export const NETRXF_more_data = 1 << 2;
export const NETRXF_extra_info = 1 << 3;

export const NETIF_RSP_DROPPED = -2;
export const NETIF_RSP_ERROR = -1;
export const NETIF_RSP_OKAY = 0;
export const NETIF_RSP_NULL = 1;

// What an extra says of a packet, and whether another one follows.
export const XEN_NETIF_EXTRA_TYPE_GSO = 1;
export const XEN_NETIF_EXTRA_TYPE_MCAST_ADD = 2;
export const XEN_NETIF_EXTRA_TYPE_MCAST_DEL = 3;
export const XEN_NETIF_EXTRA_FLAG_MORE = 1 << 0;

export const XEN_NETIF_GSO_TYPE_TCPV4 = 1;
export const XEN_NETIF_GSO_TYPE_TCPV6 = 2;

/** Entries of each ring in one page. */
export const NETIF_RING_SIZE = 256;

/** `size`: of the packet in its first request, else of the part. */
export const netif_tx_request = struct({ gref, offset: u16, flags: u16, id: u16, size: u16 });

export const netif_tx_response = struct({ id: u16, status: i16 });

export const netif_rx_request = struct({ id: u16, pad: u16, gref });

/** `status`: bytes received, or a negative NETIF_RSP_*. */
export const netif_rx_response = struct({ id: u16, offset: u16, flags: u16, status: i16 });

/** In place of a request or response behind the first of a packet. `size`: of the data of a segment, at most. */
export const netif_extra_info = struct({
  type: u8,
  flags: u8,
  u: union({
    gso: struct({ size: u16, type: u8, pad: u8, features: u16 }),
    mcast: struct({ addr: array(u8, 6) }),
  }),
});
