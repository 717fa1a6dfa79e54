import { describe, expect, it } from 'vitest';
import { checkFrameTable } from '../state/check.ts';
import { testHost } from '../memory/testing.ts';
import { createDomain } from './create.ts';

/** Frames of Xen's own for a domain with one vcpu: three tables, shared info, the first of the grant table. */
const NEEDED = 5;
const OPTIONS = { id: 1, isPrivileged: false, vcpus: 1 };

describe('a domain', () => {
  it.each(Array.from({ length: NEEDED }, (_, left) => left))(
    'is refused where %i frames are left, and all of them stay free',
    (left) => {
      const host = testHost();
      while (host.frames.freeFrames > left) host.frames.allocateForXen();
      expect(() => createDomain(host, OPTIONS)).toThrow(RangeError);
      expect(host.frames.freeFrames).toBe(left);
      expect(host.domains.size).toBe(0);
      expect(checkFrameTable(host.frames, host.domains)).toEqual([]);
    },
  );

  it('is made where there are just enough', () => {
    const host = testHost();
    while (host.frames.freeFrames > NEEDED) host.frames.allocateForXen();
    createDomain(host, OPTIONS);
    expect(host.frames.freeFrames).toBe(0);
  });
});
