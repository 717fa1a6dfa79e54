/** Where Xen may write, and that counts and types which cannot be stop the host. */
import { beforeEach, describe, expect, test } from 'vitest';
import { EINVAL } from '../abi/errno.ts';
import { HypervisorBug } from '../bug.ts';
import { setGdt } from '../hypercalls/set-gdt.ts';
import { updateVaMapping } from '../hypercalls/update-va-mapping.ts';
import { PAGE_PRESENT, PAGE_USER } from './entries.ts';
import {
  PGT_L1_PAGE_TABLE,
  PGT_NONE,
  PGT_SEG_DESC_PAGE,
  PGT_VALIDATED,
  PGT_WRITABLE_PAGE,
} from './frame-table.ts';
import type { FrameTable } from './frame-table.ts';
import * as write from './guest-frames.ts';
import { getPageAndType, getPageType, putPageAndType, putPageType } from './page-types.ts';
import { clearGdt, writeDescriptor } from './per-domain.ts';
import { ARGUMENTS, L1_PFN, L4_PFN, TEST_BASE, TestDomain, testHost } from './testing.ts';

const PAGE = 20;
const READ_ONLY = PAGE_PRESENT | PAGE_USER;

let guest: TestDomain;
let frames: FrameTable;
let mfn: number;

beforeEach(() => {
  guest = new TestDomain(testHost(), 1, 32);
  ({ frames } = guest.hypervisor);
  mfn = guest.mfns[PAGE]!;
});

/** The guest maps the page read-only: nobody holds it as writable any more. */
function letGo(): void {
  expect(guest.call(updateVaMapping, TEST_BASE + PAGE * 4096, guest.entry(PAGE, READ_ONLY), 0)).toBe(0);
  expect(frames.typeCount[mfn]).toBe(0);
}

const WRITERS: readonly [string, (at: number) => void][] = [
  ['a byte', (at) => write.writeByte(frames, at, 1)],
  ['a halfword', (at) => write.writeHalfword(frames, at, 1)],
  ['a word', (at) => write.writeWord(frames, at, 1)],
  ['words', (at) => write.writeWords(frames, at, [1, 2])],
  ['bytes', (at) => write.writeBytes(frames, at, Uint8Array.of(1, 2))],
  ['a copy', (at) => write.copyBytes(frames, at, guest.mfns[21]! * 4096, 16)],
  ['zeroes', (at) => write.clearFrame(frames, at / 4096)],
];

describe.each(WRITERS)('%s', (_, writer) => {
  test('goes where the frame is held as writable, and nowhere else', () => {
    writer(mfn * 4096);
    for (const table of [L4_PFN, L1_PFN])
      expect(() => writer(guest.mfns[table]! * 4096)).toThrow(/is of type L\d table/);
    letGo();
    expect(() => writer(mfn * 4096)).toThrow(HypervisorBug);
    expect(() => writer(frames.m2pFrame * 4096)).toThrow(HypervisorBug);
    expect(() => writer(frames.frames * 4096)).toThrow(HypervisorBug);
  });
});

test('what is written is what was given', () => {
  write.writeWords(frames, mfn * 4096, [9, 8, 7, 6], 1, 2);
  write.writeWord(frames, mfn * 4096 + 8, 0x0403_0201);
  write.writeHalfword(frames, mfn * 4096 + 12, 0xbbaa);
  write.writeByte(frames, mfn * 4096 + 14, 0xcc);
  write.copyBytes(frames, mfn * 4096 + 16, mfn * 4096 + 8, 7);
  const at = TEST_BASE + PAGE * 4096;
  expect([guest.peek(at), guest.peek(at + 8), guest.peek(at + 16)]).toEqual([
    0x0000_0007_0000_0008n,
    0x00cc_bbaa_0403_0201n,
    0x00cc_bbaa_0403_0201n,
  ]);
  write.clearFrame(frames, mfn);
  expect(guest.peek(at)).toBe(0n);
});

test('a write across a frame’s end is a bug: what lies behind is another’s', () => {
  expect(() => write.writeWords(frames, mfn * 4096 + 4092, [1, 2])).toThrow(/crosses/);
  expect(() => write.writeBytes(frames, mfn * 4096 + 4095, Uint8Array.of(1, 2))).toThrow(/crosses/);
});

test('where the TLB may still remember a mapping, a frame may be written that nobody holds', () => {
  const one = [1];
  letGo();
  write.writeTranslated(frames, mfn * 4096, one, 0, 1);
  expect(() => write.writeTranslated(frames, guest.mfns[L1_PFN]! * 4096, one, 0, 1)).toThrow(HypervisorBug);
  frames.flushTlb();
  expect(() => write.writeTranslated(frames, mfn * 4096, one, 0, 1)).toThrow(HypervisorBug);
});

describe('a transfer', () => {
  test('holds each frame for as long, whatever nobody held', () => {
    letGo();
    write.transfer(frames, mfn * 4096 + 4090, Uint8Array.of(1, 2, 3));
    expect([frames.type[mfn], frames.typeCount[mfn]]).toEqual([PGT_WRITABLE_PAGE, 0]);
    expect(guest.check()).toEqual([]);
    expect(() => write.transfer(frames, guest.mfns[L1_PFN]! * 4096, Uint8Array.of(1))).toThrow(HypervisorBug);
  });

  test('over several frames', () => {
    const first = Math.min(guest.mfns[21]!, guest.mfns[22]!);
    expect(Math.abs(guest.mfns[21]! - guest.mfns[22]!)).toBe(1);
    write.transfer(
      frames,
      first * 4096 + 4088,
      Uint8Array.from({ length: 16 }, (_, n) => n),
    );
    const pfns = guest.mfns[21] === first ? [21, 22] : [22, 21];
    expect(guest.peek(TEST_BASE + pfns[0]! * 4096 + 4088)).toBe(0x0706_0504_0302_0100n);
    expect(guest.peek(TEST_BASE + pfns[1]! * 4096)).toBe(0x0f0e_0d0c_0b0a_0908n);
  });

  test('to what held descriptors has them validated again', () => {
    letGo();
    guest.poke(ARGUMENTS, mfn);
    expect(guest.call(setGdt, ARGUMENTS, 512)).toBe(0);
    expect(frames.type[mfn]).toBe(PGT_SEG_DESC_PAGE);
    clearGdt(frames, guest.domain.memory.perDomainL3, 0);
    // An interrupt gate of ring 0.
    write.transfer(frames, mfn * 4096, Uint8Array.of(0, 0, 8, 0, 0, 0x8e, 0, 0));
    expect(guest.call(setGdt, ARGUMENTS, 512)).toBe(-EINVAL);
    expect(guest.check()).toEqual([]);
  });
});

describe('counts that cannot be', () => {
  test('a reference, or a type, that nobody holds is given back', () => {
    const free = frames.allocateForXen();
    frames.release(free);
    expect(() => frames.putPage(free)).toThrow(/nobody holds/);
    expect(frames.count[free]).toBe(0);
    letGo();
    expect(() => putPageType(frames, mfn, -1)).toThrow(/nobody holds/);
    expect(frames.typeCount[mfn]).toBe(0);
    expect(() => putPageAndType(frames, mfn)).toThrow(HypervisorBug);
  });

  test('a type is taken without a reference, or given back where there is none, or of what was never validated', () => {
    const free = frames.allocateForXen();
    frames.release(free);
    expect(() => getPageType(frames, free, PGT_WRITABLE_PAGE)).toThrow(/without a reference/);
    expect(frames.typeCount[free]).toBe(0);
    frames.count[mfn] = 0;
    expect(() => putPageType(frames, mfn, -1)).toThrow(/nobody refers to it/);
    frames.count[mfn] = 2;
    frames.flags[mfn]! &= ~PGT_VALIDATED;
    expect(() => putPageType(frames, mfn, -1)).toThrow(/was not validated/);
    expect(frames.typeCount[mfn]).toBe(1);
  });

  test('a descriptor is written where nobody holds the frame for it', () => {
    const descriptor = (frame: number) => (): void => {
      writeDescriptor(frames, frame, 0, 0, 0);
    };
    expect(descriptor(mfn)).not.toThrow();
    letGo();
    expect(descriptor(mfn)).toThrow(/nobody holds for it/);
    expect(descriptor(guest.mfns[L1_PFN]!)).toThrow(HypervisorBug);
  });

  test('a frame of Xen’s is freed that a domain maps', () => {
    const shared = frames.allocateForXen();
    frames.shareWithDomain(shared, 1, true);
    frames.count[shared] = 2;
    expect(() => {
      frames.release(shared);
    }).toThrow(/freed while it is in use/);
    frames.count[shared] = 1;
    frames.typeCount[shared] = 2;
    expect(() => {
      frames.release(shared);
    }).toThrow(/freed while it is in use/);
  });

  test('a frame is freed twice, or while it is used', () => {
    const xens = frames.allocateForXen();
    frames.release(xens);
    expect(() => {
      frames.release(xens);
    }).toThrow(/freed twice/);
    expect(() => {
      frames.release(mfn);
    }).toThrow(/in use/);
    getPageAndType(frames, mfn, 1, PGT_WRITABLE_PAGE);
    frames.count[mfn] = 1;
    expect(() => frames.putPage(mfn)).toThrow(/freed while/);
  });

  test('a frame is shared that is not Xen’s, or returned that was not stolen', () => {
    expect(() => {
      frames.shareWithDomain(mfn, 1, true);
    }).toThrow(HypervisorBug);
    expect(() => {
      frames.unsteal(mfn, 1);
    }).toThrow(/not stolen/);
  });
});

describe('an entry of a page table', () => {
  test('is written where a frame is held as a table, or is Xen’s own', () => {
    for (const pfn of [L4_PFN, L1_PFN]) frames.writeEntry(guest.mfns[pfn]!, 256, 0, 0);
    frames.writeEntry(frames.allocateForXen(), 511, 1, 2);
  });

  test('is not written where a frame is writable, is held by nobody, or was a table once', () => {
    const entry = (frame: number) => (): void => {
      frames.writeEntry(frame, 0, 0, 0);
    };
    expect(entry(mfn)).toThrow(/nobody holds it as a page table/);
    letGo();
    expect(entry(mfn)).toThrow(HypervisorBug);
    getPageAndType(frames, mfn, 1, PGT_L1_PAGE_TABLE);
    putPageAndType(frames, mfn);
    expect(frames.type[mfn]).toBe(PGT_L1_PAGE_TABLE);
    expect(entry(mfn)).toThrow(HypervisorBug);
    expect(entry(frames.frames)).toThrow(HypervisorBug);
  });

  test.each([-1, 512])('number %i does not exist', (slot) => {
    expect(() => {
      frames.writeEntry(guest.mfns[L1_PFN]!, slot, 0, 0);
    }).toThrow(/has no such entry/);
  });
});

test('a frame that was stolen and given back is its owner’s again', () => {
  const spare = frames.allocate(1);
  expect(frames.steal(spare, 1)).toBe(true);
  expect([frames.count[spare], frames.type[spare]]).toEqual([0, PGT_NONE]);
  frames.unsteal(spare, 1);
  expect(guest.check()).toEqual([]);
});
