/** The last that a console has printed. It is kept in pieces, so that saving it again and again copies one of them. */

const PIECE_BYTES = 4096;
const USUAL_BYTES = 128 * 1024;
const NEWLINE = 10;

export class Transcript {
  /** Nobody writes to these any more. */
  private readonly full: Uint8Array[] = [];
  private last = new Uint8Array(PIECE_BYTES);
  private used = 0;
  /** More was printed than is kept. */
  private isCut = false;
  private readonly mostPieces: number;

  /** `mostBytes`: what is kept at most, a multiple of 4 KiB. */
  constructor(mostBytes = USUAL_BYTES) {
    this.mostPieces = mostBytes / PIECE_BYTES;
  }

  add(bytes: Uint8Array): void {
    for (let at = 0; at < bytes.length;) {
      const part = bytes.subarray(at, at + PIECE_BYTES - this.used);
      this.last.set(part, this.used);
      this.used += part.length;
      at += part.length;
      if (this.used === PIECE_BYTES) this.begin();
    }
  }

  /** What is kept; of what is cut, from the beginning of a line. */
  bytes(): Uint8Array {
    const bytes = new Uint8Array(this.full.length * PIECE_BYTES + this.used);
    for (const [index, piece] of this.full.entries()) bytes.set(piece, index * PIECE_BYTES);
    bytes.set(this.last.subarray(0, this.used), this.full.length * PIECE_BYTES);
    return this.isCut ? bytes.subarray(bytes.indexOf(NEWLINE) + 1) : bytes;
  }

  private begin(): void {
    this.full.push(this.last);
    this.last = new Uint8Array(PIECE_BYTES);
    this.used = 0;
    if (this.full.length < this.mostPieces) return;
    this.full.shift();
    this.isCut = true;
  }
}
