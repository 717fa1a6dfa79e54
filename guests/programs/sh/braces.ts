/** `{a,b}` and `{1..5}`: one word becomes several, before anything else is done with it. What is quoted is left alone. */
import { bad, number } from 'programs/lib/text';
import { endOfQuote, endOfSubstitution } from './quotes';

export function expandBraces(word: string): string[] {
  if (!word.includes('{')) return [word];
  for (let at = 0; at < word.length;) {
    const quoted = endOfQuoted(word, at);
    if (quoted > at) {
      at = quoted;
      continue;
    }
    const parts = word.charAt(at) == '{' ? partsOf(word, at + 1) : null;
    if (parts == null) {
      at++;
      continue;
    }
    const list: string[] = [];
    const rest = expandBraces(word.substring(partsEnd));
    for (let n = 0; n < parts.length; n++) {
      const inner = expandBraces(parts[n]);
      for (let i = 0; i < inner.length; i++)
        for (let r = 0; r < rest.length; r++) list.push(word.substring(0, at) + inner[i] + rest[r]);
    }
    return list;
  }
  return [word];
}

/** Behind what is quoted, or is a variable or a substitution; `at`: it is none of these. */
function endOfQuoted(word: string, at: i32): i32 {
  const c = word.charAt(at);
  if (c == '\\') return at + 2;
  if (c == "'" || c == '"') return endOfQuote(word, at);
  if (c != '$') return at;
  const next = word.charAt(at + 1);
  if (next == '(') return endOfSubstitution(word, at);
  if (next != '{') return at;
  const end = word.indexOf('}', at);
  return end < 0 ? word.length : end + 1;
}

/** Behind the closing brace. */
let partsEnd: i32 = 0;

/** What stands between braces, of which the first is before `from`; null: they are none, or nothing is to be chosen from. */
function partsOf(word: string, from: i32): string[] | null {
  const parts: string[] = [];
  let depth = 1;
  let start = from;
  for (let at = from; at < word.length;) {
    const quoted = endOfQuoted(word, at);
    if (quoted > at) {
      at = quoted;
      continue;
    }
    const c = word.charAt(at);
    if (c == '{') depth++;
    else if (c == '}') depth--;
    if (depth == 0 || (c == ',' && depth == 1)) {
      parts.push(word.substring(start, at));
      start = at + 1;
    }
    at++;
    if (depth > 0) continue;
    const chosen = parts.length > 1 ? parts : rangeOf(parts[0]);
    partsEnd = at;
    return chosen;
  }
  return null;
}

/** `1..5`, `c..a`; null: it is no range. */
function rangeOf(text: string): string[] | null {
  const ends = text.split('..');
  if (ends.length != 2) return null;
  const areLetters = isLetter(ends[0]) && isLetter(ends[1]);
  let first = number(ends[0]);
  let wrong = bad;
  let last = number(ends[1]);
  wrong = wrong || bad;
  if (!areLetters && wrong) return null;
  if (areLetters) {
    first = ends[0].charCodeAt(0);
    last = ends[1].charCodeAt(0);
  }
  const list: string[] = [];
  const step: i64 = first <= last ? 1 : -1;
  for (let value = first; value != last + step; value += step)
    list.push(areLetters ? String.fromCharCode(<i32>value) : value.toString());
  return list;
}

function isLetter(text: string): bool {
  if (text.length != 1) return false;
  const code = text.charCodeAt(0) | 32;
  return code >= 97 && code <= 122;
}
