/** netstat [-a] [-l] [-t] [-u]: connections; -l: who listens, -a: both. */
import { complainOf, print, readFile } from 'programs/lib/io';
import { takeOptions } from 'programs/lib/options';
import { addressText } from 'programs/lib/sockets';
import { table } from 'programs/lib/text';

const USAGE = 'netstat [-a] [-l] [-t] [-u]';
const STATES: StaticArray<string> = [
  '',
  'ESTABLISHED',
  'SYN_SENT',
  'SYN_RECV',
  'FIN_WAIT1',
  'FIN_WAIT2',
  'TIME_WAIT',
  'CLOSE',
  'CLOSE_WAIT',
  'LAST_ACK',
  'LISTEN',
  'CLOSING',
];
const LISTEN = 10;

const rows: string[][] = [['Proto', 'Recv-Q', 'Send-Q', 'Local Address', 'Foreign Address', 'State']];

export function main(args: string[]): i32 {
  const options = takeOptions(args, 'altun', USAGE);
  if (options == null) return 2;
  const both = options.includes('t') == options.includes('u');
  const all = options.includes('a');
  const listening = options.includes('l');
  if ((both || options.includes('t')) && !add('tcp', all || listening, all || !listening)) return 1;
  if ((both || options.includes('u')) && !add('udp', all || listening, all || !listening)) return 1;
  print(table(rows, 6));
  return 0;
}

function end(text: string): string {
  const parts = text.split(':');
  const host = bswap<u32>(U32.parseInt(parts[0], 16));
  const port = U32.parseInt(parts[1], 16);
  return (host == 0 ? '0.0.0.0' : addressText(host)) + ':' + (port == 0 ? '*' : port.toString());
}

/** Adds the sockets of a protocol. False: they cannot be read. */
function add(protocol: string, listening: bool, others: bool): bool {
  const text = readFile('/proc/net/' + protocol);
  if (text == null) {
    complainOf('/proc/net/' + protocol, -2);
    return false;
  }
  const lines = text.split('\n');
  for (let n = 1; n < lines.length; n++) {
    const fields = lines[n].trim().split(' ');
    if (fields.length < 5) continue;
    const state = <i32>U32.parseInt(fields[3], 16);
    const waits = protocol == 'udp' ? fields[2].endsWith(':0000') : state == LISTEN;
    if (waits ? !listening : !others) continue;
    const queues = fields[4].split(':');
    const name = protocol == 'udp' ? (waits ? '' : 'ESTABLISHED') : STATES[state];
    const unread = U32.parseInt(queues[1], 16).toString();
    rows.push([
      protocol,
      unread,
      U32.parseInt(queues[0], 16).toString(),
      end(fields[1]),
      end(fields[2]),
      name,
    ]);
  }
  return true;
}
