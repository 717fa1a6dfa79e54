/** A world in which things vary and are broken is the same again: from its seed and the logs of its inputs, however it is run. */
import { expect, test } from 'vitest';
import { Consoles, mote, moteWorld } from './testing.ts';
import type { WorldDescription } from './description.ts';

const [A, B] = [0, 1];
const TWO: WorldDescription = { hosts: [mote('A'), mote('B')], vary: { seed: 67 } };
const END_NS = 20e9;

test('in another order of turns, and cut elsewhere', async () => {
  const first = await moteWorld(TWO);
  const consoles = new Consoles(first);
  consoles.until(B, /10\.0\.0\.101 by[^]*\/ \$ $/);
  consoles.until(A, /\/ \$ $/);
  expect(consoles.run(A, 'ping -c 1 10.0.0.101')).toContain(' 0% packet loss');
  first.injectLan(0, { kind: 'drop frames', count: 1 });
  expect(consoles.run(A, 'ping -c 1 10.0.0.101')).toContain('100% packet loss');
  first.injectLan(0, { kind: 'delay frames', ns: 20_000_000 });
  expect(consoles.run(A, 'ping -c 1 10.0.0.101')).toMatch(/time=[4-6]\d/);
  // B idles: its clock has been left behind.
  first.inject(B, { kind: 'stop vcpu', domain: 0, vcpu: 0 });
  expect(consoles.run(A, 'ping -c 1 10.0.0.101')).toContain('100% packet loss');
  first.inject(B, { kind: 'start vcpu', domain: 0, vcpu: 0 });
  expect(() => {
    first.inject(B, { kind: 'stop vcpu', domain: 3, vcpu: 0 });
  }).toThrow('has no domain 3');
  expect(consoles.run(B, 'uname')).toContain('Mote');
  first.inject(B, { kind: 'crash domain', domain: 0, message: 'enough' });
  consoles.to(END_NS);
  expect(first.hosts[B]!.progress.isOff).toBe(true);
  const again = await moteWorld(TWO, {}, first.past.inputs.all, first.past.inputs.allOfLans);
  again.order = [B, A];
  const cut = new Consoles(again);
  cut.sliceNs = 32_345_678;
  cut.to(END_NS);
  expect(await again.hash()).toBe(await first.hash());
  const taken = [...again.hosts.map(({ lab }) => lab.hypervisor), ...again.exchange.lans];
  for (const { chance } of taken) expect(chance!.taken.length).toBeGreaterThan(0);
});
