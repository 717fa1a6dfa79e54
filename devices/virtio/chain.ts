/** A descriptor chain that a driver made available, checked: what the device reads, then what it writes. */
import type { MachineMemory } from '../machine.ts';

/** A piece of machine memory; inside it for sure. */
export interface Segment {
  readonly address: number;
  readonly length: number;
}

export interface Chain {
  /** The index that goes into the used ring. */
  readonly head: number;
  readonly readable: readonly Segment[];
  readonly writable: readonly Segment[];
  readonly readableBytes: number;
  readonly writableBytes: number;
}

/** Copies what the device may read, from byte `from` of it on, as much as `into` takes and there is. Gives how much. */
export function readChain(memory: MachineMemory, chain: Chain, from: number, into: Uint8Array): number {
  return walk(chain.readable, from, into.length, (address, length, done) => {
    into.set(memory.bytes.slice(address, address + length), done);
  });
}

/** Writes where the device may write, from byte `from` of it on, as much as fits. Gives how much. */
export function writeChain(memory: MachineMemory, chain: Chain, from: number, data: Uint8Array): number {
  return walk(chain.writable, from, data.length, (address, length, done) => {
    memory.write(address, data.subarray(done, done + length));
  });
}

/** Visits the pieces of `count` bytes behind the first `from`. */
function walk(
  segments: readonly Segment[],
  from: number,
  count: number,
  visit: (address: number, length: number, done: number) => void,
): number {
  let skip = from;
  let done = 0;
  for (const { address, length } of segments) {
    if (done === count) break;
    if (skip >= length) {
      skip -= length;
      continue;
    }
    const piece = Math.min(length - skip, count - done);
    visit(address + skip, piece, done);
    done += piece;
    skip = 0;
  }
  return done;
}
