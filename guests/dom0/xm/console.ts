/**
 * xm console DOMAIN: a domain's console, until Ctrl-] or the domain's end. It is a client of xenconsoled, which says in the
 * store where it listens.
 */
import { EAGAIN } from 'xen';
import { ECHO, ICANON, ISIG, POLLIN, SIG_IGN, SIGPIPE, SOCK_STREAM, TCGETS, TCSETS, termios } from 'mote/abi';
import { findDomain } from 'dom0/lib/domains';
import { pathOf } from 'dom0/lib/nodes';
import { close, control, read, setNonBlocking, setSignal, write, writeAll } from 'programs/lib/calls';
import { complain, complainOf, flush, print } from 'programs/lib/io';
import { PollSet } from 'programs/lib/poll';
import { address, connect, socket } from 'programs/lib/sockets';
import * as xenstore from 'programs/lib/store';
import { number } from 'programs/lib/text';
import { misused } from './switches';

const CTRL_RIGHT_BRACKET: u8 = 29;
/** How long xenconsoled may take to find a new domain. */
const PATIENCE_MS: i32 = 5000;
/** The terminal's settings, and what they were. */
const settings = new ArrayBuffer(<i32>termios.SIZE);
const before = new ArrayBuffer(<i32>termios.SIZE);
const buffer = new ArrayBuffer(2048);

export function console(args: string[]): i32 {
  if (args.length != 1) return misused();
  const domain = findDomain(args[0]);
  if (domain != null && domain.id != 0) return attach(domain.id);
  complain(args[0] + (domain == null ? ': there is no such domain' : ': this is its console'));
  return 1;
}

export function attach(domid: u32): i32 {
  const place = placeOf(domid).split(':');
  if (place.length != 2) {
    complain('xenconsoled does not serve domain ' + domid.toString());
    return 1;
  }
  flush();
  setSignal(SIGPIPE, SIG_IGN);
  const fd = socket(SOCK_STREAM);
  const failed = fd < 0 ? fd : connect(fd, address(place[0]), <u32>number(place[1]));
  if (failed < 0) return complainOf('xenconsoled', failed);
  const line = String.UTF8.encode(domid.toString() + '\n');
  writeAll(fd, line, line.byteLength);
  setNonBlocking(fd);
  setRaw(true);
  serve(fd);
  setRaw(false);
  close(fd);
  print('\n');
  flush();
  return 0;
}

/** Where clients are let in; empty: nobody says it. */
function placeOf(domid: u32): string {
  const path = pathOf(domid) + '/console/tty';
  let place = xenstore.readNode(path);
  if (xenstore.failure == 0 || xenstore.watch(path, '') < 0) return place;
  const set = new PollSet();
  set.add(xenstore.storeFile(), POLLIN);
  // The first notice tells what is known.
  do {
    xenstore.takeNotices();
    place = xenstore.readNode(path);
  } while (xenstore.failure < 0 && (xenstore.hasNotice() || set.wait(PATIENCE_MS) > 0));
  xenstore.unwatch(path, '');
  return place;
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

function serve(fd: i32): void {
  const set = new PollSet();
  let goesOn = true;
  while (goesOn) {
    set.clear();
    const keys = set.add(0, POLLIN);
    const domain = set.add(fd, POLLIN);
    set.wait(-1);
    if (set.events(domain) != 0) goesOn = output(fd);
    if (goesOn && set.events(keys) != 0) goesOn = input(fd);
  }
}

/** Shows what the domain has printed. False: it has ended. */
function output(fd: i32): bool {
  const got = read(fd, buffer, buffer.byteLength);
  if (got > 0) writeAll(1, buffer, got);
  return got > 0 || got == -EAGAIN;
}

/** Types what was typed; what a domain that does not listen has no room for is lost. False: it was Ctrl-], or the end. */
function input(fd: i32): bool {
  const got = read(0, buffer, 64);
  let count = 0;
  while (count < got && load<u8>(changetype<usize>(buffer) + count) != CTRL_RIGHT_BRACKET) count++;
  if (count > 0) write(fd, buffer, count);
  return got > 0 && count == got;
}
