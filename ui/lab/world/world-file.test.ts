/** Worlds of several hosts in files: a snapshot goes on as the world does, a recording goes the same way again. */
import { beforeAll, expect, test } from 'vitest';
import { dom0Images } from '../../../guests/toolchain/mote-node.ts';
import { loadCore } from '../core-node.ts';
import { differenceOf } from '../snapshot/compare.ts';
import type { Sources } from '../snapshot/description.ts';
import { restoreLab } from '../snapshot/file.ts';
import { openSnapshot } from '../snapshot/format.ts';
import { Marks, replay } from '../time/marks.ts';
import { bootRecording, readRecording } from '../time/recording.ts';
import type { Recording } from '../time/recording.ts';
import { bootRun } from '../runs.ts';
import type { WorldDescription } from './description.ts';
import { Consoles, mote, moteWorld } from './testing.ts';
import { bootWorldRecording, restoreWorldFile, saveWorldFile, writeWorldRecording } from './world-file.ts';
import { WorldRun } from './world-run.ts';
import type { World } from './world.ts';

const core = loadCore();
const { kernel, ramdisk } = await dom0Images();
const store = new Uint8Array(65_536).fill(7);
const TWO: WorldDescription = {
  hosts: [mote('A', { stores: ['shared'] }), mote('B', { stores: ['shared'] })],
  lans: [{ name: 'lan', loss: 0.02 }],
  stores: [{ name: 'shared', image: 'store' }],
  seed: 5,
};
const images: Readonly<Record<string, Uint8Array>> = { mote: kernel, dom0: ramdisk, store };
const sources: Sources = { image: ({ name }) => Promise.resolve(images[name]) };

let world: World;
let recording: Recording;
let long: Recording;
let saved: Awaited<ReturnType<typeof openSnapshot>>;
let file: Uint8Array;

beforeAll(async () => {
  world = await moteWorld(TWO, { store });
  const marks = new Marks(world);
  world.past.isKept = true;
  const consoles = new Consoles(world);
  for (const host of [0, 1]) consoles.until(host, /\/ \$ $/);
  consoles.run(0, 'seq 1 5000 | sort | wc');
  consoles.to(1.5e9);
  await marks.look();
  consoles.run(1, 'httpd /bin &');
  world.type(0, new TextEncoder().encode('wget -q -O /tmp/sh http://10.0.0.101/sh; sha256sum /tmp/sh\r'));
  world.run({}, 12_345_678);
  file = await saveWorldFile(world, core);
  saved = await openSnapshot(file);
  await marks.end();
  recording = await readRecording(await writeWorldRecording(world, core, marks.made));
  long = await readRecording(await writeWorldRecording(world, core, marks.made, { withSnapshots: true }));
});

test('a recording with snapshots goes on from any of them to the same end', async () => {
  const { kept, world: again } = await bootRun(core, long, sources);
  const { past } = kept.run;
  expect(past.moments.length).toBeGreaterThan(1);
  past.returnTo(past.moments.at(-1)!);
  expect(await replay(new WorldRun(again!), [recording.marks.at(-1)!])).toMatchObject({ alike: 1 });
});

test('a snapshot goes on to the same hash; only what is not in it is asked for', async () => {
  const asked: string[] = [];
  const other = await restoreWorldFile(core, saved, {
    image: (wanted) => {
      asked.push(wanted.name);
      return sources.image(wanted);
    },
  });
  // Kernel and ramdisk are in the hosts' memory.
  expect(asked).toEqual(['store']);
  await other.settle();
  expect(differenceOf(other.save(), world.save())).toBe(null);
  const ns = world.ns + 7_654_321;
  for (const each of [world, other]) while (each.run({ ns })?.kind !== 'time');
  expect(await other.hash()).toBe(await world.hash());
  expect(file.length).toBeLessThan(8 * 2 ** 20);
});

test('a recording is small, and the same at every mark when it is run again', async () => {
  expect(recording.kind).toBe('world');
  expect(recording.images.map(({ name }) => name).sort()).toEqual(['dom0', 'mote', 'store']);
  expect(recording.inputs.map(({ host }) => host)).toEqual([0, 0, 1]);
  const again = await bootWorldRecording(core, recording, sources);
  const { marks } = recording;
  expect(marks.length).toBeGreaterThan(1);
  expect(await replay(new WorldRun(again), marks)).toEqual({
    stop: undefined,
    alike: marks.length,
    differs: null,
  });
});

test('another input is another run: it says at which mark', async () => {
  const inputs = recording.inputs.map((input, n) =>
    n === 1 ? { ...input, keys: new TextEncoder().encode('true\r') } : input,
  );
  const again = await bootWorldRecording(core, { ...recording, inputs }, sources);
  const { differs } = await replay(new WorldRun(again), recording.marks);
  expect(differs?.number).toBe(recording.marks.length);
});

test('one kind of file is not taken for the other, nor a part of what is needed for all', async () => {
  await expect(restoreLab(core, saved, sources)).rejects.toThrow('it is of a world of several hosts');
  await expect(bootRecording(core, recording, sources)).rejects.toThrow('it is of a world of several hosts');
  const none: Sources = { image: () => Promise.resolve(undefined) };
  await expect(restoreWorldFile(core, saved, none)).rejects.toThrow(
    /^it needs its store \(SHA-256 [0-9a-f]{64}\)/,
  );
  const stray = { ...recording, inputs: [{ ...recording.inputs[0]!, host: 2 }] };
  await expect(bootWorldRecording(core, stray, sources)).rejects.toThrow(
    'an input of a host that is not there',
  );
  const without = { ...recording, description: { world: { hosts: [] }, elsewhere: {}, paths: {} } };
  await expect(bootWorldRecording(core, without, sources)).rejects.toThrow(
    /^damaged: hosts: a world has a host/,
  );
});

test('a mark is made where a disk that is elsewhere is waited for, too', async () => {
  const bytes = new Uint8Array(1 << 20);
  const disk = {
    size: bytes.length,
    slice: (from: number, to: number) => ({
      arrayBuffer: () => Promise.resolve(bytes.slice(from, to).buffer),
    }),
  };
  const description = { hosts: [mote('A', { disks: [{ image: 'disk' }] }), mote('B')] };
  const far = await moteWorld(description, { disk });
  for (let stop = far.run({ ns: 50e6 }); stop?.kind === 'host'; stop = far.run({ ns: 50e6 }))
    await far.fetch();
  far.type(0, new TextEncoder().encode('dd if=/dev/vda of=/dev/null bs=4k count=200\r'));
  expect(far.run({ ns: far.ns + 1e9 })).toMatchObject({
    kind: 'host',
    stops: [{ stop: { kind: 'waiting' } }],
  });
  const marks = new Marks(far);
  await marks.end();
  expect(marks.made[0]!.ns).toBe(far.ns);
});
