/** What a console has printed, as text that conditions can be asked of. */

/** How much text is kept to match against. */
const KEPT_CHARACTERS = 64 * 1024;

export class ConsoleText {
  private readonly decoder = new TextDecoder();
  private text = '';

  /** Adds bytes in the order they were printed. */
  add(bytes: Uint8Array): void {
    this.text += this.decoder.decode(bytes, { stream: true });
    if (this.text.length > 2 * KEPT_CHARACTERS) this.text = this.text.slice(-KEPT_CHARACTERS);
  }

  /** Whether `pattern` occurs; what lies before the end of its first match is forgotten then. */
  take(pattern: RegExp): string | undefined {
    const match = new RegExp(pattern.source, pattern.flags.replace(/[gy]/g, '')).exec(this.text);
    if (match === null) return undefined;
    this.text = this.text.slice(match.index + match[0].length);
    return match[0];
  }
}
