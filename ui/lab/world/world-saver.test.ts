/** A world of two hosts, saved while frames are on their way, goes on to the same bits: in place, and in another one. */
import { beforeAll, expect, test } from 'vitest';
import { Random } from '../../../devices/random.ts';
import { differenceOf } from '../snapshot/compare.ts';
import type { WorldDescription } from './description.ts';
import { Consoles, mote, moteWorld } from './testing.ts';
import type { World } from './world.ts';

const MS = 1e6;
const TWO: WorldDescription = {
  hosts: [mote('A'), mote('B')],
  lans: [{ name: 'lan', loss: 0.02 }],
  seed: 3,
};

let world: World;
beforeAll(async () => {
  world = await moteWorld(TWO);
  const consoles = new Consoles(world);
  for (const host of [0, 1]) consoles.until(host, /\/ \$ $/);
  consoles.run(1, 'httpd /bin &');
  world.type(0, new TextEncoder().encode('wget -q -O /tmp/sh http://10.0.0.101/sh; sha256sum /tmp/sh\r'));
});

/** Lets all clocks come to a time. */
function to(each: World, ns: number): void {
  for (let stop = each.run({ ns }); stop?.kind !== 'time'; stop = each.run({ ns }));
}

test('at random instants', async () => {
  const random = new Random(9);
  const other = await moteWorld(TWO);
  let inFlight = 0;
  for (let n = 0; n < 8; n++) {
    to(world, world.ns + Math.ceil(random.share() * 2 * MS));
    const saved = world.save();
    inFlight += world.exchange.lans[0]!.nextNs() < Infinity ? 1 : 0;
    other.goTo(saved);
    expect(differenceOf(other.save(), saved)).toBe(null);
    const ns = world.ns + Math.ceil(random.share() * 3 * MS);
    to(world, ns);
    to(other, ns);
    expect(differenceOf(other.save(), world.save())).toBe(null);
  }
  expect(inFlight).toBeGreaterThan(0);
});

test('and back: the same way again', () => {
  const saved = world.save();
  const ns = world.ns + 5 * MS;
  to(world, ns);
  const later = world.save();
  world.goTo(saved);
  expect(differenceOf(world.save(), saved)).toBe(null);
  to(world, ns);
  expect(differenceOf(world.save(), later)).toBe(null);
});

test('what is of a world of other hosts is refused', async () => {
  const one = await moteWorld({ hosts: [mote('A')], lans: [{ name: 'lan' }] });
  expect(() => {
    one.goTo(world.save());
  }).toThrow('it is a world of 2 hosts, not of 1');
});
