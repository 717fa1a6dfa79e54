/** Consoles of domains: what they have printed is in xenconsoled's log, and what is typed goes to their own ports. */
import { SOCK_STREAM } from 'mote/abi';
import { findDomain } from 'dom0/lib/domains';
import { close, writeAll } from 'programs/lib/calls';
import { describe } from 'programs/lib/errno';
import { readFile } from 'programs/lib/io';
import { connect, socket } from 'programs/lib/sockets';
import * as json from './json';
import { bytesOf } from './bytes';

const LOGS: string = '/var/log/xen/console/guest-';
const LOOPBACK: u32 = 0x7f00_0001;
const PORT_BASE: u32 = 9600;
const MOST: i32 = 8192;

/** The last of what it has printed. */
export function consoleText(name: string): string {
  const log = readFile(LOGS + name + '.log');
  const whole = log == null ? '' : log;
  return json.object(['text', json.text(whole.substring(max(whole.length - MOST, 0)))]);
}

/** Empty, or what is wrong. */
export function typeOn(name: string, keys: string): string {
  const domain = findDomain(name);
  if (domain == null || domain.id == 0) return "Domain '" + name + "' does not exist.";
  const door = socket(SOCK_STREAM);
  const failed = connect(door, LOOPBACK, PORT_BASE + domain.id);
  if (failed < 0) return name + ': its console: ' + describe(failed);
  const bytes = bytesOf(keys);
  writeAll(door, bytes, bytes.byteLength);
  close(door);
  return '';
}
