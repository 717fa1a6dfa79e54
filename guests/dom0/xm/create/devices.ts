/** The devices of a new domain. */
import { Config } from 'dom0/lib/config';
import * as deviceNodes from 'dom0/lib/device-nodes';
import * as devices from 'dom0/lib/devices';
import { areTwoWriters, sharingProblem } from 'dom0/lib/sharing';
import { describe } from 'programs/lib/errno';
import { complain } from 'programs/lib/io';
import { hex } from 'programs/lib/text';
import { numberOf } from './wanted';

/** Of a domain, at most. */
const MOST_CARDS: i64 = 8;

export const wantedDisks: devices.Disk[] = [];
export const wantedVifs: devices.Vif[] = [];

/** The devices that a file wants; false: `config.problem`. */
export function readDevices(config: Config, handle: StaticArray<u8>): bool {
  const disks = config.find('disk');
  for (let n = 0; disks != null && n < disks.items.length; n++) {
    const disk = devices.parseDisk(disks.items[n]);
    if (disk == null) config.complain(disks, devices.problem);
    else {
      let problem = addDisk(disk);
      if (problem == '') problem = sharingProblem(disk);
      if (problem != '') config.complain(disks, disks.items[n] + ': ' + problem);
    }
    if (config.problem != '') return false;
  }
  const vifs = config.find('vif');
  const nics = config.find('nics');
  // Cards that nothing is said of are as is usual.
  const said = vifs == null ? new Array<string>() : vifs.items;
  const count =
    nics == null ? said.length : max(<i32>numberOf(config, 'nics', 0, 0, MOST_CARDS), said.length);
  for (let n = 0; n < count && config.problem == ''; n++) {
    const vif = devices.parseVif(n < said.length ? said[n] : '', addressOf(handle, n));
    if (vif == null) {
      config.complain(vifs!, devices.problem);
      return false;
    }
    if (vif.ip != '' && vif.script.endsWith('/vif-bridge'))
      complain(
        config.path +
          ': vif: ip=' +
          vif.ip +
          ': nothing here holds the domain to it; it asks for an address by DHCP',
      );
    wantedVifs.push(vif);
  }
  return config.problem == '';
}

/** Empty, or what is wrong. */
function addDisk(disk: devices.Disk): string {
  for (let n = 0; n < wantedDisks.length; n++) {
    if (wantedDisks[n].number == disk.number) return 'there are two of this name';
    if (areTwoWriters(wantedDisks[n], disk))
      return wantedDisks[n].device + ' is the same, and one of them is to be written';
  }
  wantedDisks.push(disk);
  return '';
}

/** An address of Xen's for a card that has been given none. */
export function addressOf(handle: StaticArray<u8>, card: i32): string {
  let text = '00:16:3e';
  for (let n = 1; n < 4; n++) text += ':' + hex((handle[n] + (n == 3 ? card : 0)) & 255, 2);
  return text;
}

/** Makes the devices of a new domain, and waits for their backends: empty, or what is wrong. */
export function makeDevices(domid: u32): string {
  let failed = 0;
  for (let n = 0; n < wantedDisks.length && failed == 0; n++)
    failed = deviceNodes.writeDisk(domid, wantedDisks[n], n == 0);
  for (let n = 0; n < wantedVifs.length && failed == 0; n++)
    failed = deviceNodes.writeVif(domid, wantedVifs[n], n);
  if (failed < 0) return 'the store: ' + describe(failed);
  for (let n = 0; n < wantedDisks.length; n++) {
    const disk = wantedDisks[n];
    const problem = deviceNodes.connectDisk(domid, disk);
    if (problem != '') return disk.device + ': ' + disk.path + ': ' + problem;
  }
  for (let n = 0; n < wantedVifs.length; n++) {
    const problem = deviceNodes.bringOnline(domid, n.toString());
    if (problem != '') return 'vif ' + n.toString() + ': ' + problem;
  }
  return '';
}
