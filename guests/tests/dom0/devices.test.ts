/** Disks and network cards of domains: Mote's frontends and backends, each in its own domain, by way of Xen. */
import { createHash } from 'node:crypto';
import { beforeAll, describe, expect, test } from 'vitest';
import { checkFrameTable } from '../../../hypervisor/state/check.ts';
import { moteConfig } from './testing-counts.ts';
import { Host } from './testing.ts';

const MIB = 1 << 20;

/** What `seq 1 COUNT` prints. */
function numbers(count: number): string {
  return Array.from({ length: count }, (_, n) => `${String(n + 1)}\n`).join('');
}

describe('a host with two domains', () => {
  let host: Host;
  beforeAll(async () => {
    host = await Host.boot({
      'etc/xen/one': moteConfig(
        'one',
        "disk = [ 'file:/images/data,xvda,w', 'tap:aio:/images/read,xvdb,r' ]",
        "vif = [ 'mac=00:16:3e:00:00:11' ]",
      ),
      'etc/xen/two': moteConfig('two', "vif = [ 'mac=00:16:3e:00:00:12, bridge=xenbr0' ]"),
      'etc/xen/plain': moteConfig('bad'),
      'images/data': new Uint8Array(MIB),
      'images/read': new TextEncoder().encode('what was there\n'.padEnd(512)),
    });
    host.run('ifconfig xenbr0 10.0.0.2 netmask 255.255.255.0');
    expect(host.run('xm create one; xm create two')).toMatch(
      /^Using.*\nStarted domain one.*\nUsing.*\nStarted domain two.*$/,
    );
  });

  test('what a domain writes to its disk is in the file, sector by sector', () => {
    const written = host.inside(
      'one',
      'seq 1 20000 > /tmp/n; dd if=/tmp/n of=/dev/xvda bs=3072; sha256sum /dev/xvda',
    );
    const digest = createHash('sha256').update(numbers(20000).padEnd(MIB, '\0')).digest('hex');
    expect(written).toContain(`${digest}  /dev/xvda`);
    expect(host.run('sha256sum /images/data')).toBe(`${digest}  /images/data`);
  });

  test('a read-only disk is read, and not written', () => {
    expect(host.inside('one', 'head -n 1 /dev/xvdb')).toBe('what was there');
    expect(host.inside('one', 'echo x > /dev/xvdb')).toMatch(/Read-only file system/);
    expect(host.run('head -n 1 /images/read')).toBe('what was there');
  });

  test('domains and domain 0 reach each other, by the bridge', () => {
    for (const [name, address] of [
      ['one', '10.0.0.11'],
      ['two', '10.0.0.12'],
    ])
      host.inside(name!, `ifconfig eth0 ${address!} netmask 255.255.255.0`);
    expect(host.run('ping -c 2 10.0.0.11; ping -c 2 10.0.0.12').match(/ 0% packet loss/g)).toHaveLength(2);
    host.inside('two', 'httpd &');
    expect(host.inside('one', 'wget -O - http://10.0.0.12/etc/motd')).toContain('Mote');
  });

  test('a card has the address that its configuration gave it, and an interface tells what it was set to', () => {
    expect(host.inside('one', 'ifconfig eth0')).toMatch(
      /^eth0: flags=\d+<UP,BROADCAST,RUNNING.*> {2}mtu 1500\n +inet 10\.0\.0\.11 {2}netmask 255\.255\.255\.0\n +ether 00:16:3e:00:00:11\n/,
    );
    expect(host.inside('two', 'ifconfig eth0 down; ifconfig eth0')).toMatch(
      /<BROADCAST.*\n +inet 10\.0\.0\.12 .*\n +ether 00:16:3e:00:00:12\n/,
    );
    const bridge = /ether ([0-9a-f:]+)/.exec(host.run('ifconfig xenbr0'))?.[1]?.replaceAll(':', '');
    expect(host.run('brctl show')).toMatch(
      new RegExp(`^bridge name.*\nxenbr0\t\t8000\\.${bridge!}\tno\t\tpeth0\n\t+vif1\\.0\n\t+vif2\\.0$`),
    );
  });

  test.each([
    [
      "disk = [ 'file:/images/data,xvda' ]",
      "/etc/xen/bad:5: disk: a disk is 'TYPE:PATH,DEVICE,MODE', as in 'file:/disk.img,xvda,w'",
    ],
    [
      "disk = [ 'nfs:/x,xvda,w' ]",
      '/etc/xen/bad:5: disk: nfs:/x: it begins with none of phy:, file:, tap:aio:, tap:qcow:, nbd:, and there is no script /etc/xen/scripts/block-nfs',
    ],
    [
      "disk = [ 'file:/x,cd0,w' ]",
      '/etc/xen/bad:5: disk: cd0: there is no such device; xvda to xvdp, sda, hda, sda1, 0x301 are',
    ],
    [
      "disk = [ 'file:/x,xvda,rw' ]",
      '/etc/xen/bad:5: disk: rw: the mode is r, w, or w! (whoever else uses it)',
    ],
    [
      "disk = [ 'file:/x,xvda,r', 'file:/y,xvda,r' ]",
      '/etc/xen/bad:5: disk: file:/y,xvda,r: there are two of this name',
    ],
    ["disk = [ 'file:/images/none,xvda,w' ]", 'bad: xvda: /images/none: No such file or directory'],
    ["disk = [ 'phy:vda9,xvda,w' ]", 'bad: xvda: /dev/vda9: No such file or directory'],
    [
      "vif = [ 'mac=01:00:00:00:00:00' ]",
      '/etc/xen/bad:5: vif: 01:00:00:00:00:00: an address is six pairs of digits, as in 00:16:3e:00:00:10',
    ],
    ["vif = [ 'bridge=br9' ]", 'bad: vif 0: br9: there is no such bridge'],
    [
      "vif = [ 'colour=red' ]",
      '/etc/xen/bad:5: vif: colour=red: there is mac=, bridge=, ip=, script=, vifname=, rate=, backend=',
    ],
  ])('a device that will not do: %s', (line, told) => {
    const free = host.free();
    host.run('cp /etc/xen/plain /etc/xen/bad');
    host.run(`echo "${line}" >> /etc/xen/bad`);
    expect(host.run('xm create bad')).toBe(`xm: ${told}`);
    expect(host.list()).toHaveLength(3);
    expect(host.free()).toBe(free);
  });

  test('nothing is left of a domain with devices', () => {
    expect(host.run('xenstore-ls /vm')).toMatch(/"one"[^]*"two"/);
    host.run('xm destroy one; xm destroy two');
    expect(host.list()).toHaveLength(1);
    host.run('sleep 1');
    expect(host.run('xenstore-ls /vm')).not.toMatch(/"(one|two)"/);
    expect(host.run('xenstore-ls /local/domain/0/backend/vbd; xenstore-ls /local/domain/0/backend/vif')).toBe(
      '',
    );
    expect(checkFrameTable(host.lab.hypervisor.frames, host.lab.hypervisor.domains)).toEqual([]);
  });
});
