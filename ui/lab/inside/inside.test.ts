/** What kernels' own data say, against what the guests themselves say: Mote's processes and bridges, Debian's processes. */
import fc from 'fast-check';
import { beforeAll, describe, expect, it, test } from 'vitest';
import { moteConfig } from '../../../guests/tests/dom0/testing-counts.ts';
import { Host } from '../../../guests/tests/dom0/testing.ts';
import { PAGE_BYTES } from '../../../hypervisor/memory/pages.ts';
import { rawMemory } from '../../../hypervisor/memory/raw-memory.ts';
import type { Domain } from '../../../hypervisor/state/domain.ts';
import { Guest, images } from '../debian-testing.ts';
import { Btf } from './btf.ts';
import { Insides } from './inside.ts';
import { KernelMemory } from './memory.ts';
import { findMote } from './mote.ts';
import type { InsideView } from './view.ts';

/** Of Mote's table: its title, and the words behind it. */
const TITLE_BYTES = 16;
const FIELDS = 21;

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
    host = await Host.boot({ 'etc/xen/web': moteConfig('web', "vif = [ 'mac=00:16:3e:00:00:11' ]") });
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

test('a guest that has put nonsense there is told nothing of, and harms nobody', async () => {
  const host = await Host.boot();
  const { frames, domains } = host.lab.hypervisor;
  const domain = domains.get(0)!;
  const memory = KernelMemory.of(host.lab.hypervisor, domain)!;
  const table = findMote(memory)!;
  const insides = new Insides(host.lab.hypervisor);
  expect(insides.of(domain, true)!.processes.length).toBeGreaterThan(0);
  const { words } = rawMemory(frames);
  const first = (memory.frame(table) * PAGE_BYTES + (table & (PAGE_BYTES - 1)) + TITLE_BYTES) / 4;
  const good = Array.from({ length: FIELDS }, (_, n) => words[first + n]!);
  fc.assert(
    fc.property(
      fc.nat(FIELDS - 1),
      fc.oneof(fc.nat(4096), fc.nat(2 ** 31 - 1), fc.constant(-1)),
      (n, value) => {
        words[first + n] = value;
        expect(() => insides.of(domain, true)).not.toThrow();
        words[first + n] = good[n]!;
      },
    ),
    { seed: 5, numRuns: 300 },
  );
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

test('a structure that has itself in it has no other members', () => {
  const image = new Uint8Array(128);
  const words = new DataView(image.buffer);
  image.set([0x9f, 0xeb, 1, 0, 24, 0, 0, 0]);
  // Types: one of 24 bytes; strings behind it: '', 's'.
  for (const [n, value] of [0, 24, 24, 4].entries()) words.setUint32(8 + 4 * n, value, true);
  // A structure named 's' of one member without a name, of its own type.
  for (const [n, value] of [1, (4 << 24) | 1, 8, 0, 1, 0].entries()) words.setUint32(24 + 4 * n, value, true);
  image.set(new TextEncoder().encode('\0s\0'), 48);
  const btf = Btf.in(image)!;
  expect(btf).not.toBe(null);
  expect(btf.offsets('s', ['x'])).toBe(null);
});
