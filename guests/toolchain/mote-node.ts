/**
 * Mote's images in Node, built from the sources once for each content. A package has no toolchain's sources: its images are
 * those that were built with it.
 */
import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { machineCacheOr } from '../../scripts/machine-cache.ts';
import { abiModule } from './abi-module.ts';
import { buildKernel, kernelParts, programParts } from './build.ts';
import type { Job } from './build-worker.ts';
import type { Sources } from './compile.ts';
import { ImageCache } from './image-cache.ts';
import { dom0ProgramNames, dom0Ramdisk, moteRamdisk, programNames } from './mote.ts';
import type { MoteImages } from './mote.ts';
import { readSources } from './node.ts';
import { withoutComments } from './parts.ts';
import { buildAll } from './pool.ts';

const TOOLCHAIN = fileURLToPath(new URL('.', import.meta.url));
const ASSEMBLER = fileURLToPath(new URL('../../core/assembler/', import.meta.url));
/** What has been built for the page and the package. */
const BUILT = fileURLToPath(new URL('../build/', import.meta.url));

/** How far a build is: `done` of `total` images that were not in the cache, `name` the last of them; none, when it begins. */
export interface Progress {
  readonly name: string;
  readonly done: number;
  readonly total: number;
}
export type OnProgress = (progress: Progress) => void;

/** Mote and domain 0. */
export interface AllImages {
  readonly mote: MoteImages;
  /** Mote with the toolstack, and Mote's own images to make domains of. */
  readonly dom0: MoteImages;
}

/** Images that were made last, and of which sources: whoever boots host after host asks for the same. */
class Made<Images> {
  private readonly make: (sources: Sources, progress?: OnProgress) => Promise<Images>;
  private last: { readonly sources: Sources; readonly images: Images } | undefined;

  constructor(make: (sources: Sources, progress?: OnProgress) => Promise<Images>) {
    this.make = make;
  }

  async get(progress?: OnProgress): Promise<Images> {
    const sources = readSources();
    if (this.last?.sources !== sources) this.last = { sources, images: await this.make(sources, progress) };
    return this.last.images;
  }
}

const mote = new Made(makeMote);
const all = new Made(makeAll);

/** Mote as the sources below guests/ say: nobody writes to its images. Throws an Error that says what is wrong with the sources. */
export async function moteImages(progress?: OnProgress): Promise<MoteImages> {
  if (isPackage()) return { kernel: packaged('mote.elf'), ramdisk: packaged('mote.cpio') };
  return mote.get(progress);
}

async function makeMote(sources: Sources, progress?: OnProgress): Promise<MoteImages> {
  return moteOf(sources, await build([kernelJob(sources), ...programJobs(sources)], progress));
}

/** Domain 0 as the sources below guests/ say. Throws as moteImages does. */
export async function dom0Images(progress?: OnProgress): Promise<MoteImages> {
  if (isPackage()) return { kernel: packaged('mote.elf'), ramdisk: packaged('dom0.cpio') };
  return (await allImages(progress)).dom0;
}

/** Both, built together. Throws as moteImages does. */
export function allImages(progress?: OnProgress): Promise<AllImages> {
  return all.get(progress);
}

async function makeAll(sources: Sources, progress?: OnProgress): Promise<AllImages> {
  const jobs = [kernelJob(sources), ...programJobs(sources), ...dom0ProgramJobs(sources)];
  const files = await build(jobs, progress);
  const guest = moteOf(sources, files);
  const images = new Map([
    ['mote.elf', guest.kernel],
    ['mote.cpio', guest.ramdisk],
  ]);
  const programs = named([...programNames(sources), ...dom0ProgramNames(sources)], files);
  return { mote: guest, dom0: { kernel: guest.kernel, ramdisk: dom0Ramdisk(sources, programs, images) } };
}

function isPackage(): boolean {
  return !existsSync(join(TOOLCHAIN, 'build.ts'));
}

function packaged(name: string): Uint8Array {
  return new Uint8Array(readFileSync(join(BUILT, name)));
}

function moteOf(sources: Sources, files: ReadonlyMap<string, Uint8Array>): MoteImages {
  const ramdisk = moteRamdisk(sources, named(programNames(sources), files));
  return { kernel: files.get('mote')!, ramdisk };
}

function named(
  names: readonly string[],
  files: ReadonlyMap<string, Uint8Array>,
): ReadonlyMap<string, Uint8Array> {
  return new Map(names.map((name) => [name, files.get(name)!]));
}

function kernelJob(sources: Sources): Job {
  return { name: 'mote', kind: 'kernel', path: 'mote', parts: kernelParts(sources, 'mote') };
}

function programJobs(sources: Sources): Job[] {
  return programNames(sources).map((name) => programJob(sources, name, `programs/${name}.ts`));
}

function dom0ProgramJobs(sources: Sources): Job[] {
  return dom0ProgramNames(sources).map((name) => programJob(sources, name, `dom0/${name}.ts`));
}

function programJob(sources: Sources, name: string, path: string): Job {
  return { name, kind: 'program', path, parts: programParts(sources, path) };
}

/** The images by name: from the cache, or built and kept there. */
async function build(jobs: readonly Job[], progress?: OnProgress): Promise<Map<string, Uint8Array>> {
  const cache = imageCache();
  const files = new Map<string, Uint8Array>();
  const missing: Job[] = [];
  const paths = new Map(jobs.map((job) => [job, cache.path(job.name, job.parts)]));
  for (const [job, path] of paths) {
    const file = cache.get(path);
    if (file === undefined) missing.push(job);
    else files.set(job.name, file);
  }
  if (missing.length > 0) progress?.({ name: '', done: 0, total: missing.length });
  let done = 0;
  await buildAll(missing, (job, file) => {
    cache.put(paths.get(job)!, file);
    files.set(job.name, file);
    progress?.({ name: job.name, done: ++done, total: missing.length });
  });
  return files;
}

/** A kernel as its folder of the sources says, its ELF file: built in this thread. Throws as buildKernel does. */
export async function kernelImage(folder: string, sources: Sources = readSources()): Promise<Uint8Array> {
  if (isPackage()) return (await buildKernel(sources, folder)).file;
  const cache = imageCache();
  const path = cache.path(folder.replaceAll('/', '-'), kernelParts(sources, folder));
  const kept = cache.get(path);
  if (kept !== undefined) return kept;
  const { file } = await buildKernel(sources, folder);
  cache.put(path, file);
  return file;
}

function imageCache(): ImageCache {
  return new ImageCache(machineCacheOr('images', BUILT), toolsDigest());
}

/** What is no part of the toolchain's output: tests, what tests are made of, and this side of it. */
const NO_TOOL =
  /\.test\.ts$|^(corpus|proof|manager-page|mote|node|pool|build-worker|image-cache|manual|cpio)\b/;

let tools: string | undefined;

/** What the toolchain itself is made of: it is the same as long as it runs. */
function toolsDigest(): string {
  return (tools ??= digestOfTools());
}

function digestOfTools(): string {
  const { version } = createRequire(import.meta.url)('assemblyscript/package.json') as { version: string };
  const hash = createHash('sha256').update(version).update(abiModule());
  for (const directory of [TOOLCHAIN, ASSEMBLER])
    for (const name of readdirSync(directory, { recursive: true }).map(String).sort())
      if (name.endsWith('.ts') && !NO_TOOL.test(name))
        hash.update(`${name}\0${withoutComments(name, readFileSync(join(directory, name), 'utf8'))}\0`);
  return hash.digest('hex');
}
