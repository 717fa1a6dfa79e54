/**
 * Splitting a line into words and operators. A word keeps its quotes: what they mean is told by the expansion, which must
 * know which characters were quoted.
 */
import {
  AMPERSAND,
  BACKQUOTE,
  BACKSLASH,
  BAR,
  CLOSE_PARENTHESIS,
  DOLLAR,
  DOUBLE_QUOTE,
  GREATER,
  HASH,
  LESS,
  NEWLINE,
  OPEN_PARENTHESIS,
  OPEN_BRACE,
  SEMICOLON,
  SINGLE_QUOTE,
  SPACE,
  TAB,
} from 'programs/lib/codes';
import { expectDocument, forgetDocuments, takeDocuments } from './document';
import { beginQuotes, endOfBackquotes, endOfBraces, endOfQuote, endOfSubstitution, isOpen } from './quotes';
import { Token } from './token';

const OPERATORS: StaticArray<string> = [
  '&&',
  '||',
  ';;',
  '<<-',
  '<<',
  '2>>',
  '2>&',
  '>>',
  '>&',
  '2>',
  '|',
  '&',
  ';',
  '<',
  '>',
  '(',
  ')',
  '\n',
];

/** `2`, with which the operators begin that redirect the standard error. */
const ERRORS: i32 = 0x32;

/** Whether an operator redirects, to the word behind it. */
export function isRedirection(operator: string): bool {
  return operator.endsWith('<') || operator.includes('>');
}

/** The text cannot be understood yet: a quote is open, or a here-document. */
export let incomplete: bool = false;
/** It is a here-document, in which an empty line is one like others. */
export let inDocument: bool = false;

export function tokenize(text: string): Token[] {
  const tokens: Token[] = [];
  beginQuotes();
  forgetDocuments();
  /** Whether the next word ends a here-document, and tabs before its lines do not count. */
  let document = '';
  let at = 0;
  while (at < text.length) {
    const c = text.charCodeAt(at);
    if (c == SPACE || c == TAB) at++;
    else if (c == HASH) at = endOfLine(text, at);
    else if (c == BACKSLASH && text.charCodeAt(at + 1) == NEWLINE) at += 2;
    else {
      const operator = operatorAt(text, at);
      if (operator != '') {
        const isDocument = operator.startsWith('<<');
        tokens.push(new Token(isDocument ? '<<' : operator, true));
        at += operator.length;
        document = isDocument ? operator : '';
        if (operator == '\n') at = takeDocuments(text, at);
        if (at < 0) break;
      } else {
        const end = endOfWord(text, at);
        const word = new Token(text.substring(at, end), false);
        tokens.push(word);
        if (document != '') expectDocument(word, document == '<<-');
        document = '';
        at = end;
      }
    }
  }
  inDocument = forgetDocuments();
  incomplete = inDocument || isOpen;
  return tokens;
}

function endOfLine(text: string, at: i32): i32 {
  while (at < text.length && text.charCodeAt(at) != NEWLINE) at++;
  return at;
}

/** Whether a character ends a word that is not quoted. */
function endsWord(code: i32): bool {
  switch (code) {
    case TAB:
    case NEWLINE:
    case SPACE:
    case AMPERSAND:
    case OPEN_PARENTHESIS:
    case CLOSE_PARENTHESIS:
    case SEMICOLON:
    case LESS:
    case GREATER:
    case BAR:
      return true;
    default:
      return false;
  }
}

function operatorAt(text: string, at: i32): string {
  const c = text.charCodeAt(at);
  if (c != ERRORS && !endsWord(c)) return '';
  for (let n = 0; n < OPERATORS.length; n++) if (text.startsWith(OPERATORS[n], at)) return OPERATORS[n];
  return '';
}

function endOfWord(text: string, at: i32): i32 {
  while (at < text.length) {
    const c = text.charCodeAt(at);
    if (c == BACKSLASH) at += 2;
    else if (c == SINGLE_QUOTE || c == DOUBLE_QUOTE) at = endOfQuote(text, at);
    else if (c == DOLLAR && text.charCodeAt(at + 1) == OPEN_PARENTHESIS) at = endOfSubstitution(text, at);
    else if (c == DOLLAR && text.charCodeAt(at + 1) == OPEN_BRACE) at = endOfBraces(text, at);
    else if (c == BACKQUOTE) at = endOfBackquotes(text, at);
    else if (endsWord(c)) return at;
    else at++;
  }
  return min(at, text.length);
}
