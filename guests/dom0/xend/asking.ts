/**
 * A domain was given away, and nobody has said that it runs: the other host is asked until it has told, for it alone can know
 * (dom0/lib/migration/handshake.ts).
 */
import { SOCK_STREAM } from 'mote/abi';
import { BANNER, hears, SENDER_PATIENCE_MS } from 'dom0/lib/migration/handshake';
import { ASK, HEARD, Message, NO, RUNNING } from 'dom0/lib/migration/message';
import { ACTIVATION, COMMITMENT, Record, STOP_AND_COPY } from 'dom0/lib/migration/record';
import { Reader } from 'dom0/lib/saved/reader';
import { Writer } from 'dom0/lib/saved/writer';
import { close, sleepNs } from 'programs/lib/calls';
import { describe } from 'programs/lib/errno';
import { address, badAddress, connect, socket } from 'programs/lib/sockets';
import { number } from 'programs/lib/text';
import { info, warn } from './log';

const PAUSE_NS: u64 = 1_000_000_000;

/**
 * Asks until it is known, and writes it into the record: ACTIVATION, it runs there; STOP_AND_COPY, it is ours as it was before.
 * Another state: somebody here has decided otherwise (`xm resume`).
 */
export function askUntilKnown(record: Record): void {
  const name = record.get('name');
  const host = record.get('host');
  let told = '';
  for (let times = 1; record.state == COMMITMENT; times++) {
    const why = ask(record);
    if (why == '') return;
    // The list of domains shows it; the log, what is new.
    record.put(
      'asking',
      host + ' has not said whether it runs there: ' + why + ' (asked ' + times.toString() + ')',
    );
    if (why != told) warn('migration: ' + host + ' does not say whether ' + name + ' runs there: ' + why);
    told = why;
    sleepNs(PAUSE_NS);
  }
}

/** Asks once: empty, it is known; or why not. */
function ask(record: Record): string {
  const place = address(record.get('host'));
  if (badAddress) return 'there is no such host';
  const connection = socket(SOCK_STREAM);
  const failed = connect(connection, place, <u32>number(record.get('port')));
  const why = failed < 0 ? describe(failed) : hearOf(record, connection);
  close(connection);
  return why;
}

function hearOf(record: Record, connection: i32): string {
  const reader = new Reader(connection, SENDER_PATIENCE_MS);
  const writer = new Writer(connection, SENDER_PATIENCE_MS);
  const attempt = record.get('attempt');
  const isAsked = hears(reader, BANNER) && new Message(ASK).with('attempt', attempt).send(writer);
  const answer = isAsked ? Message.hear(reader) : null;
  if (answer == null) return 'it does not answer';
  if (answer.what == NO) takenBack(record, answer.get('why'));
  else if (answer.what == RUNNING) runsThere(record, writer);
  else return 'it says ' + answer.what;
  return '';
}

function takenBack(record: Record, why: string): void {
  const what = record.get('host') + ' did not take it: ' + why;
  info('migration: ' + record.get('name') + ' is ours again: ' + what);
  record.put('problem', what);
  record.change([COMMITMENT], STOP_AND_COPY);
}

/**
 * It runs there, and never here again. Whether this was so: somebody may have let it run here. Only when it is written down here may
 * the other side forget it: who asked again would hear that it is not there.
 */
export function runsThere(record: Record, writer: Writer): bool {
  if (!record.change([COMMITMENT], ACTIVATION)) {
    warn('migration: ' + record.get('name') + ' runs on ' + record.get('host') + ', and was let go on here');
    return false;
  }
  info('migration: activation: ' + record.get('name') + ' runs on ' + record.get('host'));
  const attempt = record.get('attempt');
  if (attempt != '') new Message(HEARD).with('attempt', attempt).send(writer);
  return true;
}
