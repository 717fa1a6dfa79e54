/** The devices of the machine, which are domain 0's: found on the PCI bus, each brought up by its driver. */
import { isDomain0 } from 'kernel/xen/start-info';
import { SLOTS } from 'kernel/pci/pci';
import { initPorts } from 'kernel/pci/ports';
import { TYPE_9P, TYPE_BLOCK, TYPE_NETWORK, virtioType } from 'kernel/pci/virtio';
import { addWholeDisk } from '../block/partitions';
import { addTransport } from '../fs/9p/transport';
import { bytesOf } from '../fs/names';
import { hostBridge } from '../net/bridges';
import { VirtioChannel } from './virtio-9p';
import { VirtioCard } from './virtio-card';
import { VirtioDisk } from './virtio-disk';

/** Linux's virtblk: major 254, sixteen numbers for each disk. */
const DISK_MAJOR: u32 = 254;
const NUMBERS: u32 = 16;
const DISKS: StaticArray<string> = ['/dev/vda', '/dev/vdb', '/dev/vdc', '/dev/vdd'];
const CARDS: StaticArray<string> = ['peth0', 'peth1'];

let disks = 0;
let cards = 0;

/** Looks for them. */
export function initDrivers(): void {
  if (!isDomain0()) return;
  initPorts();
  for (let slot: u32 = 0; slot < SLOTS; slot++) {
    const type = virtioType(slot);
    if (type == TYPE_BLOCK) startDisk(slot);
    else if (type == TYPE_NETWORK) startCard(slot);
    else if (type == TYPE_9P) startChannel(slot);
  }
}

function startDisk(slot: u32): void {
  if (disks == DISKS.length) return;
  const disk = VirtioDisk.open(slot);
  if (disk == null) return;
  const number = (DISK_MAJOR << 8) | (<u32>disks * NUMBERS);
  if (addWholeDisk(disk, bytesOf(DISKS[disks]), number, NUMBERS - 1)) disks++;
}

function startCard(slot: u32): void {
  if (cards == CARDS.length) return;
  const card = new VirtioCard(slot);
  if (card.plug(CARDS[cards], hostBridge()!)) cards++;
}

function startChannel(slot: u32): void {
  const channel = VirtioChannel.open(slot);
  if (channel != null) addTransport(channel);
}
