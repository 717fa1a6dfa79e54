/** The devices of a new domain. */
import { Config } from 'dom0/lib/config';
import * as deviceNodes from 'dom0/lib/device-nodes';
import * as devices from 'dom0/lib/devices';
import { describe } from 'programs/lib/errno';
import { hex } from 'programs/lib/text';

const wantedDisks: devices.Disk[] = [];
const wantedVifs: devices.Vif[] = [];

/** The devices that a file wants; false: `config.problem`. */
export function readDevices(config: Config, handle: StaticArray<u8>): bool {
  const disks = config.find('disk');
  for (let n = 0; disks != null && n < disks.items.length; n++) {
    const disk = devices.parseDisk(disks.items[n]);
    if (disk == null) config.complain(disks, devices.problem);
    else if (!addDisk(disk)) config.complain(disks, disk.device + ': there are two of this name');
    if (config.problem != '') return false;
  }
  const vifs = config.find('vif');
  for (let n = 0; vifs != null && n < vifs.items.length; n++) {
    const vif = devices.parseVif(vifs.items[n], addressOf(handle, n));
    if (vif == null) {
      config.complain(vifs, devices.problem);
      return false;
    }
    wantedVifs.push(vif);
  }
  return true;
}

function addDisk(disk: devices.Disk): bool {
  for (let n = 0; n < wantedDisks.length; n++) if (wantedDisks[n].number == disk.number) return false;
  wantedDisks.push(disk);
  return true;
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
    const problem = deviceNodes.awaitBackend(domid, 'vbd', disk.number.toString());
    if (problem != '') return disk.device + ': ' + disk.path + ': ' + problem;
  }
  for (let n = 0; n < wantedVifs.length; n++) {
    const problem = deviceNodes.awaitBackend(domid, 'vif', n.toString());
    if (problem != '') return 'vif ' + n.toString() + ': ' + problem;
  }
  return '';
}
