/** Where a parser stands among the tokens. */
import { Place, Source } from './source';
import { DEDENT, END, INDENT, NAME, NEWLINE, Token, tokensOf } from './tokens';

/** Expressions and blocks in each other, at most: each takes some of the stack. */
const DEEPEST: i32 = 60;

export const KEYWORDS: string[] = [
  'and',
  'as',
  'assert',
  'break',
  'class',
  'continue',
  'def',
  'del',
  'elif',
  'else',
  'except',
  'exec',
  'finally',
  'for',
  'from',
  'global',
  'if',
  'import',
  'in',
  'is',
  'lambda',
  'not',
  'or',
  'pass',
  'raise',
  'return',
  'try',
  'while',
  'with',
  'yield',
];

export class Reader {
  private readonly tokens: Token[];
  private at: i32 = 0;
  private depth: i32 = 0;

  constructor(readonly source: Source) {
    this.tokens = tokensOf(source);
    // Nobody gets further than this, whatever is wrong.
    if (source.isWrong) this.tokens = [new Token(END, '', new Place(1, 1))];
  }

  get token(): Token {
    return this.tokens[this.at];
  }

  get place(): Place {
    return this.token.place;
  }

  next(): Token {
    const token = this.token;
    if (token.kind != END) this.at++;
    return token;
  }

  /** Passes a sign or a word, if it is there. */
  takes(text: string): bool {
    const is = this.token.is(text);
    if (is) this.next();
    return is;
  }

  takesKind(kind: i32): bool {
    const is = this.token.kind == kind;
    if (is) this.next();
    return is;
  }

  wants(text: string): void {
    if (!this.takes(text)) this.unexpected(text + ' is expected here, not ');
  }

  /** A name that is no word of the language. */
  wantsName(): string {
    const token = this.token;
    if (token.kind == NAME && !KEYWORDS.includes(token.text)) return this.next().text;
    this.unexpected('a name is expected here, not ');
    return '';
  }

  isName(): bool {
    return this.token.kind == NAME && !KEYWORDS.includes(this.token.text);
  }

  /** The token behind this one. */
  get following(): Token {
    return this.tokens[min(this.at + 1, this.tokens.length - 1)];
  }

  unexpected(what: string): void {
    this.fail(what + describe(this.token));
  }

  fail(what: string): void {
    this.source.fail(this.place, what);
    // What is wrong is told once: nothing more is to be read.
    this.at = this.tokens.length - 1;
  }

  /** One expression or block further inside. False: that is too many. */
  enters(): bool {
    if (this.depth == DEEPEST) this.fail('this is in too many brackets or blocks');
    else this.depth++;
    return !this.source.isWrong;
  }

  leaves(): void {
    this.depth--;
  }
}

function describe(token: Token): string {
  if (token.kind == NEWLINE || token.kind == END) return "the line's end";
  if (token.kind == INDENT) return 'a line that is indented further';
  if (token.kind == DEDENT) return "the block's end";
  return token.text == '' ? 'a text' : token.text;
}
