/** A domain that cannot be built leaves nothing behind, nor does one that is discarded. */
import { beforeEach, expect, test } from 'vitest';
import { testHost } from '../memory/testing.ts';
import { checkFrameTable } from '../state/check.ts';
import type { Xen } from '../xen.ts';
import { buildDomain } from './build-domain.ts';
import { ImageError } from './builder/image-error.ts';
import { loadKernel } from './builder/kernel.ts';
import { elfImage, linuxLike } from './builder/testing.ts';
import type { TestKernel } from './builder/testing.ts';
import { releaseDomain } from './destroy.ts';

const PAGES = 0x600;

let host: Xen;
let free: number;

beforeEach(() => {
  host = testHost(4096);
  free = host.frames.freeFrames;
});

async function build(kernel: TestKernel, isPrivileged = false, memoryPages = PAGES): Promise<void> {
  const image = await loadKernel(elfImage(kernel));
  const about = { id: isPrivileged ? 0 : 1, isPrivileged, vcpus: 2, memoryPages };
  buildDomain(host, { ...about, kernel: image, ramdisk: undefined, commandLine: '' });
}

function expectNothing(): void {
  expect(host.frames.freeFrames).toBe(free);
  expect([...host.domains.keys()]).toEqual([]);
  expect([...host.frames.remains.keys()]).toEqual([]);
  expect(checkFrameTable(host.frames, host.domains)).toEqual([]);
  expect(host.stop).toBe(null);
}

test('a domain for which the machine is too small', async () => {
  await expect(build(linuxLike, false, 8192)).rejects.toThrow(ImageError);
  expectNothing();
});

test.each([false, true])('a domain that was built whole (domain 0: %s) and is discarded', async (isDom0) => {
  await build(linuxLike, isDom0);
  const [domain] = host.domains.values();
  expect(host.frames.freeFrames).toBeLessThan(free - PAGES);
  releaseDomain(host, domain!);
  expectNothing();
});
