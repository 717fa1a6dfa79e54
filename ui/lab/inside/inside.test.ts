/** What kernels' own data say, against what the guests themselves say: Mote's processes and bridges, Debian's processes. */
import { beforeAll, describe, expect, it, test } from 'vitest';
import { Host } from '../../../guests/tests/dom0/testing.ts';
import type { Domain } from '../../../hypervisor/state/domain.ts';
import { Guest, images } from '../debian-testing.ts';
import { Btf } from './btf.ts';
import { Insides } from './inside.ts';
import type { InsideView } from './view.ts';

/** Lines of `ps`: pid, parent, name; but for ps itself. */
function told(lines: string): readonly (readonly [pid: number, parent: number, name: string])[] {
  return [...lines.matchAll(/^ *(\d+) +(\d+) .* (\S+)\r?$/gm)]
    .map(([, pid, parent, name]) => [Number(pid), Number(parent), name!] as const)
    .filter(([, , name]) => name !== 'ps');
}

function seen({ processes }: InsideView): readonly (readonly [pid: number, parent: number, name: string])[] {
  return processes.map(({ pid, parent, name }) => [pid, parent, name]);
}

describe('of Mote as domain 0 with a guest', () => {
  let host: Host;
  let insides: Insides;
  const domain = (id: number): Domain => host.lab.hypervisor.domains.get(id)!;
  const see = (id: number): InsideView => insides.of(domain(id), true)!;

  beforeAll(async () => {
    const lines = [
      'kernel = "/boot/mote.elf"',
      'ramdisk = "/boot/mote.cpio"',
      'memory = 32',
      'name = "web"',
      "vif = [ 'mac=00:16:3e:00:00:11' ]",
    ];
    host = await Host.boot({ 'etc/xen/web': new TextEncoder().encode(`${lines.join('\n')}\n`) });
    insides = new Insides(host.lab.hypervisor);
  });

  test('processes are those that ps tells of, with their parents; whose turn it is is seen', () => {
    expect(seen(see(0))).toEqual(told(host.run('ps')));
    expect(see(0).processes.map(({ name }) => name)).toEqual(
      expect.arrayContaining(['init', 'xenstored', 'xenconsoled', 'xend', 'sh']),
    );
    host.type('spin\r');
    host.wait(1);
    const loaded = see(0).processes.filter(({ isLoaded }) => isLoaded);
    expect(loaded.map(({ name }) => name)).toEqual(['spin']);
    host.type('\x03');
    host.wait(1);
  });

  test('a stopped process and one that nobody has asked for the end of', () => {
    host.run('sleep 1000 &');
    host.run('kill -STOP $!');
    expect(see(0).processes.find(({ name }) => name === 'sleep')?.state).toBe('stopped');
    host.run('kill -KILL $!; kill -CONT $!');
    expect(see(0).processes.some(({ name, state }) => name === 'sleep' && state !== 'ended')).toBe(false);
  });

  test('a bridge has its ports, learns behind which an address is, and forgets it when that is old', () => {
    host.run('xm create web');
    host.wait(3);
    const [bridge] = see(0).bridges;
    expect(bridge).toMatchObject({ name: 'xenbr0', ports: ['peth0', 'vif1.0'] });
    const guest = bridge!.learned.find(({ address }) => address === '00:16:3e:00:00:11')!;
    expect(guest.port).toBe('vif1.0');
    expect(guest.seconds).toBeLessThan(3);
    expect(see(1).processes.some(({ name }) => name === 'init')).toBe(true);
    expect(see(1).bridges).toEqual([]);
    host.wait(301);
    expect(see(0).bridges[0]!.learned.some(({ address }) => address === guest.address)).toBe(false);
  });
});

describe.skipIf(images === undefined)("of Debian's cloud kernel, by its own types", () => {
  it('processes are those that ps tells of', async () => {
    const guest = await Guest.booted(images!.cloud, 1);
    const insides = new Insides(guest.lab.hypervisor);
    // What takes long is left for when nobody waits.
    expect(insides.of(guest.lab.domain, true)).toBe(null);
    const { processes } = insides.of(guest.lab.domain, false)!;
    const lines = guest.shell('ps -o pid,ppid,stat,comm');
    // Threads of the kernel have no programs.
    const ofUsers = told(lines).filter(([pid, parent]) => pid !== 2 && parent !== 2);
    expect(processes.map(({ pid, parent, name }) => [pid, parent, name])).toEqual(ofUsers);
    expect(processes.length).toBeGreaterThan(0);
    expect(insides.of(guest.lab.domain, true)!.processes).toEqual(
      expect.arrayContaining([expect.objectContaining({ pid: 1 })]),
    );
  });
});

test('what is no type information is none', () => {
  const image = new Uint8Array(4096);
  expect(Btf.in(image)).toBe(null);
  image.set([0x9f, 0xeb, 1, 0, 24, 0, 0, 0, 0, 0, 0, 0, 12, 0, 0, 0, 12, 0, 0, 0, 4, 0, 0, 0], 64);
  // A type of no kind.
  expect(Btf.in(image)).toBe(null);
  // Lengths that reach beyond the image.
  image[64 + 13] = 0xff;
  expect(Btf.in(image)).toBe(null);
});
