/** The store, for processes of domain 0 and of any domain: requests go through the kernel. Values are text, a character a byte. */
import * as xen from 'xen';
import { SYS_xenstore } from 'mote/abi';
import { syscall5 } from 'programs/lib/intrinsics';
import { number } from 'programs/lib/text';

const REPLY_BYTES: i32 = 4096;
const reply = new ArrayBuffer(REPLY_BYTES);

/** The transaction that requests are made in; 0: none. */
let transaction: u64 = 0;
/** The last request's negative errno, or 0. */
export let failure: i32 = 0;

function ask(type: u32, payload: string): string {
  const request = new ArrayBuffer(payload.length);
  for (let n = 0; n < payload.length; n++)
    store<u8>(changetype<usize>(request) + n, <u8>payload.charCodeAt(n));
  const kind = (<u64>type) | (transaction << 32);
  const from = changetype<usize>(request);
  const length = <i32>(
    syscall5(SYS_xenstore, kind, from, payload.length, changetype<usize>(reply), REPLY_BYTES)
  );
  failure = min(length, 0);
  let text = '';
  for (let n = 0; n < length; n++) text += String.fromCharCode(load<u8>(changetype<usize>(reply) + n));
  return text;
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
  if (failure == 0) transaction = number(id.split('\0')[0]);
  return failure;
}
/** -EAGAIN: others were in between; do it all again. */
export function end(commit: bool): i32 {
  ask(xen.XS_TRANSACTION_END, commit ? 'T\0' : 'F\0');
  transaction = 0;
  return failure;
}
