/**
 * What the kernel says: the console's output ring, in a page that the domain shares with whoever serves its console. Domain 0,
 * whom nobody serves, has the machine's serial line instead (line.ts). Nothing here sleeps: a panic prints too.
 */
import { SCHEDOP_yield, SIF_INITDOMAIN, start_info, XENCONS_OUT_BYTES, xencons_interface } from 'xen';
import { sendEvent } from '../events/events';
import { pageOf } from '../memory/pagetable';
import { HYPERVISOR_sched_op } from '../xen/hypercalls';
import { flushLine, putOnLine } from './line';

/** The shared page; 0 before the console is there, and in domain 0. */
let ring: usize = 0;
/** This is domain 0. */
let onLine: bool = false;
let port: u32 = 0;

/** Finds the ring. Output works from here on. */
export function findConsole(info: usize): void {
  onLine = (load<u32>(info + start_info.flags) & SIF_INITDOMAIN) != 0;
  if (onLine) return;
  ring = pageOf(load<u64>(info + start_info.console_domU_mfn));
  port = load<u32>(info + start_info.console_domU_evtchn);
}

/** Whether the console is the serial line, which has neither rings nor a port. */
export function isOnLine(): bool {
  return onLine;
}

/** The page of the rings. */
export function consoleRing(): usize {
  return ring;
}

/** The port of whoever serves the console. */
export function consolePort(): u32 {
  return port;
}

/** Puts as much of a text into the ring as there is room for, and says so to the other end. Bytes taken. */
export function writeConsole(text: usize, bytes: usize): usize {
  if (ring == 0) {
    for (let index: usize = 0; index < bytes; index++) put(load<u8>(text + index));
    notify();
    return bytes;
  }
  let taken: usize = 0;
  while (taken < bytes && putByte(load<u8>(text + taken))) taken++;
  if (taken > 0) sendEvent(port);
  return taken;
}

/** As `writeConsole`, but all or nothing: whether it was written. */
export function writeWhole(text: usize, bytes: usize): bool {
  if (ring == 0) return writeConsole(text, bytes) == bytes;
  const used = load<u32>(ring + xencons_interface.out_prod) - load<u32>(ring + xencons_interface.out_cons);
  return used + bytes <= <u32>XENCONS_OUT_BYTES && writeConsole(text, bytes) == bytes;
}

function putByte(byte: u8): bool {
  const at = load<u32>(ring + xencons_interface.out_prod);
  if (at - load<u32>(ring + xencons_interface.out_cons) >= <u32>XENCONS_OUT_BYTES) return false;
  store<u8>(ring + xencons_interface.out + (at & (XENCONS_OUT_BYTES - 1)), byte);
  store<u32>(ring + xencons_interface.out_prod, at + 1);
  return true;
}

/** Puts a byte, however long it takes. */
function put(byte: u8): void {
  if (onLine) putOnLine(byte);
  if (ring == 0) return;
  while (!putByte(byte)) {
    sendEvent(port);
    HYPERVISOR_sched_op(SCHEDOP_yield, 0);
  }
}

function notify(): void {
  if (onLine) flushLine();
  if (ring != 0) sendEvent(port);
}

/** Writes a message of the kernel's. `\n` begins a new line. */
export function print(text: string): void {
  for (let index = 0; index < text.length; index++) {
    const code = text.charCodeAt(index);
    // The line knows what a newline is.
    if (code == 10 && !onLine) put(13);
    put(code < 128 ? <u8>code : 63);
  }
  notify();
}

/** Writes a NUL-terminated text. */
export function printBytes(text: usize): void {
  for (; load<u8>(text) != 0; text++) put(load<u8>(text));
  notify();
}

const digits: usize = memory.data(24);

export function printNumber(value: i64): void {
  if (value < 0) put(45);
  let rest = <u64>(value < 0 ? -value : value);
  let at = digits + 24;
  do {
    store<u8>(--at, <u8>(48 + (rest % 10)));
    rest /= 10;
  } while (rest != 0);
  for (; at < digits + 24; at++) put(load<u8>(at));
  notify();
}

/** Writes a number in hexadecimal, with 0x before it. */
export function printHex(value: u64): void {
  put(48);
  put(120);
  let shift: i32 = value == 0 ? 0 : (63 - <i32>clz(value)) & ~3;
  for (; shift >= 0; shift -= 4) {
    const digit = <u8>((value >> shift) & 15);
    put(digit < 10 ? 48 + digit : 87 + digit);
  }
  notify();
}
