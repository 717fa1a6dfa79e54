import { expect, test } from 'vitest';
import { loadCore } from './core-node.ts';
import { Lab } from './lab.ts';
import { plainHash, stateHash } from './state-hash.ts';
import { spinningKernel } from './testing-kernels.ts';

test('data of any size has a hash, and other data another', async () => {
  const hashes = new Set<string>();
  // What is behind the first MiB, be it the head of a text or of a block, is where the room for it ends.
  for (let bytes = 2 ** 20 - 64; bytes < 2 ** 20; bytes += 3)
    hashes.add(await plainHash([new Uint8Array(bytes), 1, 'two']));
  expect(hashes.size).toBe(22);
  expect(await plainHash({ a: [1, 'two'] })).toBe(await plainHash({ a: [1, 'two'] }));
});

test('every byte of memory is in the hash of a state, and where it stands; zeroes are zeroes, written or not', async () => {
  const request = { kernel: spinningKernel(), commandLine: '', memoryMb: 8, vcpus: 1 };
  const { hypervisor } = await Lab.boot(loadCore(), request);
  const { frames, bytes: view } = hypervisor.machine;
  const bytes = new Uint8Array(view.buffer, view.byteOffset, view.length);
  const middle = (frames >> 1) * 4096;
  const before = await stateHash(hypervisor);
  const hashes = new Set([before]);
  const places = [0, 1, 4095, 4096, 4098, middle + 7, middle + 4096 + 7, frames * 4096 - 1];
  for (const at of places) {
    const byte = bytes[at]!;
    bytes[at] = byte ^ 0x80;
    hashes.add(await stateHash(hypervisor));
    bytes[at] = byte;
  }
  expect(hashes.size).toBe(1 + places.length);
  expect(await stateHash(hypervisor)).toBe(before);
});
