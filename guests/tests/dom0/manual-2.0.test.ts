/** The users' manual of Xen 2.0, typed from its first line to its last, with paths and sizes of here. */
import { beforeAll, describe, expect, test } from 'vitest';
import { Host } from './testing.ts';
import { listed, typeAll, typeDocument } from './testing-typed.ts';

const TTYLINUX = `kernel = "/boot/mote.elf"
memory = 12
name = "ttylinux"
nics = 1
ip = "1.2.3.4"
disk = ['file:/path/to/ttylinux/rootfs,sda1,w']
root = "/dev/sda1 ro"
`;
/** What a root needs to be one. */
const PROGRAMS = '{init,sh,ls,cat,echo,mount,poweroff,reboot}';

describe("the users' manual of Xen 2.0", () => {
  let host: Host;
  beforeAll(async () => {
    host = await Host.boot({
      'etc/xen/ttylinux': new TextEncoder().encode(TTYLINUX),
    });
  });

  test('xend is started; a domain is made of the second example, with a number', () => {
    typeAll(host, [
      ['xend start; xend status; echo $?', /^xend is running, as process \d+\n0$/],
      ['head -n 1 /var/log/xend.log', / INFO Xend Daemon started$/],
      ['cp /etc/xen/xmexample2 /etc/xen/myvmconf', ''],
    ]);
    host.type('xm create -c myvmconf vmid=1\r');
    host.until(/Started domain VM1 \(id=1\)[^]*Welcome to Mote[^]*\n\/ \$ $/);
    host.leaveConsole();
    typeAll(host, [['xm destroy VM1', '']]);
  });

  test('ttylinux: a root file system in a file, filled from the current root', () => {
    typeAll(host, [
      [
        'mkdir -p /path/to/ttylinux; dd if=/dev/zero of=/path/to/ttylinux/rootfs bs=1k count=1024',
        /^dd: 1024/,
      ],
      ['mkfs -t ext2 /path/to/ttylinux/rootfs', ''],
      ['mount -o loop /path/to/ttylinux/rootfs /mnt', ''],
      ['mkdir /mnt/{bin,proc,sys,home,tmp,dev,etc}', ''],
      [`cp -ax /bin/${PROGRAMS} /mnt/bin`, ''],
      ['echo "/dev/sda1 / ext2 ro 0 0" > /mnt/etc/fstab', ''],
      ['umount /mnt', ''],
    ]);
    host.type('xm create ttylinux -c\r');
    host.until(/Started domain ttylinux \(id=2\)[^]*\n\/ \$ $/);
    expect(host.run('cat /etc/fstab; cat /proc/mounts')).toMatch(
      /^\/dev\/sda1 \/ ext2 ro 0 0\n[^]*\/dev\/sda1 \/ ext2 ro/,
    );
    host.leaveConsole();
  });

  test('domains and consoles are listed; a console is come to by name, by number, by its port', () => {
    typeAll(host, [
      ['xm help create', /^Usage: xm create /],
      ['xm list', listed(['Domain-0', 0, 64, 'r-----'], ['ttylinux', 2, 12, '-b----'])],
      ['xm list -l ttylinux', /\(name ttylinux\)[^]*\(args 'ip=1\.2\.3\.4:[^']*root=\/dev\/sda1 ro'\)/],
      ['xm consoles', 'Dom Port  Id Name\n  2 9602   2 ttylinux'],
    ]);
    for (const way of [
      'xm console ttylinux',
      'xm console 2',
      'xencons localhost 9602',
      'telnet localhost 9602',
    ]) {
      host.type(`${way}\recho by $((1 + 1))\r`);
      host.until(/\nby 2\n\/ \$ $/);
      host.leaveConsole();
    }
  });

  test('it is saved and restored; grows and shrinks within its limit', () => {
    typeAll(host, [
      ['xm save ttylinux ttylinux.xen; xm list | wc -l', /\n2$/],
      ['xm restore ttylinux.xen; sleep 0.2', /^Loading new save file/],
      ['xm balloon ttylinux 8; xm list ttylinux', /\nttylinux +\d+ +8 /],
      ['xm balloon ttylinux 12; xm list ttylinux', /\nttylinux +\d+ +12 /],
      [
        'xm maxmem ttylinux 10; xm balloon ttylinux 16; echo $?',
        /^xm: ttylinux: it may have 1\d MiB at most\n1$/,
      ],
    ]);
    expect(host.inside('ttylinux', 'mount -t proc proc /proc; cat /proc/xen/memory_target')).toBe('12288');
    typeAll(host, [['xm shutdown -w ttylinux', /terminated$/]]);
  });

  test('domains start with the host, and stop with it', () => {
    typeAll(host, [
      ['chkconfig --add xendomains; chkconfig --list', /^xend start\nxendomains start$/],
      ['ln -s /etc/xen/ttylinux /etc/xen/auto/ttylinux', ''],
      ['service xendomains start', /Started domain ttylinux/],
      ['sleep 0.3; service xendomains stop; xm list | wc -l', /\n2$|^2$/],
    ]);
  });

  test("a file is a disk, larger than what is in it; it is filled, and nobody else's", () => {
    typeAll(host, [
      ['dd if=/dev/zero of=vm1disk bs=1k seek=1k count=1', /^dd: 1\+0 blocks/],
      ['mkfs -t ext3 vm1disk', /journal/],
      ['mount -o loop vm1disk /mnt', ''],
      ['cp -ax /{root,dev,etc,lib} /mnt; mkdir /mnt/{proc,sys,home,tmp}', ''],
      ['ls /mnt', /^dev [^]*etc +lib +proc +sys$/],
      ['xm create ttylinux name=second disk=file:/vm1disk,sda2,w', /it is mounted in the privileged domain/],
      ['umount /mnt', ''],
    ]);
  });

  test('an image with swap beside it, entered and furnished', () => {
    typeAll(host, [
      ['dd if=/dev/zero of=/path/diskimage bs=1024k count=1', /^dd: 1\+0 blocks, 1048576 bytes$/],
      ['dd if=/dev/zero of=/path/swapimage bs=1024k count=1', /^dd: 1\+0 blocks, 1048576 bytes$/],
      ['mkfs.ext2 /path/diskimage; mkswap /path/swapimage', /^Setting up swapspace/],
      ['mkdir -p /mnt/disk; mount -o loop /path/diskimage /mnt/disk', ''],
      ['mkdir /mnt/disk/{bin,etc}; cp /bin/{sh,cat} /mnt/disk/bin', ''],
      ['debootstrap --arch i386 sarge /mnt/disk http://ftp.debian.org/debian', /debootstrap: .*Debian/],
    ]);
    host.run('chroot /mnt/disk /bin/bash');
    typeDocument(
      host,
      'cat > /etc/fstab',
      '/dev/sda1 / ext3 errors=remount-ro 0 1',
      'proc /proc proc defaults 0 0',
    );
    host.run('exit');
    typeAll(host, [
      ['cat /mnt/disk/etc/fstab', /^\/dev\/sda1 \/ ext3 errors=remount-ro 0 1\nproc/],
      ['umount /mnt/disk', ''],
      [
        "xm create -p -f ttylinux name=testdomain2 'disk=file:/path/diskimage,sda2,w'",
        /Started domain testdomain2 \(id=\d+\)/,
      ],
      ['xm consoles | tail -n 1; xm destroy testdomain2', /^ +(\d+) 960\1 +\1 testdomain2$/],
    ]);
  });

  test('the web interface starts and stops', () => {
    typeAll(host, [
      ['xensv start', ''],
      ['wget -q -O - http://localhost:8080/ | head -n 1', /<!doctype html>/i],
      ['xensv stop', ''],
      ['wget -q -O - http://localhost:8080/', /refused/],
    ]);
  });

  test('what is not here says so', () => {
    typeAll(host, [
      ['xm migrate --live ttylinux destination.ournetwork.com', /^xm: /],
      ['pvcreate /dev/sda10', /LVM is not here: it is Linux's/],
      ['lvcreate -s -L1024M -n myclonedisk1 /dev/vg/myvmdisk1', /LVM is not here: it is Linux's/],
    ]);
  });
});
