/** The clock of flushes, which says what a frame that is taken needs: that translations go, and what its last owner left. */
import { expect, test } from 'vitest';
import { DOMID_XEN } from '../abi/xen.ts';
import { writeBytes } from './guest-frames.ts';
import { PAGE_BYTES } from './pages.ts';
import { testHost } from './testing.ts';

test('however often a guest has had the TLB flushed, a frame that somebody had is flushed and cleared before the next has it', () => {
  const { frames, machine } = testHost();
  const first = frames.allocateForXen();
  frames.tlbClock = 0xffff_ffff;
  frames.release(first);
  // The clock begins again; nothing that was stamped before is of a flush to come.
  for (let n = 0; n < 3; n++) {
    const mfn = frames.allocateForXen();
    frames.shareWithDomain(mfn, DOMID_XEN, true);
    writeBytes(frames, mfn * PAGE_BYTES, Uint8Array.of(7));
    const before = frames.tlbClock;
    frames.release(mfn);
    expect(frames.allocateForXen()).toBe(mfn);
    expect(frames.tlbClock).toBe(before + 1);
    expect(machine.bytes[mfn * PAGE_BYTES]).toBe(0);
    frames.release(mfn);
  }
});
