/** Lies about a network card. */
import * as xen from 'xen';
import { netif_extra_info, netif_rx_request, netif_rx_response } from 'xen';
import { netif_tx_request, netif_tx_response, sring } from 'xen';
import { sendEvent } from 'kernel/events/events';
import { grantAccess } from 'kernel/grants/grants';
import { FrontRing } from 'kernel/grants/ring';
import { check, checkNumber } from '../check';
import { Device, newPage, pause } from './device';

const DIRECTORY: usize = memory.data<u8>([100, 101, 118, 105, 99, 101, 47, 118, 105, 102, 47, 48, 0]);
const ENTRIES: u32 = xen.NETIF_RING_SIZE;
const NO_GRANT: u32 = 400;
const LOOKS: i32 = 500;
const FRAME: u16 = 60;
/** None of NETIF_RSP_*. */
const NO_ANSWER: i32 = 99;
/** An ARP question of 10.0.0.9 for 10.0.0.10, whom domain 0 is, so that something comes. */
const QUESTION: usize = memory.data<u8>([
  255, 255, 255, 255, 255, 255, 0, 22, 62, 0, 0, 19, 8, 6, 0, 1, 8, 0, 6, 4, 0, 1, 0, 22, 62, 0, 0, 19, 10, 0,
  0, 9, 0, 0, 0, 0, 0, 0, 10, 0, 0, 10,
]);
const QUESTION_BYTES: usize = 42;

const card = new Device(DIRECTORY);
const sending = new FrontRing(newPage(), netif_tx_request.SIZE, ENTRIES);
const receiving = new FrontRing(newPage(), netif_rx_request.SIZE, ENTRIES);
let sendRef: u32 = 0;
let receiveRef: u32 = 0;
let page: u32 = 0;

export function cardLies(): void {
  card.begin();
  sendRef = grantAccess(0, sending.page, false);
  receiveRef = grantAccess(0, receiving.page, false);
  const frame = newPage();
  memory.fill(frame, 0, 4096);
  memory.copy(frame, QUESTION, QUESTION_BYTES);
  page = grantAccess(0, frame, true);
  connect();
  packets();
  extras();
  headroom();
  indices();
  rings();
  connect();
  checkNumber('after all that, a packet', send(page, 0, FRAME, 0), 0);
}

function publish(tx: u64, rx: u64, port: u64, copies: u64): void {
  card.tell('tx-ring-ref', tx);
  card.tell('rx-ring-ref', rx);
  card.tell('event-channel', port);
  card.tell('request-rx-copy', copies);
  card.state = xen.XenbusStateConnected;
}

function connect(): void {
  card.again();
  sending.reset();
  receiving.reset();
  publish(sendRef, receiveRef, card.port, 1);
  check('the card is connected', card.becomes(xen.XenbusStateConnected));
}

function put(ref: u32, offset: u16, bytes: u16, flags: u16): void {
  const request = sending.nextRequest();
  store<u32>(request + netif_tx_request.gref, ref);
  store<u16>(request + netif_tx_request.offset, offset);
  store<u16>(request + netif_tx_request.flags, flags);
  store<u16>(request + netif_tx_request.id, 7);
  store<u16>(request + netif_tx_request.size, bytes);
}

/** The next answer's status. */
function answer(): i32 {
  if (sending.push()) sendEvent(card.port);
  for (let look = 0; look < LOOKS; look++) {
    const response = sending.nextResponse();
    if (response != 0) return load<i16>(response + netif_tx_response.status);
    pause();
  }
  return NO_ANSWER;
}

function send(ref: u32, offset: u16, bytes: u16, flags: u16): i32 {
  put(ref, offset, bytes, flags);
  return answer();
}

function packets(): void {
  const more = <u16>xen.NETTXF_more_data;
  checkNumber('a packet', send(page, 0, FRAME, 0), 0);
  checkNumber('one without bytes', send(page, 0, 0, 0), xen.NETIF_RSP_ERROR);
  checkNumber('one that is no frame', send(page, 0, 5, 0), 0);
  checkNumber('one beyond its page', send(page, 4090, FRAME, 0), xen.NETIF_RSP_ERROR);
  checkNumber('one far beyond it', send(page, 0xffff, 0xffff, 0), xen.NETIF_RSP_ERROR);
  checkNumber('one of no grant', send(NO_GRANT, 0, FRAME, 0), xen.NETIF_RSP_ERROR);
  checkNumber('no grant at all', send(0xffff_ffff, 0, FRAME, 0), xen.NETIF_RSP_ERROR);
  checkNumber('a sum for the card to do', send(page, 0, FRAME, <u16>xen.NETTXF_csum_blank), 0);
  put(page, 0, FRAME, more);
  checkNumber('parts that are more than the whole', send(page, 0, FRAME, 0), xen.NETIF_RSP_ERROR);
  checkNumber('the other of them', answer(), xen.NETIF_RSP_ERROR);
  checkNumber('a packet again', send(page, 0, FRAME, 0), 0);
}

/** A packet that says more of itself: its answer, and that of what it says. */
function sendExtra(type: u8, flags: u8, bytes: u16, protocol: u8): i32 {
  put(page, 0, FRAME, <u16>xen.NETTXF_extra_info);
  const extra = sending.nextRequest();
  memory.fill(extra, 0, netif_tx_request.SIZE);
  store<u8>(extra + netif_extra_info.type, type);
  store<u8>(extra + netif_extra_info.flags, flags);
  store<u16>(extra + netif_extra_info.u_gso_size, bytes);
  store<u8>(extra + netif_extra_info.u_gso_type, protocol);
  const status = answer();
  if (status != NO_ANSWER) checkNumber('and what it says', answer(), xen.NETIF_RSP_NULL);
  return status;
}

function extras(): void {
  const gso = <u8>xen.XEN_NETIF_EXTRA_TYPE_GSO;
  const more = <u16>xen.NETTXF_more_data;
  // Taken, and then found to be none that could be cut.
  checkNumber('a question in segments', sendExtra(gso, 0, 10, 1), 0);
  checkNumber('segments of nothing', sendExtra(gso, 0, 0, 1), xen.NETIF_RSP_ERROR);
  checkNumber('segments of no protocol', sendExtra(gso, 0, 10, 9), xen.NETIF_RSP_ERROR);
  checkNumber('something unknown', sendExtra(99, 0, 10, 1), xen.NETIF_RSP_ERROR);
  checkNumber('it has more to say and does not', sendExtra(gso, 1, 10, 1), NO_ANSWER);
  check('and is closed', card.becomes(xen.XenbusStateClosing));
  connect();
  checkNumber(
    'it has something to say and does not',
    send(page, 0, FRAME, <u16>xen.NETTXF_extra_info),
    NO_ANSWER,
  );
  check('and is closed', card.becomes(xen.XenbusStateClosing));
  connect();
  for (let part = 0; part < 40; part++) put(page, 0, 1, more);
  checkNumber('a packet of many parts', send(page, 0, 1, 0), NO_ANSWER);
  check('and is closed', card.becomes(xen.XenbusStateClosing));
  connect();
}

/** A packet comes behind as much room as was asked for, or, where that is too much, not at all. */
function headroom(): void {
  const buffer = newPage();
  const ref = grantAccess(0, buffer, false);
  const rooms: StaticArray<u16> = [0, 256, 4030];
  for (let index = 0; index < rooms.length; index++) {
    card.tell('xdp-headroom', rooms[index]);
    connect();
    memory.fill(buffer, 0, 4096);
    const request = receiving.nextRequest();
    store<u32>(request + netif_rx_request.gref, ref);
    receiving.push();
    checkNumber('a question', send(page, 0, FRAME, 0), 0);
    checkNumber('where its answer is', received(), rooms[index]);
    check('whose it is', memory.compare(buffer + rooms[index], QUESTION + 6, 6) == 0);
    let used = 0;
    for (let at: usize = 0; at < rooms[index]; at++) used += load<u8>(buffer + at) == 0 ? 0 : 1;
    checkNumber('bytes in the room before it', used, 0);
  }
  card.tell('xdp-headroom', 4080);
  connect();
  receiving.nextRequest();
  receiving.push();
  checkNumber('a question', send(page, 0, FRAME, 0), 0);
  checkNumber('an answer that does not fit', received(), NO_ANSWER);
  card.forget('xdp-headroom');
  connect();
}

/** Where in its page the next packet begins. */
function received(): i32 {
  for (let look = 0; look < LOOKS; look++) {
    const response = receiving.nextResponse();
    if (response != 0) return load<u16>(response + netif_rx_response.offset);
    pause();
  }
  return NO_ANSWER;
}

function indices(): void {
  put(page, 0, FRAME, <u16>xen.NETTXF_more_data);
  if (sending.push()) sendEvent(card.port);
  check('a packet without its end', card.becomes(xen.XenbusStateClosing));
  connect();
  store<u32>(sending.page + sring.req_prod, load<u32>(sending.page + sring.rsp_prod) + ENTRIES + 1);
  sendEvent(card.port);
  check('too many packets', card.becomes(xen.XenbusStateClosing));
  connect();
  store<u32>(receiving.page + sring.req_prod, 0x8000_0000);
  send(page, 0, FRAME, 0);
  check('too many buffers', card.becomes(xen.XenbusStateClosing));
  connect();
  const request = receiving.nextRequest();
  store<u32>(request + netif_rx_request.gref, NO_GRANT);
  receiving.push();
  checkNumber('a buffer that is not there', send(page, 0, FRAME, 0), 0);
}

function rings(): void {
  card.again();
  publish(NO_GRANT, receiveRef, card.port, 1);
  check('no ring to send', card.becomes(xen.XenbusStateClosing));
  card.again();
  publish(sendRef, NO_GRANT, card.port, 1);
  check('none to receive', card.becomes(xen.XenbusStateClosing));
  card.again();
  publish(sendRef, receiveRef, 900, 1);
  check('no event channel', card.becomes(xen.XenbusStateClosing));
  card.again();
  publish(sendRef, receiveRef, card.port, 0);
  check('no copies', card.becomes(xen.XenbusStateClosing));
}
