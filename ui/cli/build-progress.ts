/** What a build says: one line drawn over and over on a terminal, a line now and then elsewhere. */

/** Elsewhere: a line for so many images. */
const EVERY = 10;

export class BuildProgress {
  private readonly out: NodeJS.WriteStream;
  private readonly prefix: string;
  private isDrawn = false;
  private said = -EVERY;

  constructor(out: NodeJS.WriteStream, prefix: string) {
    this.out = out;
    this.prefix = prefix;
  }

  /** Says a thing once. */
  say(text: string): void {
    this.clear();
    this.out.write(`${this.prefix}${text}\n`);
  }

  /** So many of what there is to build are there, `name` the last of them. */
  show(done: number, total: number, name: string): void {
    const text = `${this.prefix}built ${String(done)} of ${String(total)}: ${name}`;
    if (this.out.isTTY) {
      this.out.write(`\r\x1b[K${text}`);
      this.isDrawn = true;
    } else if (done === total || done >= this.said + EVERY) {
      this.said = done;
      this.out.write(`${text}\n`);
    }
  }

  /** Takes away what is drawn. */
  clear(): void {
    if (this.isDrawn) this.out.write('\r\x1b[K');
    this.isDrawn = false;
  }
}
