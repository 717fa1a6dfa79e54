/** The relocation server: takes in domains that other hosts send, if xend is to, each in a process of its own. */
import { XEN_DOMCTL_destroydomain, XEN_DOMCTL_unpausedomain } from 'xen';
import { SIG_IGN, SIGPIPE, SO_REUSEADDR, SOCK_STREAM, SOL_SOCKET, WNOHANG } from 'mote/abi';
import * as hyper from 'dom0/lib/hypercalls';
import { forget } from 'dom0/lib/nodes';
import { BANNER, hears, PATIENCE_MS, PERMISSION, READY, REPORT, say } from 'dom0/lib/saved/handshake';
import { Reader } from 'dom0/lib/saved/reader';
import { Writer } from 'dom0/lib/saved/writer';
import { xendSetting } from 'dom0/lib/xend-config';
import { restoredDomid, restoredName, restoreFrom } from 'dom0/xm/restore';
import { close, exit, fork, setSignal, wait } from 'programs/lib/calls';
import { describe } from 'programs/lib/errno';
import { found } from 'programs/lib/regex';
import {
  accept,
  address,
  addressText,
  bind,
  listen,
  peerAddress,
  setOption,
  socket,
} from 'programs/lib/sockets';
import { number } from 'programs/lib/text';
import { info, refuse, warn } from './log';

export const RELOCATION_PORT: string = '8002';
const BACKLOG: i32 = 4;

/** Begins to serve, in a process of its own, if it is wanted. */
export function startRelocation(): void {
  if (xendSetting('xend-relocation-server', 'no') != 'yes') return;
  const port = <u32>number(xendSetting('xend-relocation-port', RELOCATION_PORT));
  const at = xendSetting('xend-relocation-address', '');
  const listener = socket(SOCK_STREAM);
  setOption(listener, SOL_SOCKET, SO_REUSEADDR, 1);
  let failed = bind(listener, at == '' ? 0 : address(at), port);
  if (failed >= 0) failed = listen(listener, BACKLOG);
  if (failed < 0) {
    refuse('relocation: port ' + port.toString() + ': ' + describe(failed));
    return;
  }
  info('relocation: listening on port ' + port.toString());
  if (fork() == 0) serve(listener);
  close(listener);
}

function serve(listener: i32): void {
  setSignal(SIGPIPE, SIG_IGN);
  for (;;) {
    const connection = accept(listener);
    while (wait(-1, WNOHANG) > 0) {}
    if (connection < 0) continue;
    const from = addressText(peerAddress());
    if (!isAllowed(from)) warn('relocation: ' + from + ' is not let in (xend-relocation-hosts-allow)');
    else if (fork() == 0) {
      close(listener);
      receive(connection, from);
      exit(0);
    }
    close(connection);
  }
}

function isAllowed(from: string): bool {
  const patterns = xendSetting('xend-relocation-hosts-allow', '').split(' ');
  for (let n = 0; n < patterns.length; n++) if (patterns[n] == '' || found(patterns[n], from)) return true;
  return false;
}

/** Takes in a domain. It runs only when the sender has given it away. */
function receive(connection: i32, from: string): void {
  const reader = new Reader(connection, PATIENCE_MS);
  const writer = new Writer(connection);
  info('relocation: pre-migration: ' + from + ' is going to send a domain');
  if (!say(writer, BANNER)) return;
  const problem = restoreFrom(reader, 'relocation from ' + from, false);
  if (problem != '') {
    refuse('relocation: ' + problem);
    return;
  }
  info(
    'relocation: ' +
      restoredName +
      ' is there (id=' +
      restoredDomid.toString() +
      '), and waits to be given away',
  );
  if (!say(writer, READY) || !hears(reader, PERMISSION)) {
    warn('relocation: ' + restoredName + ' stays where it was');
    drop();
    return;
  }
  info('relocation: commitment: ' + restoredName + ' is ours');
  hyper.begin();
  const failed = hyper.domctl(XEN_DOMCTL_unpausedomain, restoredDomid);
  say(writer, REPORT);
  const result = new StaticArray<u8>(1);
  result[0] = failed < 0 ? 1 : 0;
  writer.put(changetype<usize>(result), 1);
  writer.flush();
  if (failed < 0) {
    refuse('relocation: ' + restoredName + ': ' + describe(failed));
    drop();
    // It is the sender's again.
    say(writer, PERMISSION);
  } else info('relocation: activation: ' + restoredName + ' runs');
}

function drop(): void {
  hyper.begin();
  hyper.domctl(XEN_DOMCTL_destroydomain, restoredDomid);
  forget(restoredDomid);
}
