/** A world of two hosts goes back as one that is alone does: to instants, instructions, events; and another way from there. */
import { beforeAll, expect, test } from 'vitest';
import type { Lab } from '../lab.ts';
import { backInstruction, backTo, eventSearch, goToInstruction, goToTicks } from '../time/travel.ts';
import { Consoles, mote, moteWorld } from './testing.ts';
import type { World } from './world.ts';

const [A, B] = [0, 1];
let world: World;
let [a, b]: Lab[] = [];
const printed = ['', ''];

beforeAll(async () => {
  world = await moteWorld({ hosts: [mote('A'), mote('B')], lans: [{ name: 'lan', loss: 0.02 }], seed: 3 });
  const consoles = new Consoles(world);
  world.past.isKept = true;
  [a, b] = world.hosts.map(({ lab }) => lab);
  for (const host of [A, B]) consoles.until(host, /\/ \$ $/);
  for (const host of [A, B])
    world.onConsole(host, (bytes) => (printed[host] += new TextDecoder().decode(bytes)));
});

/** Goes on, with one host's lab as the face of all, until its console has printed something. */
function until(lab: Lab, text: RegExp): void {
  let stop;
  const ns = lab.ns + 10e9;
  while (stop === undefined) stop = lab.run({ text, ns }, 5_000_000);
  expect(stop.kind, printed.join('\n')).toBe('text');
}

test('any instant is what it was, whichever host is looked at, and nothing is told twice', async () => {
  b!.type(new TextEncoder().encode('httpd /bin &\r'));
  until(b!, /\/ \$ $/);
  const instants: { lab: Lab; ticks: number; hash: string }[] = [];
  a!.type(new TextEncoder().encode('wget -q -O /tmp/sh http://10.0.0.101/sh; cmp /tmp/sh /bin/sh\r'));
  for (const [lab, ticks] of [
    [a!, 1_234_567],
    [b!, 2_345_678],
    [a!, 30_000_000],
  ] as const) {
    lab.runTo(lab.place.ticks + ticks);
    instants.push({ lab, ticks: lab.place.ticks, hash: await world.hash() });
  }
  until(a!, /\/ \$ $/);
  a!.type(new TextEncoder().encode('ping -c 1 10.0.0.101\r'));
  until(a!, /1 received[^]*\$ $/);
  expect(world.past.moments.length).toBeGreaterThan(2);
  const all = [...printed];
  for (const index of [2, 0, 1, 2]) {
    const { lab, ticks, hash } = instants[index]!;
    expect(goToTicks(lab, ticks)).toBe(true);
    expect(await world.hash()).toBe(hash);
  }
  expect(goToTicks(a!, a!.endTicks)).toBe(true);
  expect(printed).toEqual(all);
});

test('instructions and events of one host take the other with them', async () => {
  const present = { ...a!.place, hash: await world.hash() };
  expect(
    backTo(
      a!,
      eventSearch(({ detail }) => detail.kind === 'hypercall'),
    ),
  ).toBe(true);
  expect(a!.instructions).toBeLessThan(present.instructions);
  const hypercall = a!.instructions;
  const before = b!.place;
  expect(backInstruction(a!)).toBe(true);
  expect(a!.instructions).toBe(hypercall - 1);
  expect(b!.place.ticks).toBeLessThanOrEqual(before.ticks);
  expect(a!.stepInstruction()?.kind).toBe('step');
  expect(a!.instructions).toBe(hypercall);
  expect(
    backTo(
      b!,
      eventSearch(({ detail }) => detail.kind === 'upcall'),
    ),
  ).toBe(true);
  expect(goToInstruction(a!, hypercall - 1000)).toBe(true);
  expect(a!.instructions).toBe(hypercall - 1000);
  expect(goToTicks(a!, present.ticks)).toBe(true);
  expect(await world.hash()).toBe(present.hash);
});

test('what is typed in the past begins another run', () => {
  const { ticks } = a!.place;
  const come = world.past.inputs.all.length;
  a!.type(new TextEncoder().encode('echo one\r'));
  until(a!, /one\r?\n[^]*\$ $/);
  b!.type(new TextEncoder().encode('echo two\r'));
  until(b!, /two\r?\n[^]*\$ $/);
  expect(goToTicks(a!, ticks)).toBe(true);
  b!.type(new TextEncoder().encode('echo other\r'));
  until(b!, /other\r?\n[^]*\$ $/);
  expect(printed[B]).toMatch(/two[^]*other/);
  expect(world.past.inputs.all).toHaveLength(come + 1);
});
