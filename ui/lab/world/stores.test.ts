/** Two hosts that have one disk. */
import { beforeAll, expect, test } from 'vitest';
import { Consoles, mote, moteFiles, moteWorld } from './testing.ts';
import { loadCore } from '../core-node.ts';
import type { WorldDescription } from './description.ts';
import { startNodeThread } from './node-threads.ts';
import { ThreadedWorld } from './threaded-world.ts';
import type { World } from './world.ts';

const [A, B] = [0, 1];
const SECTOR = 512;
const END_NS = 20e9;

/** A sector with a word in it. */
const sector = (word: string): Uint8Array => new TextEncoder().encode(word.padEnd(SECTOR - 1, '.') + '\n');

const images = { empty: new Uint8Array(64 * SECTOR), a: sector('from-A'), b: sector('from-B') };
const TWO: WorldDescription = {
  hosts: [
    mote('A', { files: { mine: 'a' }, disks: [{ image: 'b' }], stores: ['shared'] }),
    mote('B', { files: { mine: 'b' }, stores: ['shared'] }),
  ],
  stores: [{ name: 'shared', image: 'empty' }],
};

/** The store is A's second disk, and B's first. */
const DEVICE = ['/dev/vdb', '/dev/vda'];
const write = (host: number): string => `dd if=/lab/mine of=${DEVICE[host]!} bs=512`;
const read = (host: number): string => `dd if=${DEVICE[host]!} bs=512 count=1`;
const word = (text: string): string => /from-[AB]/.exec(text)?.[0] ?? 'nothing';

function talk(consoles: Consoles): string[] {
  for (const host of [A, B]) consoles.until(host, /\/ \$ $/);
  const seen = [word(consoles.run(B, read(B)))];
  consoles.run(A, write(A));
  seen.push(word(consoles.run(B, read(B))));
  // Both write at once: one of them is later, and all see the same.
  for (const host of [A, B]) consoles.type(host, `${write(host)}\r`);
  for (const host of [A, B]) consoles.until(host, /\n\/ \$ $/);
  seen.push(...[A, B].map((host) => word(consoles.run(host, read(host)))));
  consoles.to(END_NS);
  return seen;
}

let world: World;
let seen: string[];
beforeAll(async () => {
  world = await moteWorld(TWO, images);
  seen = talk(new Consoles(world));
});

test('what one host writes another reads; of two that write at once one is later, and all agree which', () => {
  expect(seen.slice(0, 2)).toEqual(['nothing', 'from-A']);
  expect(seen[2]).toMatch(/from/);
  expect(seen[3]).toBe(seen[2]);
  const disk = new Uint8Array(SECTOR);
  world.exchange.stores[0]!.disk.read(0, disk);
  expect(word(new TextDecoder().decode(disk))).toBe(seen[2]);
});

test('it is the same in the other order, and with each host in a thread of its own', async () => {
  const hash = await world.hash();
  const other = await moteWorld(TWO, images);
  other.order = [B, A];
  const consoles = new Consoles(other);
  consoles.sliceNs = 777_777;
  expect(talk(consoles)).toEqual(seen);
  expect(await other.hash()).toBe(hash);
  const files = { ...(await moteFiles()), ...images };
  const threaded = await ThreadedWorld.make(loadCore(), TWO, files, startNodeThread, world.past.inputs.all);
  expect(await threaded.run({ ns: END_NS })).toEqual({ kind: 'time' });
  expect(await threaded.hash()).toBe(hash);
  threaded.close();
});
