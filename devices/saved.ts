/**
 * What of this room is state. A snapshot walks the objects that a world is made of: of a class that is named here, all fields
 * are saved but those listed. A class that is in no room's list cannot be saved, and the test of snapshots says so.
 */
import { Chance } from './chance.ts';
import { FetchedImage } from './disk/fetched-image.ts';
import { MemoryImage } from './disk/memory-image.ts';
import { Overlay } from './disk/overlay.ts';
import { SharedStore, StoreLink, StoreSize } from './disk/shared-store.ts';
import { SparseImage } from './disk/sparse-image.ts';
import { Session } from './fs/session.ts';
import { FileTree } from './fs/tree.ts';
import { Cable, SwitchEnd } from './lan/cable.ts';
import { DhcpServer } from './lan/dhcp.ts';
import { Gateway } from './lan/gateway.ts';
import { Lan, LanPort } from './lan/lan.ts';
import { PowerRegisters } from './firmware/power.ts';
import { HostBridge, PciBus } from './pci/bus.ts';
import { Platform } from './platform.ts';
import { Random } from './random.ts';
import { Rtc } from './rtc.ts';
import { Uart16550 } from './uart16550.ts';
import { VirtioNineP } from './virtio/9p.ts';
import { VirtioBlock } from './virtio/block.ts';
import { CommonConfig } from './virtio/common-config.ts';
import { VirtioConsole } from './virtio/console.ts';
import { DiskFaults } from './virtio/disk-faults.ts';
import { VirtioEntropy } from './virtio/entropy.ts';
import { JoinedFrames } from './virtio/joined-frames.ts';
import { VirtioNet } from './virtio/net.ts';
import { VirtioPci } from './virtio/pci.ts';
import { VirtioStore } from './virtio/store.ts';
import { Virtqueue } from './virtio/queue.ts';

export interface SavedClass {
  readonly type: abstract new (...parameters: never[]) => object;
  /** Fields that are no state: who listens, and caches. A restored world has what a new one has there. */
  readonly but?: readonly string[];
  /** Fields with arrays of bytes that are replaced and never written to once they are there: they need no copy. */
  readonly frozen?: readonly string[];
}

/** By the names that files have for them: those stay, whatever becomes of the class. */
export type SavedClasses = Readonly<Record<string, SavedClass>>;

/** The classes of this room whose objects are state. */
export const DEVICES_SAVED: SavedClasses = {
  Cable: { type: Cable },
  // What it draws is a function of what the world is made from; here is how far it is.
  Chance: { type: Chance, but: ['seed', 'place', 'afterNs', 'isKept', 'onTaken'] },
  CommonConfig: { type: CommonConfig },
  DhcpServer: { type: DhcpServer },
  DiskFaults: { type: DiskFaults },
  FetchedImage: { type: FetchedImage },
  FileTree: { type: FileTree },
  Gateway: { type: Gateway, but: ['onFrame'] },
  HostBridge: { type: HostBridge },
  JoinedFrames: { type: JoinedFrames },
  Lan: { type: Lan },
  LanPort: { type: LanPort },
  MemoryImage: { type: MemoryImage, frozen: ['bytes'] },
  NinePSession: { type: Session },
  Overlay: { type: Overlay, frozen: ['blocks'] },
  PciBus: { type: PciBus },
  Platform: { type: Platform },
  PowerRegisters: { type: PowerRegisters },
  Random: { type: Random },
  Rtc: { type: Rtc },
  SharedStore: { type: SharedStore },
  SparseImage: { type: SparseImage, frozen: ['blocks'] },
  StoreLink: { type: StoreLink },
  StoreSize: { type: StoreSize },
  SwitchEnd: { type: SwitchEnd },
  Uart16550: { type: Uart16550, but: ['onOutput'] },
  VirtioBlock: { type: VirtioBlock },
  VirtioConsole: { type: VirtioConsole, but: ['onOutput'] },
  VirtioEntropy: { type: VirtioEntropy },
  VirtioNet: { type: VirtioNet },
  VirtioNineP: { type: VirtioNineP },
  VirtioPci: { type: VirtioPci },
  VirtioStore: { type: VirtioStore },
  Virtqueue: { type: Virtqueue },
};
