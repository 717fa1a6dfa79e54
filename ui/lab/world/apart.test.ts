/** Hosts of a world that a face drives, in threads of their own while it runs freely. */
import { setImmediate as nextTurn } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { loadCore } from '../core-node.ts';
import { goToTime } from '../time/ways-back.ts';
import { Overviews } from '../timeline/overviews.ts';
import { startNodeThread } from './node-threads.ts';
import { mote, moteWorld } from './testing.ts';
import type { World } from './world.ts';

const [A, B] = [0, 1];
const SLICE_TICKS = 2_000_000;
const PATIENCE_TICKS = 20_000_000_000;
const BUSY = 'while true; do seq 1 300 | sort | wc; done\r';

/** Two hosts as a session has them, with what their consoles print. */
class Driven {
  readonly world: World;
  readonly overviews: Overviews;
  printed: string[] = [];

  private constructor(world: World) {
    this.world = world;
    for (const { lab } of world.hosts) lab.witness.watch();
    world.past.isKept = true;
    this.overviews = new Overviews(world.hosts.map(({ lab }) => lab));
    this.listen();
  }

  static async make(): Promise<Driven> {
    return new Driven(await moteWorld({ hosts: ['A', 'B'].map((name) => mote(name)) }));
  }

  /** From the beginning: what is printed on the way to another instant is none of it. */
  listen(): void {
    this.printed = ['', ''];
    for (const [host, { lab }] of this.world.hosts.entries())
      lab.witness.listen((_, bytes) => (this.printed[host] += new TextDecoder('latin1').decode(bytes)));
  }

  type(host: number, keys: string): void {
    this.world.hosts[host]!.lab.type(new TextEncoder().encode(keys));
  }
}

/** Lets the host in front go on, in slices, to an instant. */
async function goTo(world: World, host: number, ticks: number): Promise<void> {
  const { lab } = world.hosts[host]!;
  while (lab.place.ticks < ticks) {
    lab.run({}, Math.min(SLICE_TICKS, ticks - lab.place.ticks));
    // Threads say that they are there.
    await nextTurn();
  }
}

test('lent, they do what they do at home: keys, other hosts in front, snapshots and ways back on the way', async () => {
  const [one, two] = [await Driven.make(), await Driven.make()];
  let away = 0;
  two.world.useThreads(loadCore(), startNodeThread, (host, trace) => {
    away++;
    two.overviews.heard(host, trace);
  });
  for (const { world } of [one, two])
    for (const host of [A, B]) {
      world.isFree = false;
      world.run({ text: { host, pattern: /\/ \$ $/ }, ns: PATIENCE_TICKS });
    }
  const deeds: ((of: Driven) => void)[] = [
    (of) => {
      for (const host of [A, B]) of.type(host, BUSY);
    },
    () => undefined,
    (of) => {
      of.type(B, '\u0003ping -c 3 10.0.0.100\r');
    },
    (of) => {
      goToTime(of.world.hosts[A]!.lab, of.world.ns - 30_000_000);
      of.listen();
    },
    (of) => {
      of.type(A, '\u0003hostname\r');
    },
  ];
  for (const [n, deed] of deeds.entries()) {
    for (const each of [one, two]) deed(each);
    const front = n < 3 ? A : B;
    for (const { world } of [one, two]) {
      world.isFree = true;
      await goTo(world, front, world.hosts[front]!.lab.place.ticks + 40_000_000);
      world.isFree = false;
      world.gather();
    }
    expect(two.printed).toEqual(one.printed);
    expect(await two.world.hash()).toBe(await one.world.hash());
    expect(two.world.past.ends).toEqual(one.world.past.ends);
    for (const host of [A, B]) expect(two.overviews.take(host, true)).toEqual(one.overviews.take(host, true));
  }
  two.world.endThreads();
  expect(away).toBeGreaterThan(5);
});
