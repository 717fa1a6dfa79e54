/**
 * A host's state from one thread to another and back: what is the same as the last time goes by its number. The two ends of a wire
 * are in step: each takes what the other sends, in its order.
 */
import { PAGE_BYTES } from '../../../core/machine.ts';
import type { SavedGraph } from '../snapshot/graph-writer.ts';
import { ZERO_PAGE } from '../snapshot/machine-saver.ts';
import type { SavedMachine } from '../snapshot/machine-saver.ts';

/** A host as it was saved (WorldHost.save). */
export interface SavedHost {
  readonly machine: SavedMachine;
  readonly graph: SavedGraph;
}

/** The number of one of the last time; a part of an image, which both ends have; or its bytes. */
type SentBlock =
  | number
  | { readonly image: number; readonly at: number; readonly length: number }
  | Uint8Array;

/** As it is sent: plain data. */
export interface SentHost {
  readonly processor: Uint8Array;
  readonly frameCount: number;
  /** The frames that are others than the last time, as 32-bit numbers: those of `pages`, in their order, and behind them empty ones. */
  readonly frames: Uint8Array;
  readonly pages: Uint8Array;
  readonly graph: Uint8Array;
  readonly blocks: readonly SentBlock[];
}

export class HostWire {
  private readonly images: readonly Uint8Array[];
  /** What both ends had the last time; before that, memory is empty. */
  private pages: readonly Uint8Array[] = [];
  private blocks: readonly Uint8Array[] = [];

  /** `images`: the same at both ends, in the same order. */
  constructor(images: readonly Uint8Array[]) {
    this.images = images;
  }

  send({ machine, graph }: SavedHost): SentHost {
    const full: number[] = [];
    const empty: number[] = [];
    for (let frame = 0; frame < machine.pages.length; frame++) {
      const page = machine.pages[frame]!;
      if (page !== (this.pages[frame] ?? ZERO_PAGE)) (page === ZERO_PAGE ? empty : full).push(frame);
    }
    const pages = new Uint8Array(full.length * PAGE_BYTES);
    for (const [n, frame] of full.entries()) pages.set(machine.pages[frame]!, n * PAGE_BYTES);
    const sent = {
      processor: machine.processor,
      frameCount: machine.pages.length,
      frames: new Uint8Array(Uint32Array.from([...full, ...empty]).buffer),
      pages,
      graph: graph.bytes,
      blocks: graph.blocks.map((block) => this.sentBlock(block)),
    };
    this.keep({ machine, graph });
    return sent;
  }

  take({ processor, frameCount, frames, pages: bytes, graph, blocks }: SentHost): SavedHost {
    const isFirst = this.pages.length === 0;
    const pages = isFirst ? new Array<Uint8Array>(frameCount).fill(ZERO_PAGE) : this.pages.slice();
    const numbers = new Uint32Array(frames.slice().buffer);
    for (const [n, frame] of numbers.entries()) {
      const at = n * PAGE_BYTES;
      pages[frame] = at < bytes.length ? bytes.slice(at, at + PAGE_BYTES) : ZERO_PAGE;
    }
    const taken = {
      machine: { processor, pages },
      graph: { bytes: graph.slice(), blocks: blocks.map((block) => this.takenBlock(block)) },
    };
    this.keep(taken);
    return taken;
  }

  private keep({ machine, graph }: SavedHost): void {
    this.pages = machine.pages;
    this.blocks = graph.blocks;
  }

  private sentBlock(block: Uint8Array): SentBlock {
    const known = this.blocks.findIndex(
      ({ buffer, byteOffset, length }) =>
        buffer === block.buffer && byteOffset === block.byteOffset && length === block.length,
    );
    if (known >= 0) return known;
    for (const [image, { buffer, byteOffset, length }] of this.images.entries()) {
      const at = block.byteOffset - byteOffset;
      if (buffer === block.buffer && at >= 0 && at + block.length <= length)
        return { image, at, length: block.length };
    }
    return block;
  }

  private takenBlock(block: SentBlock): Uint8Array {
    if (typeof block === 'number') return this.blocks[block]!;
    if (block instanceof Uint8Array) return block;
    return this.images[block.image]!.subarray(block.at, block.at + block.length);
  }
}
