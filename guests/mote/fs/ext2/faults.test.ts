/**
 * Disks that fail, request by request: whatever fails once is an error or is done later, and what is on the disk in the end
 * is what its checker calls sound; and two volumes at once, each in the middle of the other's work.
 */
import { expect, test } from 'vitest';
import { check, Ext2Disk, hasTools, makeImage, withFewBuffers } from '../../../tests/ext2.ts';
import { DIRECTORY } from '../../../tests/file-system.ts';

const EIO = -5;
const withTools = test.skipIf(!hasTools());
const module = hasTools() ? await withFewBuffers() : undefined;
const data = Uint8Array.from({ length: 30_000 }, (_, at) => (at * 7) >> 3);

/** A bit of everything: indirect blocks, a directory that grows, links, names that move and go. */
const WORK: readonly ((disk: Ext2Disk) => number)[] = [
  (disk) => disk.create('d', DIRECTORY),
  (disk) => disk.create('d/e', DIRECTORY),
  (disk) => disk.create('f'),
  (disk) => disk.write('f', 0, data),
  (disk) => disk.write('f', 300_000, data.subarray(0, 2000)),
  (disk) => disk.symlink('d/l', 'x'.repeat(100)),
  (disk) => disk.link('f', 'd/g'),
  ...Array.from(
    { length: 12 },
    (_, n) => (disk: Ext2Disk) => disk.create(`d/${'n'.repeat(150)}${String(n)}`),
  ),
  (disk) => disk.truncate('f', 14_000),
  (disk) => disk.rename('d/e', 'e'),
  (disk) => disk.create('d/h'),
  (disk) => disk.write('d/h', 0, data.subarray(0, 13_000)),
  (disk) => disk.rename('d/h', 'd/g'),
  (disk) => disk.remove('d/l'),
  (disk) => disk.remove('f'),
  (disk) => disk.remove('e', true),
  (disk) => disk.remove('d/g'),
];

/** Does it all: what each step gave. */
function work(disk: Ext2Disk): number[] {
  return WORK.map((step) => step(disk));
}

withTools(
  "one request fails, each in its turn: nothing is lost, nothing is anybody's that is nobody's",
  () => {
    const fresh = makeImage(1024, '-b', '1024', '-N', '64');
    const plain = new Ext2Disk(fresh.slice(), module);
    expect(plain.mount()).toBe(0);
    const started = plain.requests;
    expect(work(plain).every((result) => result >= 0)).toBe(true);
    expect(plain.calls.sync()).toBe(0);
    const all = plain.requests;
    expect(all - started).toBeGreaterThan(100);
    let failures = 0;
    let damaged = 0;
    for (let bad = 0; bad < all; bad++) {
      const disk = new Ext2Disk(fresh.slice(), module);
      disk.fails = (request) => request === bad;
      const mounted = disk.mount();
      if (bad < started) {
        // It is said, and not called damage.
        expect(mounted).toBe(EIO);
        expect(disk.text).toBe('');
        continue;
      }
      expect(mounted).toBe(0);
      const before = disk.calls.freeBlocks();
      if (work(disk).includes(EIO)) failures++;
      // What could not be written is written now.
      if (disk.calls.sync() < 0) expect(disk.calls.sync()).toBe(0);
      if (disk.text !== '') damaged++;
      else {
        const names = disk.list('d');
        for (const name of typeof names === 'number' ? [] : names)
          if (!/^\.+$/.test(name)) disk.remove(`d/${name}`);
        for (const name of ['d/e', 'd', 'e']) disk.remove(name, true);
        for (const name of ['f', 'g', 'h', 'l']) disk.remove(name);
        expect([bad, disk.list(''), disk.calls.freeBlocks() - before]).toEqual([
          bad,
          ['.', '..', 'lost+found'],
          0,
        ]);
      }
      expect(disk.calls.unmount()).toBe(0);
      if (disk.text === '') check(disk.image);
    }
    expect(failures).toBeGreaterThan(50);
    // Where nobody can be told of what could not be undone the volume is: it asks for a check.
    expect(damaged).toBeLessThan(10);
  },
);

withTools('a disk that fails for good, from each request on: errors, and no trap', () => {
  const fresh = makeImage(1024, '-b', '1024', '-N', '64');
  const plain = new Ext2Disk(fresh.slice(), module);
  plain.mount();
  work(plain);
  for (let bad = 0; bad < plain.requests; bad += 3) {
    const disk = new Ext2Disk(fresh.slice(), module);
    disk.fails = (request) => request >= bad;
    if (disk.mount() < 0) continue;
    work(disk);
    expect([0, EIO]).toContain(disk.calls.sync());
    disk.calls.unmount();
  }
});

withTools('two volumes, each used while the other one waits for its disk', () => {
  const images = [makeImage(1024, '-b', '1024', '-N', '64'), makeImage(2048, '-b', '2048', '-N', '64')];
  const disk = new Ext2Disk(images[0]!, module, images[1]!);
  expect(disk.mount(false, 1)).toBe(0);
  expect(disk.mount(false, 0)).toBe(0);
  let busy = false;
  let step = 0;
  const results: number[] = [];
  disk.meanwhile = (which) => {
    if (busy || which !== 0 || step === WORK.length) return;
    busy = true;
    disk.calls.enter(1);
    results.push(WORK[step++]!(disk));
    disk.calls.leave(0);
    busy = false;
  };
  expect(work(disk).every((result) => result >= 0)).toBe(true);
  expect(results).toHaveLength(WORK.length);
  expect(results.every((result) => result >= 0)).toBe(true);
  expect(disk.calls.unmount()).toBe(0);
  disk.meanwhile = null;
  disk.calls.leave(1);
  disk.calls.enter(1);
  expect(disk.calls.unmount()).toBe(0);
  expect(disk.text).toBe('');
  for (const image of images) check(image);
});
