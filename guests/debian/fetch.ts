/**
 * Brings Debian's stock kernels and makes the initramfs they boot: `npx tsx guests/debian/fetch.ts`.
 *
 * They come through the distribution's package client, are kept (cache.ts, never committed) and made anew only when the recipe
 * changes. To have the distribution's newest kernels, delete what it has printed.
 */
import { existsSync, readFileSync } from 'node:fs';
import { copyFile, readdir, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { cached } from './cache.ts';
import { initramfs } from './initramfs.ts';
import { PackagesUnavailable, orUnavailable, resolveDependency, unpack } from './packages.ts';

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

async function make(made: string, work: string): Promise<void> {
  const cloud = await copyKernel('linux-image-cloud-amd64', FRONTENDS, work, join(made, 'vmlinuz-cloud'));
  await copyKernel('linux-image-amd64', [], work, join(made, 'vmlinuz-generic'));
  const tree = await unpack('busybox-static', ['*/busybox'], work);
  const busybox = ['bin', 'usr/bin'].map((path) => join(tree, path, 'busybox')).find(existsSync);
  if (busybox === undefined) throw new PackagesUnavailable('busybox-static brought no busybox');
  await copyFile(busybox, join(made, 'busybox'));
  const modules = await filesNamed(cloud, FRONTENDS);
  await writeFile(join(made, 'initrd.gz'), await initramfs(busybox, []));
  await writeFile(join(made, 'initrd-cloud.gz'), await initramfs(busybox, modules));
}

async function obtain(): Promise<DebianImages> {
  const text = recipe.map((name) => readFileSync(new URL(name, import.meta.url), 'latin1')).join('\0');
  const folder = await cached('kernels', text, make);
  return {
    cloud: join(folder, 'vmlinuz-cloud'),
    generic: join(folder, 'vmlinuz-generic'),
    initrd: join(folder, 'initrd.gz'),
    initrdCloud: join(folder, 'initrd-cloud.gz'),
    busybox: join(folder, 'busybox'),
  };
}

/** For tests: the images, or undefined, the reason said on stderr, where there is no way to have them. */
export async function debianImages(): Promise<DebianImages | undefined> {
  return orUnavailable("Debian's kernels", obtain);
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const images = await debianImages();
  if (images === undefined) process.exitCode = 1;
  else console.log(Object.values(images).join('\n'));
}
