/** Which pages of a domain were written since somebody asked, by pfn. Plain data, saved whole. */
/** What is logged of a domain. */
export class DirtyLog {
  /** A bit for each pfn, as far as one was dirty. */
  bits = new Uint8Array(0);
  /** How many became dirty since they were all clean. */
  count = 0;

  /** A pfn is dirty. */
  mark(pfn: number): void {
    const at = pfn >>> 3;
    if (at >= this.bits.length) {
      const more = new Uint8Array(Math.max(at + 1, 2 * this.bits.length));
      more.set(this.bits);
      this.bits = more;
    }
    const bit = 1 << (pfn & 7);
    if ((this.bits[at]! & bit) !== 0) return;
    this.bits[at]! |= bit;
    this.count++;
  }

  clean(): void {
    this.bits.fill(0);
    this.count = 0;
  }
}
