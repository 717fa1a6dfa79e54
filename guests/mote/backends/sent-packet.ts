/**
 * A packet as a network frontend sends it (netif.h, "Guest transmit"): a request that tells its size, extras that say more of
 * it, and a request for each further part of its data. All are copied out of the ring before they are looked at.
 */
import * as xen from 'xen';
import { netif_extra_info, netif_tx_request, netif_tx_response } from 'xen';
import { BackRing } from './back-ring';
import { copyGranted, finishCopies, mustCopyAgain } from './granted';
import { alloc, free } from '../../kernel/memory/heap';
import { PAGE_SIZE } from '../../kernel/memory/pages';

const SLOT: usize = netif_tx_request.SIZE;
/** Parts with data that a packet has at most: Linux's XEN_NETIF_NR_SLOTS_MIN. */
const MAX_PARTS: u32 = 18;
/** Extras, of which there is one of each type at most. */
const MAX_EXTRAS: u32 = 4;
/** As long as its size can say. */
export const MAX_BYTES: u32 = 0xffff;

export class SentPacket {
  private parts: u32 = 0;
  private extras: u32 = 0;
  private slots: usize = alloc(MAX_PARTS * SLOT);
  private extra: usize = alloc(SLOT);
  private isUnderstood: bool = true;
  /** Bytes of data in each of the segments that it is to be cut into (GSO); 0: it stays whole. */
  segmentBytes: u32 = 0;

  release(): void {
    free(this.slots);
    free(this.extra);
  }

  private slot(index: u32): usize {
    return this.slots + index * SLOT;
  }
  private flags(index: u32): i32 {
    return load<u16>(this.slot(index) + netif_tx_request.flags);
  }
  private size(index: u32): u32 {
    return load<u16>(this.slot(index) + netif_tx_request.size);
  }
  /** Whether its checksum is left to who gets it. */
  get isBlank(): bool {
    return (this.flags(0) & xen.NETTXF_csum_blank) != 0;
  }

  /** Takes a packet out of the ring. False: it has no end, or is too long. */
  take(ring: BackRing): bool {
    this.parts = 0;
    this.extras = 0;
    this.segmentBytes = 0;
    this.isUnderstood = true;
    let more = true;
    while (more) {
      if (this.parts == MAX_PARTS || !ring.take(this.slot(this.parts))) return false;
      const flags = this.flags(this.parts++);
      more = (flags & xen.NETTXF_more_data) != 0;
      if (this.parts == 1 && (flags & xen.NETTXF_extra_info) != 0 && !this.takeExtras(ring)) return false;
    }
    return true;
  }

  private takeExtras(ring: BackRing): bool {
    let more = true;
    while (more) {
      if (this.extras++ == MAX_EXTRAS || !ring.take(this.extra)) return false;
      if (!this.understand()) this.isUnderstood = false;
      more = (load<u8>(this.extra + netif_extra_info.flags) & xen.XEN_NETIF_EXTRA_FLAG_MORE) != 0;
    }
    return true;
  }

  private understand(): bool {
    if (load<u8>(this.extra + netif_extra_info.type) != xen.XEN_NETIF_EXTRA_TYPE_GSO) return false;
    const type = <i32>load<u8>(this.extra + netif_extra_info.u_gso_type);
    this.segmentBytes = load<u16>(this.extra + netif_extra_info.u_gso_size);
    const isTcp = type == xen.XEN_NETIF_GSO_TYPE_TCPV4 || type == xen.XEN_NETIF_GSO_TYPE_TCPV6;
    return isTcp && this.segmentBytes > 0;
  }

  /** It is not all there: the domain has just come from another host, and pages of it have been asked for. It can be gathered again. */
  isLater: bool = false;

  /** Copies its parts to a place for MAX_BYTES: its bytes, 0: it is not in order, or `isLater`. */
  gather(domid: u32, to: usize): u32 {
    this.isLater = false;
    // The first request tells the size of all of it.
    const total = this.size(0);
    let others: u32 = 0;
    for (let index: u32 = 1; index < this.parts; index++) others += this.size(index);
    if (!this.isUnderstood || others >= total) return 0;
    let at = to;
    for (let index: u32 = 0; index < this.parts; index++) {
      const offset = <u32>load<u16>(this.slot(index) + netif_tx_request.offset);
      const bytes = index == 0 ? total - others : this.size(index);
      if (offset + bytes > <u32>PAGE_SIZE) return 0;
      copyGranted(domid, load<u32>(this.slot(index) + netif_tx_request.gref), offset, at, bytes, false);
      at += bytes;
    }
    this.isLater = mustCopyAgain();
    return finishCopies() ? total : 0;
  }

  /** Answers each of its requests, in their order. */
  answer(ring: BackRing, isGood: bool): void {
    for (let index: u32 = 0; index < this.parts; index++) {
      respond(
        ring,
        load<u16>(this.slot(index) + netif_tx_request.id),
        isGood ? xen.NETIF_RSP_OKAY : xen.NETIF_RSP_ERROR,
      );
      // Extras have no number: their answers say that they are none.
      for (let extra: u32 = 0; index == 0 && extra < this.extras; extra++)
        respond(ring, 0, xen.NETIF_RSP_NULL);
    }
  }
}

function respond(ring: BackRing, id: u16, status: i32): void {
  const response = ring.nextResponse();
  store<u16>(response + netif_tx_response.id, id);
  store<u16>(response + netif_tx_response.status, <u16>status);
}
