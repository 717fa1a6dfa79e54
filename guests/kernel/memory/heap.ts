/**
 * The kernel's heap: blocks of sixteen bytes to half a page in powers of two, cut from pages; larger ones are runs of
 * whole pages. A free block holds the address of the next free one of its page. For each size there is a list of the pages
 * that have free blocks; a page with nothing but free blocks goes back, unless it is the last of its list.
 *
 * Nothing is collected: what is made must be given back, an object with `dispose`, raw memory with `free`.
 */
import { allocatePage, allocatePages, isMemoryLow, PAGE_SHIFT, PAGE_SIZE, putPage, record } from './pages';

const MIN_SHIFT: u32 = 4;
const MAX_SHIFT: u32 = 11;

/** Bytes before a managed object: two words unused here, its class, its size (AssemblyScript's layout). */
export const OBJECT_OVERHEAD: usize = 16;

/** For each size, the first page that has a free block: 8 words. */
const lists: usize = memory.data(4 * 8, 8);
/** Bytes handed out, by the sizes of the blocks. */
let used: usize = 0;

/** Bytes that are in use. */
export function usedBytes(): usize {
  return used;
}

// @ts-ignore: decorator
@inline
function listOf(shift: u32): usize {
  return lists + ((shift - MIN_SHIFT) << 2);
}

/** `size` bytes, 16-aligned, as they were left. There being none is the kernel's end: programs stop before. */
export function alloc(size: usize): usize {
  if (size > 1 << MAX_SHIFT) return allocRun(size);
  const shift = size <= 1 << MIN_SHIFT ? MIN_SHIFT : 32 - clz<u32>(<u32>size - 1);
  let page = load<usize>(listOf(shift));
  if (page == 0) page = cut(shift);
  const known = record(page);
  const block = known.firstFree;
  known.firstFree = load<usize>(block);
  known.used++;
  if (known.firstFree == 0) unlist(page);
  used += 1 << shift;
  return block;
}

/** Gives back what `alloc` gave. 0 is nothing. */
export function free(block: usize): void {
  if (block == 0) return;
  const page = block & ~(PAGE_SIZE - 1);
  const known = record(page);
  const shift = known.bucket;
  if (shift == 0) {
    assert(block == page && known.run > 0, 'what is freed was not allocated');
    used -= (<usize>known.run) << PAGE_SHIFT;
    putPage(page);
    return;
  }
  assert(known.used > 0, 'what is freed was not allocated');
  if (known.firstFree == 0) enlist(page, shift);
  store<usize>(block, known.firstFree);
  known.firstFree = block;
  known.used--;
  used -= 1 << shift;
  if (known.used > 0 || (known.next == 0 && known.previous == 0)) return;
  unlist(page);
  known.bucket = 0;
  putPage(page);
}

/** Bytes that the block really has. */
export function capacity(block: usize): usize {
  const known = record(block & ~(PAGE_SIZE - 1));
  return known.bucket == 0 ? (<usize>known.run) << PAGE_SHIFT : 1 << known.bucket;
}

/** Gives back an object or array made with `new`. Nothing may refer to it any more. */
export function dispose<T>(object: T): void {
  free(changetype<usize>(object) - OBJECT_OVERHEAD);
}

/** As `alloc`, for what a program has asked for: 0 where that would leave the kernel too little. */
export function tryAlloc(size: usize): usize {
  if (isMemoryLow()) return 0;
  return size > 1 << MAX_SHIFT ? findRun(size) : alloc(size);
}

function allocRun(size: usize): usize {
  const pages = findRun(size);
  assert(pages != 0, 'the kernel is out of memory');
  return pages;
}

function findRun(size: usize): usize {
  const pages = allocatePages(<u32>((size + PAGE_SIZE - 1) >> PAGE_SHIFT));
  if (pages != 0) used += (<usize>record(pages).run) << PAGE_SHIFT;
  return pages;
}

/** Makes free blocks of a page, the lowest address the first. The list of their size is empty. */
function cut(shift: u32): usize {
  const page = allocatePage();
  assert(page != 0, 'the kernel is out of memory');
  let next: usize = 0;
  for (let block = page + PAGE_SIZE; block > page;) {
    block -= 1 << shift;
    store<usize>(block, next);
    next = block;
  }
  const known = record(page);
  known.bucket = <u16>shift;
  known.used = 0;
  known.firstFree = page;
  enlist(page, shift);
  return page;
}

/** Puts a page at the beginning of its list. */
function enlist(page: usize, shift: u32): void {
  const first = load<usize>(listOf(shift));
  record(page).next = first;
  record(page).previous = 0;
  if (first != 0) record(first).previous = page;
  store<usize>(listOf(shift), page);
}

function unlist(page: usize): void {
  const known = record(page);
  if (known.next != 0) record(known.next).previous = known.previous;
  if (known.previous != 0) record(known.previous).next = known.next;
  else store<usize>(listOf(known.bucket), known.next);
}
