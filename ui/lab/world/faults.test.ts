/** A world in which things vary and are broken is the same again: from its seed and the logs of its inputs, however it is run. */
import { expect, test } from 'vitest';
import { Consoles, mote, moteWorld } from './testing.ts';
import type { WorldDescription } from './description.ts';

const [A, B] = [0, 1];
const small = { hostMb: 64, memoryMb: 40 };
const TWO: WorldDescription = { hosts: [mote('A', small), mote('B', small)], vary: { seed: 67 } };

test('in another order of turns, and cut elsewhere', async () => {
  const world = await moteWorld(TWO);
  const consoles = new Consoles(world);
  consoles.until(B, /10\.0\.0\.101 by[^]*\/ \$ $/);
  consoles.until(A, /\/ \$ $/);
  const here = world.save();
  expect(consoles.run(A, 'ping -c 1 10.0.0.101')).toContain(' 0% packet loss');
  world.injectLan(0, { kind: 'drop frames', count: 1 });
  expect(consoles.run(A, 'ping -c 1 10.0.0.101')).toContain('100% packet loss');
  world.injectLan(0, { kind: 'delay frames', ns: 20_000_000 });
  expect(consoles.run(A, 'ping -c 1 10.0.0.101')).toMatch(/time=[4-6]\d/);
  // B idles: its clock has been left behind.
  world.inject(B, { kind: 'stop vcpu', domain: 0, vcpu: 0 });
  expect(consoles.run(A, 'ping -c 1 10.0.0.101')).toContain('100% packet loss');
  world.inject(B, { kind: 'start vcpu', domain: 0, vcpu: 0 });
  expect(() => {
    world.inject(B, { kind: 'stop vcpu', domain: 3, vcpu: 0 });
  }).toThrow('has no domain 3');
  expect(consoles.run(B, 'uname')).toContain('Mote');
  world.inject(B, { kind: 'crash domain', domain: 0, message: 'enough' });
  const endNs = world.ns + 1e9;
  consoles.to(endNs);
  expect(world.hosts[B]!.progress.isOff).toBe(true);
  const hash = await world.hash();
  const taken = (): number[] =>
    [...world.hosts.map(({ lab }) => lab.hypervisor), ...world.exchange.lans].map(
      ({ chance }) => chance!.taken.length,
    );
  const before = taken();
  expect(Math.min(...before)).toBeGreaterThan(0);
  // Again, with the inputs at their instants.
  const { all } = world.past.inputs;
  const ofLans = [...world.past.inputs.allOfLans];
  world.goTo(here);
  for (const input of all) world.past.inputs.add(input);
  for (const input of ofLans) world.past.inputs.addOfLans(input);
  world.order = [B, A];
  consoles.sliceNs = 23_456_789;
  consoles.to(endNs);
  expect([await world.hash(), taken()]).toEqual([hash, before]);
});
