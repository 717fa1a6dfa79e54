/** The devices of a host: a card on a network with a gateway, a share with the lab's files, and the disks that were asked for. */
import { Overlay } from '../../devices/disk/overlay.ts';
import { MemoryImage } from '../../devices/disk/memory-image.ts';
import { DEFAULT_GATEWAY, Gateway } from '../../devices/lan/gateway.ts';
import { Lan } from '../../devices/lan/lan.ts';
import type { FileTree } from '../../devices/fs/tree.ts';
import type { DeviceConfig } from '../../devices/platform.ts';

/** A disk of the machine: /dev/vda, /dev/vdb, … in their order. What is written stays in the lab. */
export interface HostDisk {
  readonly name: string;
  readonly bytes: Uint8Array;
  readonly readOnly?: boolean;
}

const CARD_MAC = '52:54:00:00:00:10';
/** What domain 0 mounts the share by. */
const SHARE_TAG = 'lab';
/** Domain 0 has names for so many. */
const MAX_DISKS = 4;

/** Throws RangeError for more disks than a host has. */
export function hostDevices(disks: readonly HostDisk[], share: FileTree): DeviceConfig[] {
  if (disks.length > MAX_DISKS) throw new RangeError(`a host has ${String(MAX_DISKS)} disks at most`);
  const lan = new Lan();
  lan.join(new Gateway(DEFAULT_GATEWAY));
  const blocks = disks.map(({ name, bytes, readOnly }): DeviceConfig => {
    const image = new MemoryImage(bytes, true);
    return { kind: 'block', disk: readOnly === true ? image : new Overlay(image), id: name };
  });
  return [
    { kind: 'net', port: lan.join(), mac: CARD_MAC },
    { kind: '9p', tag: SHARE_TAG, tree: share },
    ...blocks,
  ];
}
