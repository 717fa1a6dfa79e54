/**
 * What a console has printed, as text that conditions can be asked of. What a person typed and the guest only shows again (the
 * echo of a terminal, a shell's line editor) is no answer: it never fulfils a condition.
 */
import { TypedLines } from './typed-lines.ts';

/** How much text is kept to match against. */
const KEPT_CHARACTERS = 64 * 1024;

/** What ends a piece of a line that a guest draws: line editors draw anew behind a carriage return. */
const PIECE_END = /[\r\n]/;
/** Movements of the cursor and the like behind what was drawn. */
const DRAWN_BEHIND = /(?:\x1b\[[0-9;?]*[A-Za-z]|\x08)+$/;
const WORD = /[\p{L}\p{N}_]/u;

export class ConsoleText {
  private readonly decoder = new TextDecoder();
  /** Whole pieces, without echo. */
  private text = '';
  /** The piece that is being printed, and how much of its beginning has been matched. */
  private piece = '';
  private taken = 0;
  /** What was typed. */
  private readonly lines = new TypedLines();

  /** Adds bytes in the order they were printed. */
  add(bytes: Uint8Array): void {
    let rest = this.decoder.decode(bytes, { stream: true });
    for (let end = rest.search(PIECE_END); end >= 0; end = rest.search(PIECE_END)) {
      this.piece += rest.slice(0, end);
      this.finishPiece(rest.charAt(end));
      rest = rest.slice(end + 1);
    }
    this.piece += rest;
    if (this.text.length > 2 * KEPT_CHARACTERS) this.text = this.text.slice(-KEPT_CHARACTERS);
  }

  /** Hears what is typed, before the guest does. */
  typed(bytes: Uint8Array): void {
    this.lines.type(bytes);
  }

  /** Whether `pattern` occurs; what lies before the end of its first match is forgotten then. */
  take(pattern: RegExp): string | undefined {
    const anywhere = new RegExp(pattern.source, pattern.flags.replace(/[gy]/g, ''));
    // Cheap, and mostly the end of it: what is not there with the echo is not there without.
    if (!anywhere.test(this.text + this.piece.slice(this.taken))) return undefined;
    const shown = this.piece.slice(0, this.echoStart(this.piece, true));
    const match = anywhere.exec(this.text + shown.slice(this.taken));
    if (match === null) return undefined;
    const end = match.index + match[0].length;
    if (end > this.text.length) this.taken += end - this.text.length;
    this.text = this.text.slice(end);
    return match[0];
  }

  private finishPiece(ending: string): void {
    this.text += this.piece.slice(this.taken, this.echoStart(this.piece, false)) + ending;
    this.piece = '';
    this.taken = 0;
  }

  /**
   * Where the echo at the end of a piece begins: of a typed line as a whole, or, in an unfinished piece, of the beginning of
   * one that has not been shown whole yet.
   */
  private echoStart(whole: string, unfinished: boolean): number {
    const piece = whole.replace(DRAWN_BEHIND, '');
    let start = whole.length;
    for (const line of this.lines.all()) {
      const shortest = unfinished && !line.shown ? 1 : line.text.length;
      for (let length = line.text.length; length >= shortest; length--) {
        const shown = line.text.slice(0, length);
        const at = piece.length - length;
        if (shown.trim() === '' || !piece.endsWith(shown) || !isBoundary(piece, at)) continue;
        start = Math.min(start, at);
        if (!unfinished) line.shown = true;
        break;
      }
    }
    return start;
  }
}

/** A letter within a word is no echo, whatever was typed. */
function isBoundary(piece: string, at: number): boolean {
  return at === 0 || !WORD.test(piece.charAt(at - 1));
}
