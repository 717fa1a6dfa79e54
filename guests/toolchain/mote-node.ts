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
import { KERNEL_PARTS, moteRamdisk, programNames, programParts } from './mote.ts';
import type { MoteImages } from './mote.ts';
import { readSources } from './node.ts';

const HERE = dirname(fileURLToPath(import.meta.url));
const ASSEMBLER = join(HERE, '../../core/assembler');
const CACHE = join(HERE, '../build');

/** A file of the cache by its digest; the page's own mote.elf and mote.cpio are none. */
const OLD = /\.[0-9a-f]{24}$/;

/** Mote as the sources below guests/ say. `building`: told of what is not in the cache, before it is built. */
export async function moteImages(building?: (name: string) => void): Promise<MoteImages> {
  const sources = readSources();
  const tools = toolsDigest();
  const kernel = await cached(tools, sources, 'mote', KERNEL_PARTS, building, async () => {
    return (await buildKernel(sources, 'mote')).file;
  });
  const programs = new Map<string, Uint8Array>();
  for (const name of programNames(sources)) {
    const build = async (): Promise<Uint8Array> => (await buildProgram(sources, `programs/${name}.ts`)).file;
    programs.set(name, await cached(tools, sources, name, programParts(name), building, build));
  }
  return { kernel, ramdisk: moteRamdisk(sources, programs) };
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
