/** A host as it is before its first domain: the machine, its devices, and Xen. */
import { Machine } from '../../core/machine.ts';
import { Chance } from '../../devices/chance.ts';
import type { Vary } from '../../devices/chance.ts';
import type { FileTree } from '../../devices/fs/tree.ts';
import { dom0Resources, parseBootParameters } from '../../hypervisor/state/boot-parameters.ts';
import { Xen } from '../../hypervisor/xen.ts';
import { hostDevices, loneCard } from './host-devices.ts';
import type { AttachedStore, Card, FetchedDisk, HostDisk } from './host-devices.ts';
import { makeShare } from './share.ts';
import { HOST_MB } from './usual-host.ts';
import type { ImageName } from './snapshot/format.ts';

const MEBIBYTE = 2 ** 20;
/** What Xen itself needs beside the domain. */
const XEN_MB = 32;
const PAGES_PER_MB = 256;

export interface DomainRequest {
  /** The kernel's file: bzImage or ELF. */
  readonly kernel: Uint8Array;
  readonly ramdisk?: Uint8Array;
  readonly commandLine: string;
  /** The domain's memory. Domain 0 has all of the host's, but for what Xen keeps, unless this or Xen's command line says otherwise. */
  readonly memoryMb?: number;
  readonly vcpus: number;
  /** It is domain 0: privileged, its console the machine's line, and its host has `hostMb` for it and the others. */
  readonly isDom0?: boolean;
  readonly hostMb?: number;
  /** What domain 0 finds on its disks, and, by path, in the share that it mounts at /lab. */
  readonly disks?: readonly HostDisk[];
  readonly files?: ReadonlyMap<string, Uint8Array>;
  /** Its network cards, where the host is one of several (world/); else it has one, on a network of its own. */
  readonly cards?: readonly Card[];
  /** Disks that it shares with others, behind its own. */
  readonly stores?: readonly AttachedStore[];
  /** What RDRAND draws from. */
  readonly seed?: number;
  /** What else varies, if anything does; and by what name the host is in that: `host` unless it is one of several. */
  readonly vary?: Vary;
  readonly place?: string;
  /** How hot code is when it is translated, 0: never; nothing but speed (core/machine.ts MachineOptions), and no part of the world. */
  readonly hotEntries?: number;
  /** Physical processors of the host, and its scheduler by name; by default one, and Xenoscope's choice. */
  readonly cpus?: number;
  readonly scheduler?: string;
  /** Xen's command line (hypervisor/state/boot-parameters.ts); what it says goes before what is said here. */
  readonly xenCommandLine?: string;
  /** Where images were, by what files call them (snapshot/description.ts): who makes the world again looks for them there. */
  readonly paths?: Readonly<Record<string, string>>;
}

/** The content of a file, or where it comes from once somebody needs it. */
export type Image = Uint8Array | AbsentImage;

/** An image that is known by name and is elsewhere. */
export interface AbsentImage {
  readonly name: ImageName;
  /** Rejects with a SnapshotError where it cannot be had, or is another. */
  load(): Promise<Uint8Array>;
}

/** What a world was made from. Who goes on with one needs neither kernel nor ramdisk: their content is in its memory. */
export type WorldRequest = Omit<DomainRequest, 'kernel' | 'ramdisk'> & {
  readonly kernel: Image;
  readonly ramdisk?: Image;
};

/** A request with the contents of all images. Rejects with a SnapshotError for one that cannot be had. */
export async function withImages({ kernel, ramdisk, ...rest }: WorldRequest): Promise<DomainRequest> {
  return {
    ...rest,
    kernel: await contentOf(kernel),
    ...(ramdisk === undefined ? {} : { ramdisk: await contentOf(ramdisk) }),
  };
}

function contentOf(image: Image): Uint8Array | Promise<Uint8Array> {
  return image instanceof Uint8Array ? image : image.load();
}

export interface Host {
  readonly hypervisor: Xen;
  /** What domain 0 has at /lab. */
  readonly share: FileTree;
  readonly fetched: readonly FetchedDisk[];
}

/** What of a request the builder of the domain is told (hypervisor/domain/build-domain.ts). */
interface DomainPlan {
  readonly id: number;
  readonly isPrivileged: boolean;
  readonly vcpus: number;
  readonly commandLine: string;
  readonly memoryPages: number;
  readonly maxPages?: number;
}

/** The id of the domain that a host begins with. */
export function firstDomid({ isDom0 = false }: WorldRequest): number {
  return isDom0 ? 0 : 1;
}

/** What the first domain is to be on a host with so many free pages. Throws RangeError for one whose memory nobody says. */
export function planOf(request: WorldRequest, freePages: number): DomainPlan {
  const { isDom0 = false, memoryMb } = request;
  if (!isDom0 && memoryMb === undefined)
    throw new RangeError('memoryMb: a domain that is alone has as much memory as is said, and nothing is');
  const parameters = parseBootParameters(request.xenCommandLine ?? '');
  const usual = { pages: memoryMb === undefined ? null : memoryMb * PAGES_PER_MB, vcpus: request.vcpus };
  const { pages, maxPages, vcpus } = isDom0
    ? dom0Resources(parameters, usual, freePages)
    : { pages: usual.pages!, maxPages: null, vcpus: usual.vcpus };
  return {
    id: firstDomid(request),
    isPrivileged: isDom0,
    vcpus,
    commandLine: request.commandLine,
    memoryPages: pages,
    ...(maxPages === null ? {} : { maxPages }),
  };
}

/** The memory of a host: what is said, and enough for what its first domain is said to have. */
function hostMbOf(request: WorldRequest): number {
  const { isDom0 = false, hostMb = isDom0 ? HOST_MB : 0 } = request;
  // What would be free on a host without memory: what is left for domain 0 is what somebody says that it is to have.
  const { memoryPages } = planOf(request, 0);
  return Math.max(hostMb, memoryPages === 0 ? 0 : Math.ceil(memoryPages / PAGES_PER_MB) + XEN_MB);
}

/** Makes a host just large enough. Throws RangeError for one that cannot be. */
export function makeHost(core: WebAssembly.Module, request: WorldRequest): Host {
  const memoryMb = hostMbOf(request);
  const { seed, hotEntries } = request;
  const machine = new Machine(core, {
    memoryBytes: memoryMb * MEBIBYTE,
    ...(seed === undefined ? {} : { seed }),
    ...(hotEntries === undefined ? {} : { hotEntries }),
  });
  return hostOn(machine, request);
}

/** Xen on a machine on which nothing has run. `epochSeconds`: the wall clock at system time 0, unless it is the usual one. */
export function hostOn(machine: Machine, request: WorldRequest & { readonly epochSeconds?: number }): Host {
  const parameters = parseBootParameters(request.xenCommandLine ?? '');
  const share = makeShare(request.files ?? new Map());
  const fetched: FetchedDisk[] = [];
  const scheduler = parameters.scheduler ?? request.scheduler;
  const { vary, place = 'host', epochSeconds } = request;
  const chance = vary === undefined ? undefined : new Chance(vary, place);
  const hypervisor = new Xen(machine, {
    ...(request.cpus === undefined ? {} : { pcpus: request.cpus }),
    ...(scheduler === undefined ? {} : { scheduler }),
    ...(epochSeconds === undefined ? {} : { epochSeconds }),
    parameters,
    chance,
    devices:
      request.isDom0 === true
        ? hostDevices(
            request.disks ?? [],
            share,
            fetched,
            request.cards ?? [loneCard(chance)],
            request.stores,
          )
        : [],
  });
  return { hypervisor, share, fetched };
}
