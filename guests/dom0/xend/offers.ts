/** Whether a domain may come: asked and answered before anything of it is sent. */
import { BLKSERIAL, O_RDONLY } from 'mote/abi';
import { Config } from 'dom0/lib/config';
import * as devices from 'dom0/lib/devices';
import { findDomain, listDomains } from 'dom0/lib/domains';
import { Message, NO, OFFER, YES } from 'dom0/lib/migration/message';
import { roomFor } from 'dom0/lib/host-memory';
import { leavingDomid } from 'dom0/lib/migration/record';
import { Present } from 'dom0/lib/saved/configuration';
import { close, control, open } from 'programs/lib/calls';
import { bad, number } from 'programs/lib/text';

const SERIAL_BYTES: i32 = 20;
/** In an offer, its pages follow when it runs; in the answer, that is known here. */
export const LATER: string = 'later';

/** Empty, or why a domain cannot go anywhere. */
export function mayCome(config: Config): string {
  const disks = config.find('disk');
  for (let n = 0; disks != null && n < disks.items.length; n++) {
    const disk = devices.parseDisk(disks.items[n]);
    if (disk != null && disk.type != 'phy')
      return disk.path + ' is on this host alone: only a disk that both attach (phy:) can go along';
  }
  return '';
}

/** What a disk calls itself; empty: nothing, or there is none. */
function serialOf(path: string): string {
  const fd = open(path, O_RDONLY);
  if (fd < 0) return '';
  const serial = new ArrayBuffer(SERIAL_BYTES);
  const failed = control(fd, BLKSERIAL, changetype<usize>(serial));
  close(fd);
  return failed < 0 ? '' : String.UTF8.decodeUnsafe(changetype<usize>(serial), SERIAL_BYTES, true);
}

/** What is asked of the other host. */
export function offerOf(attempt: string, present: Present, config: Config, isPostCopy: bool): Message {
  const offer = new Message(OFFER)
    .with('attempt', attempt)
    .with('uuid', present.uuid)
    .with('name', present.name)
    .with('memory', present.memoryKib.toString());
  if (isPostCopy) offer.with(LATER, '1');
  const disks = config.find('disk');
  for (let n = 0; disks != null && n < disks.items.length; n++) {
    const disk = devices.parseDisk(disks.items[n]);
    if (disk != null) offer.with('disk', disk.path + '=' + serialOf(disk.path));
  }
  return offer;
}

/** What this host says to that. */
export function answerTo(offer: Message): Message {
  const why = refusal(offer);
  if (why != '') return new Message(NO).with('why', why);
  return offer.get(LATER) == '' ? new Message(YES) : new Message(YES).with(LATER, '1');
}

function refusal(offer: Message): string {
  const name = offer.get('name');
  const kib = number(offer.get('memory'));
  if (bad || kib <= 0 || offer.get('attempt') == '') return 'it is not said what would come';
  const uuid = offer.get('uuid');
  // A host may send to itself.
  const leaving = leavingDomid(uuid);
  const namesake = findDomain(name);
  if (namesake != null && namesake.id.toString() != leaving)
    return 'VM name ' + name + ' already in use by another domain';
  const domains = listDomains();
  for (let n = 0; n < domains.length; n++)
    if (!domains[n].isDying && domains[n].uuid == uuid && domains[n].id.toString() != leaving)
      return 'domain ' + domains[n].name + ' has its UUID';
  const disks = offer.all('disk');
  for (let n = 0; n < disks.length; n++) {
    const at = disks[n].indexOf('=');
    const why = notShared(disks[n].substring(0, at), disks[n].substring(at + 1));
    if (why != '') return why;
  }
  return roomFor(kib);
}

/** Empty: a disk of that name is here, and is the one that the other host means. */
function notShared(path: string, serial: string): string {
  const own = serialOf(path);
  if (own != '' && own == serial) return '';
  return (
    path +
    ' is another disk here (' +
    (own == '' ? 'none' : own) +
    ', and not ' +
    (serial == '' ? 'known' : serial) +
    ')'
  );
}
