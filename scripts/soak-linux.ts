/**
 * `npm run soak:linux`: Debian's cloud kernel writes 64 MiB to an ext4 file system on a disk of the host, and reads them after it
 * has mounted it anew; the file is looked at from outside too, and e2fsck looks at all disks. Its root is ext2. Once with its
 * frontend as it is by itself, once with a longer ring and more segments, for which it takes much memory. Exit status 1: not as
 * it was.
 */
import { readFileSync } from 'node:fs';
import { debianImages } from '../guests/debian/fetch.ts';
import type { DebianImages } from '../guests/debian/fetch.ts';
import { rootImage } from '../guests/debian/root-image.ts';
import { check } from '../guests/tests/ext2.ts';
import { diskBytes, fileOf, sha256 } from '../guests/tests/dom0/testing-integrity.ts';
import { awaitShell, inLinux, linuxHost } from '../guests/tests/dom0/testing-linux.ts';

const MIB = 64;
const DATA_MIB = MIB + 32;
const ROOT_MIB = 16;
const MEMORY_MB = 256;

const OPTIONS = ['', 'xen_blkfront.max_indirect_segments=64 xen_blkfront.max_ring_page_order=2'];

/** The file's SHA-256 as written, as read after a remount, and as it is on the disk. */
async function trip(images: DebianImages, extra: string): Promise<string[]> {
  const bytes = rootImage(readFileSync(images.busybox), 'ext4', DATA_MIB);
  const host = await linuxHost(images, {
    type: 'ext2',
    rootMib: ROOT_MIB,
    memoryMb: MEMORY_MB,
    extra,
    more: [{ name: 'data', bytes }],
  });
  host.type('xm create -c linux\r');
  awaitShell(host);
  host.leaveConsole();
  const hash = (command: string): string => /^[0-9a-f]{64}/m.exec(inLinux(host, command))?.[0] ?? 'nothing';
  const make = `dd if=/dev/urandom bs=64k count=${String(MIB * 16)} | tee /mnt/file | sha256sum`;
  const written = hash(`dmesg -n 1; mount /dev/xvdb /mnt && ${make}; sync; umount /mnt`);
  const again = hash('mount /dev/xvdb /mnt && sha256sum < /mnt/file; umount /mnt');
  host.run('xm shutdown lin; sleep 6');
  for (const index of [0, 1]) check(diskBytes(host, index));
  return [written, again, sha256(fileOf(diskBytes(host, 1), 'file'))];
}

const images = await debianImages();
if (images === undefined) process.exitCode = 1;
else
  for (const extra of OPTIONS) {
    const started = performance.now();
    const hashes = await trip(images, extra);
    const isSame = new Set(hashes).size === 1 && hashes[0] !== 'nothing';
    const seconds = ((performance.now() - started) / 1000).toFixed(1);
    process.stdout.write(
      `Linux ${extra}: ${isSame ? 'the same' : 'WRONG'}, ${hashes.join(' ')}, ${seconds} s\n`,
    );
    if (!isSame) process.exitCode = 1;
  }
