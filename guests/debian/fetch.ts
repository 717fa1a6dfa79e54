/**
 * Brings Debian's stock kernels and makes the initramfs they boot: `npx tsx guests/debian/fetch.ts`.
 *
 * They come through the distribution's package client, are kept in cache/ (never committed) and made anew only when
 * the recipe changes. To have the distribution's newest kernels, delete cache/.
 */
import { createHash } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { copyFile, mkdir, readdir, rename, rm, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { initramfs } from './initramfs.ts';
import { withLock } from './lock.ts';
import { PackagesUnavailable, resolveDependency, unpack } from './packages.ts';

/** Paths of the images on this machine. */
export interface DebianImages {
  /** The kernel of linux-image-cloud-amd64: a bzImage with an LZ4 payload. */
  readonly cloud: string;
  /** The kernel of linux-image-amd64: a bzImage with an XZ payload. */
  readonly generic: string;
  /** A gzip-compressed cpio archive: BusyBox and an interactive shell. */
  readonly initrd: string;
  /** The same with the frontends that the cloud kernel has as modules, and ready to go on in a root on a disk. */
  readonly initrdCloud: string;
  /** The static BusyBox, for such a root. */
  readonly busybox: string;
}

const FRONTENDS = ['xen-blkfront.ko', 'xen-netfront.ko'];

const recipe = ['../toolchain/cpio.ts', 'fetch.ts', 'init.sh', 'initramfs.ts', 'packages.ts', 'shell.sh'];

/** Names the images by what they are made with. */
function recipeDigest(): string {
  const hash = createHash('sha256');
  for (const name of recipe) hash.update(readFileSync(new URL(name, import.meta.url)));
  return hash.digest('hex').slice(0, 16);
}

/** The files of a tree by these names, wherever they are. */
async function filesNamed(tree: string, names: readonly string[]): Promise<string[]> {
  const paths = await readdir(tree, { recursive: true });
  return paths.filter((path) => names.includes(basename(path))).map((path) => join(tree, path));
}

/** Copies the kernel out of a package: the package's tree, with the modules that are named. */
async function copyKernel(
  metapackage: string,
  modules: readonly string[],
  work: string,
  target: string,
): Promise<string> {
  const patterns = ['./boot/vmlinuz-*', ...modules.map((name) => `*/${name}`)];
  const tree = await unpack(await resolveDependency(metapackage, work), patterns, work);
  const boot = join(tree, 'boot');
  const kernel = (await readdir(boot)).find((name) => name.startsWith('vmlinuz-'));
  if (kernel === undefined) throw new PackagesUnavailable(`${metapackage} brought no kernel`);
  await copyFile(join(boot, kernel), target);
  return tree;
}

/** Makes the images in a directory of their own, then moves it into place whole. Only under the lock. */
async function make(cache: string, target: string): Promise<void> {
  const work = join(cache, 'making');
  await rm(work, { recursive: true, force: true });
  await mkdir(work);
  try {
    const made = join(work, 'images');
    await mkdir(made);
    const cloud = await copyKernel('linux-image-cloud-amd64', FRONTENDS, work, join(made, 'vmlinuz-cloud'));
    await copyKernel('linux-image-amd64', [], work, join(made, 'vmlinuz-generic'));
    const tree = await unpack('busybox-static', ['*/busybox'], work);
    const busybox = ['bin', 'usr/bin'].map((path) => join(tree, path, 'busybox')).find(existsSync);
    if (busybox === undefined) throw new PackagesUnavailable('busybox-static brought no busybox');
    await copyFile(busybox, join(made, 'busybox'));
    const modules = await filesNamed(cloud, FRONTENDS);
    await writeFile(join(made, 'initrd.gz'), await initramfs(busybox, []));
    await writeFile(join(made, 'initrd-cloud.gz'), await initramfs(busybox, modules));
    await rename(made, target);
  } finally {
    await rm(work, { recursive: true, force: true });
  }
}

async function obtain(): Promise<DebianImages> {
  const cache = fileURLToPath(new URL('cache', import.meta.url));
  const directory = join(cache, recipeDigest());
  if (!existsSync(directory)) {
    await mkdir(cache, { recursive: true });
    await withLock(join(cache, 'lock'), async () => {
      if (!existsSync(directory)) await make(cache, directory);
    });
  }
  return {
    cloud: join(directory, 'vmlinuz-cloud'),
    generic: join(directory, 'vmlinuz-generic'),
    initrd: join(directory, 'initrd.gz'),
    initrdCloud: join(directory, 'initrd-cloud.gz'),
    busybox: join(directory, 'busybox'),
  };
}

/** The images, or the reason in one line why this machine cannot have them. */
export async function fetchDebianImages(): Promise<DebianImages | { readonly unavailable: string }> {
  try {
    return await obtain();
  } catch (error) {
    if (error instanceof PackagesUnavailable) return { unavailable: error.message };
    throw error;
  }
}

/** For tests: the images, or undefined, the reason said on stderr, where there is no way to have them. */
export async function debianImages(): Promise<DebianImages | undefined> {
  const images = await fetchDebianImages();
  if (!('unavailable' in images)) return images;
  console.warn(`Debian's kernels are not available: ${images.unavailable}`);
  return undefined;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const images = await debianImages();
  if (images === undefined) process.exitCode = 1;
  else console.log(Object.values(images).join('\n'));
}
