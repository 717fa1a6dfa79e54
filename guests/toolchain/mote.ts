/** Mote whole: its kernel, its programs, and the ramdisk that holds them. */
import { buildKernel, buildProgram, kernelParts, programParts } from './build.ts';
import type { Sources } from './compile.ts';
import { cpio, filesOf } from './cpio.ts';
import type { Entry } from './cpio.ts';
import { manual, MANUAL_PATH } from './manual.ts';

/** The files of a kernel and its ramdisk. */
export interface MoteImages {
  readonly kernel: Uint8Array;
  readonly ramdisk: Uint8Array;
}

const PROGRAM = /^programs\/([a-z][a-z0-9-]*)\.ts$/;
const DOM0_PROGRAM = /^dom0\/([a-z][a-z0-9-]*)\.ts$/;
/** Programs of its that are scripts. */
const DOM0_SCRIPT = /^dom0\/root\/bin\/(.+)$/;
const ROOT = /^mote\/root\/(.+)$/;
const DOM0_ROOT = /^dom0\/root\/(.+)$/;

/** Directories that are there, be they empty. */
const DIRECTORIES = ['bin', 'dev', 'etc', 'mnt', 'proc', 'tmp', 'usr'];
const DOM0_DIRECTORIES = [
  ...DIRECTORIES,
  'boot',
  'etc/xen',
  'etc/xen/auto',
  'etc/network',
  'home',
  'lab',
  'lib',
  'root',
  'srv',
  'var',
];
/** Where the manuals have programs, by where they lead. */
const LINKS: readonly (readonly [string, string])[] = [
  ['sbin', 'bin'],
  ['usr/bin', '../bin'],
  ['usr/sbin', '../bin'],
];

/** The names of the programs among the sources, in order. */
export function programNames(sources: Sources): string[] {
  return [...sources.keys()].flatMap((path) => PROGRAM.exec(path)?.[1] ?? []).sort();
}

/** The names of the programs that domain 0 has besides, in order. */
export function dom0ProgramNames(sources: Sources): string[] {
  return [...sources.keys()].flatMap((path) => DOM0_PROGRAM.exec(path)?.[1] ?? []).sort();
}

/** Told of each image before it is built: its name, which it is, and how many there are. */
export type Building = (name: string, n: number, of: number) => void;

/**
 * Builds what `changed` sources are part of, and takes the rest from `images`, built before: Mote's, or domain 0's, whose
 * ramdisk holds the images that it makes domains of. Throws as buildKernel does.
 */
export async function rebuildMote(
  sources: Sources,
  changed: readonly string[],
  images: MoteImages,
  isDom0: boolean,
  building?: Building,
): Promise<MoteImages> {
  const isChanged = (parts: Sources): boolean => changed.some((path) => parts.has(path));
  const before = filesOf(images.ramdisk);
  const mine = programNames(sources);
  const dom0 = isDom0 ? dom0ProgramNames(sources) : [];
  const wanted = [...mine.map((name) => `programs/${name}`), ...dom0.map((name) => `dom0/${name}`)].filter(
    (path) => !before.has(`bin/${nameOf(path)}`) || isChanged(programParts(sources, `${path}.ts`)),
  );
  const isKernelChanged = isChanged(kernelParts(sources, 'mote'));
  const count = wanted.length + (isKernelChanged ? 1 : 0);
  let done = 0;
  let { kernel } = images;
  if (isKernelChanged) {
    building?.('mote', ++done, count);
    kernel = (await buildKernel(sources, 'mote')).file;
  }
  const built = new Map<string, Uint8Array>();
  for (const path of wanted) {
    building?.(path, ++done, count);
    built.set(nameOf(path), (await buildProgram(sources, `${path}.ts`)).file);
  }
  const filesFor = (names: readonly string[]): Map<string, Uint8Array> =>
    new Map(names.map((name) => [name, built.get(name) ?? before.get(`bin/${name}`)!]));
  const programs = filesFor(mine);
  const guest = moteRamdisk(sources, programs);
  if (!isDom0) return { kernel, ramdisk: guest };
  const inside = new Map([
    ['mote.elf', kernel],
    ['mote.cpio', guest],
  ]);
  return { kernel, ramdisk: dom0Ramdisk(sources, new Map([...programs, ...filesFor(dom0)]), inside) };
}

/** A program's name, of its source's path. */
function nameOf(path: string): string {
  return path.slice(path.indexOf('/') + 1);
}

/** The ramdisk: programs in /bin, and the files of mote/root. */
export function moteRamdisk(sources: Sources, programs: ReadonlyMap<string, Uint8Array>): Uint8Array {
  return makeRamdisk(DIRECTORIES, programs, [
    ...filesBelow(sources, ROOT),
    manualOf(sources, [...programs.keys()]),
  ]);
}

/** Domain 0's ramdisk: as Mote's, with the programs of domain 0, the files of dom0/root, and images of domains in /boot. */
export function dom0Ramdisk(
  sources: Sources,
  programs: ReadonlyMap<string, Uint8Array>,
  images: ReadonlyMap<string, Uint8Array>,
): Uint8Array {
  const boot = [...images].map(([name, data]): [string, Uint8Array] => [`boot/${name}`, data]);
  // Its own files in place of Mote's.
  const files = new Map([...filesBelow(sources, ROOT), ...filesBelow(sources, DOM0_ROOT), ...boot]);
  const scripts = [...sources.keys()].flatMap((path) => DOM0_SCRIPT.exec(path)?.[1] ?? []);
  return makeRamdisk(DOM0_DIRECTORIES, programs, [
    ...files,
    manualOf(sources, [...programs.keys(), ...scripts]),
  ]);
}

function manualOf(sources: Sources, names: readonly string[]): [string, Uint8Array] {
  return [MANUAL_PATH, new TextEncoder().encode(manual(sources, names))];
}

/** Files that a ramdisk has as they are: paths and contents. */
function filesBelow(sources: Sources, root: RegExp): [string, Uint8Array][] {
  return [...sources].flatMap(([source, text]): [string, Uint8Array][] => {
    const path = root.exec(source)?.[1];
    return path === undefined ? [] : [[path, new TextEncoder().encode(text)]];
  });
}

function makeRamdisk(
  wanted: readonly string[],
  programs: ReadonlyMap<string, Uint8Array>,
  files: readonly (readonly [string, Uint8Array])[],
): Uint8Array {
  const entries: Entry[] = wanted.map((path) => ({ type: 'directory', path }));
  for (const [path, target] of LINKS) entries.push({ type: 'link', path, target });
  for (const [name, data] of programs)
    entries.push({ type: 'file', path: `bin/${name}`, data, executable: true });
  const directories = new Set<string>(wanted);
  for (const [path, data] of files) {
    for (let at = path.indexOf('/'); at >= 0; at = path.indexOf('/', at + 1)) {
      const directory = path.slice(0, at);
      if (!directories.has(directory)) entries.push({ type: 'directory', path: directory });
      directories.add(directory);
    }
    entries.push({ type: 'file', path, data });
  }
  return cpio(entries);
}
