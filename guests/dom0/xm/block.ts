/** xm block-attach, block-configure, block-detach: a domain's disks, while it runs. */
import { Domain } from 'dom0/lib/domains';
import * as deviceNodes from 'dom0/lib/device-nodes';
import { deviceNumber, Disk, parseDisk, problem } from 'dom0/lib/devices';
import { devicesOf, keepDevices } from 'dom0/lib/kept-devices';
import { sharingProblem } from 'dom0/lib/sharing';
import { describe } from 'programs/lib/errno';
import { complain, complainOf } from 'programs/lib/io';
import { domainOf } from './arguments';
import { isSet, misused } from './switches';

const CLOSED: string = '6';

/** A domain that may be given devices; null: none is, and that has been said. */
export function guestOf(text: string): Domain | null {
  const domain = domainOf(text);
  if (domain == null || domain.id != 0) return domain;
  complain('Domain-0: it has no frontends: its devices are those of the machine');
  return null;
}

/** Whether devices are served by whom an argument names. */
export function isServer(text: string): bool {
  if (text == '0' || text == 'Domain-0') return true;
  complain('Cannot configure device for backend ' + text + ': devices are served by Domain-0 alone');
  return false;
}

/** DOMAIN BACKDEV FRONTDEV MODE [BACKDOMAIN], a disk; null: it cannot be, and that has been said. */
function diskOf(args: string[]): Disk | null {
  const disk = parseDisk(args[1] + ',' + args[2] + ',' + args[3]);
  if (disk == null) complain(problem);
  return args.length == 4 || isServer(args[4]) ? disk : null;
}

export function blockAttach(args: string[]): i32 {
  if (args.length != 4 && args.length != 5) return misused();
  const domain = guestOf(args[0]);
  if (domain == null) return 1;
  const disk = diskOf(args);
  if (disk == null) return 1;
  const number = disk.number.toString();
  const named = 'Device ' + disk.device + ' (' + number + ', vbd)';
  if (deviceNodes.stateOf(domain.id, 'vbd', number) == CLOSED)
    deviceNodes.dropDevice(domain.id, 'vbd', number);
  let wrong = devicesOf(domain, 'vbd').includes(number) ? named + ' is already connected.' : '';
  if (wrong == '') {
    const shared = sharingProblem(disk);
    if (shared != '') wrong = named + ' could not be connected: ' + disk.path + ': ' + shared;
  }
  if (wrong == '') {
    const failed = deviceNodes.writeDisk(domain.id, disk, false);
    const answer = failed < 0 ? describe(failed) : deviceNodes.connectDisk(domain.id, disk);
    if (answer != '') {
      wrong = named + ' could not be connected: ' + disk.path + ': ' + answer;
      deviceNodes.dropDevice(domain.id, 'vbd', number);
    }
  }
  if (wrong != '') complain(wrong);
  return wrong == '' ? kept(domain) : 1;
}

/** Keeps what devices a domain has now. An exit status. */
export function kept(domain: Domain): i32 {
  const failed = keepDevices(domain);
  return failed < 0 ? complainOf('the configuration of ' + domain.name, failed) : 0;
}

/** As in xend, where a CD drive alone could get another medium: a domain looks at its disks when they come. */
export function blockConfigure(args: string[]): i32 {
  if (args.length != 4 && args.length != 5) return misused();
  const domain = guestOf(args[0]);
  if (domain == null) return 1;
  const disk = diskOf(args);
  if (disk == null) return 1;
  const number = disk.number.toString();
  complain(
    devicesOf(domain, 'vbd').includes(number)
      ? 'Refusing to reconfigure device vbd:' + number + ': detach it, and attach it as it is to be'
      : 'Device ' + number + ' not connected',
  );
  return 1;
}

export function blockDetach(args: string[]): i32 {
  if (args.length != 2) return misused();
  const domain = guestOf(args[0]);
  if (domain == null) return 1;
  const number = deviceNumber(args[1]);
  return detach(domain, 'vbd', number < 0 ? args[1] : number.toString());
}

/** Takes a device away: politely, and that is waited for, or by force. */
export function detach(domain: Domain, kind: string, number: string): i32 {
  if (!devicesOf(domain, kind).includes(number)) {
    complain('Device ' + number + ' (' + kind + ') not connected');
    return 1;
  }
  if (isSet('force')) deviceNodes.dropDevice(domain.id, kind, number);
  else if (!deviceNodes.closeDevice(domain.id, kind, number)) {
    complain('Device ' + number + ' (' + kind + ') could not be disconnected.');
    return 1;
  }
  return kept(domain);
}
