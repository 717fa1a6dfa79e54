/** A domain with a disk of a shared store and a card goes to another host while a third one fetches from it. */
import { beforeAll, expect, test } from 'vitest';
import { Consoles, mote, moteWorld, PROMPT } from './testing.ts';
import type { World } from './world.ts';

const [A, B, C] = [0, 1, 2];
const MEGABYTE = 1 << 20;

let world: World;
let consoles: Consoles;
const run = (host: number, command: string): string => consoles.run(host, command);

const inside = (host: number, ...commands: string[]): string[] => consoles.inside(host, 'shop', ...commands);
const names = (host: number): string[] => consoles.guests(host).map((line) => line.split(' ')[0]!);

beforeAll(async () => {
  const hosts = [
    mote('A', { hostMb: 80, memoryMb: 44, stores: ['san'] }),
    mote('B', { hostMb: 80, memoryMb: 44, disks: [{ image: 'own' }], stores: ['san'] }),
    mote('C', { hostMb: 64, memoryMb: 44, stores: ['san'] }),
  ];
  const stores = [{ name: 'san', image: 'empty' }];
  const images = { empty: new Uint8Array(6 * MEGABYTE), own: new Uint8Array(2 * MEGABYTE) };
  world = await moteWorld({ hosts, stores }, images);
  consoles = new Consoles(world);
  for (const host of [A, B, C]) {
    consoles.until(host, PROMPT);
    consoles.letIn(host);
  }
  run(A, 'mke2fs /dev/vda');
  run(A, `cat /etc/xen/mote > shop; echo 'name = "shop"' >> shop; echo 'memory = 12' >> shop`);
  run(
    A,
    `echo "disk = [ 'phy:vda,xvda,w' ]" >> shop; echo "vif = [ 'mac=00:16:3e:00:00:77' ]" >> shop; xm create ./shop`,
  );
  inside(
    A,
    'mount /dev/xvda /mnt; for n in 1 2 3; do cat /bin/sh /bin/httpd /bin/sh; done > /mnt/file',
    'httpd /mnt > /dev/null &',
  );
});

test('a host that has another disk by that name is asked, and does not take it; nothing is sent', () => {
  const before = world.exchange.lans[0]!.counts.sent;
  expect(run(A, 'xm migrate --live shop 10.0.0.101')).toBe(
    'xm: shop: 10.0.0.101 does not take it: /dev/vda is another disk here (B:own, and not san)\n',
  );
  expect(world.exchange.lans[0]!.counts.sent - before).toBeLessThan(100);
  expect(names(A)).toEqual(['shop']);
});

test('while it goes, a fetch goes on, and has every byte; its disk and its address are the same there', () => {
  const [sum, address] = inside(A, 'sha256sum /mnt/file', 'ifconfig eth0').map(
    (text) => /[0-9a-f]{64}|10\.0\.0\.\d+/.exec(text)![0],
  );
  // It is slow: under way all the time.
  run(B, 'brctl setloss xenbr0 60');
  consoles.type(B, `wget -O /tmp/got http://${address!}/file; sha256sum /tmp/got; echo go""ne\r`);
  expect(run(A, 'xm migrate --live shop 10.0.0.102')).toContain('Sent ');
  expect(consoles.screens[B]).not.toContain('\ngone\n');
  consoles.until(B, /\ngone\r?\n/);
  expect(consoles.screens[B]).toContain(sum!);
  expect([names(A), names(C)]).toEqual([[], ['shop']]);
  expect(inside(C, 'echo more > /mnt/more; sha256sum /mnt/file; cat /mnt/more').join('')).toContain(
    `${sum!}  /mnt/file\nmore`,
  );
});

test('by post-copy, too: what its disk and its card reach for is waited for, and every byte comes', () => {
  const [sum, address] = inside(C, 'sha256sum /mnt/file', 'ifconfig eth0').map(
    (text) => /[0-9a-f]{64}|10\.0\.0\.\d+/.exec(text)![0],
  );
  consoles.type(B, `wget -O /tmp/again http://${address!}/file; sha256sum /tmp/again; echo do""ne\r`);
  expect(run(C, 'xm migrate --postcopy --resource=100 shop 10.0.0.100')).toContain('Then its pages followed');
  consoles.until(B, /\ndone\r?\n/);
  expect(consoles.screens[B]).toContain(sum!);
  expect([names(A), names(C)]).toEqual([['shop'], []]);
  expect(inside(A, 'sha256sum /mnt/file; cat /mnt/more').join('')).toContain(`${sum!}  /mnt/file\nmore`);
});
