/** The distribution's chapter, typed from its first line to its last; what was installed there is here already. */
import { beforeAll, describe, expect, test } from 'vitest';
import { Host } from './testing.ts';
import { listed, typeAll } from './testing-typed.ts';

const TESTXEN = `#
kernel      = '/boot/mote.elf'
ramdisk     = '/boot/mote.cpio'
vcpus       = '1'
memory      = '16'
disk        = [
                  'file:/srv/testxen/disk.img,xvda2,w',
                  'file:/srv/testxen/swap.img,xvda1,w',
              ]
name        = 'testxen'
dhcp        = 'dhcp'
vif         = [ 'mac=00:16:3E:F9:12:34' ]
on_poweroff = 'destroy'
on_reboot   = 'restart'
on_crash    = 'restart'
`;

describe('the chapter of a distribution', () => {
  let host: Host;
  beforeAll(async () => {
    host = await Host.boot({
      'etc/xen/testxen.cfg': new TextEncoder().encode(TESTXEN),
    });
  });

  test('a domain is made, and listed', () => {
    typeAll(host, [
      ['mkdir /srv/testxen', ''],
      ['dd if=/dev/zero of=/srv/testxen/disk.img bs=1k count=256', /^dd: 256/],
      ['dd if=/dev/zero of=/srv/testxen/swap.img bs=1k count=64', /^dd: 64/],
      ['mkfs -t ext2 /srv/testxen/disk.img; mkswap /srv/testxen/swap.img', /size = 60 KiB/],
      ['xm list', listed(['Domain-0', 0, 64, 'r-----'])],
      ['xm create testxen.cfg', 'Using config file "/etc/xen/testxen.cfg".\nStarted domain testxen (id=1)'],
      ['sleep 0.5', ''],
      ['xm list', listed(['Domain-0', 0, 64, 'r-----'], ['testxen', 1, 16, '-b----'])],
    ]);
  });

  test('its console is come to, and left by Ctrl-]', () => {
    expect(
      host.inside('testxen', 'mount /dev/xvda2 /mnt; echo kept > /mnt/file; umount /mnt; ls /dev'),
    ).toMatch(/xvda1 +xvda2/);
    expect(host.inside('testxen', 'ifconfig eth0')).toMatch(/inet 10\.0\.0\.101[^]*ether 00:16:3e:f9:12:34/);
  });

  test('only one domain is on an image', () => {
    expect(host.run('xm create testxen.cfg name=second')).toContain(
      'it is mounted in domain testxen, and so cannot be mounted now',
    );
  });

  test('it is paused and goes on; is saved, which gives its memory back, and restored', () => {
    const free = host.free();
    typeAll(host, [
      ['xm pause testxen; xm list', /\ntestxen +1 +16 +1 +-[-b]p---/],
      ['xm unpause testxen; sleep 0.1; xm list', /\ntestxen +1 +16 +1 +-b----/],
      ['xm save testxen /srv/testxen/saved', /new xl format/],
      ['xm list', listed(['Domain-0', 0, 64, 'r-----'])],
    ]);
    expect(Number(host.free())).toBeGreaterThan(Number(free) + 15);
    typeAll(host, [
      ['xm restore /srv/testxen/saved', /^Loading new save file/],
      ['sleep 0.2; xm list', listed(['Domain-0', 0, 64, 'r-----'], ['testxen', 2, 16, '-b----'])],
    ]);
    expect(host.inside('testxen', 'mount /dev/xvda2 /mnt; cat /mnt/file; umount /mnt')).toBe('kept');
  });

  test('it is halted and rebooted from outside and from inside; its memory changes while it runs', () => {
    typeAll(host, [
      ['xm mem-set testxen 12; xm list testxen', /\ntestxen +2 +12 /],
      [
        'xm reboot testxen; sleep 1; xm list',
        listed(['Domain-0', 0, 64, 'r-----'], ['testxen', 3, 16, '-b----']),
      ],
    ]);
    host.type('xm console testxen\r');
    host.until(/\n\/ \$ $/);
    host.type('poweroff\r');
    host.until(/\n\/ \$ $/);
    typeAll(host, [
      ['sleep 0.5; xm list', listed(['Domain-0', 0, 64, 'r-----'])],
      ['xm create testxen.cfg; sleep 0.5; xm shutdown -w testxen', /Domain testxen terminated$/],
    ]);
  });
});
