/** Values of a configuration's program: whole numbers, texts, lists, tuples, dictionaries, functions, modules, exceptions. */
import { Node } from './syntax';

export const NONE: i32 = 0;
export const BOOL: i32 = 1;
export const INT: i32 = 2;
export const TEXT: i32 = 3;
export const LIST: i32 = 4;
export const TUPLE: i32 = 5;
export const DICT: i32 = 6;
/** The file's own; `node` is its definition. */
export const FUNCTION: i32 = 7;
/** One of ours, `text` is its name; `self` is what it is of, where it is of something. */
export const BUILTIN: i32 = 8;
export const MODULE: i32 = 9;
/** A type of exceptions, `text` is its name; and one of it, `items` are what it was made with. */
export const EXCEPTION_TYPE: i32 = 10;
export const EXCEPTION: i32 = 11;

/** As Python names them. */
const TYPE_NAMES: string[] = [
  'NoneType',
  'bool',
  'int',
  'str',
  'list',
  'tuple',
  'dict',
  'function',
  'builtin_function_or_method',
  'module',
  'type',
  'exception',
];

const NO_VALUES: Value[] = [];

/** Names and what they are, of a function that runs or of the file; what is not there may be in the one around it. */
export class Scope {
  names: Map<string, Value> = new Map<string, Value>();
  /** The lines on which they were assigned to last. */
  lines: Map<string, i32> = new Map<string, i32>();
  /** Names that mean the file's. */
  globals: string[] = [];

  constructor(readonly around: Scope | null) {}

  find(name: string): Value | null {
    for (let scope: Scope | null = this; scope != null; scope = scope.around)
      if (scope.names.has(name)) return scope.names.get(name);
    return null;
  }

  /** That of the file. */
  get file(): Scope {
    let scope: Scope = this;
    for (let around = scope.around; around != null; around = scope.around) scope = around;
    return scope;
  }
}

export class Value {
  int: i64 = 0;
  text: string = '';
  /** Of a list or a tuple; a dictionary's values, beside its keys. */
  items: Value[] = NO_VALUES;
  keys: Value[] = NO_VALUES;
  node: Node | null = null;
  scope: Scope | null = null;
  self: Value | null = null;

  constructor(readonly kind: i32) {}

  get typeName(): string {
    return TYPE_NAMES[this.kind];
  }
  get isSequence(): bool {
    return this.kind == LIST || this.kind == TUPLE;
  }
  get isNumber(): bool {
    return this.kind == INT || this.kind == BOOL;
  }
  get isTrue(): bool {
    if (this.isNumber) return this.int != 0;
    if (this.kind == TEXT) return this.text != '';
    if (this.isSequence || this.kind == DICT) return this.items.length > 0;
    return this.kind != NONE;
  }

  /** Of a dictionary: where a key is; -1: it is not. */
  indexOfKey(key: Value): i32 {
    for (let n = 0; n < this.keys.length; n++) if (areEqual(this.keys[n], key)) return n;
    return -1;
  }

  setKey(key: Value, value: Value): void {
    const at = this.indexOfKey(key);
    if (at >= 0) this.items[at] = value;
    else {
      this.keys.push(key);
      this.items.push(value);
    }
  }
}

export const none: Value = new Value(NONE);

export function int(value: i64): Value {
  const made = new Value(INT);
  made.int = value;
  return made;
}
export function bool_(value: bool): Value {
  const made = new Value(BOOL);
  made.int = value ? 1 : 0;
  return made;
}
export function text(value: string): Value {
  const made = new Value(TEXT);
  made.text = value;
  return made;
}
export function list(items: Value[], kind: i32 = LIST): Value {
  const made = new Value(kind);
  made.items = items;
  return made;
}
export function dict(): Value {
  const made = new Value(DICT);
  made.items = [];
  made.keys = [];
  return made;
}
export function builtin(name: string, self: Value | null = null): Value {
  const made = new Value(BUILTIN);
  made.text = name;
  made.self = self;
  return made;
}

export function areEqual(one: Value, other: Value): bool {
  if (one === other) return true;
  if (one.isNumber && other.isNumber) return one.int == other.int;
  if (one.kind != other.kind) return false;
  if (one.kind == TEXT) return one.text == other.text;
  if (one.kind == DICT) return areDictsEqual(one, other);
  if (!one.isSequence || one.items.length != other.items.length) return one.kind == NONE;
  for (let n = 0; n < one.items.length; n++) if (!areEqual(one.items[n], other.items[n])) return false;
  return true;
}

function areDictsEqual(one: Value, other: Value): bool {
  if (one.items.length != other.items.length) return false;
  for (let n = 0; n < one.keys.length; n++) {
    const at = other.indexOfKey(one.keys[n]);
    if (at < 0 || !areEqual(one.items[n], other.items[at])) return false;
  }
  return true;
}

/** Below 0: the first is less; what cannot be compared is as Python 2 has it: by the names of their types. */
export function compare(one: Value, other: Value): i32 {
  if (one.isNumber && other.isNumber) return one.int < other.int ? -1 : one.int > other.int ? 1 : 0;
  if (one.kind == TEXT && other.kind == TEXT)
    return one.text < other.text ? -1 : one.text > other.text ? 1 : 0;
  if (one.isSequence && one.kind == other.kind) {
    for (let n = 0; n < min(one.items.length, other.items.length); n++) {
      const order = compare(one.items[n], other.items[n]);
      if (order != 0) return order;
    }
    return one.items.length - other.items.length;
  }
  // Numbers come before all else.
  const first = one.isNumber ? '' : one.typeName;
  const second = other.isNumber ? '' : other.typeName;
  return first < second ? -1 : first > second ? 1 : 0;
}

/** As str() has it. */
export function textOf(value: Value): string {
  if (value.kind == TEXT) return value.text;
  if (value.kind == EXCEPTION)
    return value.items.length == 1 ? textOf(value.items[0]) : inside(value.items, '');
  return literalOf(value);
}

/** As repr() has it. */
export function literalOf(value: Value): string {
  const kind = value.kind;
  if (kind == NONE) return 'None';
  if (kind == BOOL) return value.int != 0 ? 'True' : 'False';
  if (kind == INT) return value.int.toString();
  if (kind == TEXT) return quoted(value.text);
  if (kind == LIST) return '[' + inside(value.items, '') + ']';
  if (kind == TUPLE) return '(' + inside(value.items, value.items.length == 1 ? ',' : '') + ')';
  if (kind == EXCEPTION) return value.text + '(' + inside(value.items, '') + ')';
  if (kind != DICT) return '<' + value.typeName + ' ' + value.text + '>';
  let said = '';
  for (let n = 0; n < value.keys.length; n++)
    said += (n > 0 ? ', ' : '') + literalOf(value.keys[n]) + ': ' + literalOf(value.items[n]);
  return '{' + said + '}';
}

function inside(items: Value[], end: string): string {
  let said = '';
  for (let n = 0; n < items.length; n++) said += (n > 0 ? ', ' : '') + literalOf(items[n]);
  return said + end;
}

/** In quotes that it does not contain, where there are such. */
export function quoted(said: string): string {
  const quote = said.includes("'") && !said.includes('"') ? '"' : "'";
  let inner = said
    .replaceAll('\\', '\\\\')
    .replaceAll('\n', '\\n')
    .replaceAll('\t', '\\t')
    .replaceAll('\r', '\\r');
  if (quote == "'") inner = inner.replaceAll("'", "\\'");
  return quote + inner + quote;
}
