/** A text in the language of configurations, and the first thing that is wrong with it. */

const NEWLINE: i32 = 10;

/** A place in a text, both from 1. */
export class Place {
  constructor(
    readonly line: i32,
    readonly column: i32,
  ) {}
}

export class Source {
  /** `PATH:LINE:COLUMN: what`, the line, and a mark under the column; empty: nothing is wrong. */
  problem: string = '';
  private readonly lines: string[];

  constructor(
    readonly path: string,
    readonly text: string,
  ) {
    this.lines = text.split('\n');
  }

  get isWrong(): bool {
    return this.problem != '';
  }

  /** The first problem is told: those behind it may follow from it. */
  fail(place: Place, what: string): void {
    if (this.problem != '') return;
    this.problem = this.path + ':' + place.line.toString() + ':' + place.column.toString() + ': ' + what;
    if (place.line > this.lines.length) return;
    const line = this.lines[place.line - 1].trimEnd();
    if (line == '') return;
    // A tab before the mark is one there, too: so it stands under what it means.
    let blank = '';
    for (let at = 0; at < place.column - 1; at++)
      blank += at < line.length && line.charAt(at) == '\t' ? '\t' : ' ';
    this.problem += '\n    ' + line + '\n    ' + blank + '^';
  }

  /** The character's code; -1: behind the end. */
  codeAt(at: i32): i32 {
    return at < this.text.length ? this.text.charCodeAt(at) : -1;
  }

  isLineEnd(at: i32): bool {
    const code = this.codeAt(at);
    return code < 0 || code == NEWLINE;
  }
}
