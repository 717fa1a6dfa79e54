/** Files as disks, parts of them, and other roots: `losetup`, `lomount`, `chroot`, `cp -a` with devices, as the manuals fill images. */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { beforeAll, describe, expect, test } from 'vitest';
import { Host } from './testing.ts';

const KIB = 1024;
const SECTOR = 512;

/** A disk with a partition of 512 KiB that begins at 64 sectors. */
function partitioned(): Uint8Array {
  const image = new Uint8Array(1024 * KIB);
  const view = new DataView(image.buffer);
  view.setUint8(446 + 4, 0x83);
  view.setUint32(446 + 8, 64, true);
  view.setUint32(446 + 12, (512 * KIB) / SECTOR, true);
  view.setUint16(510, 0xaa55, true);
  return image;
}

/** An archive of a file `image.img`. */
function archive(): Uint8Array {
  const folder = mkdtempSync(join(tmpdir(), 'tar-'));
  try {
    writeFileSync(join(folder, 'image.img'), 'an image\n'.repeat(5000));
    execFileSync('tar', ['-C', folder, '--format=ustar', '-cf', join(folder, 'a.tar'), 'image.img']);
    return readFileSync(join(folder, 'a.tar'));
  } finally {
    rmSync(folder, { recursive: true });
  }
}

describe('a host with images', () => {
  let host: Host;
  beforeAll(async () => {
    host = await Host.boot({
      'images/whole': new Uint8Array(256 * KIB),
      'images/parted': partitioned(),
      'images/a.tar.gz': gzipSync(archive()),
      'images/cut.tar.gz': gzipSync(archive()).subarray(0, 150),
      'images/a.tar.bz2': new TextEncoder().encode('BZh91AY&SY'),
      'etc/xen/looped': new TextEncoder().encode(
        `kernel="/boot/mote.elf"; ramdisk="/boot/mote.cpio"; memory=12; name="looped"\n` +
          `disk=['tap:aio:/dev/loop1,hda1,w', 'phy:loop2,hda2,r']\n`,
      ),
    });
  });

  test('a loop device is a disk while it has a file, and keeps it while somebody uses it', () => {
    expect(
      host.run('losetup /dev/loop1; losetup -f; mke2fs /images/whole; losetup /dev/loop1 /images/whole'),
    ).toBe('losetup: /dev/loop1: No such device or address\n/dev/loop0');
    expect(host.run('losetup -a; losetup /dev/loop1 /images/parted')).toBe(
      '/dev/loop1: (/images/whole)\nlosetup: /dev/loop1: Device or resource busy',
    );
    expect(
      host.run('mount /dev/loop1 /mnt; echo there > /mnt/file; losetup -d /dev/loop1; umount /mnt'),
    ).toBe('losetup: /dev/loop1: Device or resource busy');
    expect(host.run('losetup -d /dev/loop1; losetup -a; cat /dev/loop1; echo $?')).toBe('0');
    expect(host.run('mount -o loop /images/whole /mnt; cat /mnt/file; umount /mnt')).toBe('there');
    expect(host.run('echo x > /dev/loop1; losetup -x; echo $?')).toMatch(
      /No such device or address\nlosetup: usage: .*\n2$/,
    );
  });

  test('a partition of an image is mounted, by its number or by where it begins', () => {
    host.run('losetup -o 32768 /dev/loop3 /images/parted; mke2fs /dev/loop3');
    expect(host.run('losetup -a')).toBe('/dev/loop3: (/images/parted), offset 32768');
    host.run('mount /dev/loop3 /mnt; echo inside > /mnt/file; umount /mnt; losetup -d /dev/loop3');
    expect(
      host.run('lomount -t ext3 -diskimage /images/parted -partition 1 /mnt; cat /mnt/file; umount /mnt'),
    ).toBe('inside');
    expect(host.run('mount -o ro,loop,offset=32768 /images/parted /mnt; cat /mnt/file; umount /mnt')).toBe(
      'inside',
    );
    expect(
      host.run('lomount -diskimage /images/parted -partition 2 /mnt; echo $?; lomount; echo $?'),
    ).toMatch(/^lomount: \/images\/parted: it has no partition 2\n1\nlomount: usage: .*\n2$/);
  });

  test('a domain has loop devices as its disks, and two of them are never the same one', () => {
    host.run('losetup /dev/loop1 /images/whole; losetup -r -o 32768 /dev/loop2 /images/parted');
    host.run('xm create looped; sleep 0.3');
    expect(host.inside('looped', 'mount -o ro /dev/hda2 /mnt; cat /mnt/file; umount /mnt')).toBe('inside');
    host.inside('looped', 'mount /dev/hda1 /mnt; echo of the domain > /mnt/file; umount /mnt');
    expect(host.run('losetup -d /dev/loop1; xm create looped name=b')).toMatch(
      /^losetup: .*busy\nxm: .*it is mounted in domain looped/,
    );
    host.run('xm destroy looped; sleep 0.1; losetup -d /dev/loop1; losetup -d /dev/loop2');
    expect(host.run('losetup -a; mount /images/whole /mnt; cat /mnt/file; umount /mnt')).toBe(
      'of the domain',
    );
  });

  test('an archive that is packed is taken apart', () => {
    expect(host.run('mkdir /srv/i; tar -C /srv/i -zxvf /images/a.tar.gz; head -n 1 /srv/i/image.img')).toBe(
      'image.img\nan image',
    );
    expect(
      host.run('tar ztf /images/a.tar.gz; zcat /images/a.tar.gz | wc -c; wc -c /srv/i/image.img'),
    ).toMatch(/^image\.img\n *51200\n *45000 /);
    expect(
      host.run('tar zxf /images/cut.tar.gz; echo $?; tar jxf /images/a.tar.bz2; echo $?; tar czf /x /etc'),
    ).toMatch(
      /zcat: .*damaged\n2\nzcat: .*: bzip2 cannot be unpacked here\n2\ntar: archives are not packed here$/,
    );
  });

  test('a root is copied, with its devices as devices, and entered', () => {
    host.run('mkdir -p /root2/bin; cp -ax /{dev,var} /root2; cp /bin/{sh,cat,ls} /root2/bin');
    expect(host.run('ls -l /root2/dev | grep -c "^[bc]"')).toBe(host.run('ls -l /dev | grep -c "^[bc]"'));
    expect(host.run('echo above > /file; chroot /root2 cat /file; chroot /root2 ls /..')).toBe(
      'cat: /file: No such file or directory\nbin  dev  var',
    );
    host.run('chroot /root2 /bin/bash');
    expect(host.run('cd /bin; pwd; cd ../../..; pwd; echo feisty > /etc2; exit')).toBe('/bin\n/');
    expect(host.run('cat /root2/etc2; chroot /none; chroot; echo $?; chroot /root2 xm; echo $?')).toMatch(
      /^feisty\nchroot: cannot change root directory to \/none: No such file or directory\nchroot: usage: .*\n2\nchroot: failed to run command xm: .*\n127$/,
    );
  });
});
