/**
 * What compiled AssemblyScript calls to make objects, on the kernel's heap. There is no collector: links and roots mean
 * nothing here.
 */
import { alloc, capacity, free, OBJECT_OVERHEAD } from './heap';

// @ts-ignore: decorator
@global @unsafe
export function __alloc(size: usize): usize {
  return alloc(size);
}

// @ts-ignore: decorator
@global @unsafe
export function __realloc(block: usize, size: usize): usize {
  const had = capacity(block);
  if (size <= had) return block;
  const larger = alloc(size);
  memory.copy(larger, block, had);
  free(block);
  return larger;
}

// @ts-ignore: decorator
@global @unsafe
export function __free(block: usize): void {
  free(block);
}

/** An object of class `id`: its header (two unused words, class, size), then `size` bytes of zeroes. */
// @ts-ignore: decorator
@global @unsafe
export function __new(size: usize, id: u32): usize {
  const object = alloc(OBJECT_OVERHEAD + size) + OBJECT_OVERHEAD;
  store<u32>(object - 8, id);
  store<u32>(object - 4, <u32>size);
  memory.fill(object, 0, size);
  return object;
}

// @ts-ignore: decorator
@global @unsafe
export function __renew(object: usize, size: usize): usize {
  const had = <usize>load<u32>(object - 4);
  const renewed = __realloc(object - OBJECT_OVERHEAD, OBJECT_OVERHEAD + size) + OBJECT_OVERHEAD;
  store<u32>(renewed - 4, <u32>size);
  if (size > had) memory.fill(renewed + had, 0, size - had);
  return renewed;
}

// @ts-ignore: decorator
@global @unsafe
export function __link(parent: usize, child: usize, expectMultiple: bool): void {}

// @ts-ignore: decorator
@global @unsafe
export function __pin(object: usize): usize {
  return object;
}

// @ts-ignore: decorator
@global @unsafe
export function __unpin(object: usize): void {}

// @ts-ignore: decorator
@global @unsafe
export function __visit(object: usize, cookie: u32): void {}

// @ts-ignore: decorator
@global @unsafe
export function __collect(): void {}
