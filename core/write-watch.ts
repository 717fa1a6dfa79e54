/**
 * A watch on a few bytes of machine memory: whether they were written, by the guest's instructions, the processor for them (A
 * and D bits), or whoever has the machine. It changes nothing that a guest can see, but it slows down writes to their page, and
 * translations cached for writes are gone: who watches does so on a machine that is restored afterwards.
 */
import type { Machine } from './machine.ts';
import { MEMORY, WATCH_FIRST, WATCH_HIT } from './wasm/layout.ts';

/** Watches `bytes` bytes at a machine address; 0: none any more. */
export function watchWrites(machine: Machine, address: number, bytes: number): void {
  const words = new Uint32Array(machine.bytes.buffer, WATCH_FIRST, 2);
  words[0] = MEMORY + address;
  words[1] = bytes === 0 ? 0 : MEMORY + address + bytes;
  machine.watchChanged();
}

/** Whether they were written since this was asked last: a frame of theirs by whoever has the machine counts where they differ. */
export function takeWritten(machine: Machine): 'guest' | 'outside' | null {
  const hit = new Uint32Array(machine.bytes.buffer, WATCH_HIT, 1);
  const was = hit[0]!;
  hit[0] = 0;
  if ((was & 1) !== 0) return 'guest';
  return was === 0 ? null : 'outside';
}
