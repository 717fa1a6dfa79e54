/** Mote with its root on a disk of the host, made by the usual tools; its name and place as the file says. */
import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import { filesOf } from '../../toolchain/cpio.ts';
import { moteImages } from '../../toolchain/mote-node.ts';
import { hasTools, makeImage } from '../ext2.ts';
import { Host } from './testing.ts';

/** An image whose files are those of Mote's ramdisk. */
async function rootImage(): Promise<Uint8Array> {
  const folder = mkdtempSync(join(tmpdir(), 'root-'));
  try {
    for (const [path, data] of filesOf((await moteImages()).ramdisk)) {
      const file = join(folder, 'tree', path);
      mkdirSync(dirname(file), { recursive: true });
      writeFileSync(file, data);
      chmodSync(file, 0o755);
    }
    return makeImage(12 * 1024, '-d', join(folder, 'tree'));
  } finally {
    rmSync(folder, { recursive: true });
  }
}

const CONFIG = `kernel = "/boot/mote.elf"
memory = 24
vcpus = 2
root = "/dev/xvda"
disk = [ 'phy:vda,xvda,w' ]
vif = [ '' ]
cpus = "1"
cpu_weight = 512
cpu_cap = 50
`;

describe.skipIf(!hasTools())('a domain with its root on a disk', () => {
  let host: Host;
  beforeAll(async () => {
    const disks = [{ name: 'root', bytes: await rootImage() }];
    const files = { 'etc/xen/rooted': new TextEncoder().encode(CONFIG) };
    host = await Host.boot(files, { disks, cpus: 2 });
    expect(host.run('xm create rooted')).toContain('Started domain rooted (id=1)');
    host.wait(1);
  });

  test('its root is the disk, and what it writes is there after a restart', () => {
    expect(host.inside('rooted', 'cat /proc/mounts')).toMatch(/^\/dev\/xvda \/ ext2 rw 0 0$/m);
    host.inside('rooted', 'echo kept > /kept; sync');
    host.run('xm reboot rooted; sleep 3');
    expect(host.list()[1]).toMatch(/^rooted 2 24 1 /);
    expect(host.inside('rooted', 'cat /kept')).toBe('kept');
  });

  test('it has an address, which it keeps', () => {
    expect(host.inside('rooted', 'ifconfig eth0')).toMatch(/inet 10\.0\.0\.101 {2}netmask 255\.255\.255\.0/);
    expect(host.run('ping -c 1 10.0.0.101')).toContain(' 0% packet loss');
  });

  test('it runs where it may, as much as it may', () => {
    expect(host.run('xm vcpu-list rooted')).toMatch(/\nrooted +2 +0 +1 +\S+ +\d+\.\d 1\n/);
    expect(host.run('xm sched-credit -d rooted')).toMatch(/\nrooted +2 +512 +50$/);
  });

  test.each([
    ['cpus = "2-1"', 'xm: /etc/xen/bad:1: cpus: 2-1: processors are named as 0-3,^1,5 or all'],
    ['cpu_weight = 0', 'xm: /etc/xen/bad:1: cpu_weight: it is to be a number from 1 to 65535'],
    ['cpu_cap = "half"', 'xm: /etc/xen/bad:1: cpu_cap: it is to be a number from 0 to 65535'],
  ])('what will not do: %s', (line, told) => {
    host.run(`echo '${line}' > /etc/xen/bad; echo 'kernel = "/boot/mote.elf"' >> /etc/xen/bad`);
    expect(host.run('xm create bad')).toBe(told);
  });

  test.each([
    ['weight', 1],
    ['cap', 0],
  ])('%s is a number from the least to the most that there may be', (name, least) => {
    const tried = (value: number): string =>
      host.run(
        `xm create -p mote name=tried cpu_${name}=${String(value)}; xm sched-credit -d tried; xm destroy tried`,
      );
    // A cap of 65535 is Xen's word for one that stays as it is.
    for (const value of [least, name === 'cap' ? 65534 : 65535]) {
      const [weight, cap] = name === 'weight' ? [value, 0] : [256, value];
      expect(tried(value)).toMatch(new RegExp(`\\ntried +\\d+ +${String(weight)} +${String(cap)}$`, 'm'));
    }
    const bounds = `cpu_${name}: it is to be a number from ${String(least)} to 65535`;
    for (const value of [least - 1, 65536]) expect(tried(value)).toContain(bounds);
  });
});
