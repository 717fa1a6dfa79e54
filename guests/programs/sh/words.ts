/**
 * Splitting a line into words and operators. A word keeps its quotes: what they mean is told by the expansion, which must
 * know which characters were quoted.
 */
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
    const c = text.charAt(at);
    if (c == ' ' || c == '\t') at++;
    else if (c == '#') at = endOfLine(text, at);
    else if (c == '\\' && text.charAt(at + 1) == '\n') at += 2;
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
  while (at < text.length && text.charAt(at) != '\n') at++;
  return at;
}

function operatorAt(text: string, at: i32): string {
  for (let n = 0; n < OPERATORS.length; n++)
    if (text.substr(at, OPERATORS[n].length) == OPERATORS[n]) return OPERATORS[n];
  return '';
}

function endOfWord(text: string, at: i32): i32 {
  while (at < text.length) {
    const c = text.charAt(at);
    if (c == '\\') at += 2;
    else if (c == "'" || c == '"') at = endOfQuote(text, at);
    else if (c == '$' && text.charAt(at + 1) == '(') at = endOfSubstitution(text, at);
    else if (c == '$' && text.charAt(at + 1) == '{') at = endOfBraces(text, at);
    else if (c == '`') at = endOfBackquotes(text, at);
    else if (' \t\n|&;<>()'.includes(c)) return at;
    else at++;
  }
  return min(at, text.length);
}
