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
  readonly memoryMb: number;
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

export function planOf(request: WorldRequest): DomainPlan {
  const isDom0 = request.isDom0 ?? false;
  const parameters = parseBootParameters(request.xenCommandLine ?? '');
  const usual = { pages: request.memoryMb * PAGES_PER_MB, maxPages: null, vcpus: request.vcpus };
  const { pages, maxPages, vcpus } = isDom0 ? dom0Resources(parameters, usual.pages, usual.vcpus) : usual;
  return {
    id: isDom0 ? 0 : 1,
    isPrivileged: isDom0,
    vcpus,
    commandLine: request.commandLine,
    memoryPages: pages,
    ...(maxPages === null ? {} : { maxPages }),
  };
}

/** Makes a host just large enough. Throws RangeError for one that cannot be. */
export function makeHost(core: WebAssembly.Module, request: WorldRequest): Host {
  const memoryMb = Math.max(
    Math.ceil(planOf(request).memoryPages / PAGES_PER_MB) + XEN_MB,
    request.hostMb ?? 0,
  );
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
  const { isPrivileged } = planOf(request);
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
    devices: isPrivileged
      ? hostDevices(request.disks ?? [], share, fetched, request.cards ?? [loneCard(chance)], request.stores)
      : [],
  });
  return { hypervisor, share, fetched };
}
