/**
 * What the consoles of a world print, on one terminal: of the host that is shown as it comes, of the others when they are. Where
 * nobody watches, every line with its host's name in front.
 */

/** Of a console that is not shown, so much is kept. */
const KEPT_BYTES = 64 * 1024;
const NEWLINE = 0x0a;
const RETURN = 0x0d;

export class WorldConsoles {
  private readonly names: readonly string[];
  private readonly write: (bytes: Uint8Array) => void;
  private readonly isWatched: boolean;
  /** Whose console is shown, and gets the keys. */
  shown = 0;
  /** What has not been written, by host. */
  private readonly kept: Buffer[];

  constructor(names: readonly string[], write: (bytes: Uint8Array) => void, isWatched: boolean) {
    this.names = names;
    this.write = write;
    this.isWatched = isWatched;
    this.kept = names.map(() => Buffer.alloc(0));
  }

  print(host: number, bytes: Uint8Array): void {
    if (this.isWatched && host === this.shown) this.write(bytes);
    else {
      this.kept[host] = Buffer.concat([this.kept[host]!, bytes]);
      if (this.isWatched) this.kept[host] = this.kept[host].subarray(-KEPT_BYTES);
      else this.writeLines(host);
    }
  }

  /** Shows another host's console, and what it has printed meanwhile. */
  show(host: number): void {
    this.shown = host;
    if (!this.isWatched) return;
    this.write(Buffer.concat([Buffer.from(`[${this.names[host]!}]\r\n`), this.kept[host]!]));
    this.kept[host] = Buffer.alloc(0);
  }

  /** Nothing more comes: lines that have no end are written, too. */
  end(): void {
    if (this.isWatched) return;
    for (const [host, rest] of this.kept.entries()) if (rest.length > 0) this.writeLine(host, rest);
  }

  private writeLines(host: number): void {
    for (;;) {
      const bytes = this.kept[host]!;
      const end = bytes.indexOf(NEWLINE);
      if (end < 0) return;
      this.writeLine(host, bytes.subarray(0, bytes[end - 1] === RETURN ? end - 1 : end));
      this.kept[host] = bytes.subarray(end + 1);
    }
  }

  private writeLine(host: number, line: Uint8Array): void {
    this.write(Buffer.concat([Buffer.from(`${this.names[host]!}| `), line, Buffer.from('\n')]));
  }
}
