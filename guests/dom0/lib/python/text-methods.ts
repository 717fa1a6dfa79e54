/** What texts can do ("String methods" in the library reference of Python). */
import { Call, define } from './calling';
import { itemsOf } from './operators';
import { raise } from './raising';
import { bool_, int, list, none, TEXT, text, Value } from './values';

/** The text of an argument; empty: it was not given, or is none, which has been raised. */
function textAt(call: Call, place: i32, name: string): string {
  const value = call.find(place, name);
  if (value == null || value === none) return '';
  if (value.kind != TEXT) raise('TypeError', 'a str is expected, not ' + value.typeName);
  return value.text;
}

function numberAt(call: Call, place: i32, name: string, usual: i32): i32 {
  const value = call.find(place, name);
  if (value == null) return usual;
  if (!value.isNumber) raise('TypeError', 'an int is expected, not ' + value.typeName);
  return <i32>min(max(value.int, i32.MIN_VALUE), 1 << 16);
}

const BLANKS: string = ' \t\n\r\f\v';

function strip(call: Call, first: bool, last: bool): Value {
  const said = call.self.text;
  const chars = call.args.length > 0 ? textAt(call, 0, 'chars') : BLANKS;
  let from = 0;
  let to = said.length;
  while (first && from < to && chars.includes(said.charAt(from))) from++;
  while (last && to > from && chars.includes(said.charAt(to - 1))) to--;
  return text(said.substring(from, to));
}

/** Parts between a separator, or between blanks where there is none; so many cuts at most. */
function parts(said: string, separator: string, most: i32): Value[] {
  const made: Value[] = [];
  let at = 0;
  while (true) {
    if (separator == '') while (at < said.length && BLANKS.includes(said.charAt(at))) at++;
    if (separator == '' && at == said.length) return made;
    const isLast = most >= 0 && made.length == most;
    const end = isLast ? -1 : separator == '' ? blankFrom(said, at) : said.indexOf(separator, at);
    const part = said.substring(at, end < 0 ? said.length : end);
    made.push(text(isLast && separator == '' ? part.trimEnd() : part));
    if (end < 0) return made;
    at = end + (separator == '' ? 1 : separator.length);
  }
}

function blankFrom(said: string, from: i32): i32 {
  for (let at = from; at < said.length; at++) if (BLANKS.includes(said.charAt(at))) return at;
  return -1;
}

export function join(separator: string, all: Value): Value {
  const items = itemsOf(all);
  let said = '';
  for (let n = 0; n < items.length; n++) {
    if (items[n].kind != TEXT)
      return raise(
        'TypeError',
        'sequence item ' + n.toString() + ': expected str, ' + items[n].typeName + ' found',
      );
    said += (n > 0 ? separator : '') + items[n].text;
  }
  return text(said);
}

/** Whether it begins or ends with a text, or with one of a tuple's. */
function isAtEdge(call: Call, atBegin: bool): Value {
  const wanted = call.args[0];
  const all = wanted.isSequence ? wanted.items : [wanted];
  for (let n = 0; n < all.length; n++) {
    if (all[n].kind != TEXT) return raise('TypeError', 'a str is expected, not ' + all[n].typeName);
    const said = all[n].text;
    if (atBegin ? call.self.text.startsWith(said) : call.self.text.endsWith(said)) return bool_(true);
  }
  return bool_(false);
}

function isAll(said: string, belongs: (code: i32) => bool): Value {
  for (let n = 0; n < said.length; n++) if (!belongs(said.charCodeAt(n))) return bool_(false);
  return bool_(said != '');
}

const isDigit = (code: i32): bool => code >= 48 && code <= 57;
const isLetter = (code: i32): bool => (code | 32) >= 97 && (code | 32) <= 122;

function replaced(said: string, from: string, to: string, most: i32): string {
  let made = '';
  let at = 0;
  for (let n = 0; n != most; n++) {
    const found = from == '' ? -1 : said.indexOf(from, at);
    if (found < 0) break;
    made += said.substring(at, found) + to;
    at = found + from.length;
  }
  return made + said.substring(at);
}

function count(said: string, wanted: string): i32 {
  let times = 0;
  for (let at = said.indexOf(wanted); at >= 0 && wanted != ''; at = said.indexOf(wanted, at + wanted.length))
    times++;
  return times;
}

function capitalized(said: string): string {
  return said.substring(0, 1).toUpperCase() + said.substring(1).toLowerCase();
}

function indexOf(call: Call): Value {
  const at = call.self.text.indexOf(textAt(call, 0, 'sub'));
  return at < 0 ? raise('ValueError', 'substring not found') : int(at);
}

/** A text without the empty one behind the last line's end. */
function lines(said: string): Value[] {
  if (said == '') return [];
  return parts(said.endsWith('\n') ? said.substring(0, said.length - 1) : said, '\n', -1);
}

function zeroes(said: string, width: i32): string {
  const sign = said.startsWith('-') || said.startsWith('+') ? said.charAt(0) : '';
  return sign + said.substring(sign.length).padStart(width - sign.length, '0');
}

export function defineTextMethods(): void {
  define('str.upper', 0, 0, (call) => text(call.self.text.toUpperCase()));
  define('str.lower', 0, 0, (call) => text(call.self.text.toLowerCase()));
  define('str.capitalize', 0, 0, (call) => text(capitalized(call.self.text)));
  define('str.strip', 0, 1, (call) => strip(call, true, true));
  define('str.lstrip', 0, 1, (call) => strip(call, true, false));
  define('str.rstrip', 0, 1, (call) => strip(call, false, true));
  define('str.split', 0, 2, (call) =>
    list(parts(call.self.text, textAt(call, 0, 'sep'), numberAt(call, 1, 'maxsplit', -1))),
  );
  define('str.splitlines', 0, 0, (call) => list(lines(call.self.text)));
  define('str.join', 1, 1, (call) => join(call.self.text, call.args[0]));
  define('str.replace', 2, 3, (call) =>
    text(replaced(call.self.text, textAt(call, 0, ''), textAt(call, 1, ''), numberAt(call, 2, '', -1))),
  );
  define('str.startswith', 1, 1, (call) => isAtEdge(call, true));
  define('str.endswith', 1, 1, (call) => isAtEdge(call, false));
  define('str.find', 1, 1, (call) => int(call.self.text.indexOf(textAt(call, 0, 'sub'))));
  define('str.rfind', 1, 1, (call) => int(call.self.text.lastIndexOf(textAt(call, 0, 'sub'))));
  define('str.index', 1, 1, indexOf);
  define('str.count', 1, 1, (call) => int(count(call.self.text, textAt(call, 0, 'sub'))));
  define('str.isdigit', 0, 0, (call) => isAll(call.self.text, isDigit));
  define('str.isalpha', 0, 0, (call) => isAll(call.self.text, isLetter));
  define('str.isalnum', 0, 0, (call) => isAll(call.self.text, (code) => isDigit(code) || isLetter(code)));
  define('str.ljust', 1, 1, (call) => text(call.self.text.padEnd(numberAt(call, 0, 'width', 0))));
  define('str.rjust', 1, 1, (call) => text(call.self.text.padStart(numberAt(call, 0, 'width', 0))));
  define('str.zfill', 1, 1, (call) => text(zeroes(call.self.text, numberAt(call, 0, 'width', 0))));
}
