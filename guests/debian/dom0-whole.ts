/**
 * Makes a whole Debian bookworm with systemd that is domain 0, on a disk, with the stock toolstack and what the manuals' chapters on
 * storage, networks and management need: `npx tsx guests/debian/dom0-whole.ts` prints where it is.
 *
 * Debian's own mmdebstrap makes the root from packages of the distribution; the kernel and the initramfs are the root's. It is kept
 * (cache.ts, never committed) and made anew only when the recipe changes.
 */
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { cached } from './cache.ts';
import { copyBoot, mmdebstrap, overlayFiles, rootOptions, SOURCE_DATE_EPOCH } from './mmdebstrap.ts';
import { orUnavailable, run } from './packages.ts';

/** Paths on this machine. */
export interface WholeDom0 {
  readonly kernel: string;
  readonly ramdisk: string;
  /** The disk, ext4 without partitions: vda. */
  readonly disk: string;
  /** The packages in it, a line each: name and version. */
  readonly packages: string;
}

/** Words of a text. */
const words = (text: string): string[] => text.trim().split(/\s+/);

/** Besides the essential ones and apt. */
const PACKAGES = words(`
  dbus initramfs-tools kmod libpam-systemd linux-image-amd64 systemd-sysv udev zstd bridge-utils iproute2
  iptables iputils-ping netbase net-tools nftables openssh-server wget less netcat-openbsd procps
  vim-tiny xen-utils-4.17 xenstore-utils grub-xen-bin qemu-system-xen qemu-utils lvm2 mdadm
  cryptsetup-bin e2fsprogs fdisk debootstrap nfs-kernel-server nfs-common open-iscsi tgt nbd-server
  nbd-client libvirt-daemon-system libvirt-daemon-driver-xen libvirt-daemon-config-network
  libvirt-clients dnsmasq-base virtinst lxc
`);
/** Drivers of what is not there: three quarters of what the kernel's package brings. */
const DRIVERS_LEFT_OUT = words(`
  accessibility ata atm auxdisplay bluetooth comedi extcon firewire gpu hid hwmon i2c iio infiniband
  input isdn leds media memstick mfd misc mmc mtd nfc platform power rapidio soundwire spi staging
  thunderbolt usb w1 net/can net/ethernet net/usb net/wireless net/phy net/hamradio net/wwan
`);
const NOT_UNPACKED = [
  ...DRIVERS_LEFT_OUT.map((folder) => `/lib/modules/*/kernel/drivers/${folder}/*`),
  '/lib/modules/*/kernel/sound/*',
];
const MMDEBSTRAP = rootOptions(PACKAGES, {
  hooks: ['chroot "$1" systemctl enable systemd-networkd'],
  notUnpacked: NOT_UNPACKED,
});
const MKE2FS = ['-q', '-t', 'ext4', '-b', '4096', '-U', '01234567-89ab-cdef-0123-456789abcdef', '-L', 'dom0'];
const DISK_SIZE = '2G';

/** Files of the root that are the project's. */
const overlay = new URL('dom0-whole/', import.meta.url);

/** Everything that the image depends on: another one is made when any of it changes. */
function recipe(): string {
  return JSON.stringify([MMDEBSTRAP, SOURCE_DATE_EPOCH, MKE2FS, DISK_SIZE, overlayFiles(overlay)]);
}

async function make(made: string, work: string): Promise<void> {
  console.warn('A whole Debian as domain 0 is made from packages: this takes some minutes, once.');
  const root = join(work, 'root');
  const files = ['etc', 'usr'].map((name) => fileURLToPath(new URL(name, overlay)));
  await mkdir(root, { recursive: true });
  await mmdebstrap(root, work, MMDEBSTRAP, files);
  await copyBoot(root, 'vmlinuz-', join(made, 'vmlinuz'));
  await copyBoot(root, 'initrd.img-', join(made, 'initrd.img'));
  const list = await run('dpkg-query', [`--admindir=${join(root, 'var/lib/dpkg')}`, '--show'], work);
  await writeFile(join(made, 'packages'), list);
  await run('mke2fs', [...MKE2FS, '-d', root, join(made, 'disk.img'), DISK_SIZE], work);
}

/** Where it is, or undefined, the reason said on stderr, where there is no way to have it. */
export async function wholeDom0(): Promise<WholeDom0 | undefined> {
  const folder = await orUnavailable('The packages of a whole Debian as domain 0', () =>
    cached('dom0-whole', recipe(), make),
  );
  if (folder === undefined) return undefined;
  return {
    kernel: join(folder, 'vmlinuz'),
    ramdisk: join(folder, 'initrd.img'),
    disk: join(folder, 'disk.img'),
    packages: join(folder, 'packages'),
  };
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const made = await wholeDom0();
  if (made === undefined) process.exitCode = 1;
  else console.log(Object.values(made).join('\n'));
}
