/** What is to boot, as the dialog has it: what was chosen is kept, but for files, which the browser does not keep. */
import { signal } from '@preact/signals';
import { ALONE_MB, USUAL_HOST } from '../lab/usual-host.ts';
import { kept } from './kept.ts';
import { dom0Files, moteFiles } from './mote.ts';
import type { Picked } from './saved-worlds.tsx';
import { shared } from './share-field.tsx';

/** What a world is made of, but for its files. */
export interface World {
  readonly isHost: boolean;
  /** How many hosts there are, alike, on one LAN; one, if it is not said. */
  readonly hosts?: number;
  readonly commandLine: string;
  /** Of a single domain; and of a host, whose domain 0 has all of it, the usual one's if it is not said. */
  readonly memoryMb: number;
  readonly hostMb?: number;
  readonly vcpus: number;
  /** Xen's command line, a host's. */
  readonly xen?: string;
  /** Names of files that it needs and that are not kept. */
  readonly files: readonly string[];
}

export const USUAL: Required<World> = {
  isHost: true,
  hosts: 1,
  commandLine: USUAL_HOST.commandLine,
  memoryMb: ALONE_MB,
  hostMb: USUAL_HOST.hostMb,
  vcpus: USUAL_HOST.vcpus,
  xen: '',
  files: [],
};
export const world = kept<World>('world', USUAL, isWorld);

/** What was chosen, and of what was not said what is usual. */
export function chosenWorld(): Required<World> {
  return { ...USUAL, ...world.value };
}

export const kernel = signal<Picked | null>(null);
export const ramdisk = signal<Picked | null>(null);
function isWorld(value: unknown): value is World {
  if (typeof value !== 'object' || value === null) return false;
  const {
    isHost,
    hosts = 1,
    commandLine,
    memoryMb,
    hostMb = 1,
    vcpus,
    xen = '',
    files,
  } = value as Record<string, unknown>;
  const isCount = (count: unknown): boolean => typeof count === 'number' && Number.isFinite(count);
  return (
    typeof isHost === 'boolean' &&
    typeof commandLine === 'string' &&
    isCount(hosts) &&
    isCount(memoryMb) &&
    isCount(hostMb) &&
    isCount(vcpus) &&
    typeof xen === 'string' &&
    Array.isArray(files)
  );
}

export function choose(changes: Partial<World>): void {
  world.value = { ...world.value, ...changes };
}

/** A kernel from a file is the guest of a single domain, unless domain 0 is asked for again. */
export function pickedKernel(picked: Picked | null): void {
  kernel.value = picked;
  choose({ isHost: picked === null });
}
export function pickedRamdisk(picked: Picked | null): void {
  ramdisk.value = picked;
}

/** The images that were picked; where there is no kernel, Mote. */
export async function imagesOf(): Promise<{ kernel: Uint8Array; ramdisk?: Uint8Array }> {
  if (kernel.value === null) return world.value.isHost ? dom0Files() : moteFiles();
  return {
    kernel: kernel.value.bytes,
    ...(ramdisk.value === null ? {} : { ramdisk: ramdisk.value.bytes }),
  };
}

/** How a world is booted, whatever its images are. */
export function requestOf(images: { kernel: Uint8Array; ramdisk?: Uint8Array }) {
  const { isHost, hosts, commandLine, memoryMb, hostMb, vcpus, xen } = chosenWorld();
  const host = isHost
    ? { isDom0: true, hosts, hostMb, ...(xen === '' ? {} : { xenCommandLine: xen }), files: shared.value }
    : { memoryMb };
  return { ...images, commandLine, vcpus, ...host };
}

export function nameOf(): string {
  const image = kernel.value?.name ?? 'Mote';
  const { isHost, hosts } = chosenWorld();
  if (!isHost) return `${image} as a single domain`;
  return hosts === 1
    ? `a host with ${image} as domain 0`
    : `${String(hosts)} hosts with ${image} as domain 0`;
}

export function isUsual(): boolean {
  const chosen = chosenWorld();
  return (Object.keys(USUAL) as (keyof World)[]).every(
    (key) => key === 'files' || chosen[key] === USUAL[key],
  );
}
