/** Random numbers from a seed (xorshift32, Marsaglia 2003): the same seed gives the same run. */
export class Random {
  private state: number;

  constructor(seed: number) {
    this.state = seed >>> 0 || 1;
    // Small seeds begin with small numbers: pass them.
    for (let step = 0; step < 8; step++) this.next();
  }

  /** A u32, never 0. */
  next(): number {
    let x = this.state;
    x ^= x << 13;
    x ^= x >>> 17;
    x ^= x << 5;
    this.state = x >>> 0;
    return this.state;
  }

  /** From 0 to less than 1. */
  share(): number {
    return this.next() / 0x1_0000_0000;
  }

  fill(bytes: Uint8Array): void {
    for (let at = 0; at < bytes.length; at++) bytes[at] = this.next() >>> 16;
  }
}
