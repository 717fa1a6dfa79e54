/** What the stage shows, checked against the state that it is read from and against what the guests say of themselves. */
import { beforeAll, describe, expect, test } from 'vitest';
import { moteConfig } from '../../../guests/tests/dom0/testing-counts.ts';
import { Host } from '../../../guests/tests/dom0/testing.ts';
import { PAGE_BYTES } from '../../../hypervisor/memory/pages.ts';
import { RUNSTATE_RUNNABLE } from '../../../hypervisor/state/vcpu.ts';
import { stateHash } from '../state-hash.ts';
import { StageLook } from './look.ts';
import { GRANTED, NO_OWNER } from './view.ts';
import type { Lens, StageDevice, StageHost } from './view.ts';

let host: Host;
let look: StageLook;

function see(lens: Lens, isRunning = false): StageHost {
  look.lens = lens;
  look.arrive();
  return structuredClone(look.view(isRunning)!.hosts[0]!);
}

function device(kind: StageDevice['kind']): StageDevice {
  return see('rings').devices!.find((each) => each.kind === kind && each.frontend === 1)!;
}

beforeAll(async () => {
  const devices = ["disk = [ 'file:/tmp/data,xvda,w' ]", "vif = [ 'mac=00:16:3e:00:00:11' ]"];
  host = await Host.boot({ 'etc/xen/web': moteConfig('web', ...devices) });
  host.run('dd if=/dev/zero of=/tmp/data bs=1k count=64 2> /dev/null');
  host.lab.witness.watch();
  look = new StageLook();
  look.begin([{ name: 'A', lab: host.lab }]);
  host.run('xm create web');
  host.wait(1);
});

test('a face that does not look is told nothing, and looking changes nothing', async () => {
  look.lens = null;
  expect(look.view(false)).toBe(null);
  const hash = await stateHash(host.lab.hypervisor);
  for (const lens of ['processors', 'events', 'memory', 'rings', 'store', 'network'] as const) see(lens);
  expect(await stateHash(host.lab.hypervisor)).toBe(hash);
});

test('domains, their vcpus and why they do not run', () => {
  const { domains, processors, frames } = see('processors');
  expect(domains.map(({ id, name }) => [id, name])).toEqual([
    [0, 'Domain-0'],
    [1, 'web'],
  ]);
  expect(domains[1]!.vcpus).toMatchObject([{ id: 0, state: 'blocked', processor: null }]);
  expect(domains[1]!.vcpus[0]!.why).toContain('waits for an event');
  expect(domains[1]!.scheduling).toEqual({ weight: 256, cap: 0 });
  expect(processors).toMatchObject([{ id: 0, waiting: [] }]);
  const owned = domains.reduce((sum, { pages }) => sum + pages, frames.free);
  expect(owned).toBeLessThanOrEqual(frames.all);
});

test('who could run and does not, waits in a queue', () => {
  host.type('xm console web\rspin &\r');
  host.wait(0.1);
  host.leaveConsole();
  host.type('xm list\r');
  const { vcpus } = host.lab.hypervisor.domains.get(1)!;
  for (let n = 0; vcpus[0]!.runstate !== RUNSTATE_RUNNABLE && n < 5000; n++)
    host.lab.run({ ns: host.lab.ns + 20_000 }, 20_000);
  const { processors, domains } = see('processors');
  expect(domains[1]!.vcpus[0]).toMatchObject({
    state: 'runnable',
    why: 'it could run, and waits for a processor',
  });
  expect(processors).toMatchObject([{ running: { domain: 0, vcpu: 0 }, waiting: [{ domain: 1, vcpu: 0 }] }]);
  host.until(/\$ $/);
  host.inside('web', 'kill %1');
});

test('both ends of an interdomain channel name each other', () => {
  const { domains } = see('events');
  const ends = domains.flatMap(({ id, ports }) =>
    ports.flatMap(({ port, binding }) => (binding.to === 'domain' ? [{ id, port, binding }] : [])),
  );
  expect(ends.length).toBeGreaterThan(4);
  for (const { id, port, binding } of ends)
    expect(ends).toContainEqual({
      id: binding.domain,
      port: binding.port,
      binding: { to: 'domain', domain: id, port },
    });
  expect(domains[0]!.ports.map(({ binding }) => binding)).toContainEqual({ to: 'virq', name: 'VIRQ_TIMER' });
});

test('every frame has its owner, and those that others use are marked', () => {
  const { memory, domains } = see('memory');
  const { owner, type, free } = memory!;
  const count = (id: number): number => owner.reduce((sum, each) => sum + (each === id ? 1 : 0), 0);
  expect(count(NO_OWNER)).toBe(free);
  for (const { id, pages } of domains) expect(count(id)).toBeGreaterThanOrEqual(pages);
  const ring = device('vbd').rings[0]!;
  expect(owner[ring.mfns[0]!]).toBe(1);
  expect(type[ring.mfns[0]!]! & GRANTED).toBe(GRANTED);
});

describe('the halves of devices', () => {
  test('a disk: its states, its ring, and the requests in it', () => {
    const before = device('vbd');
    expect(before).toMatchObject({
      id: 51712,
      backend: 0,
      frontendState: 'connected',
      backendState: 'connected',
      details: { dev: 'xvda', mode: 'w' },
    });
    const ring = before.rings[0]!;
    expect(ring).toMatchObject({ name: 'requests', size: 32 });
    expect(ring.slots).toHaveLength(32);
    host.inside('web', 'dd if=/dev/xvda of=/dev/null bs=512 skip=7 count=1 2> /dev/null');
    const after = device('vbd').rings[0]!;
    expect(after.reqProd).toBeGreaterThan(ring.reqProd);
    expect(after.rspProd).toBe(after.reqProd);
    expect(after.slots[(after.rspProd - 1) % 32]).toMatchObject({ holds: 'response', text: 'read: done' });
  });

  test('a request is seen in its slot until it is answered', () => {
    host.type('xm console web\rdd if=/dev/xvda of=/dev/null bs=512 skip=7 count=1\r');
    const { mfns, reqProd: before } = device('vbd').rings[0]!;
    const { words } = host.lab.hypervisor.machine;
    const asked = (): boolean => words[(mfns[0]! * PAGE_BYTES) / 4] !== before;
    for (let n = 0; !asked() && n < 10_000; n++) host.lab.run({ ns: host.lab.ns + 20_000 }, 20_000);
    const { slots, reqProd, ...ring } = device('vbd').rings[0]!;
    expect(reqProd).not.toBe(ring.rspProd);
    const slot = slots[ring.rspProd % 32]!;
    expect(slot.holds).toBe('request');
    expect(slot.text).toMatch(/^read \d+ bytes at sector \d+$/);
    expect(slot.refs.length).toBeGreaterThan(0);
    host.until(/512 bytes/);
    host.leaveConsole();
  });

  test('a card: two rings, its address, and its bridge', () => {
    const card = device('vif');
    expect(card.details).toMatchObject({ mac: '00:16:3e:00:00:11', bridge: 'xenbr0' });
    expect(card.rings.map(({ name, size }) => [name, size])).toEqual([
      ['transmit', 256],
      ['receive', 256],
    ]);
    expect(card.rings[1]!.slots.filter(({ holds }) => holds === 'request').length).toBeGreaterThan(0);
  });

  test('console and store are rings of bytes, all of which has been read', () => {
    for (const kind of ['console', 'store'] as const)
      for (const ring of device(kind).byteRings) {
        expect(ring.produced).toBeGreaterThan(0);
        expect(ring.consumed).toBe(ring.produced);
      }
  });
});

test('what has moved is told once: calls, ports, upcalls; while it runs the store is not asked every time', () => {
  see('processors');
  host.run('xm list');
  const { moves } = see('processors');
  expect(moves.last.length).toBeGreaterThan(3);
  expect(
    moves.counts.find(({ domain, kind }) => domain === 0 && kind === 'hypercall')!.count,
  ).toBeGreaterThan(5);
  // Another lens is no other instant.
  look.lens = 'events';
  expect(look.view(false)!.hosts[0]!.moves).toEqual(moves);
  expect(see('processors').moves).toEqual({ last: [], counts: [], raised: [], frames: [] });
  const { store } = see('store');
  host.run('xenstore-write /local/domain/0/data/x y');
  expect(see('store', true).store).toEqual(store);
  expect(JSON.stringify(see('store').store)).toContain('"name":"x","value":"y"');
});

test('frames that have gone by a card are told in words: the machine’s', () => {
  see('network');
  host.run('ping -c 1 10.0.0.1');
  const { frames } = see('network').moves;
  expect(frames.map(({ domain, way }) => [domain, way])).toContainEqual([-1, 'in']);
  expect(frames.find(({ domain }) => domain === -1)!.text).toMatch(/^ICMP echo answer from 10.0.0.1 to /);
});

test('the machine below: disks, the card, the share', () => {
  expect(see('processors').machine).toContainEqual({ kind: 'card', name: '52:54:00:00:00:10' });
});
