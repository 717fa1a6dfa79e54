/**
 * Makes a small Debian bookworm that is domain 0, all of it in an initramfs: `npx tsx guests/debian/dom0.ts` prints where it is.
 *
 * mmdebstrap makes the root with Debian's xen-utils, the stock toolstack; the kernel is the unmodified one of linux-image-amd64, with
 * the modules that a domain 0 needs here. It is kept (cache.ts, never committed) and made anew only when the recipe changes.
 */
import { copyFile, mkdir, readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { cpio } from '../toolchain/cpio.ts';
import { cached } from './cache.ts';
import { mmdebstrap, overlayFiles, rootOptions, SOURCE_DATE_EPOCH } from './mmdebstrap.ts';
import { PackagesUnavailable, orUnavailable, resolveDependency, run, unpack } from './packages.ts';
import { entriesOf } from './tree.ts';

/** Paths on this machine. */
export interface DebianDom0 {
  readonly kernel: string;
  /** A cpio archive, not compressed: what unpacks it is emulated. */
  readonly root: string;
  /** The packages in it, a line each: name and version. */
  readonly packages: string;
}

/** Besides the essential ones. */
const PACKAGES = [
  ...['bridge-utils', 'dropbear-bin', 'iproute2', 'kmod', 'procps', 'xen-utils-4.17', 'xenstore-utils'],
];
/** Modules, and those that they need. */
const MODULES = [
  ...['virtio', 'virtio_ring', 'virtio_pci', 'virtio_pci_modern_dev', 'virtio_pci_legacy_dev', 'virtio_blk'],
  ...['virtio_net', 'net_failover', 'failover', '9pnet_virtio', '9pnet', '9p', 'netfs', 'fscache'],
  ...['xenfs', 'xen-evtchn', 'xen-gntdev', 'xen-gntalloc', 'xen-privcmd', 'xen-blkback', 'xen-netback'],
  ...['bridge', 'stp', 'llc', 'loop', 'ext4', 'crc16', 'crc32c_generic', 'jbd2', 'mbcache'],
];
/** Folders that are mounted over, or of use while packages are installed: they stay empty. */
const EMPTY = ['boot', 'dev', 'proc', 'run', 'sys', 'tmp', 'var/cache', 'var/lib/apt', 'var/lib/dpkg'];
/** Paths of what there is to install packages, and for devices, languages and domains that are not there: it would take memory. */
const LEFT_OUT = [
  'usr/bin/(apt|dpkg|perl|python)[^/]*',
  'usr/lib/(apt|dpkg|gcc|locale|python3[^/]*|udev)',
  'usr/lib/x86_64-linux-gnu/(gconv|perl[^/]*|libperl.*)',
  'usr/lib/xen-4.17/(boot|bin/oxenstored)',
  'usr/share/(bash-completion|common-licenses|keyrings|lintian|perl[^/]*|python[^/]*|zoneinfo)',
];
const IS_LEFT_OUT = new RegExp(`^(?:${LEFT_OUT.join('|')})$`);
const MMDEBSTRAP = rootOptions(PACKAGES, {
  hooks: ['chroot "$1" sh -c "depmod $(ls "$1"/usr/lib/modules)"'],
});

/** Files of the root that are the project's. */
const overlay = new URL('dom0/', import.meta.url);

/** Everything that the root depends on: another one is made when any of it changes. */
function recipe(): string {
  return JSON.stringify([MMDEBSTRAP, MODULES, EMPTY, LEFT_OUT, SOURCE_DATE_EPOCH, overlayFiles(overlay)]);
}

/** Unpacks the kernel's package, with those modules alone, and moves them to where a root has them. */
async function unpackKernel(work: string): Promise<{ readonly kernel: string; readonly modules: string }> {
  const patterns = ['./boot/vmlinuz-*', '*/modules.builtin*', '*/modules.order'];
  const named = MODULES.map((name) => `*/${name}.ko`);
  const tree = await unpack(
    await resolveDependency('linux-image-amd64', work),
    [...patterns, ...named],
    work,
  );
  const [kernel] = await readdir(join(tree, 'boot'));
  if (kernel === undefined) throw new PackagesUnavailable('linux-image-amd64 brought no kernel');
  await mkdir(join(work, 'usr'));
  await run('mv', [join(tree, 'lib'), join(work, 'usr/lib')], work);
  return { kernel: join(tree, 'boot', kernel), modules: join(work, 'usr') };
}

async function make(made: string, work: string): Promise<void> {
  console.warn('Debian as domain 0 is made from packages: this takes some minutes, once.');
  const root = join(work, 'root');
  const { kernel, modules } = await unpackKernel(work);
  const files = ['etc', 'init', 'usr'].map((name) => fileURLToPath(new URL(name, overlay)));
  await mmdebstrap(root, work, MMDEBSTRAP, [...files, modules]);
  await copyFile(kernel, join(made, 'vmlinuz'));
  await writeFile(
    join(made, 'root.cpio'),
    cpio(await entriesOf(root, { paths: IS_LEFT_OUT, contents: EMPTY })),
  );
  const list = await run('dpkg-query', [`--admindir=${join(root, 'var/lib/dpkg')}`, '--show'], work);
  await writeFile(join(made, 'packages'), list);
}

/** Where it is, or undefined, the reason said on stderr, where there is no way to have it. */
export async function debianDom0(): Promise<DebianDom0 | undefined> {
  const folder = await orUnavailable("The packages of Debian's domain 0", () =>
    cached('dom0', recipe(), make),
  );
  if (folder === undefined) return undefined;
  return {
    kernel: join(folder, 'vmlinuz'),
    root: join(folder, 'root.cpio'),
    packages: join(folder, 'packages'),
  };
}

/** A domain's kernel and ramdisk. */
interface Images {
  readonly kernel: Uint8Array;
  readonly ramdisk: Uint8Array;
}

/** The root with Mote's images in it, as /etc/xen/mote names them: archives stand behind one another. */
export function withMote(root: Uint8Array, { kernel, ramdisk }: Images): Uint8Array {
  const guests = cpio([
    { type: 'directory', path: 'boot' },
    { type: 'directory', path: 'boot/mote' },
    { type: 'file', path: 'boot/mote/mote.elf', data: kernel },
    { type: 'file', path: 'boot/mote/mote.cpio', data: ramdisk },
  ]);
  return Buffer.concat([root, guests]);
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const made = await debianDom0();
  if (made === undefined) process.exitCode = 1;
  else console.log(Object.values(made).join('\n'));
}
