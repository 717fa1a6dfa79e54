/** What varies in a host, by a seed: another run, the same each time, and the same again from what was decided. */
import { expect, test } from 'vitest';
import { dom0Images } from '../../guests/toolchain/mote-node.ts';
import { loadCore } from './core-node.ts';
import { imagesAmong } from './own-images.ts';
import { boot } from './scenario/lone-host.ts';
import type { LoneHost } from './scenario/lone-host.ts';
import { LabRun } from './time/lab-run.ts';
import { replay } from './time/marks.ts';
import { bootRecording, readRecording } from './time/recording.ts';

const PROMPT = '/ $ ';
const DISK = { name: 'disk', bytes: new Uint8Array(1 << 20) };
/** One that leaves little alone. */
const SEED = 155;

interface End {
  readonly hash: string;
  readonly taken: readonly string[];
}

/** A host is busy with all that varies: processors, a disk, a network. */
function begin(host: LoneHost): LoneHost {
  host.console.enter('dd if=/dev/vda of=/dev/null bs=64k count=8 & ping -c 2 10.0.0.1');
  return host;
}

async function end(host: LoneHost): Promise<End> {
  await host.console.expect('packet loss');
  await host.console.expect(PROMPT);
  return { hash: await host.hash(), taken: host.variations };
}

test('a seed makes another run of a host, the same each time, and from what it decided', async () => {
  const size = { hostMb: 80, memoryMb: 48, cpus: 2, vcpus: 2 };
  const vary = { seed: 0, afterNs: Number.MAX_SAFE_INTEGER };
  const host = await boot({ dom0: true, ...size, disks: [DISK], vary });
  await host.console.expect(PROMPT);
  host.console.enter('hostname varies');
  await host.console.expect(PROMPT);
  const here = host.save();
  const varied = begin(host.varied(here, { seed: SEED }));
  const told = varied.watch({ kind: 'variation' });
  await varied.runFor(0.001);
  // A fork goes on alike from the middle.
  const fork = varied.fork();
  const came = await end(varied);
  expect(await end(fork)).toEqual(came);
  expect(await end(begin(host.varied(here, { seed: SEED, only: came.taken })))).toEqual(came);
  const kinds = new Set(came.taken.map((name) => name.replace(/^host: (.*) \d+$/, '$1')));
  // Each is an event of the trace.
  expect(told.count).toBe(came.taken.length);
  expect(told.last!.text).toContain(came.taken.at(-1));
  // From its boot on, with what was typed before anything varied.
  const recording = await readRecording(await varied.recording());
  expect(recording.inputs).toHaveLength(2);
  const image = imagesAmong([...Object.values(await dom0Images()), DISK.bytes]);
  const again = await bootRecording(loadCore(), recording, { image });
  expect(await replay(new LabRun(again), recording.marks)).toMatchObject({ alike: 1, differs: null });
  expect(kinds.size).toBeGreaterThan(3);
});
