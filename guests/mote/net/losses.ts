/** A network that loses frames, the same ones each time. */

export class Losses {
  perMille: u32 = 0;
  /** Frames that were lost. */
  count: u64 = 0;
  private state: u32 = 1;

  /** Of all frames, so many in a thousand are lost from now on; which ones, the seed says. */
  set(perMille: u32, seed: u32): void {
    this.perMille = perMille;
    this.state = max<u32>(seed, 1);
  }

  /** Whether this frame is lost (xorshift32, Marsaglia 2003). */
  strike(): bool {
    if (this.perMille == 0) return false;
    this.state ^= this.state << 13;
    this.state ^= this.state >> 17;
    this.state ^= this.state << 5;
    if (this.state % 1000 >= this.perMille) return false;
    this.count++;
    return true;
  }
}
