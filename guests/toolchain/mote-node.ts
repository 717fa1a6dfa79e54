/**
 * Mote's images in Node, built from the sources once for each content: guests/build/ keeps every program under a digest of
 * all that it is made of.
 */
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { abiModule } from './abi-module.ts';
import { buildKernel, buildProgram } from './build.ts';
import type { Sources } from './compile.ts';
import {
  dom0ProgramNames,
  dom0ProgramParts,
  dom0Ramdisk,
  KERNEL_PARTS,
  moteRamdisk,
  programNames,
  programParts,
} from './mote.ts';
import type { MoteImages } from './mote.ts';
import { readSources } from './node.ts';

const HERE = dirname(fileURLToPath(import.meta.url));
const ASSEMBLER = join(HERE, '../../core/assembler');
const CACHE = join(HERE, '../build');

/** A file of the cache by its digest; the page's own mote.elf and mote.cpio are none. */
const OLD = /\.[0-9a-f]{24}$/;

/** Mote as the sources below guests/ say. `building`: told of what is not in the cache, before it is built. */
export async function moteImages(building?: (name: string) => void): Promise<MoteImages> {
  const builder = new CachedBuilder(readSources(), building);
  return { kernel: await builder.kernel(), ramdisk: moteRamdisk(builder.sources, await builder.programs()) };
}

/** Domain 0: Mote with the toolstack, and Mote's own images to make domains of. */
export async function dom0Images(building?: (name: string) => void): Promise<MoteImages> {
  const builder = new CachedBuilder(readSources(), building);
  const { sources } = builder;
  const kernel = await builder.kernel();
  const programs = await builder.programs();
  const images = new Map([
    ['mote.elf', kernel],
    ['mote.cpio', moteRamdisk(sources, programs)],
  ]);
  const all = new Map([...programs, ...(await builder.dom0Programs())]);
  return { kernel, ramdisk: dom0Ramdisk(sources, all, images) };
}

/** Builds parts that are not in the cache. */
class CachedBuilder {
  readonly sources: Sources;
  private readonly tools = toolsDigest();
  private readonly building: ((name: string) => void) | undefined;

  constructor(sources: Sources, building: ((name: string) => void) | undefined) {
    this.sources = sources;
    this.building = building;
  }

  kernel(): Promise<Uint8Array> {
    return this.part('mote', KERNEL_PARTS, async () => (await buildKernel(this.sources, 'mote')).file);
  }

  programs(): Promise<Map<string, Uint8Array>> {
    return this.all(programNames(this.sources), 'programs', programParts);
  }

  dom0Programs(): Promise<Map<string, Uint8Array>> {
    return this.all(dom0ProgramNames(this.sources), 'dom0', dom0ProgramParts);
  }

  private async all(
    names: readonly string[],
    folder: string,
    partsOf: (name: string) => RegExp,
  ): Promise<Map<string, Uint8Array>> {
    const programs = new Map<string, Uint8Array>();
    for (const name of names) {
      const build = async (): Promise<Uint8Array> =>
        (await buildProgram(this.sources, `${folder}/${name}.ts`)).file;
      programs.set(name, await this.part(name, partsOf(name), build));
    }
    return programs;
  }

  private part(name: string, parts: RegExp, build: () => Promise<Uint8Array>): Promise<Uint8Array> {
    return cached(this.tools, this.sources, name, parts, this.building, build);
  }
}

/** What the toolchain itself is made of. */
function toolsDigest(): string {
  const hash = createHash('sha256').update(abiModule());
  for (const directory of [HERE, ASSEMBLER])
    for (const name of readdirSync(directory, { recursive: true }).map(String).sort())
      if (name.endsWith('.ts') && !/\.test\.ts$|^(corpus|proof|mote|node)\b/.test(name))
        hash.update(name).update(readFileSync(join(directory, name)));
  return hash.digest('hex');
}

async function cached(
  tools: string,
  sources: Sources,
  name: string,
  parts: RegExp,
  building: ((name: string) => void) | undefined,
  build: () => Promise<Uint8Array>,
): Promise<Uint8Array> {
  const hash = createHash('sha256').update(tools);
  for (const [path, text] of sources) if (parts.test(path)) hash.update(path).update(text);
  const path = join(CACHE, `${name}.${hash.digest('hex').slice(0, 24)}`);
  if (existsSync(path)) return new Uint8Array(readFileSync(path));
  building?.(name);
  const file = await build();
  mkdirSync(CACHE, { recursive: true });
  for (const old of readdirSync(CACHE))
    if (old.startsWith(`${name}.`) && OLD.test(old)) rmSync(join(CACHE, old), { force: true });
  // Others may be reading, or building too.
  const part = `${path}.${String(process.pid)}`;
  writeFileSync(part, file);
  renameSync(part, path);
  return file;
}
