/** xend's log. */
import { CLOCK_REALTIME } from 'mote/abi';
import { Log } from 'dom0/lib/log';
import { clock, getpid } from 'programs/lib/calls';
import { DateText } from 'programs/lib/text';
import { NS_PER_SECOND } from 'programs/lib/time';

const log = new Log('/var/log/xen/xend.log');

function add(level: string, text: string): void {
  const now = new DateText(clock(CLOCK_REALTIME) / NS_PER_SECOND);
  const month = now.month.toString().padStart(2, '0');
  const day = now.year.toString() + '-' + month + '-' + now.day.toString().padStart(2, '0');
  log.addLine('[' + day + ' ' + now.time + ' ' + getpid().toString() + '] ' + level + ' ' + text);
}

export function info(text: string): void {
  add('INFO', text);
}
export function warn(text: string): void {
  add('WARNING', text);
}
/** Something could not be done. */
export function refuse(text: string): void {
  add('ERROR', text);
}
