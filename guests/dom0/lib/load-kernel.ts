/**
 * The kernel's way into a new domain. An ELF file's segments are copied from the file. A packed one is unpacked in the
 * domain's own memory, so that domain 0 needs none for it: at the address that a bzImage prefers, where its segments are to
 * be; but they lie a little higher there, by the ELF headers before them, and are then moved down.
 */
import { describe } from 'programs/lib/errno';
import { copy } from 'programs/lib/intrinsics';
import { DomainMemory } from './domain-memory';
import { clear, FarBytes } from './far';
import { unmap } from './hypercalls';
import { PAGE_BYTES } from './pages';
import { Kernel } from './kernel';
import { KernelFile } from './kernel-file';
import { pagesOf } from './plan';

/** Why the last kernel was not loaded; empty: it was. */
export let unloaded: string = '';

/** Copies the segments of an ELF file. Whether that worked, else `unloaded`. */
export function copySegments(kernel: Kernel, memory: DomainMemory): bool {
  const segments = kernel.segments;
  let failed = 0;
  for (let n = 0; n < segments.length && failed == 0; n++)
    failed = memory.write(segments[n].at, kernel.image.at + segments[n].offset, segments[n].fileBytes);
  unloaded = failed < 0 ? describe(failed) : '';
  return failed == 0;
}

function mebibytes(bytes: u64): u64 {
  return (bytes + (1 << 20) - 1) >> 20;
}

/** Unpacks a kernel and brings its segments to their places; null: `unloaded`. */
export function unpackKernel(file: KernelFile, memory: DomainMemory): Kernel | null {
  const first = file.unpackAt / PAGE_BYTES;
  const count = pagesOf(file.unpackedBytes);
  if (count == 0 || first > memory.pages || count > memory.pages - first) {
    unloaded =
      'to be unpacked it wants a domain of ' +
      mebibytes(file.unpackAt + file.unpackedBytes).toString() +
      ' MiB at least, and this one has ' +
      mebibytes(memory.pages * PAGE_BYTES).toString();
    return null;
  }
  const at = memory.map(first, count);
  if (at < 0) {
    unloaded = describe(at);
    return null;
  }
  const kernel = unpackAt(file, at, count * PAGE_BYTES);
  unmap(at, count);
  return kernel;
}

function unpackAt(file: KernelFile, at: u64, bytes: u64): Kernel | null {
  unloaded = 'its payload is damaged';
  if (!file.unpackTo(at)) return null;
  const kernel = new Kernel(new FarBytes(at, file.unpackedBytes));
  if (!kernel.parse()) {
    unloaded = kernel.problem;
    return null;
  }
  unloaded = settle(kernel, file.unpackAt, at, bytes) ? '' : 'its segments lie where they are not expected';
  return unloaded == '' ? kernel : null;
}

/**
 * Moves the segments down to their places, one after the other, and clears what lies between them and behind. `base`: what
 * the memory at `at` is in the domain, as bytes from the virtual base.
 */
function settle(kernel: Kernel, base: u64, at: u64, bytes: u64): bool {
  const segments = kernel.segments;
  let done: u64 = 0;
  let read: u64 = 0;
  for (let n = 0; n < segments.length; n++) {
    const place = segments[n].at - base;
    const offset = segments[n].offset;
    const fileBytes = segments[n].fileBytes;
    // Nothing is written where something is still to be read.
    if (segments[n].at < base || place < done || place > offset || offset < read) return false;
    clear(at + done, place - done);
    if (place != offset) copy(at + place, at + offset, fileBytes);
    done = place + fileBytes;
    read = offset + fileBytes;
  }
  clear(at + done, bytes - done);
  return true;
}
