/** Whether a domain may come: asked and answered before anything of it is sent. */
import { Config } from 'dom0/lib/config';
import * as devices from 'dom0/lib/devices';
import { findDomain, listDomains } from 'dom0/lib/domains';
import { Message, NO, OFFER, YES } from 'dom0/lib/migration/message';
import { Present } from 'dom0/lib/saved/configuration';
import { lackOf } from 'dom0/xm/restore';
import { bad, number } from 'programs/lib/text';

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

/** What is asked of the other host. */
export function offerOf(attempt: string, present: Present, config: Config): Message {
  return new Message(OFFER)
    .with('attempt', attempt)
    .with('uuid', present.uuid)
    .with('name', present.name)
    .with('memory', present.memoryKib.toString());
}

/** What this host says to that. */
export function answerTo(offer: Message): Message {
  const why = refusal(offer);
  return why == '' ? new Message(YES) : new Message(NO).with('why', why);
}

function refusal(offer: Message): string {
  const name = offer.get('name');
  const kib = number(offer.get('memory'));
  if (bad || kib <= 0 || offer.get('attempt') == '') return 'it is not said what would come';
  if (findDomain(name) != null) return 'VM name ' + name + ' already in use by another domain';
  const domains = listDomains();
  for (let n = 0; n < domains.length; n++)
    if (!domains[n].isDying && domains[n].uuid == offer.get('uuid'))
      return 'domain ' + domains[n].name + ' has its UUID';
  return lackOf(kib);
}
