/** xm console DOMAIN: a domain's console, until Ctrl-] or its end. It serves the ring that the domain has its console in. */
import { xencons_interface, XENCONS_IN_BYTES, XENCONS_OUT_BYTES } from 'xen';
import { EINTR, XEN_DOMINF_dying, XEN_DOMINF_shutdown } from 'xen';
import {
  ECHO,
  ICANON,
  IOCTL_EVTCHN_BIND_INTERDOMAIN,
  IOCTL_EVTCHN_NOTIFY,
  ISIG,
  O_RDWR,
  POLLIN,
} from 'mote/abi';
import { SYS_ioctl, SYS_poll, TCGETS, TCSETS, termios } from 'mote/abi';
import { findDomain } from 'dom0/lib/domains';
import * as hyper from 'dom0/lib/hypercalls';
import { pathOf } from 'dom0/lib/nodes';
import { failure, readNode } from 'programs/lib/store';
import { close, control, open, read, write, writeAll } from 'programs/lib/calls';
import { complain, complainOf, flush, print } from 'programs/lib/io';
import { load32, load8, store32, store8, syscall3 } from 'programs/lib/intrinsics';
import { bad, number } from 'programs/lib/text';

const CTRL_RIGHT_BRACKET: u8 = 29;
/** How long a domain may be gone before it is noticed. */
const POLL_MS: i32 = 500;
/** The terminal's settings, and what they were. */
const settings = new ArrayBuffer(<i32>termios.SIZE);
const before = new ArrayBuffer(<i32>termios.SIZE);
const buffer = new ArrayBuffer(2048);
/** struct pollfd: the terminal, and the events. */
const polled = new ArrayBuffer(16);

/** The ring's address, the file of events, and the port. */
let ring: u64 = 0;
let events: i32 = -1;
let port: i32 = -1;

export function console(args: string[]): i32 {
  if (args.length != 1) {
    complain('usage: xm console DOMAIN');
    return 2;
  }
  const domain = findDomain(args[0]);
  if (domain != null && domain.id != 0) return attach(domain.id);
  complain(args[0] + (domain == null ? ': there is no such domain' : ': this is its console'));
  return 1;
}

export function attach(domid: u32): i32 {
  const mfn = numberAt(pathOf(domid) + '/console/ring-ref');
  const remote = numberAt(pathOf(domid) + '/console/port');
  if (mfn < 0 || remote < 0) {
    complain('nothing is known of the console of domain ' + domid.toString());
    return 1;
  }
  flush();
  const frames = new StaticArray<u64>(1);
  frames[0] = mfn;
  const mapped = hyper.mapForeign(domid, changetype<usize>(frames), 1);
  if (mapped < 0) return complainOf('the console', mapped);
  ring = mapped;
  events = open('/dev/xen/evtchn', O_RDWR);
  if (events < 0) return complainOf('/dev/xen/evtchn', events);
  port = bind(domid, <u32>remote);
  if (port < 0) return complainOf('the console is in use', port);
  serve(domid);
  close(events);
  hyper.unmap(ring, 1);
  return 0;
}

/** A node's number; -1: it has none. */
function numberAt(path: string): i64 {
  const text = readNode(path);
  const value = failure < 0 ? -1 : number(text);
  return bad ? -1 : value;
}

function bind(domid: u32, remote: u32): i32 {
  const both = (<u64>domid) | ((<u64>remote) << 32);
  return <i32>syscall3(SYS_ioctl, events, IOCTL_EVTCHN_BIND_INTERDOMAIN, both);
}

/** Keys go to the domain as they are, and what it prints comes as it is. */
function setRaw(raw: bool): void {
  const at = changetype<usize>(settings);
  if (!raw) {
    control(0, TCSETS, changetype<usize>(before));
    return;
  }
  if (control(0, TCGETS, changetype<usize>(before)) < 0) return;
  memory.copy(at, changetype<usize>(before), termios.SIZE);
  store<u32>(at, 0, termios.c_iflag);
  store<u32>(at, 0, termios.c_oflag);
  store<u32>(at, load<u32>(at, termios.c_lflag) & ~(ICANON | ECHO | ISIG), termios.c_lflag);
  control(0, TCSETS, at);
}

function serve(domid: u32): void {
  setRaw(true);
  let goesOn = true;
  while (goesOn) {
    const at = changetype<usize>(polled);
    store<i32>(at, 0);
    store<u16>(at, <u16>POLLIN, 4);
    store<i32>(at, events, 8);
    store<u16>(at, <u16>POLLIN, 12);
    const ready = <i32>syscall3(SYS_poll, at, 2, POLL_MS);
    if (ready < 0 && ready != -EINTR) break;
    // What the domain has said before it ended is shown too.
    const gone = isGone(domid);
    output();
    if (ready > 0 && load<u16>(at, 14) != 0) acknowledge();
    if (ready > 0 && load<u16>(at, 6) != 0) goesOn = input();
    if (gone) goesOn = false;
  }
  setRaw(false);
  print('\n');
  flush();
}

function isGone(domid: u32): bool {
  const domain = findDomain(domid.toString());
  return domain == null || (domain.flags & (XEN_DOMINF_shutdown | XEN_DOMINF_dying)) != 0;
}

/** Takes the ports that were raised, and lets them through again. */
function acknowledge(): void {
  const got = read(events, buffer, 64);
  if (got > 0) write(events, buffer, got);
}

function notify(): void {
  syscall3(SYS_ioctl, events, IOCTL_EVTCHN_NOTIFY, port);
}

/** Shows what the domain has printed. */
function output(): void {
  let at = <u32>load32(ring + xencons_interface.out_cons);
  const end = <u32>load32(ring + xencons_interface.out_prod);
  let count = 0;
  for (; at != end && count < <i32>XENCONS_OUT_BYTES; at++) {
    const place = ring + xencons_interface.out + (at & (XENCONS_OUT_BYTES - 1));
    store<u8>(changetype<usize>(buffer) + count++, <u8>load8(place));
  }
  if (count == 0) return;
  store32(ring + xencons_interface.out_cons, at);
  writeAll(1, buffer, count);
  notify();
}

/** Types what was typed. False: it was Ctrl-], or the end. */
function input(): bool {
  const got = read(0, buffer, 64);
  if (got <= 0) return false;
  let at = <u32>load32(ring + xencons_interface.in_prod);
  let goesOn = true;
  for (let n = 0; n < got; n++) {
    const byte = load<u8>(changetype<usize>(buffer) + n);
    if (byte == CTRL_RIGHT_BRACKET) goesOn = false;
    if (!goesOn || at - <u32>load32(ring + xencons_interface.in_cons) >= <u32>XENCONS_IN_BYTES) break;
    store8(ring + xencons_interface.in_ + (at++ & (XENCONS_IN_BYTES - 1)), byte);
  }
  store32(ring + xencons_interface.in_prod, at);
  notify();
  return goesOn;
}
