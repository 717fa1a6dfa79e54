/** The tour's second part goes as it is told, leaves nothing behind, and goes the same way again, in two threads. */
import { expect, test } from 'vitest';
import { checkFrameTable } from '../../../hypervisor/state/check.ts';
import { loadCore } from '../core-node.ts';
import { startNodeThread } from './node-threads.ts';
import { moteFiles } from './testing.ts';
import { ThreadedWorld } from './threaded-world.ts';
import { playInWorld, TOUR_WORLD, WORLD_TOUR } from './tour.ts';
import { World } from './world.ts';

test('the tour of two hosts goes as it is told, leaves nothing behind, and goes the same way in two threads', async () => {
  const world = await World.make(loadCore(), TOUR_WORLD, await moteFiles());
  let screen = '';
  for (const { lab } of world.hosts)
    lab.onConsole((bytes) => (screen += new TextDecoder('latin1').decode(bytes)));
  for (const step of WORLD_TOUR) {
    screen = '';
    expect(await playInWorld(world, step), `${step.types}\n${screen}`).toBe(true);
    expect(screen).not.toContain('\nbroken');
  }
  for (const { lab } of world.hosts) {
    const { domains, frames } = lab.hypervisor;
    expect([...domains.keys()]).toEqual([0]);
    expect(checkFrameTable(frames, domains)).toEqual([]);
  }
  const threaded = await ThreadedWorld.make(loadCore(), TOUR_WORLD, await moteFiles(), startNodeThread);
  try {
    for (const step of WORLD_TOUR) expect(await playInWorld(threaded, step)).toBe(true);
    expect(await threaded.hash()).toBe(await world.hash());
  } finally {
    threaded.close();
  }
});
