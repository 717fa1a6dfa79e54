/** The devices of a host: a card on a network with a gateway, a share with the lab's files, and the disks that were asked for. */
import type { Chance } from '../../devices/chance.ts';
import { FetchedImage } from '../../devices/disk/fetched-image.ts';
import { Overlay } from '../../devices/disk/overlay.ts';
import type { StoreLink } from '../../devices/disk/shared-store.ts';
import { MemoryImage } from '../../devices/disk/memory-image.ts';
import { DEFAULT_GATEWAY, Gateway } from '../../devices/lan/gateway.ts';
import { Lan } from '../../devices/lan/lan.ts';
import type { NetworkPort } from '../../devices/lan/lan.ts';
import type { FileTree } from '../../devices/fs/tree.ts';
import type { DeviceConfig } from '../../devices/platform.ts';

/** Bytes that are elsewhere, in a file or behind a URL: a Blob is one. They must stay as they are. */
export interface DiskSource {
  readonly size: number;
  slice(start: number, end: number): { arrayBuffer(): Promise<ArrayBuffer> };
}

export function isSource(bytes: Uint8Array | DiskSource): bytes is DiskSource {
  return !(bytes instanceof Uint8Array);
}

/** A disk of the machine: /dev/vda, /dev/vdb, … in their order. What is written stays in the lab. */
export interface HostDisk {
  readonly name: string;
  readonly bytes: Uint8Array | DiskSource;
  readonly readOnly?: boolean;
  /** What it calls itself to its driver, of which 20 bytes count; its name, unless given. */
  readonly serial?: string;
}

/** A disk whose bytes come when they are read. */
export interface FetchedDisk {
  readonly name: string;
  readonly image: FetchedImage;
  readonly source: DiskSource;
}

/** A disk's source does not give what it should. */
export class DiskUnavailable extends Error {}

/** Brings what fetched disks lack. Rejects with DiskUnavailable. */
export async function fetchDisks(disks: readonly FetchedDisk[]): Promise<void> {
  for (const { image, source, name } of disks)
    for (const chunk of [...image.wanted]) {
      const { offset, bytes } = image.range(chunk);
      try {
        image.fill(chunk, new Uint8Array(await source.slice(offset, offset + bytes).arrayBuffer()));
      } catch (error) {
        throw new DiskUnavailable(`disk ${name}: ${(error as Error).message}`, { cause: error });
      }
    }
}

/** A network card, and where it is plugged in. */
export interface Card {
  readonly port: NetworkPort;
  readonly mac: string;
}

/** A disk behind those of the machine's own, which others have, too. */
export interface AttachedStore {
  readonly name: string;
  readonly link: StoreLink;
}

const CARD_MAC = '52:54:00:00:00:10';
/** What domain 0 mounts the share by. */
const SHARE_TAG = 'lab';
/** Domain 0 has names for so many. */
const MAX_DISKS = 4;

/** The card of a host that is alone: on a network with a gateway. `chance`: what varies of it. */
export function loneCard(chance: Chance | undefined): Card {
  const lan = new Lan({ chance });
  lan.join(new Gateway(DEFAULT_GATEWAY));
  return { port: lan.join(), mac: CARD_MAC };
}

/**
 * Disks that are fetched are added to `fetched`. Throws RangeError for more disks
 * than a host has.
 */
export function hostDevices(
  disks: readonly HostDisk[],
  share: FileTree,
  fetched: FetchedDisk[],
  cards: readonly Card[],
  stores: readonly AttachedStore[] = [],
): DeviceConfig[] {
  if (disks.length + stores.length > MAX_DISKS)
    throw new RangeError(`a host has ${String(MAX_DISKS)} disks at most`);
  const blocks = disks.map(({ name, bytes, readOnly, serial }): DeviceConfig => {
    const image = isSource(bytes) ? fetchedImage(name, bytes, fetched) : new MemoryImage(bytes);
    return { kind: 'block', disk: readOnly === true ? image : new Overlay(image), id: serial ?? name };
  });
  return [
    ...cards.map(({ port, mac }): DeviceConfig => ({ kind: 'net', port, mac })),
    { kind: '9p', tag: SHARE_TAG, tree: share },
    ...blocks,
    ...stores.map(({ name, link }): DeviceConfig => ({ kind: 'store', link, id: name })),
  ];
}

function fetchedImage(name: string, source: DiskSource, fetched: FetchedDisk[]): FetchedImage {
  const image = new FetchedImage(source.size);
  fetched.push({ name, image, source });
  return image;
}
