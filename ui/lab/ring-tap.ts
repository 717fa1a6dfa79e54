/** Looks at what goes through a ring of bytes in machine memory, between others, and touches nothing. */
import type { ReadonlyMachine } from '../../core/machine.ts';

export interface RingPlace {
  /** Machine addresses: of the bytes, and of the index that counts all that were ever put in. */
  readonly data: number;
  readonly producer: number;
  /** The size of the ring, a power of two. */
  readonly bytes: number;
}

export class RingTap {
  private readonly place: RingPlace;
  private seen: number;

  /** `seen`: the index up to which it is known already. */
  constructor(place: RingPlace, seen: number) {
    this.place = place;
    this.seen = seen;
  }

  /** What was put in since the last look; null: nothing. More than the ring holds, or an index that makes no sense, is passed over. */
  look({ words, bytes: memory }: ReadonlyMachine): Uint8Array | null {
    const { data, producer: at, bytes } = this.place;
    const producer = words[at / 4]!;
    const count = (producer - this.seen) >>> 0;
    const from = this.seen;
    this.seen = producer;
    if (count === 0 || count > bytes) return null;
    return Uint8Array.from({ length: count }, (_, n) => memory[data + ((from + n) % bytes)]!);
  }
}
