import fc from 'fast-check';
import { expect, test } from 'vitest';
import { BLOCK_SECTORS } from './blocks.ts';
import { SECTOR_BYTES } from './disk.ts';
import type { Disk } from './disk.ts';
import { CHUNK_BYTES, FetchedImage } from './fetched-image.ts';
import { MemoryImage } from './memory-image.ts';
import { Overlay } from './overlay.ts';
import { SparseImage } from './sparse-image.ts';

const SECTORS = 45;

function pattern(bytes: number, salt = 1): Uint8Array {
  return Uint8Array.from({ length: bytes }, (_, n) => (n * 31 + (n >>> 9) * salt) & 0xff);
}
/** Quicker than toEqual by far. */
function same(one: Uint8Array, other: Uint8Array): boolean {
  return Buffer.from(one).equals(other);
}
function all(disk: Disk): Uint8Array {
  const bytes = new Uint8Array(disk.sectors * SECTOR_BYTES);
  disk.read(0, bytes);
  return bytes;
}

const access = fc
  .tuple(fc.nat(SECTORS - 1), fc.integer({ min: 1, max: 20 }), fc.nat(255))
  .map(([sector, count, salt]) => ({ sector, count: Math.min(count, SECTORS - sector), salt }));

const BASE = pattern(SECTORS * SECTOR_BYTES);

test.each<[string, () => Disk, Uint8Array]>([
  ['a sparse image', () => new SparseImage(SECTORS), new Uint8Array(BASE.length)],
  ['an overlay', () => new Overlay(new MemoryImage(BASE)), BASE],
])('%s holds what was written, and what was there elsewhere', (_kind, make, start) => {
  fc.assert(
    fc.property(fc.array(access), (writes) => {
      const disk = make();
      const model = start.slice();
      for (const { sector, count, salt } of writes) {
        const data = pattern(count * SECTOR_BYTES, salt);
        expect(disk.ready(sector, count, true)).toBe(true);
        disk.write(sector, data);
        model.set(data, sector * SECTOR_BYTES);
        const back = new Uint8Array(count * SECTOR_BYTES);
        disk.read(sector, back);
        expect(same(back, data)).toBe(true);
      }
      expect(same(all(disk), model)).toBe(true);
    }),
    { seed: 5 },
  );
  expect(same(BASE, pattern(BASE.length))).toBe(true);
});

test('overlays over one base do not see each other, and hold only what was written', () => {
  const base = new MemoryImage(BASE);
  const [one, other] = [new Overlay(base), new Overlay(base)];
  one.write(9, pattern(SECTOR_BYTES, 9));
  expect(same(all(other), BASE)).toBe(true);
  expect([...one.blocks.keys()]).toEqual([1]);
  expect(other.blocks.size).toBe(0);
  const sparse = new SparseImage(1 << 30);
  sparse.write((1 << 30) - 1, pattern(SECTOR_BYTES));
  expect(sparse.blocks.size).toBe(1);
});

test.each<[string, () => Overlay | SparseImage]>([
  ['a sparse image', () => new SparseImage(SECTORS)],
  ['an overlay', () => new Overlay(new MemoryImage(BASE))],
])('a block of %s stays as it is for whoever has it: a write replaces it', (_kind, make) => {
  const disk = make();
  disk.write(0, pattern(SECTOR_BYTES, 1));
  const kept = disk.blocks.get(0)!;
  const before = kept.slice();
  disk.write(1, pattern(SECTOR_BYTES, 2));
  expect(same(kept, before)).toBe(true);
  expect(disk.blocks.get(0)).not.toBe(kept);
});

test('an image of a sector in part ends in zeroes', () => {
  const image = new MemoryImage(pattern(700));
  expect(image.sectors).toBe(2);
  expect(same(all(image).subarray(700), new Uint8Array(324))).toBe(true);
  const disk = new Overlay(image);
  disk.write(1, pattern(SECTOR_BYTES));
  expect(same(all(disk).subarray(SECTOR_BYTES), pattern(SECTOR_BYTES))).toBe(true);
});

test('a fetched image asks for chunks, and has them once they are filled in', () => {
  const image = pattern(CHUNK_BYTES + 1000);
  const disk = new FetchedImage(image.length);
  expect(disk.ready(0, disk.sectors)).toBe(false);
  expect([...disk.wanted]).toEqual([0, 1]);
  expect(() => {
    disk.fill(1, new Uint8Array(999));
  }).toThrow(RangeError);
  for (const chunk of [...disk.wanted]) {
    const { offset, bytes } = disk.range(chunk);
    disk.fill(chunk, image.subarray(offset, offset + bytes));
  }
  expect(disk.wanted.size).toBe(0);
  expect(disk.ready(0, disk.sectors)).toBe(true);
  expect(same(all(disk).subarray(0, image.length), image)).toBe(true);
});

test('an overlay asks a fetched base only for what it lacks: not for blocks it has, nor for those a write covers', () => {
  const base = new FetchedImage(3 * CHUNK_BYTES);
  const disk = new Overlay(base);
  const chunkSectors = CHUNK_BYTES / SECTOR_BYTES;
  expect(disk.ready(0, BLOCK_SECTORS, true)).toBe(true);
  disk.write(0, pattern(BLOCK_SECTORS * SECTOR_BYTES));
  expect(disk.ready(0, BLOCK_SECTORS, false)).toBe(true);
  expect(base.wanted.size).toBe(0);
  expect(disk.ready(chunkSectors, 1, true)).toBe(false);
  expect([...base.wanted]).toEqual([1]);
  expect(disk.ready(2 * chunkSectors + 3, 1, false)).toBe(false);
  expect([...base.wanted]).toEqual([1, 2]);
});

test('the last block of a disk may be short: a write of all that there is of it needs nothing of the base', () => {
  const base = new FetchedImage(CHUNK_BYTES + 2 * SECTOR_BYTES);
  const disk = new Overlay(base);
  const last = CHUNK_BYTES / SECTOR_BYTES;
  expect(disk.ready(last, 2, true)).toBe(true);
  expect(base.wanted.size).toBe(0);
  const data = pattern(2 * SECTOR_BYTES);
  disk.write(last, data);
  const back = new Uint8Array(data.length);
  disk.read(last, back);
  expect(same(back, data)).toBe(true);
});
