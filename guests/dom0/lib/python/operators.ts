/** What the signs do. */
import { format } from './format';
import { raise } from './raising';
import * as values from './values';
import { areEqual, compare, DICT, int, LIST, list, none, TEXT, text, Value } from './values';

/** Longer than this, nothing is made. */
const LONGEST: i64 = 1 << 20;

export function unary(sign: string, value: Value): Value {
  if (!value.isNumber)
    return raise('TypeError', 'bad operand type for unary ' + sign + ": '" + value.typeName + "'");
  if (sign == '-') return int(-value.int);
  return int(sign == '~' ? ~value.int : value.int);
}

export function binary(sign: string, one: Value, other: Value): Value {
  if (sign == '%' && one.kind == TEXT) return format(one.text, other);
  if (one.isNumber && other.isNumber) return calculate(sign, one.int, other.int);
  if (sign == '+' && one.kind == other.kind) {
    if (one.kind == TEXT) return text(one.text + other.text);
    if (one.isSequence) return list(one.items.concat(other.items), one.kind);
  }
  if (sign == '*' && other.isNumber) return repeat(one, other.int, other);
  if (sign == '*' && one.isNumber) return repeat(other, one.int, one);
  return unsupported(sign, one, other);
}

function unsupported(sign: string, one: Value, other: Value): Value {
  const types = "'" + one.typeName + "' and '" + other.typeName + "'";
  return raise('TypeError', 'unsupported operand type(s) for ' + sign + ': ' + types);
}

function repeat(what: Value, times: i64, number: Value): Value {
  const length = what.kind == TEXT ? what.text.length : what.items.length;
  if (what.kind != TEXT && !what.isSequence) return unsupported('*', what, number);
  if (times > 0 && length * times > LONGEST) return raise('OverflowError', 'that is too long');
  if (what.kind == TEXT) return text(what.text.repeat(<i32>max(times, 0)));
  let items: Value[] = [];
  for (let n: i64 = 0; n < times; n++) items = items.concat(what.items);
  return list(items, what.kind);
}

/** Of whole numbers; quotients are rounded down, also by `/`, as Python 2 has it. */
function calculate(sign: string, one: i64, other: i64): Value {
  if (sign == '+') return int(one + other);
  if (sign == '-') return int(one - other);
  if (sign == '*') return int(one * other);
  if (sign == '&') return int(one & other);
  if (sign == '|') return int(one | other);
  if (sign == '^') return int(one ^ other);
  if (sign == '**') return power(one, other);
  if (sign == '<<' || sign == '>>') return shift(sign, one, other);
  if (other == 0) return raise('ZeroDivisionError', 'integer division or modulo by zero');
  const rest = one % other;
  const isBelow = rest != 0 && rest < 0 != other < 0;
  if (sign == '%') return int(isBelow ? rest + other : rest);
  return int(one / other - (isBelow ? 1 : 0));
}

function power(base: i64, exponent: i64): Value {
  if (exponent < 0 || exponent > 63) return raise('ValueError', 'a power is from 0 to 63 here');
  let value: i64 = 1;
  for (let n: i64 = 0; n < exponent; n++) value *= base;
  return int(value);
}

function shift(sign: string, value: i64, bits: i64): Value {
  if (bits < 0 || bits > 63) return raise('ValueError', 'a shift is by 0 to 63 bits here');
  return int(sign == '<<' ? value << bits : value >> bits);
}

/** Whether two compare as a sign, or words, say. */
export function holds(sign: string, one: Value, other: Value): bool {
  if (sign == '==') return areEqual(one, other);
  if (sign == '!=' || sign == '<>') return !areEqual(one, other);
  if (sign == 'is') return isSame(one, other);
  if (sign == 'is not') return !isSame(one, other);
  if (sign == 'in') return contains(other, one);
  if (sign == 'not in') return !contains(other, one);
  const order = compare(one, other);
  if (sign == '<') return order < 0;
  if (sign == '>') return order > 0;
  return sign == '<=' ? order <= 0 : order >= 0;
}

function isSame(one: Value, other: Value): bool {
  const areSimple = one.kind == other.kind && one.kind <= TEXT;
  return one === other || (areSimple && areEqual(one, other));
}

function contains(all: Value, one: Value): bool {
  if (all.kind == TEXT && one.kind == TEXT) return all.text.includes(one.text);
  if (all.kind == DICT) return all.indexOfKey(one) >= 0;
  if (!all.isSequence) raise('TypeError', "argument of type '" + all.typeName + "' is not iterable");
  for (let n = 0; n < all.items.length; n++) if (areEqual(all.items[n], one)) return true;
  return false;
}

/** What a loop goes through: of a text its letters, of a dictionary its keys. */
export function itemsOf(value: Value): Value[] {
  if (value.isSequence) return value.items.slice(0);
  if (value.kind == DICT) return value.keys.slice(0);
  const letters: Value[] = [];
  if (value.kind != TEXT) raise('TypeError', "'" + value.typeName + "' object is not iterable");
  for (let n = 0; n < value.text.length; n++) letters.push(text(value.text.charAt(n)));
  return letters;
}

export function itemOf(all: Value, which: Value): Value {
  if (all.kind == DICT) {
    const at = all.indexOfKey(which);
    return at >= 0 ? all.items[at] : raise('KeyError', values.literalOf(which));
  }
  const at = indexIn(all, which);
  if (at < 0) return none;
  return all.kind == TEXT ? text(all.text.charAt(at)) : all.items[at];
}

export function setItem(all: Value, which: Value, value: Value): void {
  if (all.kind == DICT) all.setKey(which, value);
  else if (all.kind != LIST)
    raise('TypeError', "'" + all.typeName + "' object does not support item assignment");
  else {
    const at = indexIn(all, which);
    if (at >= 0) all.items[at] = value;
  }
}

export function dropItem(all: Value, which: Value): void {
  if (all.kind == DICT) {
    const at = all.indexOfKey(which);
    if (at < 0) raise('KeyError', values.literalOf(which));
    else {
      all.keys.splice(at, 1);
      all.items.splice(at, 1);
    }
  } else if (all.kind != LIST)
    raise('TypeError', "'" + all.typeName + "' object doesn't support item deletion");
  else {
    const at = indexIn(all, which);
    if (at >= 0) all.items.splice(at, 1);
  }
}

/** Where something is; -1: that has been raised. */
function indexIn(all: Value, which: Value): i32 {
  if (all.kind != TEXT && !all.isSequence) {
    raise('TypeError', "'" + all.typeName + "' object is not subscriptable");
    return -1;
  }
  if (!which.isNumber) {
    raise('TypeError', all.typeName + ' indices must be integers, not ' + which.typeName);
    return -1;
  }
  const length = lengthOf(all);
  const at = which.int < 0 ? which.int + length : which.int;
  if (at >= 0 && at < length) return <i32>at;
  raise('IndexError', all.typeName + ' index out of range');
  return -1;
}

export function lengthOf(value: Value): i32 {
  if (value.kind == TEXT) return value.text.length;
  if (!value.isSequence && value.kind != DICT)
    raise('TypeError', "object of type '" + value.typeName + "' has no len()");
  return value.items.length;
}

/** From one to before another; null: where it begins or ends. */
export function slice(all: Value, from: Value | null, to: Value | null): Value {
  const length = lengthOf(all);
  const begin = boundOf(from, 0, length);
  const end = max(boundOf(to, length, length), begin);
  if (all.kind == TEXT) return text(all.text.substring(begin, end));
  if (all.isSequence) return list(all.items.slice(begin, end), all.kind);
  return raise('TypeError', "'" + all.typeName + "' object has no slices");
}

function boundOf(value: Value | null, usual: i32, length: i32): i32 {
  if (value == null || value.kind == values.NONE) return usual;
  if (!value.isNumber) raise('TypeError', 'slice indices must be integers or None');
  return <i32>min(max(value.int < 0 ? value.int + length : value.int, 0), length);
}
