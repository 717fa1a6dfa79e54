/**
 * What a console has printed, as text that conditions can be asked of. What a person typed and the guest only shows again (the
 * echo of a terminal, a shell's line editor) is no answer: it never fulfils a condition.
 */
import { TextStream } from './text-stream.ts';
import { TypedLines } from './typed-lines.ts';

/** How much text is kept to match against. */
const KEPT_CHARACTERS = 64 * 1024;

/** What ends a piece of a line that a guest draws: line editors draw anew behind a carriage return. */
const PIECE_END = /[\r\n]/;
/** Movements of the cursor and the like behind what was drawn. */
const DRAWN_BEHIND = /(?:\x1b\[[0-9;?]*[A-Za-z]|\x08)+$/;
/** So many characters in a row of what was typed are no coincidence: an editor shows a part of a long line. */
const STRETCH = 16;
const WORD = /[\p{L}\p{N}_]/u;

export class ConsoleText {
  private readonly stream = new TextStream();
  /** Whole pieces, without echo. */
  private text = '';
  /** The piece that is being printed, and how much of its beginning has been matched. */
  private piece = '';
  private taken = 0;
  /** What was typed. */
  private readonly lines = new TypedLines();

  /** Adds bytes in the order they were printed. */
  add(bytes: Uint8Array): void {
    let rest = this.stream.decode(bytes);
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

  /** What has been printed so far is no news. */
  forget(): void {
    this.text = '';
    this.taken = this.piece.length;
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
   * Where the echo at the end of a piece begins: of a typed line as a whole or of a stretch of a long one, or, in an unfinished
   * piece, of the beginning of one that has not been shown whole yet.
   */
  private echoStart(whole: string, unfinished: boolean): number {
    const piece = whole.replace(DRAWN_BEHIND, '');
    let start = whole.length;
    for (const line of this.lines.all()) {
      const shown = echoOf(line.text, piece, unfinished && !line.shown);
      start = Math.min(start, piece.length - shown);
      if (!unfinished && shown === line.text.length) line.shown = true;
    }
    return start < piece.length ? start : whole.length;
  }
}

/** How many of a piece's last characters are a line's: all of it, its beginning if that counts, a long stretch; else 0. */
function echoOf(line: string, piece: string, beginningCounts: boolean): number {
  for (let length = line.length; length >= (beginningCounts ? 1 : line.length); length--) {
    const shown = line.slice(0, length);
    if (shown.trim() !== '' && piece.endsWith(shown) && isBoundary(piece, piece.length - length))
      return length;
  }
  let stretch = STRETCH;
  if (piece.length < stretch || !line.includes(piece.slice(-stretch))) return 0;
  while (stretch < piece.length && line.includes(piece.slice(-stretch - 1))) stretch++;
  return stretch;
}

/** A letter within a word is no echo, whatever was typed. */
function isBoundary(piece: string, at: number): boolean {
  return at === 0 || !WORD.test(piece.charAt(at - 1));
}
