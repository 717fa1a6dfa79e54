import { describe, expect, test } from 'vitest';
import { cardsOf, checkDescription } from './description.ts';
import type { HostDescription, WorldDescription } from './description.ts';

const mote = (name: string): HostDescription => ({ name, kernel: 'mote' });

test('a description that is complete stays as it is, as JSON does', () => {
  const description: WorldDescription = {
    hosts: [
      {
        ...{ name: 'A', kernel: 'mote', ramdisk: 'dom0', commandLine: 'x', hostMb: 256, memoryMb: 64 },
        ...{ cpus: 2, vcpus: 2, scheduler: 'bvt', xen: 'console=com1', lans: ['two', 'one'] },
        disks: [{ image: 'disk', readOnly: true }, { image: 'other' }],
        stores: ['san'],
        files: { 'xen/web': 'web' },
      },
      mote('B'),
    ],
    lans: [
      { name: 'one', latencyNs: 50_000, megabitsPerSecond: 100, loss: 0.5, gateway: null },
      { name: 'two', gateway: '192.168.7.0/24' },
    ],
    stores: [{ name: 'san', image: 'disk', latencyNs: 200_000 }],
    seed: 9,
  };
  expect(checkDescription(JSON.parse(JSON.stringify(description)))).toEqual(description);
  expect(description.hosts.map((host) => cardsOf(description, host))).toEqual([
    [1, 0],
    [0, 1],
  ]);
});

describe('a description that cannot be', () => {
  const host = mote('A');
  test.each<[unknown, string]>([
    [{ hosts: [] }, 'hosts: a world has a host'],
    [{ hosts: [{ ...host, memoryMB: 3 }] }, 'hosts[0]: there is no field memoryMB; its fields are name, '],
    [
      { hosts: [host, { ...mote('B'), memoryMb: 0 }] },
      'hosts[1].memoryMb: it must be a whole number from 1 to 3072, not 0',
    ],
    [{ hosts: [host, host] }, 'hosts: two are called A'],
    [
      { hosts: Array.from({ length: 9 }, (_, n) => mote(String(n))) },
      'hosts: it must be a list of 8 at most',
    ],
    [{ hosts: [{ ...host, name: 'a b' }] }, 'hosts[0].name: a b is no name'],
    [{ hosts: [{ ...host, lans: ['wan'] }] }, 'hosts[0].lans[0]: there is no LAN wan; there is lan'],
    [
      { hosts: [host], lans: [{ name: 'x', loss: 2 }] },
      'lans[0].loss: it must be a number from 0 to 1, not 2',
    ],
    [
      { hosts: [host], lans: [{ name: 'x', latencyNs: 10 }] },
      'lans[0].latencyNs: it must be a whole number from 1000 to 1000000000, not 10',
    ],
    [
      { hosts: [host], lans: [{ name: 'x', gateway: '10.0.0.1' }] },
      'lans[0].gateway: 10.0.0.1 is no network',
    ],
    [{ hosts: [host], seed: -1 }, 'seed: it must be a whole number'],
    [{ hosts: [host], vary: { seed: 1.5 } }, 'vary.seed: it must be a whole number'],
    [{ hosts: [host], vary: { seed: 1, only: 'all' } }, 'vary.only: it must be a list'],
    [{ hosts: [host], vary: { seed: 1, afterNs: -1 } }, 'vary.afterNs: it must be a whole number'],
    [{ hosts: [{ ...host, kernel: 7 }] }, 'hosts[0].kernel: it must be a text'],
    [
      { hosts: [{ ...host, disks: [{ image: 'x', readOnly: 1 }] }] },
      'hosts[0].disks[0].readOnly: it must be true',
    ],
    [{ hosts: [{ ...host, stores: ['san'] }] }, 'hosts[0].stores[0]: there is no store san; there is none'],
    [{ hosts: [host], stores: [{ name: 'san' }] }, 'stores[0].image: it must be a text'],
    [7, 'it must be an object'],
  ])('%j', (description, message) => {
    expect(() => checkDescription(description)).toThrow(message);
  });
});
