/**
 * Machine memory to write to, unchecked: for memory/ alone, which keeps page tables and Xen's own frames. Everyone else
 * writes by guest-frames.ts.
 */
import type { FrameMemory, FrameTable } from './frame-table.ts';

/** A frame table's memory with its views writable. Whoever writes calls `wrote`. */
interface RawMemory extends FrameMemory {
  readonly bytes: Uint8Array<ArrayBuffer>;
  readonly words: Uint32Array<ArrayBuffer>;
}

export function rawMemory({ memory }: FrameTable): RawMemory {
  return memory as RawMemory;
}
