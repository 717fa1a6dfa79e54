/**
 * Things go wrong on a host: whoever is concerned is told, the rest goes on, and nothing is left behind. Beside each fault a
 * domain `good` has a disk and a card, which work after it as they did before.
 */
import { beforeAll, beforeEach, expect, test } from 'vitest';
import { kernelImage } from '../../toolchain/mote-node.ts';
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
  const text = (lines: readonly string[]): Uint8Array => new TextEncoder().encode(lines.join('\n') + '\n');
  const liar = [
    'kernel = "/images/liar.elf"',
    'memory = 8',
    'name = "liar"',
    "disk = [ 'file:/images/data,xvda,w', 'file:/images/read,xvdb,r' ]",
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
      'images/liar.elf': await kernelImage('tests/kernels/liar'),
      'images/data': new Uint8Array(MIB),
      'images/read': new TextEncoder().encode('what was there\n'.padEnd(4096)),
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
  host.run('ifconfig xenbr0 10.0.0.10 netmask 255.255.255.0; httpd / &');
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

/** Starts `victim`, which does something again and again from then on. */
function startVictim(command: string): void {
  host.run('xm create victim');
  host.inside('victim', 'ifconfig eth0 10.0.0.12 netmask 255.255.255.0');
  host.inside('victim', `while true; do ${command}; done &`);
}

const WRITES = 'dd if=/dev/xvda of=/dev/xvda bs=65536';

/** What the backends of victim's devices of a kind count in a moment of its work. */
function counted(kind: string, name: string): number {
  const id = host.run('xm domid victim').trim();
  const count = (): number => {
    const lines = host.run('cat /proc/xen/backends').split('\n');
    const its = lines.filter((line) => line.startsWith(`${kind} ${id} `));
    return its.reduce((sum, line) => sum + Number(new RegExp(` ${name} (\\d+)`).exec(line)![1]), 0);
  };
  const started = count();
  host.wait(0.02);
  return count() - started;
}

test('a domain is destroyed while it writes to its disk', () => {
  startVictim(WRITES);
  expect(counted('vbd', 'wr_sect')).toBeGreaterThan(100);
  expect(host.run('xm destroy victim')).toBe('');
  allIsWell();
});

test.each([
  ['receives', 'wget -q -O /dev/null http://10.0.0.10/images/big', 'rx_bytes'],
  ['sends', 'ping -c 1 -s 1400 10.0.0.10', 'tx_bytes'],
])('a domain is destroyed while it %s', (_, command, name) => {
  startVictim(command);
  expect(counted('vif', name)).toBeGreaterThan(1000);
  expect(host.run('xm destroy victim')).toBe('');
  allIsWell();
});

test('a domain crashes while it writes to its disk', () => {
  startVictim(WRITES);
  expect(counted('vbd', 'wr_sect')).toBeGreaterThan(100);
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
  expect(host.run('head -n 1 /images/read')).toBe('what was there');
  host.run('rm /var/log/xen/console/guest-liar.log');
  allIsWell();
});

test.skipIf(!hasTools())('a disk is full: the program that writes is told', () => {
  host.run('xm create victim');
  const said = host.inside('victim', 'mount /dev/xvdb /mnt; dd if=/dev/zero of=/mnt/a bs=1024');
  expect(said).toContain('No space left on device');
  expect(host.inside('victim', 'rm /mnt/a; echo room > /mnt/c; cat /mnt/c; umount /mnt')).toBe('room');
  host.run('xm destroy victim');
  allIsWell();
});

test('there is not the memory for a domain', () => {
  expect(host.run('xm create huge')).toMatch(/^xm: huge: .*memory/);
  allIsWell();
});

test('domain 0 has no memory left, and its backends go on', () => {
  startVictim('dd if=/dev/xvdb of=/dev/xvdb bs=65536');
  expect(host.run('dd if=/dev/zero of=/tmp/full bs=65536')).toContain('No space left on device');
  expect(host.run('xm list')).toMatch(/Cannot allocate memory/);
  // What the shell can do by itself; the latest device's line is the first.
  const written = (): number =>
    Number(/ wr_sect (\d+)/.exec(host.run('read LINE < /proc/xen/backends; echo $LINE'))![1]);
  const started = written();
  host.wait(0.02);
  expect(written() - started).toBeGreaterThan(100);
  host.run('echo > /tmp/full');
  host.run('rm /tmp/full; xm destroy victim');
  allIsWell();
});

test('the daemon of consoles is killed, and started anew', () => {
  const pid = /^ *(\d+).* xenconsoled$/m.exec(host.run('ps'))![1]!;
  host.run(`kill ${pid}`);
  expect(host.run('xm list')).toContain('good');
  host.run('xenconsoled');
  allIsWell();
});
