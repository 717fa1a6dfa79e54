/** Here-documents: lines of the text itself as a command's input, up to one that is the word behind `<<`. */
import { endOfSubstitution } from './quotes';
import { Token } from './token';

/** Documents whose lines are still to come: the tokens of their words, and whether tabs before their lines do not count. */
const waiting: Token[] = [];
const strips: bool[] = [];

export function expectDocument(word: Token, stripsTabs: bool): void {
  waiting.push(word);
  strips.push(stripsTabs);
}

/** Forgets those that are expected: whether there were any. */
export function forgetDocuments(): bool {
  const wereThere = waiting.length > 0;
  waiting.length = 0;
  strips.length = 0;
  return wereThere;
}

/** Takes the documents that are expected from the lines that begin at `at`: where they end; -1: one has no end yet. */
export function takeDocuments(text: string, at: i32): i32 {
  for (let n = 0; n < waiting.length; n++) {
    const word = waiting[n];
    const isQuoted = word.text.includes("'") || word.text.includes('"') || word.text.includes('\\');
    const end = word.text.replaceAll("'", '').replaceAll('"', '').replaceAll('\\', '');
    let body = '';
    for (;;) {
      const stop = text.indexOf('\n', at);
      let line = text.substring(at, stop < 0 ? text.length : stop);
      at = stop < 0 ? text.length : stop + 1;
      while (strips[n] && line.startsWith('\t')) line = line.substring(1);
      if (line == end) break;
      if (stop < 0) return -1;
      body += line + '\n';
    }
    word.text = isQuoted ? "'" + body.replaceAll("'", "'\\''") + "'" : '"' + escaped(body) + '"';
  }
  forgetDocuments();
  return at;
}

/** A document as a word in double quotes: it ends at none, and a backslash stands for itself but before `$`, "`" and another. */
function escaped(body: string): string {
  let text = '';
  for (let at = 0; at < body.length; at++) {
    const c = body.charAt(at);
    const next = body.charAt(at + 1);
    if (c == '$' && next == '(') {
      const end = endOfSubstitution(body, at);
      text += body.substring(at, end);
      at = end - 1;
    } else if (c == '\\' && next == '\n') at++;
    else if (c == '\\' && '$`\\'.includes(next) && next != '') {
      text += c + next;
      at++;
    } else text += c == '"' || c == '\\' ? '\\' + c : c;
  }
  return text;
}
