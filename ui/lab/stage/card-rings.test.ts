/** Packets that take several entries of a card's rings: what each entry says, and that their bytes are counted once. */
import { expect, test } from 'vitest';
import * as net from '../../../hypervisor/abi/netif.ts';
import { RECEIVE, TRANSMIT } from './card-rings.ts';
import type { Field, Place, RingKind, Told } from './rings.ts';

const [MORE, EXTRA] = [net.NETTXF_more_data, net.NETTXF_extra_info];
type Values = readonly (readonly [offset: number, value: number, bytes: number])[];

/** An entry with these fields, the others 0. */
function entry(values: Values): Field {
  const bytes = new DataView(new ArrayBuffer(16));
  for (const [offset, value, size] of values)
    for (let n = 0; n < size; n++) bytes.setUint8(offset + n, (value >> (8 * n)) & 0xff);
  return (offset, size) => {
    let value = 0;
    for (let n = size - 1; n >= 0; n--) value = value * 256 + bytes.getUint8(offset + n);
    return value;
  };
}
function sends(size: number, flags: number): Field {
  const { offset } = net.netif_tx_request;
  return entry([
    [offset.size, size, 2],
    [offset.flags, flags, 2],
  ]);
}
function gets(status: number, flags: number): Field {
  const { offset } = net.netif_rx_response;
  return entry([
    [offset.status, status, 2],
    [offset.flags, flags, 2],
  ]);
}
function extra(type: number, size: number, flags = 0): Field {
  const { offset } = net.netif_extra_info;
  return entry([
    [offset.type, type, 1],
    [offset.flags, flags, 1],
    [offset['u.gso.size'], size, 2],
  ]);
}

function told(kind: RingKind, way: 'request' | 'response', entries: readonly Field[]): Told[] {
  let place: Place = 'start';
  return entries.map((field) => {
    const one = kind[way](field, place);
    place = one.next;
    return one;
  });
}

test('a packet in parts, to be cut, and the next one: what is sent is as much as the first of each says', () => {
  const all = told(TRANSMIT, 'request', [
    sends(4000, MORE | EXTRA),
    extra(net.XEN_NETIF_EXTRA_TYPE_MCAST_ADD, 0, net.XEN_NETIF_EXTRA_FLAG_MORE),
    extra(net.XEN_NETIF_EXTRA_TYPE_GSO, 1448),
    sends(3000, MORE),
    sends(800, 0),
    sends(60, EXTRA),
    extra(net.XEN_NETIF_EXTRA_TYPE_GSO, 20),
    sends(70, 0),
  ]);
  expect(all.map(({ text }) => text)).toEqual([
    'send 4000 bytes',
    'extra of type 2',
    'to be cut into segments of 1448 bytes',
    'its next 3000 bytes',
    'its next 800 bytes',
    'send 60 bytes',
    'to be cut into segments of 20 bytes',
    'send 70 bytes',
  ]);
  expect(all.map(({ bytes }) => bytes)).toEqual([4000, 0, 0, 0, 0, 60, 0, 70]);
});

test('a packet that is got has its bytes in each of its parts; one that failed has none', () => {
  const all = told(RECEIVE, 'response', [
    gets(4096, MORE | EXTRA),
    extra(net.XEN_NETIF_EXTRA_TYPE_GSO, 1448),
    gets(104, 0),
    gets(net.NETIF_RSP_ERROR, 0),
  ]);
  expect(all.map(({ text, bytes }) => [text, bytes])).toEqual([
    ['got 4096 bytes', 4096],
    ['to be cut into segments of 1448 bytes', 0],
    ['and the next 104 bytes', 104],
    ['failed', 0],
  ]);
});
