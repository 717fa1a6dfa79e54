/** A configuration's text cut into tokens, as the language reference of Python does ("Lexical analysis"). */
import { Place, Source } from './source';

export const NAME: i32 = 0;
export const NUMBER: i32 = 1;
export const TEXT: i32 = 2;
export const SIGN: i32 = 3;
/** A line's end, where it ends a statement; more or less indented than the line before; the text's end. */
export const NEWLINE: i32 = 4;
export const INDENT: i32 = 5;
export const DEDENT: i32 = 6;
export const END: i32 = 7;

/** Longer ones first. */
const SIGNS: string[] = [
  '**=',
  '//=',
  '<<=',
  '>>=',
  '**',
  '//',
  '==',
  '!=',
  '<>',
  '<=',
  '>=',
  '+=',
  '-=',
  '*=',
  '/=',
  '%=',
  '&=',
  '|=',
  '^=',
  '<<',
  '>>',
  '+',
  '-',
  '*',
  '/',
  '%',
  '<',
  '>',
  '=',
  '(',
  ')',
  '[',
  ']',
  '{',
  '}',
  ',',
  ':',
  '.',
  ';',
  '&',
  '|',
  '^',
  '~',
];
const OPENING: string = '([{';
const CLOSING: string = ')]}';
/** Columns of a tab. */
const TAB: i32 = 8;

export class Token {
  constructor(
    readonly kind: i32,
    /** The name, the sign, the number as it is written, what a text says. */
    readonly text: string,
    readonly place: Place,
  ) {}

  /** Whether it is this sign, or this word. */
  is(text: string): bool {
    return (this.kind == SIGN || this.kind == NAME) && this.text == text;
  }
}

/** The tokens of a text, the last one its end; what is wrong is told to the source. */
export function tokensOf(source: Source): Token[] {
  const cutter = new Cutter(source);
  while (!source.isWrong && cutter.next());
  return cutter.tokens;
}

class Cutter {
  tokens: Token[] = [];
  private at: i32 = 0;
  private line: i32 = 1;
  private lineStart: i32 = 0;
  /** Open brackets: within them lines have no ends. */
  private open: Token[] = [];
  private indents: i32[] = [0];
  private isLineStart: bool = true;

  constructor(private readonly source: Source) {}

  /** Cuts off one token, or passes what is none. False: that was the end. */
  next(): bool {
    if (this.isLineStart && this.open.length == 0) this.indent();
    this.isLineStart = false;
    const code = this.source.codeAt(this.at);
    if (code < 0) this.end();
    else if (code == 10) this.endLine();
    else if (code == 32 || code == 9 || code == 13 || code == 12) this.at++;
    else if (code == 35) while (!this.source.isLineEnd(this.at)) this.at++;
    else if (code == 92) this.joinLines();
    else if (isDigit(code)) this.number();
    else if (this.quoteAt() >= 0) this.quoted();
    else if (isNameCode(code)) this.name();
    else this.sign();
    return code >= 0;
  }

  private get place(): Place {
    return new Place(this.line, this.at - this.lineStart + 1);
  }

  private add(kind: i32, text: string, place: Place): void {
    this.tokens.push(new Token(kind, text, place));
  }

  private fail(what: string): void {
    this.source.fail(this.place, what);
  }

  private nextLine(): void {
    this.at++;
    this.line++;
    this.lineStart = this.at;
  }

  private endStatement(): void {
    const last = this.tokens.length > 0 ? this.tokens[this.tokens.length - 1].kind : NEWLINE;
    if (last != NEWLINE && last != INDENT && last != DEDENT) this.add(NEWLINE, '', this.place);
  }

  private endLine(): void {
    if (this.open.length == 0) this.endStatement();
    this.nextLine();
    this.isLineStart = true;
  }

  private end(): void {
    if (this.open.length > 0) {
      const open = this.open[this.open.length - 1];
      this.source.fail(open.place, open.text + ' is not closed');
      return;
    }
    this.endStatement();
    for (let n = 1; n < this.indents.length; n++) this.add(DEDENT, '', this.place);
    this.add(END, '', this.place);
  }

  /** How far a line is indented; one with nothing on it does not count. */
  private indent(): void {
    let column = 0;
    let at = this.at;
    for (; ; at++) {
      const code = this.source.codeAt(at);
      if (code == 32) column++;
      else if (code == 9) column += TAB - (column % TAB);
      else if (code != 13 && code != 12) break;
    }
    if (this.source.isLineEnd(at) || this.source.codeAt(at) == 35) return;
    this.at = at;
    if (column > this.indents[this.indents.length - 1]) {
      this.indents.push(column);
      this.add(INDENT, '', this.place);
    }
    while (column < this.indents[this.indents.length - 1]) {
      this.indents.pop();
      this.add(DEDENT, '', this.place);
    }
    if (column != this.indents[this.indents.length - 1]) this.fail('it is indented as no line before it is');
  }

  private joinLines(): void {
    let at = this.at + 1;
    if (this.source.codeAt(at) == 13) at++;
    if (this.source.codeAt(at) != 10) {
      this.fail('nothing may stand behind a \\ that joins lines');
      return;
    }
    this.at = at;
    this.nextLine();
  }

  private name(): void {
    const place = this.place;
    const at = this.at;
    while (isNameCode(this.source.codeAt(this.at))) this.at++;
    this.add(NAME, this.source.text.substring(at, this.at), place);
  }

  private number(): void {
    const place = this.place;
    const at = this.at;
    while (isNameCode(this.source.codeAt(this.at))) this.at++;
    if (this.source.codeAt(this.at) == 46 && isDigit(this.source.codeAt(this.at + 1)))
      this.source.fail(place, 'numbers with a point are not known here');
    this.add(NUMBER, this.source.text.substring(at, this.at), place);
  }

  private sign(): void {
    const place = this.place;
    for (let n = 0; n < SIGNS.length; n++) {
      const sign = SIGNS[n];
      if (!this.source.text.startsWith(sign, this.at)) continue;
      this.at += sign.length;
      this.add(SIGN, sign, place);
      this.nest(this.tokens[this.tokens.length - 1]);
      return;
    }
    this.fail(this.source.text.charAt(this.at) + ' means nothing here');
  }

  private nest(token: Token): void {
    if (OPENING.includes(token.text)) this.open.push(token);
    const closes = CLOSING.indexOf(token.text);
    if (closes < 0) return;
    if (this.open.length == 0 || this.open.pop().text != OPENING.charAt(closes))
      this.source.fail(token.place, token.text + ' closes nothing');
  }

  /** Where the quote of a text is that begins here, behind what may stand before it; -1: none begins. */
  private quoteAt(): i32 {
    for (let at = this.at; at < this.at + 3; at++) {
      const code = this.source.codeAt(at);
      if (code == 34 || code == 39) return at;
      if (!'rRuUbB'.includes(String.fromCharCode(max(code, 0)))) return -1;
    }
    return -1;
  }

  private quoted(): void {
    const place = this.place;
    const first = this.quoteAt();
    const isRaw = this.source.text.substring(this.at, first).toLowerCase().includes('r');
    const quote = this.source.text.charAt(first);
    const isLong = this.source.text.startsWith(quote + quote + quote, first);
    const end = isLong ? quote + quote + quote : quote;
    this.at = first + end.length;
    let said = '';
    while (!this.source.text.startsWith(end, this.at)) {
      if (this.source.codeAt(this.at) < 0 || (!isLong && this.source.isLineEnd(this.at))) {
        this.source.fail(place, 'a text has no end');
        return;
      }
      said += this.source.codeAt(this.at) == 92 ? this.escape(isRaw) : this.character();
    }
    this.at += end.length;
    this.add(TEXT, said, place);
  }

  private character(): string {
    const character = this.source.text.charAt(this.at);
    if (character == '\n') this.nextLine();
    else this.at++;
    return character;
  }

  private escape(isRaw: bool): string {
    this.at++;
    const letter = this.character();
    if (isRaw) return '\\' + letter;
    const known = 'ntr\\\'"ab0'.indexOf(letter);
    if (known >= 0) return '\n\t\r\\\'"\x07\b\0'.charAt(known);
    if (letter == '\n') return '';
    if (letter != 'x') return '\\' + letter;
    const digits = this.source.text.substring(this.at, this.at + 2);
    this.at += 2;
    return String.fromCharCode(<i32>I32.parseInt(digits, 16));
  }
}

export function isDigit(code: i32): bool {
  return code >= 48 && code <= 57;
}

function isNameCode(code: i32): bool {
  return (
    isDigit(code) || (code >= 97 && code <= 122) || (code >= 65 && code <= 90) || code == 95 || code > 127
  );
}
