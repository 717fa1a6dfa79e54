/**
 * Makes a whole Debian bookworm with systemd on a disk, and what a domain needs to boot it:
 * `npx tsx guests/debian/bookworm.ts FOLDER`.
 *
 * Debian's own mmdebstrap makes the root from packages of the distribution; the kernel and the initramfs are the root's. It is
 * kept (cache.ts, never committed) and made anew only when the recipe changes; FOLDER gets links. To have newer packages, delete
 * what they lead to.
 */
import { mkdir, rm, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { cached } from './cache.ts';
import { copyBoot, mmdebstrap, overlayFiles, rootOptions, SOURCE_DATE_EPOCH } from './mmdebstrap.ts';
import { orUnavailable, run } from './packages.ts';

/** Paths on this machine. */
export interface Bookworm {
  /** The disk, ext4 without partitions: xvda. */
  readonly disk: string;
  /** What domain 0 is to have at /lab: vmlinuz and initrd.img of the root, and the file for `xm create bookworm`. */
  readonly share: string;
  /** The packages in it, a line each: name and version. */
  readonly packages: string;
}

/** Besides the essential ones and apt: what makes a machine of it, and what a test can do with it. */
const PACKAGES = [
  'dbus',
  'ifupdown',
  'iproute2',
  'iputils-ping',
  'isc-dhcp-client',
  'libpam-systemd',
  'linux-image-cloud-amd64',
  'netbase',
  'openssh-client',
  'procps',
  'python3-minimal',
  'systemd-sysv',
  'udev',
  'wget',
  'zstd',
];
const MMDEBSTRAP = rootOptions(PACKAGES);
const MKE2FS = [
  '-q',
  '-t',
  'ext4',
  '-b',
  '4096',
  '-U',
  '01234567-89ab-cdef-0123-456789abcdef',
  '-L',
  'bookworm',
];
const DISK_SIZE = '448M';

const CONFIG = `# bookworm: Debian with systemd, its root on the machine's first disk. root logs in without a password.
kernel  = "/lab/vmlinuz"
ramdisk = "/lab/initrd.img"
memory  = 256
root    = "/dev/xvda"
extra   = "console=hvc0 quiet"
disk    = [ 'phy:vda,xvda,w' ]
vif     = [ 'mac=00:16:3e:00:00:10' ]
`;

/** Files of the root that are the project's. */
const overlay = new URL('bookworm/', import.meta.url);

/** Everything that the image depends on: another one is made when any of it changes. */
function recipe(): string {
  return JSON.stringify([MMDEBSTRAP, SOURCE_DATE_EPOCH, MKE2FS, DISK_SIZE, CONFIG, overlayFiles(overlay)]);
}

async function make(made: string, work: string): Promise<void> {
  console.warn('Debian bookworm is made from packages: this takes some minutes, once.');
  const [root, share] = [join(work, 'root'), join(made, 'share')];
  // What the overlay says of the initramfs must be there before the kernel comes; what packages write over, after them.
  const files = ['etc', 'usr'].map((name) => fileURLToPath(new URL(name, overlay)));
  await mmdebstrap(root, work, MMDEBSTRAP, files);
  await mkdir(share);
  await copyBoot(root, 'vmlinuz-', join(share, 'vmlinuz'));
  await copyBoot(root, 'initrd.img-', join(share, 'initrd.img'));
  await writeFile(join(share, 'bookworm'), CONFIG);
  const list = await run('dpkg-query', [`--admindir=${join(root, 'var/lib/dpkg')}`, '--show'], work);
  await writeFile(join(made, 'packages'), list);
  await run('mke2fs', [...MKE2FS, '-d', root, join(made, 'disk.img'), DISK_SIZE], work);
}

/** For tests: where it is, or undefined, the reason said on stderr, where there is no way to have it. */
export async function bookworm(): Promise<Bookworm | undefined> {
  const folder = await orUnavailable("Debian bookworm's packages", () => cached('bookworm', recipe(), make));
  if (folder === undefined) return undefined;
  return {
    disk: join(folder, 'disk.img'),
    share: join(folder, 'share'),
    packages: join(folder, 'packages'),
  };
}

/** Links what it is made of into a folder, in which such links may be. */
async function link(made: Bookworm, folder: string): Promise<void> {
  await mkdir(folder, { recursive: true });
  for (const [name, path] of Object.entries({ 'disk.img': made.disk, share: made.share })) {
    await rm(join(folder, name), { force: true });
    await symlink(path, join(folder, name));
  }
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const [folder] = process.argv.slice(2);
  const made = folder === undefined ? undefined : await bookworm();
  if (folder === undefined) console.error('usage: npx tsx guests/debian/bookworm.ts FOLDER');
  if (folder === undefined || made === undefined) process.exitCode = 1;
  else await link(made, folder);
}
