/** What domain 0 remembers of the domains that it has made: their names and consoles, a file for each. */
import { O_CREAT, O_TRUNC, O_WRONLY } from 'mote/abi';
import { close, open, unlink, writeAll } from 'programs/lib/calls';
import { readFile } from 'programs/lib/io';
import { bad, number } from 'programs/lib/text';

const DIRECTORY = '/var/lib/xend/';

export class Known {
  name: string = '';
  consoleMfn: u64 = 0;
  consolePort: u32 = 0;
}

/** Null: nothing is known of the domain. */
export function recall(domid: u32): Known | null {
  const known = new Known();
  if (domid == 0) {
    known.name = 'Domain-0';
    return known;
  }
  const text = readFile(DIRECTORY + domid.toString());
  if (text == null) return null;
  const words = text.trim().split(' ');
  if (words.length != 3) return null;
  known.name = words[0];
  known.consoleMfn = number(words[1]);
  known.consolePort = <u32>number(words[2]);
  return bad ? null : known;
}

/** 0, or a negative errno. */
export function remember(domid: u32, known: Known): i32 {
  const fd = open(DIRECTORY + domid.toString(), O_CREAT | O_TRUNC | O_WRONLY);
  if (fd < 0) return fd;
  const text = String.UTF8.encode(
    known.name + ' ' + known.consoleMfn.toString() + ' ' + known.consolePort.toString() + '\n',
  );
  const written = writeAll(fd, text, text.byteLength);
  close(fd);
  return min(written, 0);
}

export function forget(domid: u32): void {
  unlink(DIRECTORY + domid.toString());
}
