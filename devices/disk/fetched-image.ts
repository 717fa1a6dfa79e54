/**
 * A read-only disk whose bytes are elsewhere, in a file or behind a URL: who has them fills it in, chunk by chunk. A read of
 * a chunk that is not there yet waits, and guest time with it: so what was fetched when changes nothing of a run.
 */
import { SECTOR_BYTES, sectorsOf } from './disk.ts';
import type { Disk } from './disk.ts';

export const CHUNK_BYTES = 1 << 18;
const CHUNK_SECTORS = CHUNK_BYTES / SECTOR_BYTES;

export class FetchedImage implements Disk {
  readonly sectors: number;
  readonly readOnly = true;
  readonly bytes: number;
  /** What has been fetched, and what is asked for, in that order. No part of the state: it can be fetched again. */
  readonly #chunks = new Map<number, Uint8Array>();
  readonly #wanted = new Set<number>();

  constructor(bytes: number) {
    this.bytes = bytes;
    this.sectors = sectorsOf(bytes);
  }

  /** Chunks that a read waits for. */
  get wanted(): ReadonlySet<number> {
    return this.#wanted;
  }

  /** The bytes of the image that a chunk is: from its offset on, the last one maybe fewer. */
  range(chunk: number): { readonly offset: number; readonly bytes: number } {
    const offset = chunk * CHUNK_BYTES;
    return { offset, bytes: Math.min(CHUNK_BYTES, this.bytes - offset) };
  }

  /** Brings a chunk. Throws RangeError when it is not of the length that `range` tells: a fault of the source. */
  fill(chunk: number, data: Uint8Array): void {
    const { bytes } = this.range(chunk);
    if (data.length !== bytes)
      throw new RangeError(`chunk ${String(chunk)} has ${String(bytes)} bytes, not ${String(data.length)}`);
    const held = new Uint8Array(sectorsOf(bytes) * SECTOR_BYTES);
    held.set(data);
    this.#chunks.set(chunk, held);
    this.#wanted.delete(chunk);
  }

  ready(sector: number, count: number): boolean {
    const last = Math.floor((sector + count - 1) / CHUNK_SECTORS);
    let ready = true;
    for (let chunk = Math.floor(sector / CHUNK_SECTORS); chunk <= last; chunk++) {
      if (this.#chunks.has(chunk)) continue;
      this.#wanted.add(chunk);
      ready = false;
    }
    return ready;
  }

  /** Everything read must be `ready`. */
  read(sector: number, into: Uint8Array): void {
    for (let done = 0; done < into.length;) {
      const at = sector * SECTOR_BYTES + done;
      const within = at % CHUNK_BYTES;
      const chunk = this.#chunks.get((at - within) / CHUNK_BYTES)!;
      const bytes = Math.min(chunk.length - within, into.length - done);
      into.set(chunk.subarray(within, within + bytes), done);
      done += bytes;
    }
  }

  write(): void {
    // Read-only: nobody writes.
  }
}
