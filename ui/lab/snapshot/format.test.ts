/** Files of snapshots: what is written is read, and what is damaged, of another version or of other images is refused in a line. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { differenceOf } from './compare.ts';
import { SnapshotError } from './errors.ts';
import { openSnapshot, writeSnapshot } from './format.ts';
import type { Header, SavedWorld } from './format.ts';
import { ZERO_PAGE } from './machine-saver.ts';

const page = (byte: number): Uint8Array => new Uint8Array(4096).fill(byte);
const image = Uint8Array.from({ length: 20_000 }, (_, at) => at % 251);
const header: Header = {
  core: 'abc',
  kind: 'host',
  images: [{ name: 'kernel', bytes: 20_000, sha256: '00' }],
  description: { a: [1] },
};
const world: SavedWorld = {
  machines: [
    {
      processor: Uint8Array.of(1, 2, 3),
      pages: [page(1), ZERO_PAGE, page(2), page(1), new Uint8Array(4096)],
    },
    { processor: Uint8Array.of(4), pages: [page(2)] },
  ],
  graph: {
    bytes: Uint8Array.of(9, 8, 7),
    blocks: [new Uint8Array(5000).fill(5), image.subarray(1000, 9000), page(1), new Uint8Array(300)],
  },
};
const bring = (): Promise<Uint8Array> => Promise.resolve(image);
const file = await writeSnapshot(header, [world], [image]);

test('a file has the world, pages once, and parts of images not at all', async () => {
  const opened = await openSnapshot(file);
  expect(opened.header).toEqual(header);
  const read = await opened.read(bring);
  expect(differenceOf(read, world)).toBe(null);
  expect(read.graph.blocks[1]!.buffer).toBe(image.buffer);
  expect(read.machines[0]!.pages[2]).toBe(read.machines[1]!.pages[0]);
  expect(file.length).toBeLessThan(1000);
});

test('the same world gives the same file', async () => {
  expect(Buffer.compare(await writeSnapshot(header, [world], [image]), file)).toBe(0);
});

test('several instants have what they share once', async () => {
  const later = {
    ...world,
    machines: [{ ...world.machines[0]!, processor: Uint8Array.of(7) }, world.machines[1]!],
  };
  const both = await writeSnapshot(header, [world, later], [image]);
  expect(both.length).toBeLessThan(file.length + 100);
  const worlds = await (await openSnapshot(both)).readAll(bring);
  expect(worlds.map((each, n) => differenceOf(each, [world, later][n]!))).toEqual([null, null]);
  expect(await refusal(both)).toBe('it is not a snapshot of one instant');
});

async function refusal(bytes: Uint8Array): Promise<string> {
  try {
    await (await openSnapshot(bytes)).read(bring);
  } catch (error) {
    expect(error).toBeInstanceOf(SnapshotError);
    return (error as Error).message;
  }
  return '';
}

/** A file with another body behind its header, and the checksum that it must have. */
async function sealed(content: Uint8Array<ArrayBuffer>): Promise<Uint8Array> {
  return Buffer.concat([content, new Uint8Array(await crypto.subtle.digest('SHA-256', content))]);
}

test('what is no snapshot, or of another version of the format, is said to be', async () => {
  expect(await refusal(new Uint8Array(0))).toBe('it is no snapshot of Xenoscope');
  expect(await refusal(new TextEncoder().encode('something else altogether'))).toBe(
    'it is no snapshot of Xenoscope',
  );
  const later = file.slice();
  later[8] = 99;
  expect(await refusal(later)).toMatch(/^it is of version 99 of the format/);
});

test('a byte changed, added or cut off anywhere is found by the checksum', async () => {
  await fc.assert(
    fc.asyncProperty(fc.nat(file.length - 1), fc.integer({ min: 1, max: 255 }), async (at, change) => {
      const altered = file.slice();
      altered[at]! ^= change;
      expect(await refusal(altered)).toMatch(/^it is [^\n]+$/);
      expect(await refusal(file.subarray(0, at))).toMatch(/^(it is|damaged)[^\n]+$/);
    }),
    { seed: 5, numRuns: 300 },
  );
  expect(await refusal(Buffer.concat([file, Uint8Array.of(0)]))).toMatch(/checksum/);
});

test('even with a checksum that is right, nothing but a refusal comes of damage', async () => {
  const content = file.slice(0, -32);
  await fc.assert(
    fc.asyncProperty(fc.nat(content.length - 1), fc.integer({ min: 1, max: 255 }), async (at, change) => {
      const altered = content.slice();
      altered[at]! ^= change;
      expect(await refusal(await sealed(altered))).not.toMatch(/\n/);
    }),
    { seed: 6, numRuns: 400 },
  );
});
