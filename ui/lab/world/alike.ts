/** A world of hosts that are alike: each made as one that is alone would be. */
import { diskName, fileName } from '../snapshot/description.ts';
import type { DomainRequest } from '../host.ts';
import { MOST_HOSTS } from './description.ts';
import type { HostDescription, WorldDescription } from './description.ts';
import type { WorldImages } from './images.ts';

const NAMES = 'ABCDEFGH';
const KERNEL = 'kernel';
const RAMDISK = 'ramdisk';

/** What of a request each host has. */
type Alike = Omit<DomainRequest, 'isDom0' | 'cards' | 'stores' | 'seed' | 'vary' | 'place' | 'paths'>;

/** So many, A, B, …, on one LAN; disks are numbered from 0. Throws RangeError for more than a world has. */
export function hostsAlike(
  count: number,
  request: Alike,
): { readonly description: WorldDescription; readonly images: WorldImages } {
  if (count > MOST_HOSTS) throw new RangeError(`a world has ${String(MOST_HOSTS)} hosts at most`);
  const { kernel, ramdisk, disks = [], files = new Map<string, Uint8Array>(), ...rest } = request;
  const { commandLine, memoryMb, vcpus, hostMb, cpus, scheduler, xenCommandLine } = rest;
  const named = disks.map((disk, n) => ({ ...disk, image: diskName(String(n)) }));
  const host: Omit<HostDescription, 'name'> = {
    kernel: KERNEL,
    ...(ramdisk === undefined ? {} : { ramdisk: RAMDISK }),
    commandLine,
    ...(memoryMb === undefined ? {} : { memoryMb }),
    vcpus,
    ...(hostMb === undefined ? {} : { hostMb }),
    ...(cpus === undefined ? {} : { cpus }),
    ...(scheduler === undefined ? {} : { scheduler }),
    ...(xenCommandLine === undefined ? {} : { xen: xenCommandLine }),
    disks: named.map(({ image, readOnly }) => ({ image, readOnly: readOnly ?? false })),
    files: Object.fromEntries([...files.keys()].map((path) => [path, fileName(path)])),
  };
  return {
    description: { hosts: [...NAMES.slice(0, count)].map((name) => ({ name, ...host })) },
    images: {
      [KERNEL]: kernel,
      ...(ramdisk === undefined ? {} : { [RAMDISK]: ramdisk }),
      ...Object.fromEntries(named.map(({ image, bytes }) => [image, bytes])),
      ...Object.fromEntries([...files].map(([path, bytes]) => [fileName(path), bytes])),
    },
  };
}
