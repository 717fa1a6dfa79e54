/** Mote's ext2 on images of the usual tools, which then look at what has become of them. */
import { expect, test } from 'vitest';
import { check, Ext2Disk, hasTools, makeImage, tool } from '../../../tests/ext2.ts';
import { DIRECTORY, FILE } from '../../../tests/file-system.ts';

const ENOENT = -2;
const EIO = -5;
const EEXIST = -17;
const EBUSY = -16;
const EISDIR = -21;
const EINVAL = -22;
const EFBIG = -27;
const ENOSPC = -28;
const EROFS = -30;
const ENOTEMPTY = -39;

const withTools = test.skipIf(!hasTools());

function bytes(count: number, seed = 1): Uint8Array {
  const result = new Uint8Array(count);
  let state = seed;
  for (let at = 0; at < count; at++) {
    state = (Math.imul(state, 1103515245) + 12345) >>> 0;
    result[at] = state >>> 16;
  }
  return result;
}

/** What was read, or an errno. Vitest's own comparison takes a millisecond for a thousand bytes. */
function expectBytes(found: Uint8Array | number, wanted: Uint8Array): void {
  expect(found instanceof Uint8Array ? Buffer.compare(found, wanted) : found).toBe(0);
}

function mounted(image: Uint8Array): Ext2Disk {
  const disk = new Ext2Disk(image);
  expect(disk.mount()).toBe(0);
  return disk;
}

/** What debugfs finds in a file. */
function dump(image: Uint8Array, path: string): Uint8Array {
  const text = tool(image, 'debugfs', (file) => ['-R', `cat ${path}`, file]);
  return Uint8Array.from(text, (character) => character.charCodeAt(0));
}

withTools.each([['1024'], ['2048'], ['4096']])('files and directories, blocks of %s bytes', (block) => {
  const image = makeImage(8192, '-b', block);
  const disk = mounted(image);
  const before = disk.calls.freeBlocks();
  const data = bytes(50_000);
  expect(disk.list('')).toEqual(['.', '..', 'lost+found']);
  expect(disk.create('dir', DIRECTORY)).toBe(0);
  expect(disk.create('dir', DIRECTORY)).toBe(EEXIST);
  expect(disk.create('dir/file')).toBe(0);
  expect(disk.write('dir/file', 0, data)).toBe(data.length);
  expect(disk.write('dir/file', 123_456, data.subarray(0, 1000))).toBe(1000);
  expect(disk.size('dir/file')).toBe(124_456);
  expect(disk.read('dir/file', 49_999, 2)).toEqual(Uint8Array.of(data[49_999]!, 0));
  expect(disk.symlink('dir/short', 'file')).toBe(0);
  expect(disk.symlink('dir/long', 'x'.repeat(300))).toBe(0);
  expect([disk.readLink('dir/short'), disk.readLink('dir/long')]).toEqual(['file', 'x'.repeat(300)]);
  expect(disk.link('dir/file', 'other')).toBe(0);
  expect(disk.links('other')).toBe(2);
  expect(disk.links('dir')).toBe(2);
  expect(disk.calls.unmount()).toBe(0);
  check(image);
  expect(Buffer.compare(dump(image, '/other').subarray(0, 50_000), data)).toBe(0);
  expect(dump(image, '/dir/file').length).toBe(124_456);
  expect(tool(image, 'debugfs', (file) => ['-R', 'stat /dir/short', file])).toContain(
    'Fast link dest: "file"',
  );

  const again = mounted(image);
  expect(again.remove('dir/file')).toBe(0);
  expectBytes(again.read('other', 0, 50_000), data);
  expect(again.remove('dir', true)).toBe(ENOTEMPTY);
  expect(again.remove('dir')).toBe(EISDIR);
  for (const name of ['dir/short', 'dir/long', 'other']) expect(again.remove(name)).toBe(0);
  expect(again.remove('dir', true)).toBe(0);
  expect(again.list('')).toEqual(['.', '..', 'lost+found']);
  expect(again.calls.freeBlocks()).toBe(before);
  expect(again.calls.unmount()).toBe(0);
  check(image);
});

withTools('a file past all three levels of pointers, mostly holes', () => {
  const image = makeImage(4096, '-b', '1024');
  const disk = mounted(image);
  disk.create('sparse');
  const places = [0, 10 * 1024, 12 * 1024, 266 * 1024, 268 * 1024, 65802 * 1024, 65804 * 1024, 3_000_000_000];
  for (const [n, place] of places.entries())
    expect(disk.write('sparse', place, bytes(1500, n + 1))).toBe(1500);
  for (const [n, place] of places.entries())
    expect(disk.read('sparse', place + 1024, 400)).toEqual(bytes(1500, n + 1).subarray(1024, 1424));
  expect(disk.read('sparse', 1_000_000_000, 100)).toEqual(new Uint8Array(100));
  expect(disk.write('sparse', 1e13, bytes(1))).toBe(EFBIG);
  disk.calls.sync();
  check(image);
  // Cut in the middle of each level.
  for (const size of [
    2_999_000_000,
    65804 * 1024 + 7,
    65000 * 1024,
    268 * 1024,
    100 * 1024,
    12 * 1024,
    5000,
    0,
  ]) {
    expect(disk.truncate('sparse', size)).toBe(0);
    disk.calls.sync();
    check(image);
  }
  expect(disk.calls.unmount()).toBe(0);
});

withTools('many names: directories grow, and shrink to be filled again', () => {
  const image = makeImage(8192, '-b', '1024', '-N', '2048', '-O', 'dir_index');
  const disk = mounted(image);
  const names = Array.from({ length: 500 }, (_, n) => `${'n'.repeat((n * 7) % 60)}-${String(n)}`);
  disk.create('d', DIRECTORY);
  for (const name of names) expect(disk.create(`d/${name}`)).toBe(0);
  expect(disk.list('d')).toEqual(['.', '..', ...names].sort());
  for (const [n, name] of names.entries()) if (n % 3 !== 0) expect(disk.remove(`d/${name}`)).toBe(0);
  const size = disk.size('d');
  for (let n = 0; n < 200; n++) expect(disk.create(`d/again${String(n)}`)).toBe(0);
  expect(disk.size('d')).toBe(size);
  expect((disk.list('d') as string[]).length).toBe(2 + 167 + 200);
  expect(disk.create(`d/${'x'.repeat(255)}`)).toBe(0);
  expect(disk.calls.unmount()).toBe(0);
  check(image);
});

withTools('names move: files, directories, over what is there, but never into themselves', () => {
  const image = makeImage(2048);
  const disk = mounted(image);
  for (const path of ['a', 'a/b', 'a/b/c', 'z']) disk.create(path, DIRECTORY);
  disk.create('a/file');
  disk.write('a/file', 0, bytes(10));
  disk.create('z/file');
  disk.write('z/file', 0, bytes(5000));
  expect(disk.rename('a/file', 'z/file')).toBe(0);
  expect(disk.read('z/file', 0, 100)).toEqual(bytes(10));
  expect(disk.rename('a', 'a/b/c/d')).toBe(EINVAL);
  expect(disk.rename('a/b', 'z')).toBe(ENOTEMPTY);
  expect(disk.rename('a/b', 'z/b')).toBe(0);
  expect([disk.links('a'), disk.links('z'), disk.list('z/b')]).toEqual([2, 3, ['.', '..', 'c']]);
  expect(disk.rename('z/b/c', 'a')).toBe(0);
  expect(disk.rename('z/file', 'z/file')).toBe(0);
  expect(disk.rename('nothing', 'x')).toBe(ENOENT);
  expect(disk.calls.unmount()).toBe(0);
  check(image);
});

withTools('what is open lives on without a name, and goes when it is closed', () => {
  const image = makeImage(2048);
  const disk = mounted(image);
  const before = disk.calls.freeBlocks();
  disk.create('gone');
  disk.write('gone', 0, bytes(20_000));
  expect(disk.hold('gone')).toBe(0);
  expect(disk.remove('gone')).toBe(0);
  expect(disk.size('gone')).toBe(ENOENT);
  expect(disk.writeHeld(bytes(5000))).toBe(5000);
  expect(disk.calls.unmount()).toBe(EBUSY);
  disk.calls.letGo();
  expect(disk.calls.freeBlocks()).toBe(before);
  expect(disk.calls.unmount()).toBe(0);
  check(image);
});

withTools('a full disk says so, and loses nothing', () => {
  const image = makeImage(512, '-b', '1024', '-N', '32');
  const disk = mounted(image);
  const before = disk.calls.freeBlocks();
  disk.create('big');
  let size = 0;
  for (let wrote = 1; wrote > 0;) {
    wrote = disk.write('big', size, bytes(10_000));
    if (wrote > 0) size += wrote;
    else expect(wrote).toBe(ENOSPC);
  }
  expect(size).toBeGreaterThan(400_000);
  // To the last one.
  expect(disk.calls.freeBlocks()).toBe(0);
  expect(disk.create('dir', DIRECTORY)).toBe(ENOSPC);
  expect(disk.symlink('link', 'y'.repeat(200))).toBe(ENOSPC);
  expect(disk.size('big')).toBe(size);
  expect(disk.remove('big')).toBe(0);
  expect(disk.calls.freeBlocks()).toBe(before);
  let made = 0;
  while (disk.create(`f${String(made)}`) === 0) made++;
  expect(made).toBeGreaterThan(10);
  expect(disk.calls.unmount()).toBe(0);
  check(image);
});

withTools('random work agrees with a model, and e2fsck finds nothing', () => {
  for (const [seed, block] of [
    [1, '1024'],
    [2, '2048'],
    [3, '4096'],
  ] as const) {
    const image = makeImage(6000, '-b', block, '-I', seed === 2 ? '256' : '128');
    const model = new Map<string, Uint8Array>();
    let disk = mounted(image);
    let state = seed * 77;
    const next = (below: number): number => {
      state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
      return (state >>> 8) % below;
    };
    for (const name of ['d0', 'd1', 'd2']) disk.create(name, DIRECTORY);
    for (let round = 0; round < 1500; round++) {
      const path = `d${String(next(3))}/${String(next(12))}`;
      const known = model.get(path);
      const act = next(8);
      if (act < 3) {
        if (known === undefined) {
          expect(disk.create(path)).toBe(0);
          model.set(path, new Uint8Array(0));
        }
        const old = model.get(path)!;
        const offset = next(60_000);
        const data = bytes(next(20_000), round);
        expect(disk.write(path, offset, data)).toBe(data.length);
        const longer = new Uint8Array(
          data.length === 0 ? old.length : Math.max(old.length, offset + data.length),
        );
        longer.set(old);
        longer.set(data, data.length === 0 ? 0 : offset);
        model.set(path, longer);
      } else if (act === 3) {
        expect(disk.remove(path)).toBe(known === undefined ? ENOENT : 0);
        model.delete(path);
      } else if (act === 4 && known !== undefined) {
        const size = next(80_000);
        expect(disk.truncate(path, size)).toBe(0);
        const cut = new Uint8Array(size);
        cut.set(known.subarray(0, size));
        model.set(path, cut);
      } else if (act === 5) {
        const to = `d${String(next(3))}/${String(next(12))}`;
        expect(disk.rename(path, to)).toBe(known === undefined ? ENOENT : 0);
        if (known !== undefined && to !== path) {
          model.delete(path);
          model.set(to, known);
        }
      } else if (act === 6 && round % 50 === 0) {
        expect(disk.calls.unmount()).toBe(0);
        disk = mounted(image);
      } else if (known !== undefined) {
        const offset = next(known.length + 10);
        expectBytes(disk.read(path, offset, 3000), known.subarray(offset, offset + 3000));
      }
    }
    for (const directory of ['d0', 'd1', 'd2']) {
      const names = [...model.keys()]
        .filter((path) => path.startsWith(directory))
        .map((path) => path.slice(3));
      expect(disk.list(directory)).toEqual(['.', '..', ...names].sort());
    }
    expect(disk.calls.unmount()).toBe(0);
    expect(disk.text).toBe('');
    check(image);
    for (const [path, data] of [...model].slice(0, 5))
      expect(Buffer.compare(dump(image, path), data)).toBe(0);
  }
});

withTools('what is not understood is refused, or only read', () => {
  const ext4 = new Ext2Disk(makeImage(2048, '-O', 'extents'));
  expect(ext4.mount()).toBe(EINVAL);
  expect(ext4.text).toBe('ext2: features of this file system are not known here: incompat 64\n');
  const sums = new Ext2Disk(makeImage(2048, '-O', 'uninit_bg'));
  expect(sums.mount()).toBe(0);
  expect(sums.text).toContain('it is mounted read-only');
  expect(sums.create('x')).toBe(EROFS);
  expect(new Ext2Disk(new Uint8Array(100_000)).mount()).toBe(EINVAL);
  expect(new Ext2Disk(new Uint8Array(512)).mount()).toBe(EINVAL);
  const short = new Ext2Disk(makeImage(2048).slice(0, 1 << 20));
  expect(short.mount()).toBe(EINVAL);
  expect(short.text).toBe('ext2: its superblock is damaged\n');
});

withTools('an image that was not unmounted is told, and so is one that was', () => {
  const image = makeImage(2048);
  const disk = mounted(image);
  disk.create('x');
  disk.calls.sync();
  const next = mounted(image.slice());
  expect(next.text).toContain('it was not unmounted');
  expect(disk.calls.unmount()).toBe(0);
  expect(mounted(image).text).toBe('');
});

withTools('damaged images: errors that say what and where, no trap, no end without one', () => {
  const image = makeImage(1024, '-b', '1024');
  const disk = mounted(image);
  for (const path of ['d', 'd/e']) disk.create(path, DIRECTORY);
  for (const path of ['f', 'd/g', 'd/e/h']) {
    disk.create(path);
    disk.write(path, 0, bytes(40_000));
  }
  disk.symlink('l', 'f');
  disk.calls.unmount();
  let state = 42;
  const next = (below: number): number => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return (state >>> 8) % below;
  };
  const told = new Set<string>();
  for (let round = 0; round < 800; round++) {
    const broken = image.slice();
    // The superblock, descriptors, maps, the first inodes, directories: what is at the beginning.
    for (let change = next(12); change >= 0; change--) {
      const at = 1024 + next(round % 2 === 0 ? 60_000 : 12_000);
      broken[at] = [0, 255, next(256), broken[at]! ^ (1 << next(8))][next(4)]!;
    }
    const victim = new Ext2Disk(broken);
    if (victim.mount() < 0) continue;
    for (const path of ['', 'd', 'd/e']) victim.list(path);
    for (const path of ['f', 'd/g', 'd/e/h', 'l']) {
      victim.read(path, 0, 40_000);
      victim.readLink(path);
      victim.write(path, 30_000, bytes(30_000));
    }
    victim.create('new');
    victim.create('d/new', DIRECTORY);
    victim.rename('d', 'd/e/h');
    victim.rename('d/e', 'e');
    for (const path of ['f', 'd/g', 'e/h', 'l', 'new']) victim.remove(path);
    for (const path of ['e', 'd']) victim.remove(path, true);
    victim.calls.unmount();
    for (const line of victim.text.split('\n')) told.add(line.replace(/ \d+/g, ' N'));
  }
  expect(told).toContain(
    "ext2: inode N: a pointer leads to a block that is no file's; it is read-only from now on",
  );
  expect(told).toContain('ext2: directory N: an entry is damaged; it is read-only from now on');
  expect(told.size).toBeGreaterThan(6);
});

withTools('a disk that fails is an error, and not the end', () => {
  const disk = mounted(makeImage(2048));
  disk.create('x');
  expect(disk.write('x', 0, bytes(60_000))).toBe(60_000);
  disk.broken = true;
  expect(disk.calls.sync()).toBe(EIO);
  disk.broken = false;
  expect(disk.calls.sync()).toBe(0);
  expectBytes(disk.read('x', 0, 60_000), bytes(60_000));
  expect(FILE).toBe(0o100644);
});
