/**
 * From a word as it is written to the words that a command gets: braces, variables, `$(...)`, `$((...))`, quotes, splitting at spaces of what
 * was not quoted, and names of files for patterns. While a word is expanded, a quoted character that a pattern would take
 * for its own has a backslash before it.
 */
import { getpid, readDirectory } from 'programs/lib/calls';
import { complain } from 'programs/lib/io';
import { evaluate, problem } from './arithmetic';
import { expandBraces } from './braces';
import { isPattern, matches, unquote } from './pattern';
import { Lookup, parameter } from './parameter';
import { endOfBackquotes, endOfBraces, endOfSubstitution } from './quotes';
import * as variables from './variables';

/** Runs a text in a subshell and gives what it printed; set by the executor. */
let substitute: (text: string) => string = (text: string): string => '';
export function setSubstitution(action: (text: string) => string): void {
  substitute = action;
}

/** All words that a list of written words becomes. */
export function expandAll(words: string[]): string[] {
  const list: string[] = [];
  for (let n = 0; n < words.length; n++) {
    const each = expandBraces(words[n]);
    for (let b = 0; b < each.length; b++) {
      const fields = new Expansion(each[b], true).fields;
      for (let m = 0; m < fields.length; m++) addFiles(fields[m], list);
    }
  }
  return list;
}

/** One word, neither split nor matched with files: a value, a file to redirect to, what `case` compares. */
export function expandOne(word: string): string {
  return unquote(expandPattern(word));
}

/** The same, as a pattern. */
export function expandPattern(word: string): string {
  return new Expansion(word, false).fields.join(' ');
}

const SPECIAL = '*?[\\';

class Expansion {
  fields: string[] = [];
  private current: string = '';
  /** Something stands in `current`, be it an empty quoted text. */
  private begun: bool = false;
  private at: i32 = 0;

  constructor(
    private word: string,
    private split: bool,
  ) {
    while (this.at < word.length) this.step();
    this.end();
    if (!split && this.fields.length == 0) this.fields.push('');
  }

  private end(): void {
    if (this.begun) this.fields.push(this.current);
    this.current = '';
    this.begun = false;
  }

  private quoted(c: string): void {
    this.begun = true;
    this.current += SPECIAL.includes(c) ? '\\' + c : c;
  }

  private step(): void {
    const c = this.word.charAt(this.at);
    if (c == "'") this.single();
    else if (c == '"') this.double();
    else if (c == '\\') {
      this.quoted(this.word.charAt(this.at + 1));
      this.at += 2;
    } else if (c == '$') this.unquoted(this.dollar());
    else if (c == '`') this.unquoted(this.backquotes());
    else {
      this.begun = true;
      this.current += c;
      this.at++;
    }
  }

  private single(): void {
    this.begun = true;
    for (this.at++; this.at < this.word.length && this.word.charAt(this.at) != "'"; this.at++)
      this.quoted(this.word.charAt(this.at));
    this.at++;
  }

  private double(): void {
    this.begun = true;
    for (this.at++; this.at < this.word.length && this.word.charAt(this.at) != '"';) {
      const c = this.word.charAt(this.at);
      if (c == '\\' && '$"\\`'.includes(this.word.charAt(this.at + 1))) {
        this.quoted(this.word.charAt(this.at + 1));
        this.at += 2;
      } else if (this.word.substr(this.at, 2) == '$@') {
        this.at += 2;
        this.eachParameter();
      } else if (c == '$' || c == '`') {
        const value = c == '$' ? this.dollar() : this.backquotes();
        for (let n = 0; n < value.length; n++) this.quoted(value.charAt(n));
      } else {
        this.quoted(c);
        this.at++;
      }
    }
    this.at++;
  }

  /** "$@": each parameter a word of its own. */
  private eachParameter(): void {
    const list = variables.parameters;
    if (list.length == 1) this.begun = this.current.length > 0;
    for (let n = 1; n < list.length; n++) {
      if (n > 1) this.end();
      this.begun = true;
      for (let m = 0; m < list[n].length; m++) this.quoted(list[n].charAt(m));
    }
  }

  /** A value that was not quoted ends words at its spaces. */
  private unquoted(value: string): void {
    for (let n = 0; n < value.length; n++) {
      const c = value.charAt(n);
      if (this.split && (c == ' ' || c == '\t' || c == '\n')) this.end();
      else {
        this.begun = true;
        this.current += c == '\\' ? '\\\\' : c;
      }
    }
  }

  /** What a text between backquotes prints; a backslash there hides a backquote, a dollar, a backslash. */
  private backquotes(): string {
    const end = endOfBackquotes(this.word, this.at);
    const inside = this.word.substring(this.at + 1, end - 1);
    this.at = end;
    let text = '';
    for (let n = 0; n < inside.length; n++) {
      if (inside.charAt(n) == '\\' && '`$\\'.includes(inside.charAt(n + 1))) n++;
      text += inside.charAt(n);
    }
    return trimEnd(substitute(text));
  }

  /** What stands for a `$...`, and steps behind it. */
  private dollar(): string {
    const next = this.word.charAt(this.at + 1);
    if (next == '(') {
      const end = endOfSubstitution(this.word, this.at);
      const text = this.word.substring(this.at + 2, end - 1);
      this.at = end;
      if (isArithmetic(text)) return calculate(text.substring(1, text.length - 1));
      return trimEnd(substitute(text));
    }
    if (next == '{') {
      const end = endOfBraces(this.word, this.at);
      const inside = this.word.substring(this.at + 2, end - 1);
      this.at = end;
      return parameter(inside, lookup);
    }
    let end = this.at + 1;
    while (end < this.word.length && variables.isName(this.word.substring(this.at + 1, end + 1))) end++;
    if (end == this.at + 1 && '?$!#@*0123456789'.includes(next) && next != '') end++;
    const name = this.word.substring(this.at + 1, end);
    this.at = end;
    return name == '' ? '$' : valueOf(name);
  }
}

/** What stands in braces is looked up and expanded as it is elsewhere. */
class Values extends Lookup {
  valueOf(name: string): string {
    return valueOf(name);
  }
  isSet(name: string): bool {
    return variables.isSet(name) || (!variables.isName(name) && valueOf(name) != '');
  }
  pattern(word: string): string {
    return expandPattern(word);
  }
  text(word: string): string {
    return expandOne(word);
  }
}
const lookup: Lookup = new Values();

/** Whether the outer parentheses of `(...)` belong together: `$((1) + (2))` is no sum, but a subshell. */
function isArithmetic(text: string): bool {
  let depth = 0;
  for (let n = 0; n < text.length; n++) {
    const c = text.charAt(n);
    if (c == '(') depth++;
    else if (c == ')') depth--;
    if (depth == 0) return n > 0 && n == text.length - 1;
  }
  return false;
}

function calculate(expression: string): string {
  const value = evaluate(expandOne(expression));
  if (problem != '') complain(problem);
  return problem == '' ? value.toString() : '';
}

function trimEnd(text: string): string {
  let end = text.length;
  while (end > 0 && text.charAt(end - 1) == '\n') end--;
  return text.substring(0, end);
}

function valueOf(name: string): string {
  const list = variables.parameters;
  if (name == '?') return variables.lastStatus.toString();
  if (name == '$') return getpid().toString();
  if (name == '!') return variables.lastBackground.toString();
  if (name == '#') return (list.length - 1).toString();
  if (name == '@' || name == '*') return list.slice(1).join(' ');
  if (name.length > 0 && name.charCodeAt(0) >= 0x30 && name.charCodeAt(0) <= 0x39) {
    const index = I32.parseInt(name);
    return index < list.length ? list[index] : '';
  }
  return variables.get(name);
}

/** Adds the files that a field names, or the field itself where it is no pattern or none is found. */
function addFiles(field: string, list: string[]): void {
  const before = list.length;
  if (isPattern(field)) findFiles('', field, list);
  if (list.length == before) list.push(unquote(field));
}

/** Files below `directory` whose path matches: piece by piece of the pattern. */
function findFiles(directory: string, pattern: string, list: string[]): void {
  if (pattern.startsWith('/')) {
    findFiles(directory + '/', pattern.substring(1), list);
    return;
  }
  const slash = pattern.indexOf('/');
  const piece = slash < 0 ? pattern : pattern.substring(0, slash);
  const names = readDirectory(directory == '' ? '.' : directory);
  if (names == null) return;
  for (let n = 0; n < names.length; n++) {
    if (names[n].startsWith('.') && !piece.startsWith('.')) continue;
    if (!matches(piece, names[n])) continue;
    if (slash < 0) list.push(directory + names[n]);
    else findFiles(directory + names[n] + '/', pattern.substring(slash + 1), list);
  }
}
