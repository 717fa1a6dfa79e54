/**
 * The physical allocator: which pages are free, and how many uses each of the others has.
 *
 * A bitmap has a bit for each free page, so a run of neighbours is as easy to find as a single page. A record for each
 * page counts its uses: a page of a process that has forked is shared until somebody writes to it (copy-on-write), and goes
 * back when the last one lets go. A page is named by its address in linear memory, which is its pseudo-physical address.
 *
 * The heap stands on this file, and the heap comes up before the initialisers of modules have run: the variables here have
 * constant initial values, and nothing is made with `new`.
 */

export const PAGE_SIZE: usize = 4096;
export const PAGE_SHIFT: usize = 12;

/**
 * Pages that only the kernel's own structures may take, so that a program that wants too much fails and the kernel goes
 * on.
 */
export const KERNEL_RESERVE: u32 = 256;

/** What is known of a page. */
@unmanaged
export class Page {
  /** Uses. 0: free, or not for allocation at all. */
  count: u32;
  /** Pages in the allocation that begins here; 0 inside one. */
  run: u32;
  // Of a page of the heap (heap.ts): log2 of the size of its blocks, else 0; blocks in use; the first free one; the pages
  // before and behind it in the list of those that have a free one.
  bucket: u16;
  used: u16;
  firstFree: usize;
  next: usize;
  previous: usize;
}

const PAGE_RECORD: usize = offsetof<Page>();
const WORD_PAGES: usize = 64;
/** What the pages of a word of the bitmap hold. */
const WORD_BYTES: usize = WORD_PAGES * PAGE_SIZE;

let records: usize = 0;
let bitmap: usize = 0;
/** Words of the bitmap. */
let words: usize = 0;
/** No word below this one has a free page. */
let lowest: usize = 0;
let free: u32 = 0;
let total: u32 = 0;

/** What is known of a page. */
// @ts-ignore: decorator
@inline
export function record(page: usize): Page {
  return changetype<Page>(records + (page >> PAGE_SHIFT) * PAGE_RECORD);
}

/** Bytes that the allocator needs for itself to manage `pages` pages. */
export function bookkeepingBytes(pages: usize): usize {
  return bitmapBytes(pages) + pages * PAGE_RECORD;
}

function bitmapBytes(pages: usize): usize {
  return ((pages + WORD_PAGES - 1) / WORD_PAGES) * 8;
}

/** Begins with no page free. `storage`: `bookkeepingBytes(pages)` bytes, 8-aligned. */
export function initPages(storage: usize, pages: usize): void {
  bitmap = storage;
  words = (pages + WORD_PAGES - 1) / WORD_PAGES;
  records = storage + bitmapBytes(pages);
  memory.fill(storage, 0, bookkeepingBytes(pages));
  lowest = 0;
  free = 0;
  total = 0;
}

/** Hands the pages from `from` to below `to` to the allocator for the first time. */
export function addPages(from: usize, to: usize): void {
  let page = from;
  for (; page < to && page % WORD_BYTES != 0; page += PAGE_SIZE) addPage(page);
  for (; page + WORD_BYTES <= to; page += WORD_BYTES) addWord(page);
  for (; page < to; page += PAGE_SIZE) addPage(page);
}

function addPage(page: usize): void {
  assert(record(page).count == 0 && !isFree(page), 'a page is added twice');
  setFree(page);
  total++;
}

/** The pages of a word of the bitmap at once: there are as many as a machine has. */
function addWord(first: usize): void {
  const word = first / WORD_BYTES;
  assert(load<u64>(bitmap + word * 8) == 0, 'a page is added twice');
  store<u64>(bitmap + word * 8, ~0);
  lowest = min(lowest, word);
  free += <u32>WORD_PAGES;
  total += <u32>WORD_PAGES;
}

/** How many pages are free. */
export function freePages(): u32 {
  return free;
}

/** How many pages the allocator has, free or not. */
export function totalPages(): u32 {
  return total;
}

/** How many uses a page has. */
export function pageCount(page: usize): u32 {
  return record(page).count;
}

/** One page for the kernel, with one use; what it holds is left from before. 0: there is none. */
export function allocatePage(): usize {
  for (; lowest < words; lowest++) {
    const word = load<u64>(bitmap + lowest * 8);
    if (word == 0) continue;
    const page = (lowest * WORD_PAGES + <usize>ctz(word)) << PAGE_SHIFT;
    take(page, 1);
    return page;
  }
  return 0;
}

/** One page for a program or a cache: 0 when only the kernel's reserve is left. */
export function allocateUserPage(): usize {
  return free > KERNEL_RESERVE ? allocatePage() : 0;
}

/** Whether only the reserve is left: time to refuse whatever a program wants of the kernel. */
export function isMemoryLow(): bool {
  return free <= KERNEL_RESERVE;
}

/**
 * `count` pages in a row, with one use. 0: there is no such run. Runs come from the end of memory, single pages from its
 * beginning: so they stay out of each other's way.
 */
export function allocatePages(count: u32): usize {
  if (count == 1) return allocatePage();
  let length: u32 = 0;
  for (let index = words * WORD_PAGES; index > 0;) {
    index--;
    if (length == 0 && load<u64>(bitmap + (index / WORD_PAGES) * 8) == 0) {
      index &= ~(WORD_PAGES - 1);
      continue;
    }
    length = isFree(index << PAGE_SHIFT) ? length + 1 : 0;
    if (length < count) continue;
    take(index << PAGE_SHIFT, count);
    return index << PAGE_SHIFT;
  }
  return 0;
}

/** One more use of a page. */
export function getPage(page: usize): void {
  const known = record(page);
  assert(known.count > 0, 'a use of a free page');
  known.count++;
}

/** One use less of an allocation that begins with `page`; with the last one its pages are free. */
export function putPage(page: usize): void {
  const known = record(page);
  assert(known.count > 0 && known.run > 0, 'a page is freed that is not in use');
  if (--known.count > 0) return;
  const end = page + ((<usize>known.run) << PAGE_SHIFT);
  known.run = 0;
  for (let each = page; each < end; each += PAGE_SIZE) {
    record(each).count = 0;
    setFree(each);
  }
}

/** Takes a page out of the allocator for good, or until `addPages`: the balloon. It must have one use. */
export function removePage(page: usize): void {
  const known = record(page);
  assert(known.count == 1 && known.run == 1, 'a page to be removed is in use');
  known.count = 0;
  known.run = 0;
  total--;
}

function isFree(page: usize): bool {
  const index = page >> PAGE_SHIFT;
  return ((load<u64>(bitmap + (index / WORD_PAGES) * 8) >> (index % WORD_PAGES)) & 1) != 0;
}

function setFree(page: usize): void {
  const index = page >> PAGE_SHIFT;
  const at = bitmap + (index / WORD_PAGES) * 8;
  store<u64>(at, load<u64>(at) | (1 << (<u64>index % WORD_PAGES)));
  lowest = min(lowest, index / WORD_PAGES);
  free++;
}

function take(first: usize, count: u32): void {
  const end = first + ((<usize>count) << PAGE_SHIFT);
  for (let page = first; page < end; page += PAGE_SIZE) {
    const index = page >> PAGE_SHIFT;
    const at = bitmap + (index / WORD_PAGES) * 8;
    store<u64>(at, load<u64>(at) & ~(1 << (<u64>index % WORD_PAGES)));
    record(page).count = 1;
  }
  record(first).run = count;
  free -= count;
}
