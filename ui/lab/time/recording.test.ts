/** What was recorded goes the same way again, and files that are no recordings are refused. */
import fc from 'fast-check';
import { beforeAll, describe, expect, test } from 'vitest';
import { moteImages } from '../../../guests/toolchain/mote-node.ts';
import { loadCore } from '../core-node.ts';
import { Lab } from '../lab.ts';
import type { Sources } from '../snapshot/description.ts';
import { SnapshotError } from '../snapshot/errors.ts';
import { bootRun } from '../runs.ts';
import { LabRun } from './lab-run.ts';
import { Marks, replay } from './marks.ts';
import { bootRecording, readRecording, writeRecording } from './recording.ts';
import type { Recording } from './recording.ts';

const core = loadCore();
const PROMPT = /\$ $/;
const LINES = ['sleep 1', 'seq 1 9000 | wc', 'sleep 1', 'seq 1 9000 | wc', 'sleep 1', 'echo end'];
const images = await moteImages();
const sources: Sources = {
  image: ({ name }) => Promise.resolve(name === 'kernel' ? images.kernel : images.ramdisk),
};

describe('a recording of Mote', () => {
  let file: Uint8Array;
  let recording: Recording;
  /** The same with snapshots. */
  let long: Uint8Array;
  beforeAll(async () => {
    const lab = await Lab.boot(core, { ...images, commandLine: '', memoryMb: 32, vcpus: 1 });
    const marks = new Marks(new LabRun(lab));
    lab.past.isKept = true;
    const prompt = async (): Promise<void> => {
      while (lab.run({ text: PROMPT }, 5_000_000) === undefined) await marks.look();
      await marks.look();
    };
    await prompt();
    for (const line of LINES) {
      lab.type(new TextEncoder().encode(`${line}\r`));
      await prompt();
    }
    // A key that nobody has run behind.
    lab.type(Uint8Array.of(0xff));
    await marks.end();
    file = await writeRecording(lab, core, marks.made);
    recording = await readRecording(file);
    long = await writeRecording(lab, core, marks.made, { withSnapshots: true });
  });

  test('is small, and has its inputs, its images by hash, and marks', () => {
    expect(file.length).toBeLessThan(4096);
    expect(recording.inputs.map(({ keys }) => new TextDecoder('latin1').decode(keys))).toEqual([
      ...LINES.map((line) => `${line}\r`),
      '\xff',
    ]);
    expect(recording.images.map(({ name }) => name)).toEqual(['kernel', 'ramdisk']);
    expect(recording.marks.length).toBeGreaterThan(1);
    expect(recording.marks.at(-1)!.come).toEqual([LINES.length + 1, 0]);
  });

  test('has the same state at every mark when it is run again', async () => {
    const lab = await bootRecording(core, recording, sources);
    let printed = '';
    lab.onConsole((bytes) => (printed += new TextDecoder().decode(bytes)));
    const { marks } = recording;
    expect(await replay(new LabRun(lab), marks)).toEqual({
      stop: undefined,
      alike: marks.length,
      differs: null,
    });
    expect(printed).toMatch(/seq 1 9000 \| wc\r?\n *9000 /);
  });

  test('one with snapshots has all that, and goes on from any of them to the same end', async () => {
    const { snapshots, snapshotFile, ...rest } = await readRecording(long);
    expect(rest).toEqual(
      Object.fromEntries(Object.entries(recording).filter(([name]) => !/^snapshot/.test(name))),
    );
    expect(snapshots.length).toBeGreaterThan(1);
    expect(snapshotFile).not.toBe(null);
    const { hosts, kept } = await bootRun(core, await readRecording(long), sources);
    const { past } = kept.run;
    const last = past.moments.at(-1)!;
    expect(last.places).toEqual(snapshots.at(-1)!.places);
    past.returnTo(last);
    const end = recording.marks.at(-1)!;
    expect(await replay(new LabRun(hosts[0]!.lab), [end])).toMatchObject({ alike: 1 });
  });

  test('where its snapshots are damaged, or are not all there, it is refused', async () => {
    const booted = async (bytes: Uint8Array): Promise<string> =>
      refusal(async () => bootRun(core, await readRecording(bytes), sources));
    const text = long.length - (await readRecording(long)).snapshotFile!.length;
    expect(await booted(long.subarray(0, text))).toMatch(/^damaged: snapshots: .* it is incomplete$/);
    expect(await booted(long.subarray(0, -1))).toMatch(/^it is damaged or incomplete/);
    const altered = long.slice();
    altered[text + 1000]! ^= 1;
    expect(await booted(altered)).toMatch(/^it is damaged or incomplete/);
  });

  test('another input is another run: it says at which mark', async () => {
    const inputs = recording.inputs.map((each, n) =>
      n === 5 ? { ...each, keys: new TextEncoder().encode('echo END\r') } : each,
    );
    const first = recording.marks.findIndex((mark) => mark.places[0]!.ticks > inputs[5]!.ticks);
    const lab = await bootRecording(core, { ...recording, inputs }, sources);
    const { differs, alike } = await replay(new LabRun(lab), recording.marks);
    expect(differs?.number).toBe(first + 1);
    expect(alike).toBe(first);
    expect(first).toBeGreaterThan(0);
  });

  test('stops where it is told to', async () => {
    const lab = await bootRecording(core, recording, sources);
    const { stop } = await replay(new LabRun(lab, { instructions: 1_234_567 }), recording.marks);
    expect(stop?.kind).toBe('instructions');
    expect(lab.instructions).toBe(1_234_567);
  });

  test('a byte changed or cut off anywhere is a refusal in one line', async () => {
    await fc.assert(
      fc.asyncProperty(fc.nat(file.length - 3), fc.integer({ min: 1, max: 255 }), async (at, change) => {
        const altered = file.slice();
        altered[at]! ^= change;
        const blank = /\s/;
        const same =
          blank.test(String.fromCharCode(altered[at]!)) && blank.test(String.fromCharCode(file[at]!));
        if (!same) expect(await refusal(altered)).toMatch(/^(it is|damaged)[^\n]+$/);
        expect(await refusal(file.subarray(0, at))).toMatch(/^it is [^\n]+$/);
      }),
      { seed: 5, numRuns: 300 },
    );
  });

  test('another version, and what is none, are said to be', async () => {
    const text = new TextDecoder().decode(file);
    const later = new TextEncoder().encode(text.replace('"version": 5', '"version": 9'));
    expect(await refusal(later)).toMatch(/^it is of version 9 of the format/);
    for (const other of ['', '{}', 'null', 'XENOSNAP', '[1]'])
      expect(await refusal(new TextEncoder().encode(other))).toBe('it is no recording of Xenoscope');
  });

  test('an image that is not here, or another, is said to be', async () => {
    const without = bootRecording(core, recording, { image: () => Promise.resolve(undefined) });
    await expect(without).rejects.toThrow(
      /^it needs its kernel \(SHA-256 [0-9a-f]{64}\), which is not here$/,
    );
    const others = bootRecording(core, recording, { image: () => Promise.resolve(images.ramdisk) });
    await expect(others).rejects.toThrow('its kernel is another than the one that is here');
  });
});

async function refusal(what: Uint8Array | (() => Promise<unknown>)): Promise<string> {
  try {
    await (what instanceof Uint8Array ? readRecording(what) : what());
  } catch (error) {
    expect(error).toBeInstanceOf(SnapshotError);
    return (error as Error).message;
  }
  return '';
}
