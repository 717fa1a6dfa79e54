/**
 * Things go wrong on a host: whoever is concerned is told, the rest goes on, and nothing is left behind. Beside each fault a
 * domain `good` has a disk and a card, which work after it as they did before.
 */
import { beforeAll, beforeEach, expect, test } from 'vitest';
import { buildKernel } from '../../toolchain/build.ts';
import { readSources } from '../../toolchain/node.ts';
import { hasTools, makeImage } from '../ext2.ts';
import { Host } from './testing.ts';
import { hostCounts, moteConfig } from './testing-counts.ts';
import type { HostCounts } from './testing-counts.ts';

const MIB = 1 << 20;
/** The guest's way to end by a fault of its own: a fatal trap with no handler. */
const CRASH = 'hypercall mmuext_op 0 0; hypercall set_trap_table 0; spin';
const DISK_MIB = 32;

let host: Host;
let before: HostCounts;

beforeAll(async () => {
  const { file } = await buildKernel(readSources(), 'tests/kernels/liar');
  const text = (lines: readonly string[]): Uint8Array => new TextEncoder().encode(lines.join('\n') + '\n');
  const liar = [
    'kernel = "/images/liar.elf"',
    'memory = 8',
    'name = "liar"',
    "disk = [ 'file:/images/data,xvda,w' ]",
    "vif = [ 'mac=00:16:3e:00:00:13' ]",
    'on_poweroff = "destroy"',
  ];
  const disks = "disk = [ 'phy:vda,xvda,w', 'phy:vdb,xvdb,w' ]";
  host = await Host.boot(
    {
      'etc/xen/good': moteConfig('good', "disk = [ 'phy:vdc,xvda,w' ]", "vif = [ '' ]"),
      'etc/xen/victim': moteConfig('victim', disks, "vif = [ '' ]", 'on_crash = "destroy"'),
      'etc/xen/liar': text(liar),
      'etc/xen/huge': text(['kernel = "/boot/mote.elf"', 'memory = 1000', 'name = "huge"', disks]),
      'images/liar.elf': file,
      'images/data': new Uint8Array(MIB),
      'images/big': new Uint8Array(4 * MIB),
    },
    {
      disks: [
        { name: 'one', bytes: new Uint8Array(DISK_MIB * MIB) },
        { name: 'two', bytes: hasTools() ? makeImage(512, '-b', '1024') : new Uint8Array(MIB / 2) },
        { name: 'good', bytes: new Uint8Array(MIB) },
      ],
    },
  );
  host.run('ifconfig xenbr0 10.0.0.1 netmask 255.255.255.0; httpd / &');
  host.run('xm create good');
  host.inside('good', 'ifconfig eth0 10.0.0.11 netmask 255.255.255.0; httpd / &');
  // Directories of the store that stay, once there was a domain.
  host.run('xm create victim; xm destroy victim');
});

beforeEach(() => {
  before = hostCounts(host);
});

/** That `good` still has its disk and its card, and that everything else is as it was before the test. */
function allIsWell(): void {
  expect(host.inside('good', 'echo it works > /dev/xvda; head -n 1 /dev/xvda')).toBe('it works');
  expect(host.run('wget -q -O - http://10.0.0.11/etc/motd')).toContain('Mote');
  const after = hostCounts(host);
  expect(after.faults).toEqual([]);
  expect(after).toEqual(before);
}

/** Starts `victim` at something, and lets it be for a moment. */
function startVictim(command: string): void {
  host.run('xm create victim');
  host.inside('victim', `ifconfig eth0 10.0.0.12 netmask 255.255.255.0; ${command} &`);
}

/** What a backend of victim's has counted. */
function count(kind: string, name: string): number {
  const id = host.run('xm domid victim').trim();
  const line = new RegExp(`^${kind} ${id} .*$`, 'm').exec(host.run('cat /proc/xen/backends'))![0];
  return Number(new RegExp(` ${name} (\\d+)`).exec(line)![1]);
}

test('a domain is destroyed while it writes to its disk', () => {
  startVictim('dd if=/bin/sh of=/dev/xvda bs=4096; dd if=/dev/xvda of=/dev/xvda bs=65536');
  expect(count('vbd', 'wr_sect')).toBeGreaterThan(0);
  expect(count('vbd', 'wr_sect')).toBeLessThan((DISK_MIB * MIB) / 512);
  expect(host.run('xm destroy victim')).toBe('');
  allIsWell();
});

test('a domain is destroyed while it receives, and while it sends', () => {
  startVictim('httpd / & wget -O /dev/xvda http://10.0.0.1/images/big');
  expect(count('vif', 'rx_bytes')).toBeGreaterThan(0);
  host.type('wget -q -O /tmp/got http://10.0.0.12/dev/xvda &\rxm destroy victim\r');
  host.until(/xm destroy victim\n\/ \$ $/);
  host.run('rm -f /tmp/got');
  allIsWell();
});

test('a domain crashes while it writes to its disk', () => {
  startVictim('dd if=/dev/xvda of=/dev/xvda bs=65536');
  host.type('xm console victim\r');
  host.until(/\n\/ \$ $/);
  host.type(`${CRASH}\r`);
  host.until(/\n\/ \$ $/);
  host.run('sleep 1');
  expect(host.run('tail -n 1 /var/log/xen/xend.log')).toMatch(
    /WARNING.* Domain has crashed: name=victim id=\d+\.$/,
  );
  allIsWell();
});

test('a frontend lies', () => {
  host.run('xm create liar');
  const told = host.run('sleep 10');
  const log = host.run('cat /var/log/xen/console/guest-liar.log');
  expect(log).toMatch(/\npassed: \d+$/);
  expect(log).not.toContain('FAIL');
  for (const message of [
    /backend\/vbd\/\d+\/51712: there are more requests than its ring has room for\n/,
    /backend\/vbd\/\d+\/51712: its ring cannot be mapped\n/,
    /backend\/vif\/\d+\/0: the rest of a packet is not there\n/,
  ])
    expect(told).toMatch(message);
  host.run('rm /var/log/xen/console/guest-liar.log');
  allIsWell();
});

test.skipIf(!hasTools())('a disk is full: the program that writes is told', () => {
  startVictim('true');
  const said = host.inside(
    'victim',
    'mount /dev/xvdb /mnt; dd if=/bin/sh of=/mnt/a bs=1024; cp /bin/sh /mnt/b; df',
  );
  expect(said).toContain('No space left on device');
  expect(host.inside('victim', 'rm /mnt/a /mnt/b; echo room > /mnt/c; cat /mnt/c; umount /mnt')).toBe('room');
  host.run('xm destroy victim');
  allIsWell();
});

test('there is not the memory for a domain', () => {
  expect(host.run('xm create huge')).toMatch(/^xm: huge: .*memory/);
  allIsWell();
});

test('domain 0 has no memory left, and its backends go on', () => {
  expect(host.run('dd if=/dev/zero of=/tmp/full bs=65536')).toContain('No space left on device');
  expect(host.inside('good', 'echo it works > /dev/xvda; head -n 1 /dev/xvda')).toBe('it works');
  expect(host.run('xm create victim')).toMatch(/memory/);
  host.run('rm /tmp/full');
  allIsWell();
});

test('the daemon of consoles is killed, and started anew', () => {
  const pid = /^ *(\d+).* xenconsoled$/m.exec(host.run('ps'))![1]!;
  host.run(`kill ${pid}`);
  expect(host.run('xm list')).toContain('good');
  host.run('xenconsoled');
  allIsWell();
});
