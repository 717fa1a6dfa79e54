/** The book on Xen 3.0, typed from its second chapter to its eighth, with paths and sizes of here; the fifth is manual-3.0-networks.test.ts. */
import { beforeAll, describe, expect, test } from 'vitest';
import { Host } from './testing.ts';
import { listed, typeAll, typeDocument } from './testing-typed.ts';

const IMAGES = '/home/pchaganti/xen-images';
const MOUNTS = '/home/pchaganti/xen-mounts';
const MODULES = '/lib/modules/2.6.16.38-xenU';
const KIB = 1024;

/** CentOS's disk as its installer leaves it: three partitions. */
function installed(): Uint8Array {
  const image = new Uint8Array(1024 * KIB);
  const view = new DataView(image.buffer);
  [
    { type: 0x83, start: 63, count: 256 },
    { type: 0x82, start: 319, count: 128 },
    { type: 0x83, start: 447, count: 1024 },
  ].forEach(({ type, start, count }, n) => {
    view.setUint8(446 + n * 16 + 4, type);
    view.setUint32(446 + n * 16 + 8, start, true);
    view.setUint32(446 + n * 16 + 12, count, true);
  });
  view.setUint8(446, 0x80);
  view.setUint16(510, 0xaa55, true);
  return image;
}

describe('the book on Xen 3.0', () => {
  let host: Host;
  beforeAll(async () => {
    host = await Host.boot({
      'images/centos_domU.img': installed(),
    });
  });

  test('chapter 2: the host is looked at', () => {
    typeAll(host, [
      [`mkdir -p ${IMAGES} ${MODULES}; echo module > ${MODULES}/kernel.ko; cp /images/* ${IMAGES}`, ''],
      ['uname -rm', /^\S+ x86_64$/],
      ['pidof xend', /^\d+$/],
      ['/usr/sbin/xm list', listed(['Domain-0', 0, 64, 'r-----'])],
      ['/sbin/ifconfig', /^lo: [^]*\nxenbr0: [^]*\npeth0: /],
      ['yum install kernel-xen xen', /yum: nothing is installed here/],
      ['make linux-2.6-xen0-config', /make: .*guests\//],
    ]);
  });

  test('chapter 3: Ubuntu, from a directory', () => {
    typeAll(host, [
      [`dd if=/dev/zero of=${IMAGES}/ubuntu_feisty_domU.img bs=1K count=800`, /^dd: 800/],
      [`dd if=/dev/zero of=${IMAGES}/ubuntu_feisty_swap_domU.img bs=1K count=100`, /^dd: 100/],
      [`dd if=/dev/zero of=${IMAGES}/ubuntu_feisty_boot_domU.img bs=1k count=100`, /^dd: 100/],
      [`/sbin/mkfs.ext2 ${IMAGES}/ubuntu_feisty_domU.img`, ''],
      [`/sbin/mkfs.ext2 ${IMAGES}/ubuntu_feisty_boot_domU.img`, ''],
      [`/sbin/mkswap ${IMAGES}/ubuntu_feisty_swap_domU.img`, /^Setting up swapspace version 1/],
      [`mkdir -p ${MOUNTS}/ubuntu_feisty_domU`, ''],
      [`mount -o loop ${IMAGES}/ubuntu_feisty_domU.img ${MOUNTS}/ubuntu_feisty_domU`, ''],
      [
        `/usr/sbin/debootstrap --arch i386 feisty ${MOUNTS}/ubuntu_feisty_domU http://archive.ubuntu.com/ubuntu`,
        /debootstrap: a Debian root is made outside/,
      ],
      [`cd ${MOUNTS}/ubuntu_feisty_domU; mkdir -p bin dev etc/network boot proc sys tmp; cd /`, ''],
      [`cp /bin/{init,sh,cat,ls,echo,mount,umount,poweroff} ${MOUNTS}/ubuntu_feisty_domU/bin`, ''],
      [`mkdir -p ${MOUNTS}/ubuntu_feisty_domU/lib/modules`, ''],
      [`cp -dPR ${MODULES} ${MOUNTS}/ubuntu_feisty_domU/lib/modules`, ''],
    ]);
    host.run(`chroot ${MOUNTS}/ubuntu_feisty_domU`);
    expect(host.run('echo "ubuntu_fesity_domU" > /etc/hostname; ls /lib/modules')).toBe('2.6.16.38-xenU');
    typeDocument(
      host,
      'cat > /etc/fstab',
      '# file system      mount point      type      options          dump pass',
      '/dev/sda1          /                 ext3      defaults          0    1',
      '/dev/sda2          /boot            ext3      ro,nosuid,nodev  0    2',
      '/dev/sda3          none             swap      sw                0    0',
    );
    typeDocument(
      host,
      'cat > /etc/network/interfaces',
      '# The loopback network interface',
      'auto lo',
      'iface lo inet loopback',
      '# The primary network interface',
      'auto eth0',
      'iface eth0 inet dhcp',
    );
    host.run('exit');
    typeAll(host, [
      ['adduser pchaganti', /adduser: there is one user here/],
      ['visudo', /visudo: there is one user here/],
      [`umount ${MOUNTS}/ubuntu_feisty_domU`, ''],
    ]);
  });

  test('its configuration is written, and it starts, its console at once', () => {
    typeDocument(
      host,
      `cat > ${IMAGES}/ubuntu_feisty_domU.cfg`,
      'kernel = "/boot/mote.elf"',
      'memory = 12',
      'name = "ubuntu_feisty_domU"',
      `disk = ['tap:aio:${IMAGES}/ubuntu_feisty_domU.img,sda1,w',`,
      `'tap:aio:${IMAGES}/ubuntu_feisty_boot_domU.img,sda2,w',`,
      `'tap:aio:${IMAGES}/ubuntu_feisty_swap_domU.img,sda3,w']`,
      "vif = [ 'mac=00:16:3e:00:00:10, bridge=xenbr0' ]",
      'root = "/dev/sda1 ro"',
    );
    host.type(`xm create ${IMAGES}/ubuntu_feisty_domU.cfg -c\r`);
    host.until(/Started domain ubuntu_feisty_domU \(id=1\)[^]*\n\/ \$ $/);
    expect(host.run('cat /etc/hostname; ls /dev')).toMatch(/^ubuntu_fesity_domU\n[^]*sda2[^]*sda1 +sda3/);
    host.leaveConsole();
    typeAll(host, [
      ['xm list', listed(['Domain-0', 0, 64, 'r-----'], ['ubuntu_feisty_domU', 1, 12, '-b----'])],
      [`ln -s ${IMAGES}/ubuntu_feisty_domU.cfg /etc/xen/auto/ubuntu; ls /etc/xen/auto`, 'ubuntu'],
      ['rm /etc/xen/auto/ubuntu', ''],
    ]);
  });

  test("CentOS: the partitions of an emulator's image", () => {
    const image = `${IMAGES}/centos_domU.img`;
    typeAll(host, [
      ['qemu-img create centos_domU.img 2K', /^Formatting 'centos_domU.img', fmt=raw size=2048$/],
      [`losetup /dev/loop1 ${image}`, ''],
      [
        'fdisk -lu /dev/loop1',
        /\/dev\/loop1p1 +\* +63 +318 +128 +83 +Linux\n\/dev\/loop1p2 +319 +446 +64 +82 +Linux swap \/ Solaris\n\/dev\/loop1p3 +447 +1470 +512 +83 +Linux/,
      ],
      ['losetup -d /dev/loop1', ''],
      [`mkdir -p ${MOUNTS}/centos_domU/{boot,root}_partition`, ''],
      // What its installer has done.
      [
        `losetup -o ${String(447 * 512)} /dev/loop2 ${image}; mkfs.ext2 /dev/loop2; losetup -d /dev/loop2`,
        '',
      ],
      [`lomount -t ext3 -diskimage ${image} -partition 3 ${MOUNTS}/centos_domU/root_partition`, ''],
      [`mkdir -p ${MOUNTS}/centos_domU/root_partition/lib/{modules,tls}`, ''],
      [`cp -dpR ${MODULES} ${MOUNTS}/centos_domU/root_partition/lib/modules/`, ''],
      [
        `mv ${MOUNTS}/centos_domU/root_partition/lib/tls{,.disabled}; ls ${MOUNTS}/centos_domU/root_partition/lib`,
        'modules       tls.disabled',
      ],
      [`umount ${MOUNTS}/centos_domU/root_partition`, ''],
      [
        `losetup /dev/loop1 -o ${String(63 * 512)} ${image}; losetup /dev/loop2 -o ${String(447 * 512)} ${image}`,
        '',
      ],
    ]);
    typeDocument(
      host,
      `cat > ${IMAGES}/centos_domU.cfg`,
      'kernel = "/boot/mote.elf"',
      'ramdisk = "/boot/mote.cpio"',
      'memory = 12',
      'name = "centos-domU"',
      "disk = ['tap:aio:/dev/loop1,hda1,w','tap:aio:/dev/loop2,hda3,w']",
      "vif = [ 'mac=00:16:3e:00:00:16, bridge=xenbr0' ]",
    );
    typeAll(host, [
      [`xm create ${IMAGES}/centos_domU.cfg; sleep 0.3`, /Started domain centos-domU \(id=2\)/],
    ]);
    expect(host.inside('centos-domU', 'mount /dev/hda3 /mnt; ls /mnt/lib; umount /mnt')).toContain(
      'tls.disabled',
    );
    typeAll(host, [['xm destroy centos-domU', '']]);
  });

  test('chapter 4: domains are managed', () => {
    const name = 'ubuntu_feisty_domU';
    typeAll(host, [
      [
        'xm list Domain-0 -long',
        /^\(domain\n {4}\(domid 0\)[^]*\(on_crash restart\)[^]*\(bootloader \)[^]*\(on_xend_stop ignore\)/,
      ],
      [`xm list --long ${name}`, /\(memory 12\)[^]*\(root '\/dev\/sda1 ro'\)|\(args 'root=\/dev\/sda1 ro'\)/],
      [`xm pause ${name}; xm list`, listed(['Domain-0', 0, 64, 'r-----'], [name, 1, 12, '-[-b]p---'])],
      [
        `xm unpause ${name}; sleep 0.1; xm list`,
        listed(['Domain-0', 0, 64, 'r-----'], [name, 1, 12, '-b----']),
      ],
      [`xm save ${name} feisty.save; xm list`, /\nDomain-0 .*$/],
      ['xm restore feisty.save; sleep 0.2; xm list', /\nubuntu_feisty_domU +3 +12 +1 +-b----/],

      [
        'xm dmesg',
        /^\(XEN\) Xen version 4\.17[^]*\n\(XEN\) Xen-e820 RAM map:\n[^]*\n\(XEN\) System RAM: 255MB /,
      ],
      ['xm info', /^host +: mote\n[^]*\nxen_caps +: xen-3\.0-x86_64\n[^]*\nxend_config_format +: 4$/],
      ['xm log', /INFO Xend Daemon started/],
      [
        `xm block-list ${name}`,
        /^Vdev +BE +handle +state +evt-ch +ring-ref +BE-path +\n2049 +0 [^]*\n2050 +0 [^]*\n2051 +0 /,
      ],
      [`xm block-list ${name} --long`, /^\(2049\n {2}\(\(backend [^]*\(device-type disk\)/],
      [`xm network-list ${name}`, /^Idx BE +M[aA][cC] Addr\. +handle[^]*\n0 +0 +00:16:3e:00:00:10 /],
      [`xm network-list ${name} --long`, /^\(0\n {2}\(\(backend [^]*\(mac 00:16:3e:00:00:10\)/],
      ['xm uptime', /^Name +ID Uptime\nDomain-0 +0 0:00:\d\d\nubuntu_feisty_domU +3 0:00:\d\d$/],
      [`xm reboot ${name}; sleep 1; xm list ${name}`, /\nubuntu_feisty_domU +4 /],
      [`xm suspend ${name}; xm list | wc -l`, /2$/],
      [`xm resume ${name}; sleep 0.2; xm list ${name}`, /\nubuntu_feisty_domU +5 /],
      [`xm rename ${name} prabhakar_domU; xm list prabhakar_domU`, /\nprabhakar_domU +5 /],
      ['xm shutdown -w prabhakar_domU', /Domain prabhakar_domU terminated$/],
      ['virt-manager', /libvirt is not here/],
    ]);
    host.type('xm create mote\r');
    host.until(/\/ \$ $/);
    host.type('xm top\r');
    host.until(
      /xentop - \d\d:\d\d:\d\d +Xen 4\.17[^]*2 domains: 1 running[^]*Mem: [^]*Delay +Networks +vBds +VCPUs +Repeat header +Sort order +Quit/,
    );
    host.screen = '';
    host.type('V');
    host.until(/VCPUs\(sec\): +0: +\d+s[^]*Quit/);
    host.type('q');
    host.until(/\n\/ \$ $/);
    host.run('xm destroy mote');
  });

  test('chapters 6 and 7: storage that is elsewhere says where', () => {
    typeAll(host, [
      ['pvcreate /dev/hda6', /LVM is not here/],
      ['lvcreate -L 4094M -n feisty gandalf', /LVM is not here/],
      ['cryptsetup luksFormat /dev/loop0', /encryption is not here/],
      ['mount -t nfs palantir:/xen-storage /mnt', /nfs: there is no such file system/],
    ]);
  });

  test('chapter 8: saved in a folder, restored; and live, to another host', () => {
    typeAll(host, [
      [
        'mkdir /xen-saved-images; xm create mote name=debian_etch_domU memory=12; sleep 0.3',
        /Started domain/,
      ],
      ['xm save debian_etch_domU /xen-saved-images/etch.save; xm list | wc -l', /2$/],
      ['xm restore /xen-saved-images/etch.save; sleep 0.2; xm list debian_etch_domU', /-b----/],
      ['echo "(xend-relocation-server yes)" >> /etc/xen/xend-config.sxp; xend restart', ''],
      ['xm migrate --live debian_etch_domU localhost; sleep 0.2; xm list debian_etch_domU', /-b----/],
    ]);
  });
});
