/** JSON, as xl's configurations are written in: reading and writing what they need of it. */

const MAX_DEPTH: i32 = 16;

/** A value: an object has names and items, a list items, everything else a text. */
export class Json {
  names: string[] = [];
  items: Json[] = [];

  constructor(
    /** `{`, `[`, `"`, or 0 for numbers and words. */
    readonly kind: i32,
    readonly text: string = '',
  ) {}

  /** The member of a name, by way of others: `b_info.max_vcpus`; null: there is none. */
  find(path: string): Json | null {
    const parts = path.split('/');
    let each: Json = this;
    for (let n = 0; n < parts.length; n++) {
      const at = each.names.indexOf(parts[n]);
      if (at < 0) return null;
      each = each.items[at];
    }
    return each;
  }

  textOf(path: string, usual: string = ''): string {
    const found = this.find(path);
    return found == null || found.kind == LIST || found.kind == OBJECT ? usual : found.text;
  }

  listOf(path: string): Json[] {
    const found = this.find(path);
    return found == null || found.kind != LIST ? [] : found.items;
  }
}

const OBJECT: i32 = 123;
const LIST: i32 = 91;
const QUOTE: i32 = 34;

let text: string = '';
let at: i32 = 0;
let isRight: bool = true;

/** Null: it is none. */
export function parseJson(from: string): Json | null {
  text = from;
  at = 0;
  isRight = true;
  const value = parseValue(0);
  skip();
  return isRight && at == text.length ? value : null;
}

function peek(): i32 {
  return at < text.length ? text.charCodeAt(at) : -1;
}

function skip(): void {
  while (peek() == 32 || peek() == 10 || peek() == 13 || peek() == 9) at++;
}

function expect(code: i32): void {
  skip();
  if (peek() == code) at++;
  else isRight = false;
}

function parseValue(depth: i32): Json {
  skip();
  const code = peek();
  if (depth > MAX_DEPTH) isRight = false;
  else if (code == OBJECT || code == LIST) return parseMany(code, depth);
  else if (code == QUOTE) return new Json(QUOTE, parseText());
  const start = at;
  while (isRight && isWordCode(peek())) at++;
  if (at == start) isRight = false;
  return new Json(0, text.substring(start, at));
}

function isWordCode(code: i32): bool {
  const isLetter = (code | 32) >= 97 && (code | 32) <= 122;
  return isLetter || (code >= 48 && code <= 57) || code == 45 || code == 43 || code == 46;
}

/** An object or a list. */
function parseMany(kind: i32, depth: i32): Json {
  const made = new Json(kind);
  const end = kind + 2;
  at++;
  skip();
  if (peek() == end) {
    at++;
    return made;
  }
  while (isRight) {
    if (kind == OBJECT) {
      skip();
      made.names.push(parseText());
      expect(58);
    }
    made.items.push(parseValue(depth + 1));
    skip();
    if (peek() != 44) break;
    at++;
  }
  expect(end);
  return made;
}

/** What a backslash and a letter stand for. */
const LETTERS: string = 'bfnrt';
const MEANT: string = '\b\f\n\r\t';

function parseText(): string {
  let parsed = '';
  if (peek() == QUOTE) at++;
  else isRight = false;
  while (isRight && peek() != QUOTE) {
    let code = peek();
    if (code < 32) isRight = false;
    at++;
    if (code == 92) code = parseEscape();
    parsed += String.fromCharCode(code);
  }
  at++;
  return parsed;
}

function parseEscape(): i32 {
  const code = peek();
  at++;
  if (code == 117) {
    const digits = text.substring(at, at + 4);
    at += 4;
    return <i32>parseInt(digits, 16);
  }
  const letter = code < 0 ? -1 : LETTERS.indexOf(String.fromCharCode(code));
  return letter < 0 ? code : MEANT.charCodeAt(letter);
}

/** A text as JSON has it. */
export function quoted(value: string): string {
  let made = '"';
  for (let n = 0; n < value.length; n++) {
    const code = value.charCodeAt(n);
    if (code == 34 || code == 92) made += '\\' + String.fromCharCode(code);
    else if (code < 32) made += '\\u' + code.toString(16).padStart(4, '0');
    else made += String.fromCharCode(code);
  }
  return made + '"';
}
