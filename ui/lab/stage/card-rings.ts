/**
 * The two rings of a network card (public/io/netif.h). A packet may take several entries, one behind the other: what an entry is, its
 * packet's first one says.
 */
import * as net from '../../../hypervisor/abi/netif.ts';
import { signed16 } from './rings.ts';
import type { Field, Place, RingKind, Told } from './rings.ts';

const NET_STATUS: Readonly<Record<number, string>> = {
  [net.NETIF_RSP_DROPPED]: 'dropped',
  [net.NETIF_RSP_ERROR]: 'failed',
  [net.NETIF_RSP_NULL]: 'nothing',
};

/** Packets that the guest sends. */
export const TRANSMIT: RingKind = {
  name: 'transmit',
  entryBytes: net.netif_tx_request.size,
  request: (field, place) => {
    if (isExtra(place)) return extraInfo(field, place);
    const { offset } = net.netif_tx_request;
    const size = field(offset.size, 2);
    const isPart = place === 'part';
    return {
      id: field(offset.id, 2),
      text: isPart ? `its next ${String(size)} bytes` : `send ${String(size)} bytes`,
      refs: [field(offset.gref, 4)],
      // The first one has the size of the whole packet.
      bytes: isPart ? 0 : size,
      next: behind(field(offset.flags, 2), place, net.NETTXF_more_data, net.NETTXF_extra_info),
    };
  },
  response: (field) => ({
    id: field(net.netif_tx_response.offset.id, 2),
    text: statusWords(signed16(field(net.netif_tx_response.offset.status, 2)), 'sent'),
    refs: [],
    bytes: 0,
    next: 'start',
  }),
};

/** Room for packets that it gets, and the packets. */
export const RECEIVE: RingKind = {
  name: 'receive',
  entryBytes: net.netif_rx_response.size,
  request: (field) => ({
    id: field(net.netif_rx_request.offset.id, 2),
    text: 'room for a packet',
    refs: [field(net.netif_rx_request.offset.gref, 4)],
    bytes: 0,
    next: 'start',
  }),
  response: (field, place) => {
    if (isExtra(place)) return extraInfo(field, place);
    const { offset } = net.netif_rx_response;
    const status = signed16(field(offset.status, 2));
    const got = place === 'part' ? 'and the next' : 'got';
    return {
      id: field(offset.id, 2),
      text: status >= 0 ? `${got} ${String(status)} bytes` : statusWords(status, ''),
      refs: [],
      bytes: Math.max(status, 0),
      next: behind(field(offset.flags, 2), place, net.NETRXF_more_data, net.NETRXF_extra_info),
    };
  },
};

function statusWords(status: number, okay: string): string {
  return status === net.NETIF_RSP_OKAY ? okay : (NET_STATUS[status] ?? `status ${String(status)}`);
}

function isExtra(place: Place): boolean {
  return place === 'extra' || place === 'extra, then parts';
}

/** What follows an entry with these flags; of extras only a packet's first one tells. */
function behind(flags: number, place: Place, moreData: number, extra: number): Place {
  const isMore = (flags & moreData) !== 0;
  if (place === 'start' && (flags & extra) !== 0) return isMore ? 'extra, then parts' : 'extra';
  return isMore ? 'part' : 'start';
}

function extraInfo(field: Field, place: Place): Told {
  const { offset } = net.netif_extra_info;
  const type = field(offset.type, 1);
  const isLast = (field(offset.flags, 1) & net.XEN_NETIF_EXTRA_FLAG_MORE) === 0;
  const text =
    type === net.XEN_NETIF_EXTRA_TYPE_GSO
      ? `to be cut into segments of ${String(field(offset['u.gso.size'], 2))} bytes`
      : `extra of type ${String(type)}`;
  const next = isLast ? (place === 'extra' ? 'start' : 'part') : place;
  return { id: 0, text, refs: [], bytes: 0, next };
}
