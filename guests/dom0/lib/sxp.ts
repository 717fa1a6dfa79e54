/**
 * S-expressions, in which xend keeps its settings, takes domains and tells of them: an atom, or a list in parentheses; a text with
 * blanks in it is in quotes of either kind; `#` begins a comment where a word could begin.
 */

import {
  BACKSLASH,
  CLOSE_PARENTHESIS,
  DOUBLE_QUOTE,
  HASH,
  NEWLINE,
  OPEN_PARENTHESIS,
  RETURN,
  SINGLE_QUOTE,
  SPACE,
  TAB,
} from 'programs/lib/codes';

export class Sxp {
  /** Of a list. */
  items: Sxp[] = [];

  constructor(
    readonly isList: bool,
    /** Of an atom. */
    readonly text: string,
  ) {}

  /** A list's first atom; empty: it has none. */
  get name(): string {
    return this.isList && this.items.length > 0 && !this.items[0].isList ? this.items[0].text : '';
  }

  /** The lists in this one that begin with a name. */
  children(name: string): Sxp[] {
    const found: Sxp[] = [];
    for (let n = 0; n < this.items.length; n++) if (this.items[n].name == name) found.push(this.items[n]);
    return found;
  }
  /** The first of them; null: there is none. */
  child(name: string): Sxp | null {
    const found = this.children(name);
    return found.length == 0 ? null : found[0];
  }
  /** The atom behind the name of a list in this one, as in `(memory 64)`; `usual`: there is none. */
  valueOf(name: string, usual: string = ''): string {
    const found = this.child(name);
    return found == null ? usual : found.value;
  }
  /** The atoms behind a list's name. */
  get value(): string {
    const words: string[] = [];
    for (let n = 1; n < this.items.length; n++) if (!this.items[n].isList) words.push(this.items[n].text);
    return words.join(' ');
  }
}

/** A text as an atom: in quotes, where it has to be. */
export function atom(text: string): string {
  for (let n = 0; n < text.length; n++)
    if (' \t\r\n()\'"#'.includes(text.charAt(n)))
      return "'" + text.replaceAll('\\', '\\\\').replaceAll("'", "\\'") + "'";
  return text == '' ? "''" : text;
}

/** What was wrong with a text; empty: nothing. */
export let sxpProblem: string = '';

/** All expressions of a text; what is wrong is in `sxpProblem`. */
export function parseSxp(text: string): Sxp[] {
  sxpProblem = '';
  const reader = new Reader(text);
  const found: Sxp[] = [];
  while (sxpProblem == '' && reader.skip()) found.push(reader.read());
  return found;
}

function isBlank(code: i32): bool {
  return code == SPACE || code == TAB || code == RETURN || code == NEWLINE;
}

class Reader {
  private at: i32 = 0;

  constructor(private text: string) {}

  private fail(what: string): void {
    if (sxpProblem == '')
      sxpProblem = 'line ' + this.text.substring(0, this.at).split('\n').length.toString() + ': ' + what;
  }

  /** Passes blanks and comments. Whether something is left. */
  skip(): bool {
    while (this.at < this.text.length) {
      const c = this.text.charCodeAt(this.at);
      if (c == HASH) while (this.at < this.text.length && this.text.charCodeAt(this.at) != NEWLINE) this.at++;
      else if (isBlank(c)) this.at++;
      else break;
    }
    return this.at < this.text.length;
  }

  read(): Sxp {
    const c = this.text.charCodeAt(this.at);
    if (c == OPEN_PARENTHESIS) return this.list();
    if (c == CLOSE_PARENTHESIS) this.fail('a list ends that has not begun');
    return new Sxp(false, c == DOUBLE_QUOTE || c == SINGLE_QUOTE ? this.quoted(c) : this.word());
  }

  private list(): Sxp {
    const made = new Sxp(true, '');
    this.at++;
    while (sxpProblem == '' && this.skip() && this.text.charCodeAt(this.at) != CLOSE_PARENTHESIS)
      made.items.push(this.read());
    if (this.at >= this.text.length) this.fail('a list has no end');
    this.at++;
    return made;
  }

  private quoted(quote: i32): string {
    let said = '';
    let from = ++this.at;
    for (; this.at < this.text.length && this.text.charCodeAt(this.at) != quote; this.at++) {
      const next = this.text.charCodeAt(this.at + 1);
      if (this.text.charCodeAt(this.at) != BACKSLASH || (next != quote && next != BACKSLASH)) continue;
      said += this.text.substring(from, this.at);
      from = ++this.at;
    }
    said += this.text.substring(from, this.at);
    if (this.at >= this.text.length) this.fail('a text has no end');
    this.at++;
    return said;
  }

  private word(): string {
    const start = this.at;
    for (; this.at < this.text.length; this.at++) {
      const c = this.text.charCodeAt(this.at);
      if (isBlank(c) || c == OPEN_PARENTHESIS || c == CLOSE_PARENTHESIS) break;
    }
    return this.text.substring(start, this.at);
  }
}
