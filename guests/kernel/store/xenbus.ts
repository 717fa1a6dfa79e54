/**
 * Xenstore: a small tree of names and values that domains and toolstack share, reached by messages on two rings of bytes in
 * a page that the store's server maps too. Requests go one at a time; answers come in their order, and in between come
 * notices of what one watches, which a thread hands out (watches.ts).
 *
 * A request is put together and sent so:
 *
 *     begin(XS_READ, 0);
 *     addText("domid");
 *     addByte(0);
 *     const length = finish();   // bytes at `reply()`, or a negative errno
 *     done();
 */
import * as xen from 'xen';
import {
  DOMID_SELF,
  EIO,
  EINVAL,
  start_info,
  xenstore_domain_interface,
  xsd_sockmsg,
  XENSTORE_RING_SIZE,
} from 'xen';
import { allocateUnbound, sendEvent, setEventHandler } from '../events/events';
import { startInfo } from '../xen/start-info';
import { allocatePage, PAGE_SIZE, putPage } from '../memory/pages';
import { mfnOf, pageOf } from '../memory/pagetable';
import { WaitQueue } from '../threads/wait';
import { noteWatchEvent } from './watches';

const RING_MASK: u32 = XENSTORE_RING_SIZE - 1;
const HEADER: usize = xsd_sockmsg.SIZE;
const PAYLOAD_MAX: usize = 4096;

let ring: usize = 0;
let port: u32 = 0;
let nextRequest: u32 = 1;

/** The request under way: its header and payload. */
const request: usize = memory.data(16 + 4096, 8);
let requestBytes: usize = 0;
/** The message that arrives: bytes of it that are here. */
const incoming: usize = memory.data(16 + 4096 + 1, 8);
let incomingBytes: usize = 0;
/** The answer, with a NUL behind it. */
const answer: usize = memory.data(4096 + 1, 8);
let answerType: u32 = 0;
let answerBytes: usize = 0;
let answered: bool = false;
let busy: bool = false;

/** Where requests wait for their turn, for room in the ring, for their answer. */
const turn = new WaitQueue();
const room = new WaitQueue();
const arrival = new WaitQueue();

/** Whether there is a store. */
export function hasXenstore(): bool {
  return ring != 0;
}

/** Waits until no request is under way, and lets none begin until `resumeXenbus` or `done`. */
export function holdXenbus(): void {
  while (busy) turn.sleep();
  busy = true;
}

/** The domain was restored: the ring has another server, which knows of no watch. Requests may begin. */
export function resumeXenbus(): void {
  initXenbus();
  // What was on its way is of the old server's.
  incomingBytes = 0;
  if (ring != 0) {
    store<u32>(
      ring + xenstore_domain_interface.rsp_cons,
      load<u32>(ring + xenstore_domain_interface.rsp_prod),
    );
    store<u32>(
      ring + xenstore_domain_interface.req_prod,
      load<u32>(ring + xenstore_domain_interface.req_cons),
    );
  }
  done();
}

/** Finds the ring, and again after a resume. */
export function initXenbus(): void {
  const info = startInfo();
  port = load<u32>(info + start_info.store_evtchn);
  if (port == 0) return;
  ring = pageOf(load<u64>(info + start_info.store_mfn));
  setEventHandler(port, served);
}

function served(port: u32): void {
  receive();
  room.wake();
}

/** In domain 0 nobody has made the ring: the server, a process there, asks for it. False: no memory, or there is one. */
export function offerRing(): bool {
  const page = ring == 0 ? allocatePage() : 0;
  if (page == 0) return false;
  memory.fill(page, 0, PAGE_SIZE);
  const offered = allocateUnbound(DOMID_SELF, served);
  if (offered < 0) {
    putPage(page);
    return false;
  }
  // As every domain's says, and as Linux does where it is domain 0: who looks from outside finds the ring there.
  const info = startInfo();
  store<u64>(info + start_info.store_mfn, mfnOf(page));
  store<u32>(info + start_info.store_evtchn, <u32>offered);
  port = offered;
  ring = page;
  return true;
}

/** The ring's page and the port that the server is to bind to. */
export function offeredRing(): usize {
  return ring;
}
export function offeredPort(): u32 {
  return port;
}

/** Begins a request of type XS_*, in a transaction or 0. Waits for its turn. */
export function begin(type: u32, transaction: u32): void {
  while (busy) turn.sleep();
  busy = true;
  answered = false;
  store<u32>(request + xsd_sockmsg.type, type);
  store<u32>(request + xsd_sockmsg.req_id, nextRequest++);
  store<u32>(request + xsd_sockmsg.tx_id, transaction);
  requestBytes = HEADER;
}

export function addByte(byte: u8): void {
  // One too long is refused when it is sent.
  if (requestBytes < HEADER + PAYLOAD_MAX) store<u8>(request + requestBytes, byte);
  requestBytes++;
}

export function addBytes(from: usize, bytes: usize): void {
  for (let index: usize = 0; index < bytes; index++) addByte(load<u8>(from + index));
}

export function addText(text: string): void {
  for (let index = 0; index < text.length; index++) addByte(<u8>text.charCodeAt(index));
}

/** Adds a NUL-terminated text without its NUL. */
export function addString(text: usize): void {
  for (; load<u8>(text) != 0; text++) addByte(load<u8>(text));
}

export function addNumber(value: u64): void {
  if (value >= 10) addNumber(value / 10);
  addByte(<u8>(48 + (value % 10)));
}

/** Sends the request and waits for the answer: its bytes, or a negative errno. */
export function finish(): i32 {
  if (ring == 0) return -EIO;
  if (requestBytes > HEADER + PAYLOAD_MAX) return -EINVAL;
  store<u32>(request + xsd_sockmsg.len, <u32>(requestBytes - HEADER));
  let sent: usize = 0;
  while (sent < requestBytes) {
    const part = put(request + sent, requestBytes - sent);
    sent += part;
    sendEvent(port);
    if (part == 0) room.sleep();
  }
  while (!answered) arrival.sleep();
  return answerType == xen.XS_ERROR ? errorNumber() : <i32>answerBytes;
}

/** The answer's bytes, a NUL behind them. They hold until `done`. */
export function reply(): usize {
  return answer;
}

/** The next request may begin. */
export function done(): void {
  busy = false;
  turn.wake();
}

/** Puts bytes into the ring: how many found room. */
function put(from: usize, bytes: usize): usize {
  let at = load<u32>(ring + xenstore_domain_interface.req_prod);
  const consumed = load<u32>(ring + xenstore_domain_interface.req_cons);
  let taken: usize = 0;
  while (taken < bytes && at - consumed < <u32>XENSTORE_RING_SIZE)
    store<u8>(ring + xenstore_domain_interface.req + (at++ & RING_MASK), load<u8>(from + taken++));
  store<u32>(ring + xenstore_domain_interface.req_prod, at);
  return taken;
}

/** Takes what has come, message by message. */
function receive(): void {
  const before = load<u32>(ring + xenstore_domain_interface.rsp_cons);
  const produced = load<u32>(ring + xenstore_domain_interface.rsp_prod);
  for (let at = before; at != produced; at++) {
    const byte = load<u8>(ring + xenstore_domain_interface.rsp + (at & RING_MASK));
    if (incomingBytes < HEADER + PAYLOAD_MAX) store<u8>(incoming + incomingBytes, byte);
    incomingBytes++;
    if (incomingBytes < HEADER) continue;
    const length = <usize>load<u32>(incoming + xsd_sockmsg.len);
    if (incomingBytes == HEADER + length) {
      accept(min(length, PAYLOAD_MAX));
      incomingBytes = 0;
    }
  }
  store<u32>(ring + xenstore_domain_interface.rsp_cons, produced);
  if (produced != before) sendEvent(port);
}

/** A header without payload is whole at once. */
function accept(length: usize): void {
  store<u8>(incoming + HEADER + length, 0);
  const type = load<u32>(incoming + xsd_sockmsg.type);
  if (type == xen.XS_WATCH_EVENT) {
    noteWatchEvent(incoming + HEADER, length);
    return;
  }
  if (load<u32>(incoming + xsd_sockmsg.req_id) != load<u32>(request + xsd_sockmsg.req_id)) return;
  memory.copy(answer, incoming + HEADER, length + 1);
  answerType = type;
  answerBytes = length;
  answered = true;
  arrival.wake();
}

class ErrorName {
  name: string;
  number: i32;

  constructor(name: string, number: i32) {
    this.name = name;
    this.number = number;
  }
}

const ERRORS: StaticArray<ErrorName> = [
  new ErrorName('EINVAL', xen.EINVAL),
  new ErrorName('EACCES', xen.EACCES),
  new ErrorName('EEXIST', xen.EEXIST),
  new ErrorName('EISDIR', xen.EISDIR),
  new ErrorName('ENOENT', xen.ENOENT),
  new ErrorName('ENOMEM', xen.ENOMEM),
  new ErrorName('ENOSPC', xen.ENOSPC),
  new ErrorName('EIO', xen.EIO),
  new ErrorName('ENOTEMPTY', xen.ENOTEMPTY),
  new ErrorName('ENOSYS', xen.ENOSYS),
  new ErrorName('EROFS', xen.EROFS),
  new ErrorName('EBUSY', xen.EBUSY),
  new ErrorName('EAGAIN', xen.EAGAIN),
  new ErrorName('EISCONN', xen.EISCONN),
  new ErrorName('E2BIG', xen.E2BIG),
  new ErrorName('EPERM', xen.EPERM),
];

/** The answer is the name of an error. */
function errorNumber(): i32 {
  for (let index = 0; index < ERRORS.length; index++)
    if (isText(answer, ERRORS[index].name)) return -ERRORS[index].number;
  return -EIO;
}

/** The store's name for a negative errno. */
export function errorName(failed: i32): string {
  for (let index = 0; index < ERRORS.length; index++)
    if (ERRORS[index].number == -failed) return ERRORS[index].name;
  return 'EIO';
}

/** Whether NUL-terminated bytes are a text. */
export function isText(bytes: usize, text: string): bool {
  for (let index = 0; index < text.length; index++)
    if (load<u8>(bytes + index) != <u8>text.charCodeAt(index)) return false;
  return load<u8>(bytes + text.length) == 0;
}
