/** What stands between the braces of `${...}`: a name, and what becomes of its value: `:-`, `:=`, `:+`, `#`, `##`, `%`, `%%`, `#NAME`. */
import { complain } from 'programs/lib/io';
import { matches } from './pattern';
import * as variables from './variables';

/** The operators, those first that begin with another one. */
const OPERATORS: StaticArray<string> = [':-', ':=', ':+', ':?', '##', '%%', '-', '=', '+', '?', '#', '%'];

/** How a value is found by its name, whether it is there, and how a word is expanded: as a pattern, or as a text. */
export abstract class Lookup {
  abstract valueOf(name: string): string;
  abstract isSet(name: string): bool;
  abstract pattern(word: string): string;
  abstract text(word: string): string;
}

export function parameter(inside: string, by: Lookup): string {
  if (inside.length > 1 && inside.startsWith('#')) return by.valueOf(inside.substring(1)).length.toString();
  let end = 1;
  if (variables.isName(inside.charAt(0)))
    while (end < inside.length && variables.isName(inside.substring(0, end + 1))) end++;
  const name = inside.substring(0, end);
  const rest = inside.substring(end);
  if (rest == '') return by.valueOf(name);
  for (let n = 0; n < OPERATORS.length; n++)
    if (rest.startsWith(OPERATORS[n]))
      return apply(name, OPERATORS[n], rest.substring(OPERATORS[n].length), by);
  complain('${' + inside + '}: there is no such substitution');
  return '';
}

function apply(name: string, operator: string, word: string, by: Lookup): string {
  const value = by.valueOf(name);
  if (operator.startsWith('#') || operator.startsWith('%')) return trimmed(value, operator, by.pattern(word));
  const isThere = operator.startsWith(':') ? value != '' : by.isSet(name);
  const kind = operator.charAt(operator.length - 1);
  if (kind == '+') return isThere ? by.text(word) : '';
  if (isThere) return value;
  const said = by.text(word);
  if (kind == '=') variables.set(name, said);
  if (kind != '?') return said;
  complain(name + ': ' + (said == '' ? 'it is not set' : said));
  return '';
}

/** A value without what matches at its beginning (`#`) or its end (`%`): the shortest, or, doubled, the longest. */
function trimmed(value: string, operator: string, pattern: string): string {
  const fromStart = operator.startsWith('#');
  const isLongest = operator.length == 2;
  for (let n = 0; n <= value.length; n++) {
    const length = isLongest ? value.length - n : n;
    const part = fromStart ? value.substring(0, length) : value.substring(value.length - length);
    if (matches(pattern, part))
      return fromStart ? value.substring(length) : value.substring(0, value.length - length);
  }
  return value;
}
