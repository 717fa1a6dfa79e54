/** What is told of the backends: the bridge, what disks and cards have moved, as brctl, /proc/xen and xm top show it. */
import { beforeAll, expect, test } from 'vitest';
import { moteConfig } from './testing-counts.ts';
import { Host } from './testing.ts';

const MIB = 1 << 20;

let host: Host;
beforeAll(async () => {
  const files = {
    'etc/xen/one': moteConfig(
      'one',
      "disk = [ 'file:/images/data,xvda,w', 'file:/images/more,xvdb,r' ]",
      "vif = [ 'mac=00:16:3e:00:00:11' ]",
    ),
    'images/data': new Uint8Array(MIB),
    'images/more': new Uint8Array(MIB),
  };
  host = await Host.boot(files);
  host.run('xm create one');
  host.inside('one', 'ifconfig eth0 10.0.0.11 netmask 255.255.255.0');
  host.run('ifconfig xenbr0 10.0.0.10 netmask 255.255.255.0');
});

function backends(): string[] {
  return host.run('cat /proc/xen/backends').split('\n');
}

test('brctl show tells of the bridge as bridge-utils does', () => {
  expect(host.run('brctl show')).toBe(
    'bridge name\tbridge id\t\tSTP enabled\tinterfaces\n' +
      'xenbr0\t\t8000.525400000010\tno\t\tpeth0\n' +
      '\t\t\t\t\t\t\tvif1.0',
  );
  expect(host.run('brctl setloss xenbr0 1001')).toBe(
    'brctl: usage: brctl show | addbr|delbr BRIDGE | addif|delif BRIDGE INTERFACE... | setfd BRIDGE SECONDS | stp BRIDGE on|off | setloss BRIDGE PERMILLE [SEED]',
  );
  expect(host.run('brctl setloss lo 1')).toBe('brctl: lo: Invalid argument');
});

test('disks count requests and sectors', () => {
  // Each disk's first sector was read for partitions.
  expect(backends()).toContain('vbd 1 51712 oo_req 0 rd_req 1 wr_req 0 f_req 0 rd_sect 1 wr_sect 0');
  host.inside('one', 'dd if=/bin/sh of=/dev/xvda bs=4096 count=20; dd if=/dev/xvdb bs=512 count=1');
  expect(backends()).toContain('vbd 1 51712 oo_req 0 rd_req 1 wr_req 20 f_req 0 rd_sect 1 wr_sect 160');
  expect(backends()).toContain('vbd 1 51728 oo_req 0 rd_req 2 wr_req 0 f_req 0 rd_sect 2 wr_sect 0');
});

test('cards count packets and bytes, as the domain sees them', () => {
  const counts = (): number[] =>
    (
      /^vif 1 0 tx_packets (\d+) tx_bytes (\d+) rx_packets (\d+) rx_bytes (\d+) dropped 0$/m.exec(
        backends().join('\n'),
      ) ?? []
    )
      .slice(1)
      .map(Number);
  host.run('ping -c 1 10.0.0.11');
  const before = counts();
  host.run('ping -c 3 10.0.0.11');
  const grown = counts().map((count, index) => count - before[index]!);
  expect(grown).toEqual([3, 3 * 98, 3, 3 * 98]);
});

test('what a domain has no buffer for waits for one: so much of it, and so long', () => {
  const counts = (): { taken: number; dropped: number } => {
    const [, taken, dropped] = /^vif 1 0 .*rx_packets (\d+) .*dropped (\d+)$/m
      .exec(backends().join('\n'))!
      .map(Number);
    return { taken: taken!, dropped: dropped! };
  };
  /** Sends it so many packets of 98 bytes while it is paused, for seconds; it has 64 buffers. */
  const grown = (packets: number, seconds: number): { taken: number; dropped: number } => {
    host.run('ping -c 1 10.0.0.11');
    const before = counts();
    host.run(
      `xm pause one; ping -c ${String(packets)} -i 0 -W 0 10.0.0.11; sleep ${String(seconds)}; xm unpause one; sleep 1`,
    );
    const after = counts();
    return { taken: after.taken - before.taken, dropped: after.dropped - before.dropped };
  };
  expect(grown(90, 0)).toEqual({ taken: 90, dropped: 0 });
  expect(grown(90, 11)).toEqual({ taken: 64, dropped: 26 });
  const room = Math.floor(131_072 / 98);
  expect(grown(1500, 0)).toEqual({ taken: 64 + room, dropped: 1500 - 64 - room });
});

test('xm top shows them', () => {
  const [headings, , row] = host
    .run('xm top -b -i 1')
    .split('\n')
    .map((line) => line.trim().split(/ +/));
  const column = (name: string): string => row![headings!.indexOf(name)]!;
  expect(['VBDS', 'VBD_OO', 'VBD_RD', 'VBD_WR', 'VBD_RSECT', 'VBD_WSECT'].map(column)).toEqual([
    '2',
    '0',
    '3',
    '20',
    '3',
    '160',
  ]);
  const sent = Number(/tx_bytes (\d+)/.exec(backends().join('\n'))![1]);
  expect(column('NETTX(k)')).toBe(String(Math.floor(sent / 1024)));
});

test('keys of xm top show the cards and the disks below each domain', () => {
  host.type('xm top -d 1\r');
  host.until(/Sort order +Quit/);
  host.type('n');
  host.until(/\nNet\d+ RX: +\d+bytes +\d+pkts +\d+drop {2}TX: +\d+bytes +\d+pkts\n/);
  host.type('nb');
  host.until(/\nVBD BlkBack +\d+ {2}OO: +\d+ {3}RD: +1 {3}WR: +20 {2}RSECT: +1 {2}WSECT: +160\n/);
  host.type('q');
  host.until(/\/ \$ $/);
});

test('the bridge loses the frames that it is told to, and counts them', () => {
  host.run('brctl setloss xenbr0 300 7');
  const told = host.run('ping -c 10 10.0.0.11');
  const received = Number(/(\d+) received/.exec(told)![1]);
  expect(received).toBeGreaterThan(0);
  expect(received).toBeLessThan(10);
  expect(host.run('cat /proc/net/bridge')).toMatch(
    new RegExp(`^xenbr0 loss 300 lost ${String(10 - received)}\n`),
  );
  host.run('brctl setloss xenbr0 0');
  expect(host.run('ping -c 5 10.0.0.11')).toContain(' 0% packet loss');
});
