/** Frames that Xen shares with privileged domains (share_xen_page_with_privileged_guests), for ever. */
import { DOMID_XEN } from '../abi/xen.ts';
import type { FrameTable } from './frame-table.ts';
import { PAGE_WORDS } from './pages.ts';
import { rawMemory } from './raw-memory.ts';

/** A frame that they may read, with these words at its beginning; -1 where none is free. */
export function shareReadable(table: FrameTable, words: ArrayLike<number>): number {
  const mfn = table.allocateForXen();
  if (mfn < 0) return mfn;
  rawMemory(table).words.set(words, mfn * PAGE_WORDS);
  table.memory.wrote(mfn);
  table.shareWithDomain(mfn, DOMID_XEN, false);
  return mfn;
}

/** A frame of zeros that they may read and write; -1 where none is free. */
export function shareWritable(table: FrameTable): number {
  const mfn = table.allocateForXen();
  if (mfn >= 0) table.shareWithDomain(mfn, DOMID_XEN, true);
  return mfn;
}
