/**
 * The store, for processes of domain 0 and of any domain, by /dev/xen/xenbus: requests, and notices of what is watched. Values
 * are text, a character a byte. The file is opened by the first request: who forks does so before, or calls `reopenStore` in the child.
 */
import * as xen from 'xen';
import { xsd_sockmsg } from 'xen';
import { O_CLOEXEC, O_RDWR, POLLIN } from 'mote/abi';
import { close, open, read, writeAll } from './calls';
import { PollSet } from './poll';
import { errorOfName } from './store-errors';
import { number } from './text';

const HEADER: i32 = <i32>xsd_sockmsg.SIZE;
const buffer = new ArrayBuffer(HEADER + <i32>xen.XENSTORE_PAYLOAD_MAX);

let fd: i32 = -1;
/** The transaction that requests are made in; 0: none. */
let transaction: u32 = 0;
/** The last request's negative errno, or 0. */
export let failure: i32 = 0;

/** A notice: the path that has changed, and the token that the watch was given. */
export class Notice {
  constructor(
    public path: string,
    public token: string,
  ) {}
}
/** Those that came while an answer was waited for. */
const notices: Notice[] = [];

/** The open file, for `poll`: it can be read when a notice may have come. A negative errno: there is no store. */
export function storeFile(): i32 {
  if (fd < 0) fd = open('/dev/xen/xenbus', O_RDWR | O_CLOEXEC);
  return fd;
}

/** In a child of a process that has the file open: it gets one of its own, without what the other watches. */
export function reopenStore(): void {
  if (fd >= 0) close(fd);
  fd = -1;
  transaction = 0;
  notices.splice(0);
}

function ask(type: u32, payload: string): string {
  failure = min(storeFile(), 0);
  if (failure == 0) failure = send(type, payload);
  while (failure == 0) {
    const answered = receive();
    if (failure < 0 || answered == type) break;
    if (answered == xen.XS_WATCH_EVENT) note();
    else failure = errorOfName(text.split('\0')[0]);
  }
  return failure == 0 ? text : '';
}

function send(type: u32, payload: string): i32 {
  if (payload.length > <i32>xen.XENSTORE_PAYLOAD_MAX) return -xen.EINVAL;
  const at = changetype<usize>(buffer);
  memory.fill(at, 0, HEADER);
  store<u32>(at, type, xsd_sockmsg.type);
  store<u32>(at, transaction, xsd_sockmsg.tx_id);
  store<u32>(at, payload.length, xsd_sockmsg.len);
  for (let n = 0; n < payload.length; n++) store<u8>(at + HEADER + n, <u8>payload.charCodeAt(n));
  return min(writeAll(fd, buffer, HEADER + payload.length), 0);
}

/** What the last message said. */
let text: string = '';

/** Reads into the buffer, whatever signals are heard meanwhile. */
function readOn(bytes: i32): i32 {
  let got: i32;
  do got = read(fd, buffer, bytes);
  while (got == -xen.EINTR);
  return got;
}

/** Reads a message into `text`: its type. */
function receive(): u32 {
  text = '';
  const got = readOn(HEADER);
  failure = got < 0 ? got : got < HEADER ? -xen.EIO : 0;
  if (failure < 0) return 0;
  const type = load<u32>(changetype<usize>(buffer), xsd_sockmsg.type);
  const length = load<i32>(changetype<usize>(buffer), xsd_sockmsg.len);
  if (length > 0) failure = min(readOn(length), 0);
  for (let n = 0; failure == 0 && n < length; n++)
    text += String.fromCharCode(load<u8>(changetype<usize>(buffer) + n));
  return type;
}

/** The message is a notice. */
function note(): void {
  const both = parts(text);
  if (both.length == 2) notices.push(new Notice(both[0], both[1]));
}

/** Watches a path: the first notice comes at once. 0, or a negative errno. */
export function watch(path: string, token: string): i32 {
  ask(xen.XS_WATCH, path + '\0' + token + '\0');
  return failure;
}
export function unwatch(path: string, token: string): i32 {
  ask(xen.XS_UNWATCH, path + '\0' + token + '\0');
  return failure;
}

/** Whether notices have been read already, which `poll` does not tell of. */
export function hasNotice(): bool {
  return notices.length > 0;
}

const polled = new PollSet();

/** The notices that are there. */
export function takeNotices(): Notice[] {
  failure = min(storeFile(), 0);
  while (failure == 0) {
    polled.clear();
    polled.add(fd, POLLIN);
    if (polled.wait(0) <= 0) break;
    if (receive() == xen.XS_WATCH_EVENT) note();
  }
  return notices.splice(0);
}

/** The next notice, for which it waits; null: it cannot be read (`failure`). */
export function nextNotice(): Notice | null {
  failure = min(storeFile(), 0);
  while (notices.length == 0 && failure == 0) if (receive() == xen.XS_WATCH_EVENT) note();
  return notices.length > 0 ? notices.shift() : null;
}

/** Names and values that end with a NUL each. */
function parts(text: string): string[] {
  const all = text.split('\0');
  all.pop();
  return all;
}

export function readNode(path: string): string {
  return ask(xen.XS_READ, path + '\0');
}
export function writeNode(path: string, value: string): i32 {
  ask(xen.XS_WRITE, path + '\0' + value);
  return failure;
}
export function makeNode(path: string): i32 {
  ask(xen.XS_MKDIR, path + '\0');
  return failure;
}
export function removeNode(path: string): i32 {
  ask(xen.XS_RM, path + '\0');
  return failure;
}
export function listNode(path: string): string[] {
  return parts(ask(xen.XS_DIRECTORY, path + '\0'));
}
/** As `n0`, `r1`: the owner first. */
export function permissionsOf(path: string): string[] {
  return parts(ask(xen.XS_GET_PERMS, path + '\0'));
}
export function setPermissions(path: string, permissions: string[]): i32 {
  ask(xen.XS_SET_PERMS, path + '\0' + permissions.join('\0') + '\0');
  return failure;
}
export function introduce(domid: u32, mfn: u64, port: u32): i32 {
  ask(xen.XS_INTRODUCE, domid.toString() + '\0' + mfn.toString() + '\0' + port.toString() + '\0');
  return failure;
}
export function release(domid: u32): i32 {
  ask(xen.XS_RELEASE, domid.toString() + '\0');
  return failure;
}

/** Makes the requests behind it one: until `end`. */
export function begin(): i32 {
  transaction = 0;
  const id = ask(xen.XS_TRANSACTION_START, '\0');
  if (failure == 0) transaction = <u32>number(id.split('\0')[0]);
  return failure;
}
/** -EAGAIN: others were in between; do it all again. */
export function end(commit: bool): i32 {
  ask(xen.XS_TRANSACTION_END, commit ? 'T\0' : 'F\0');
  transaction = 0;
  return failure;
}
