/**
 * xend: sees to it that of a domain that has ended becomes what its configuration says (on_poweroff, on_reboot, on_crash). The
 * domains are those that `xm create` has left a configuration of; others are nobody's business here.
 */
import { SHUTDOWN_crash, SHUTDOWN_poweroff, SHUTDOWN_reboot, SHUTDOWN_suspend } from 'xen';
import { Config } from 'dom0/lib/config';
import { detach, ready } from 'dom0/lib/daemon';
import { Domain, listDomains } from 'dom0/lib/domains';
import {
  actionAfter,
  configPath,
  DESTROY,
  dropConfig,
  MANAGED,
  PRESERVE,
  RENAME_RESTART,
} from 'dom0/lib/managed';
import { makeFolders } from 'dom0/lib/log';
import { readDirectory, Stat } from 'programs/lib/calls';
import { complainOf } from 'programs/lib/io';
import { failure, nextNotice, takeNotices, watch } from 'programs/lib/store';
import { Guest } from './xend/guest';
import { info, warn } from './xend/log';
import { startRelocation } from './xend/relocation';

const guests: Guest[] = [];

export function main(args: string[]): i32 {
  detach();
  makeFolders(MANAGED);
  let failed = watch('@introduceDomain', '');
  if (failed == 0) failed = watch('@releaseDomain', '');
  if (failed < 0) return complainOf('the store', failed);
  startRelocation();
  ready();
  while (nextNotice() != null) {
    // One look is enough for all that has happened before it.
    takeNotices();
    look();
  }
  return complainOf('the store', failure);
}

/** Finds who has come, who has ended, who is gone. */
function look(): void {
  const domains = listDomains();
  const stat = new Stat();
  for (let n = 0; n < domains.length; n++) {
    const each = domains[n];
    if (each.id == 0 || each.isDying) continue;
    let guest = guestOf(each.id);
    if (guest == null && stat.of(configPath(each.uuid)) == 0) {
      guest = new Guest(each);
      guests.push(guest);
    }
    if (guest == null) continue;
    if (!each.isShutDown) guest.isSettled = false;
    else if (!guest.isSettled) settle(guest, each);
  }
  sweep();
}

function guestOf(domid: u32): Guest | null {
  for (let n = 0; n < guests.length; n++) if (guests[n].domid == domid) return guests[n];
  return null;
}

/** A domain has ended: does what is to be done then. */
function settle(guest: Guest, domain: Domain): void {
  guest.isSettled = true;
  const name = domain.name;
  const id = domain.id.toString();
  const ending = endingOf(domain.reason);
  if (ending == 'crash') warn('Domain has crashed: name=' + name + ' id=' + id + '.');
  else info('Domain has shutdown: name=' + name + ' id=' + id + ' reason=' + ending + '.');
  // Who has suspended it knows what comes next.
  if (ending == 'suspend') return;
  const config = new Config(configPath(guest.uuid));
  const action = ending != '?' && config.read() ? actionAfter(config, ending) : DESTROY;
  if (action == DESTROY) guest.destroy();
  else if (action == PRESERVE) guest.preserve(name);
  else guest.restart(name, action == RENAME_RESTART);
}

function endingOf(reason: u32): string {
  if (reason == SHUTDOWN_poweroff) return 'poweroff';
  if (reason == SHUTDOWN_reboot) return 'reboot';
  if (reason == SHUTDOWN_suspend) return 'suspend';
  return reason == SHUTDOWN_crash ? 'crash' : '?';
}

/** Forgets who is gone. */
function sweep(): void {
  // A domain is there before its configuration is: so the list that is made later has all of them.
  const kept = readDirectory(MANAGED);
  const domains = listDomains();
  for (let n = guests.length - 1; n >= 0; n--) {
    let isThere = false;
    for (let d = 0; d < domains.length; d++)
      if (domains[d].id == guests[n].domid && !domains[d].isDying) isThere = true;
    if (!isThere) guests.splice(n, 1);
  }
  if (kept == null) return;
  for (let n = 0; n < kept.length; n++) {
    let isUsed = false;
    for (let d = 0; d < domains.length; d++)
      if (!domains[d].isDying && domains[d].uuid == kept[n]) isUsed = true;
    if (!isUsed) dropConfig(kept[n]);
  }
}
