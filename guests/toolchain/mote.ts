/** Mote whole: its kernel, its programs, and the ramdisk that holds them. */
import { buildKernel, buildProgram } from './build.ts';
import type { Built } from './build.ts';
import type { Sources } from './compile.ts';
import { cpio } from './cpio.ts';
import type { Entry } from './cpio.ts';

export interface Mote {
  readonly kernel: Built;
  /** By name, as in /bin. */
  readonly programs: ReadonlyMap<string, Built>;
  readonly ramdisk: Uint8Array;
}

const PROGRAM = /^programs\/([a-z][a-z0-9]*)\.ts$/;
const ROOT = /^mote\/root\/(.+)$/;

/** Directories that are there, be they empty. */
const DIRECTORIES = ['bin', 'dev', 'etc', 'mnt', 'proc', 'tmp'];

/** The names of the programs among the sources, in order. */
export function programNames(sources: Sources): string[] {
  return [...sources.keys()].flatMap((path) => PROGRAM.exec(path)?.[1] ?? []).sort();
}

/** Builds everything. `built` is told of each program as it is there. Throws as buildKernel does. */
export async function buildMote(sources: Sources, built?: (name: string) => void): Promise<Mote> {
  const kernel = await buildKernel(sources, 'mote');
  built?.('mote');
  const programs = new Map<string, Built>();
  for (const name of programNames(sources)) {
    programs.set(name, await buildProgram(sources, `programs/${name}.ts`));
    built?.(name);
  }
  const files = new Map([...programs].map(([name, { file }]) => [name, file]));
  return { kernel, programs, ramdisk: moteRamdisk(sources, files) };
}

/** The ramdisk: programs in /bin, and the files of mote/root. */
export function moteRamdisk(sources: Sources, programs: ReadonlyMap<string, Uint8Array>): Uint8Array {
  const entries: Entry[] = DIRECTORIES.map((path) => ({ type: 'directory', path }));
  for (const [name, data] of programs)
    entries.push({ type: 'file', path: `bin/${name}`, data, executable: true });
  const directories = new Set<string>(DIRECTORIES);
  for (const [source, text] of sources) {
    const path = ROOT.exec(source)?.[1];
    if (path === undefined) continue;
    const directory = path.split('/').slice(0, -1).join('/');
    if (directory !== '' && !directories.has(directory)) entries.push({ type: 'directory', path: directory });
    directories.add(directory);
    entries.push({ type: 'file', path, data: new TextEncoder().encode(text) });
  }
  return cpio(entries);
}
