/** The relocation server: takes in domains that other hosts send, if xend is to, each in a process of its own. */
import { SO_RCVBUF, SO_REUSEADDR, SOCK_STREAM, SOL_SOCKET } from 'mote/abi';
import { BANNER, RECEIVER_PATIENCE_MS, say, STREAM_BYTES } from 'dom0/lib/migration/handshake';
import { ASK, HEARD, Message, OFFER, YES } from 'dom0/lib/migration/message';
import { Reader } from 'dom0/lib/saved/reader';
import { Writer } from 'dom0/lib/saved/writer';
import { xendSetting } from 'dom0/lib/xend-config';
import { close } from 'programs/lib/calls';
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
import { answerTo, LATER } from './offers';
import { forgetAttempt, takeIn, whatBecameOf } from './receiving';
import { ownFiles, startWorker } from './workers';

export const RELOCATION_PORT: string = '8002';
const BACKLOG: i32 = 4;

/** Begins to listen, if it is wanted: the descriptor, or -1. */
export function startRelocation(): i32 {
  if (xendSetting('xend-relocation-server', 'no') != 'yes') return -1;
  const port = <u32>number(xendSetting('xend-relocation-port', RELOCATION_PORT));
  const at = xendSetting('xend-relocation-address', '');
  const listener = socket(SOCK_STREAM);
  setOption(listener, SOL_SOCKET, SO_REUSEADDR, 1);
  // What is under way: an acknowledgment for many segments is enough, then.
  setOption(listener, SOL_SOCKET, SO_RCVBUF, STREAM_BYTES);
  let failed = bind(listener, at == '' ? 0 : address(at), port);
  if (failed >= 0) failed = listen(listener, BACKLOG);
  if (failed < 0) {
    refuse('relocation: port ' + port.toString() + ': ' + describe(failed));
    close(listener);
    return -1;
  }
  info('relocation: listening on port ' + port.toString());
  ownFiles.push(listener);
  return listener;
}

/** Somebody has connected. */
export function letIn(listener: i32): void {
  connection = accept(listener);
  if (connection < 0) return;
  from = addressText(peerAddress());
  if (isAllowed(from)) startWorker('', serve);
  else warn('relocation: ' + from + ' is not let in (xend-relocation-hosts-allow)');
  close(connection);
}

function isAllowed(from: string): bool {
  const patterns = xendSetting('xend-relocation-hosts-allow', '').split(' ');
  for (let n = 0; n < patterns.length; n++) if (patterns[n] == '' || found(patterns[n], from)) return true;
  return false;
}

/** Who has connected. */
let connection: i32 = -1;
let from: string = '';

/** Hears what the other host says, until it has sent a domain, or hangs up. */
function serve(path: string): void {
  const reader = new Reader(connection, RECEIVER_PATIENCE_MS);
  const writer = new Writer(connection, RECEIVER_PATIENCE_MS);
  let offer: Message | null = null;
  if (!say(writer, BANNER)) return;
  while (Message.comes(reader)) {
    const message = Message.hear(reader);
    if (message == null) return;
    if (message.what == OFFER) {
      const answer = answerTo(message);
      offer = answer.what == YES ? message : null;
      info('relocation: pre-migration: ' + from + ' offers ' + message.get('name') + ': ' + answer.what);
      if (!answer.send(writer)) return;
    } else if (message.what == ASK) whatBecameOf(message.get('attempt')).send(writer);
    else if (message.what == HEARD) forgetAttempt(message.get('attempt'));
    else return;
  }
  if (reader.isShort) return;
  const attempt = offer == null ? '' : offer.get('attempt');
  takeIn(reader, writer, connection, from, attempt, offer != null && offer.get(LATER) != '');
}
