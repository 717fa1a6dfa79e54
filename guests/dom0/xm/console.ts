/**
 * xm console DOMAIN: a domain's console, until Ctrl-] or the domain's end. It is a client of xenconsoled, which says in the
 * store where it listens.
 */
import { POLLIN, SIG_IGN, SIGPIPE, SOCK_STREAM } from 'mote/abi';
import { findDomain } from 'dom0/lib/domains';
import { pathOf } from 'dom0/lib/nodes';
import { talk } from 'dom0/lib/talk';
import { setSignal, writeAll } from 'programs/lib/calls';
import { complain, complainOf, flush } from 'programs/lib/io';
import { PollSet } from 'programs/lib/poll';
import { address, connect, socket } from 'programs/lib/sockets';
import * as xenstore from 'programs/lib/store';
import { number } from 'programs/lib/text';
import { misused } from './switches';

/** How long xenconsoled may take to find a new domain. */
const PATIENCE_MS: i32 = 5000;

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
  talk(fd);
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
