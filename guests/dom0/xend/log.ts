/** xend's log: /var/log/xen/xend.log, or `logfile`, of what is at least of `loglevel`. */
import { CLOCK_REALTIME } from 'mote/abi';
import { Log } from 'dom0/lib/log';
import { xendSetting } from 'dom0/lib/xend-config';
import { clock, getpid } from 'programs/lib/calls';
import { DateText } from 'programs/lib/text';
import { NS_PER_SECOND } from 'programs/lib/time';

export const USUAL_LOG: string = '/var/log/xen/xend.log';
const LEVELS: string[] = ['DEBUG', 'INFO', 'WARNING', 'ERROR'];

/** Null: nothing has been said yet. */
let opened: Log | null = null;
let least: i32 = 0;

function opening(): Log {
  // What is not known is as if all were wanted.
  least = LEVELS.indexOf(xendSetting('loglevel', 'INFO'));
  const log = new Log(xendSetting('logfile', USUAL_LOG));
  opened = log;
  return log;
}

function add(level: string, text: string): void {
  const known = opened;
  const log = known == null ? opening() : known;
  if (LEVELS.indexOf(level) < least) return;
  const now = new DateText(clock(CLOCK_REALTIME) / NS_PER_SECOND);
  const month = now.month.toString().padStart(2, '0');
  const day = now.year.toString() + '-' + month + '-' + now.day.toString().padStart(2, '0');
  log.addLine('[' + day + ' ' + now.time + ' ' + getpid().toString() + '] ' + level + ' ' + text);
}

export function debug(text: string): void {
  add('DEBUG', text);
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
