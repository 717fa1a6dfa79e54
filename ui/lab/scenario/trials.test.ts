/**
 * A race that was planted in a small guest (guests/tests/kernels/race): a ring whose server does not look once more before it
 * sleeps. Without a seed it is never lost; with one of a few seeds it is; where the server looks, with none.
 */
import { beforeAll, expect, test } from 'vitest';
import { kernelImage } from '../../../guests/toolchain/mote-node.ts';
import { loadCore } from '../core-node.ts';
import { imagesAmong } from '../own-images.ts';
import { LabRun } from '../time/lab-run.ts';
import { replay } from '../time/marks.ts';
import { bootRecording, readRecording } from '../time/recording.ts';
import type { LoneHost } from './lone-host.ts';
import { scenario } from './scenario.ts';
import { shrink } from './shrink.ts';
import { Trials } from './trials.ts';

const MOST_SEEDS = 200;

let kernel: Uint8Array;
let careless: Trials;
let careful: Trials;

/** The guest looks, or does not. */
function trials(name: 'careless' | 'careful'): Trials {
  const options = {
    kernel,
    commandLine: name === 'careless' ? name : '',
    memoryMb: 16,
    vcpus: 2,
    cpus: 2,
    ready: (host: LoneHost) => host.console.expect(name).then(() => undefined),
  };
  return new Trials(
    scenario(name, options, async (host) => {
      await host.console.expect('requests are served', { withinSeconds: 1 });
    }),
  );
}

beforeAll(async () => {
  kernel = await kernelImage('tests/kernels/race');
  careless = trials('careless');
  careful = trials('careful');
});

/** Whether it fails with only these of a seed's variations. */
async function fails(seed: number, only: readonly string[]): Promise<boolean> {
  return (await careless.try({ seed, only })).failure !== null;
}

test('it is found within 200 seeds, never without, shrunk to what it needs, and replays', async () => {
  expect(await (await careless.alone()).run()).toBeNull();
  let seed = 1;
  let found = await careless.try({ seed });
  while (found.failure === null && seed < MOST_SEEDS) found = await careless.try({ seed: ++seed });
  expect(found.failure?.message).toContain('has not printed "requests are served"');
  // The right one is clean over the same seeds.
  for (let each = 1; each <= seed; each++) expect((await careful.try({ seed: each })).failure).toBeNull();
  const { variations } = found;
  expect(await fails(seed, variations)).toBe(true);
  const only = await shrink(variations, async (lists) => {
    for (const [at, list] of lists.entries()) if (await fails(seed, list)) return at;
    return -1;
  });
  expect(only.length).toBeGreaterThan(0);
  expect(only.length).toBeLessThan(10);
  const shrunk = await careless.try({ seed, only });
  expect([shrunk.failure === null, shrunk.variations]).toEqual([false, only]);
  for (const trial of [found, shrunk]) {
    const recording = await readRecording(await (trial.subject as LoneHost).recording());
    const again = await bootRecording(loadCore(), recording, { image: imagesAmong([kernel]) });
    expect(await replay(new LabRun(again), recording.marks)).toMatchObject({ alike: 1, differs: null });
    expect(again.hypervisor.chance!.taken).toEqual(trial.variations);
  }
});
