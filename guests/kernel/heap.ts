/**
 * The kernel's heap: blocks of sixteen bytes to half a page in powers of two, cut from pages; larger ones are runs of
 * whole pages. A free block holds the address of the next free one of its size. A page whose blocks are all free stays with
 * its size: kernels want the same things again and again.
 *
 * Nothing is collected: what is made must be given back, an object with `dispose`, raw memory with `free`.
 */
import {
  allocatePage,
  allocatePages,
  bucketOf,
  isMemoryLow,
  PAGE_SHIFT,
  PAGE_SIZE,
  putPage,
  runOf,
  setBucket,
} from './pages';

const MIN_SHIFT: u32 = 4;
const MAX_SHIFT: u32 = 11;

/** Bytes before a managed object: two words unused here, its class, its size (AssemblyScript's layout). */
export const OBJECT_OVERHEAD: usize = 16;

/** For each size, the first free block: 8 words. */
const lists: usize = memory.data(4 * 8, 8);
/** Bytes handed out, by the sizes of the blocks. */
let used: usize = 0;

/** Bytes that are in use. */
export function usedBytes(): usize {
  return used;
}

/** `size` bytes, 16-aligned, as they were left. There being none is the kernel's end: programs stop before. */
export function alloc(size: usize): usize {
  if (size > 1 << MAX_SHIFT) return allocRun(size);
  const shift = size <= 1 << MIN_SHIFT ? MIN_SHIFT : 32 - clz<u32>(<u32>size - 1);
  const list = lists + ((shift - MIN_SHIFT) << 2);
  if (load<usize>(list) == 0) cut(list, shift);
  const block = load<usize>(list);
  store<usize>(list, load<usize>(block));
  used += 1 << shift;
  return block;
}

/** Gives back what `alloc` gave. 0 is nothing. */
export function free(block: usize): void {
  if (block == 0) return;
  const page = block & ~(PAGE_SIZE - 1);
  const shift = bucketOf(page);
  if (shift == 0) {
    assert(block == page && runOf(page) > 0, 'what is freed was not allocated');
    used -= (<usize>runOf(page)) << PAGE_SHIFT;
    putPage(page);
    return;
  }
  const list = lists + ((shift - MIN_SHIFT) << 2);
  store<usize>(block, load<usize>(list));
  store<usize>(list, block);
  used -= 1 << shift;
}

/** Bytes that the block really has. */
export function capacity(block: usize): usize {
  const page = block & ~(PAGE_SIZE - 1);
  const shift = bucketOf(page);
  return shift == 0 ? (<usize>runOf(page)) << PAGE_SHIFT : 1 << shift;
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
  if (pages != 0) used += (<usize>runOf(pages)) << PAGE_SHIFT;
  return pages;
}

/** Makes free blocks of a page. The first is for the lowest address. */
function cut(list: usize, shift: u32): void {
  const page = allocatePage();
  assert(page != 0, 'the kernel is out of memory');
  setBucket(page, shift);
  let next: usize = 0;
  for (let block = page + PAGE_SIZE; block > page;) {
    block -= 1 << shift;
    store<usize>(block, next);
    next = block;
  }
  store<usize>(list, next);
}
