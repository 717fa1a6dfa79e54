/**
 * Splitting a line into words and operators. A word keeps its quotes: what they mean is told by the expansion, which must
 * know which characters were quoted.
 */

/** An operator (`|`, `&&`, `>`, `;`, a line's end as `\n`) or a word. */
export class Token {
  constructor(
    public text: string,
    public isOperator: bool,
  ) {}
}

const OPERATORS: StaticArray<string> = [
  '&&',
  '||',
  ';;',
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

/** The text cannot be understood yet: a quote is open. */
export let incomplete: bool = false;

export function tokenize(text: string): Token[] {
  const tokens: Token[] = [];
  incomplete = false;
  let at = 0;
  while (at < text.length) {
    const c = text.charAt(at);
    if (c == ' ' || c == '\t') at++;
    else if (c == '#') at = endOfLine(text, at);
    else if (c == '\\' && text.charAt(at + 1) == '\n') at += 2;
    else {
      const operator = operatorAt(text, at);
      if (operator != '') {
        tokens.push(new Token(operator, true));
        at += operator.length;
      } else {
        const end = endOfWord(text, at);
        tokens.push(new Token(text.substring(at, end), false));
        at = end;
      }
    }
  }
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
    else if (' \t\n|&;<>()'.includes(c)) return at;
    else at++;
  }
  return min(at, text.length);
}

function endOfQuote(text: string, at: i32): i32 {
  const quote = text.charAt(at++);
  while (at < text.length && text.charAt(at) != quote) {
    if (quote == '"' && text.charAt(at) == '\\') at++;
    at++;
  }
  if (at >= text.length) incomplete = true;
  return at + 1;
}

/** Behind the `)` of a `$(`. */
export function endOfSubstitution(text: string, at: i32): i32 {
  let depth = 0;
  for (at++; at < text.length; at++) {
    const c = text.charAt(at);
    if (c == '(') depth++;
    else if (c == ')' && --depth == 0) return at + 1;
    else if (c == "'" || c == '"') at = endOfQuote(text, at) - 1;
  }
  incomplete = true;
  return text.length;
}
