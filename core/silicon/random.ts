/** SplitMix32: a number from a seed, the same in generator.h. */
export class SplitMix {
  private state: number;

  constructor(seed: number) {
    this.state = seed | 0;
  }

  /** The next u32. */
  next(): number {
    this.state = (this.state + 0x9e3779b9) | 0;
    let z = this.state;
    z = Math.imul(z ^ (z >>> 16), 0x21f0aaad);
    z = Math.imul(z ^ (z >>> 15), 0x735a2d97);
    return (z ^ (z >>> 15)) >>> 0;
  }

  /** One of a list. */
  pick<T>(list: readonly T[]): T {
    return list[this.next() % list.length]!;
  }
}
