import { expect, test } from 'vitest';
import { plainHash } from './state-hash.ts';

test('data of any size has a hash, and other data another', async () => {
  const hashes = new Set<string>();
  // What is behind the first MiB, be it the head of a text or of a block, is where the room for it ends.
  for (let bytes = 2 ** 20 - 64; bytes < 2 ** 20; bytes += 3)
    hashes.add(await plainHash([new Uint8Array(bytes), 1, 'two']));
  expect(hashes.size).toBe(22);
  expect(await plainHash({ a: [1, 'two'] })).toBe(await plainHash({ a: [1, 'two'] }));
});
