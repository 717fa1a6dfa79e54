/** What is there without an import ("Built-in Functions" in the library reference of Python). */
import { call as callValue, Call, define } from './calling';
import { sorted, copyInto } from './methods';
import { binary, itemsOf, lengthOf } from './operators';
import { raise, raised } from './raising';
import { printed } from './printing';
import {
  bool_,
  compare,
  dict,
  DICT,
  int,
  list,
  literalOf,
  none,
  TEXT,
  text,
  textOf,
  TUPLE,
  Value,
} from './values';

/** More numbers than this no range has. */
const LONGEST_RANGE: i64 = 1 << 16;

function toInt(call: Call): Value {
  if (call.args.length == 0) return int(0);
  const value = call.args[0];
  if (value.isNumber) return int(value.int);
  if (value.kind != TEXT)
    return raise('TypeError', 'int() argument must be a string or a number, not ' + value.typeName);
  const base = call.args.length > 1 ? call.args[1].int : 10;
  const said = value.text.trim().toLowerCase();
  const isMinus = said.startsWith('-');
  let digits = isMinus || said.startsWith('+') ? said.substring(1) : said;
  if (base == 16 && digits.startsWith('0x')) digits = digits.substring(2);
  let number: i64 = 0;
  let isWrong = digits == '' || digits.length > 18;
  for (let n = 0; n < digits.length && !isWrong; n++) {
    const digit = '0123456789abcdefghijklmnopqrstuvwxyz'.indexOf(digits.charAt(n));
    isWrong = digit < 0 || digit >= base;
    number = number * base + digit;
  }
  if (isWrong)
    return raise(
      'ValueError',
      'invalid literal for int() with base ' + base.toString() + ': ' + literalOf(value),
    );
  return int(isMinus ? -number : number);
}

function range(call: Call): Value {
  const args = call.args;
  for (let n = 0; n < args.length; n++)
    if (!args[n].isNumber)
      return raise('TypeError', 'range() integer argument expected, got ' + args[n].typeName);
  const from = args.length > 1 ? args[0].int : 0;
  const to = args.length > 1 ? args[1].int : args[0].int;
  const step = args.length > 2 ? args[2].int : 1;
  if (step == 0) return raise('ValueError', 'range() step argument must not be zero');
  const made: Value[] = [];
  for (let n = from; step > 0 ? n < to : n > to; n += step) {
    if (made.length == LONGEST_RANGE) return raise('OverflowError', 'that is too long a range');
    made.push(int(n));
  }
  return list(made);
}

/** The least (-1) or the greatest (1) of several. */
function extreme(call: Call, sign: i32): Value {
  const all = call.args.length == 1 ? itemsOf(call.args[0]) : call.args;
  if (all.length == 0) return raise('ValueError', 'there is none of nothing');
  let found = all[0];
  for (let n = 1; n < all.length; n++) if (compare(all[n], found) * sign > 0) found = all[n];
  return found;
}

function sum(call: Call): Value {
  const all = itemsOf(call.args[0]);
  let total = call.args.length > 1 ? call.args[1] : int(0);
  for (let n = 0; n < all.length && raised == null; n++) total = binary('+', total, all[n]);
  return total;
}

function zip(call: Call): Value {
  const rows: Value[] = [];
  const all: Value[][] = [];
  let length = call.args.length == 0 ? 0 : i32.MAX_VALUE;
  for (let n = 0; n < call.args.length; n++) {
    all.push(itemsOf(call.args[n]));
    length = min(length, all[n].length);
  }
  for (let n = 0; n < length; n++) {
    const row: Value[] = [];
    for (let each = 0; each < all.length; each++) row.push(all[each][n]);
    rows.push(list(row, TUPLE));
  }
  return list(rows);
}

function enumerate(call: Call): Value {
  const all = itemsOf(call.args[0]);
  const made: Value[] = [];
  for (let n = 0; n < all.length; n++) made.push(list([int(n), all[n]], TUPLE));
  return list(made);
}

/** What a function makes of each, or those for which it holds. */
function mapped(call: Call, filters: bool): Value {
  const all = itemsOf(call.args[1]);
  const made: Value[] = [];
  for (let n = 0; n < all.length && raised == null; n++) {
    const value = call.args[0] === none ? all[n] : callValue(call.args[0], [all[n]], dict());
    if (!filters) made.push(value);
    else if (value.isTrue) made.push(all[n]);
  }
  return list(made);
}

function toDict(call: Call): Value {
  const made = dict();
  if (call.args.length > 0 && call.args[0].kind == DICT) copyInto(made, call.args[0]);
  else if (call.args.length > 0) {
    const pairs = itemsOf(call.args[0]);
    for (let n = 0; n < pairs.length; n++) {
      const pair = itemsOf(pairs[n]);
      if (pair.length != 2) return raise('ValueError', 'a pair is expected');
      made.setKey(pair[0], pair[1]);
    }
  }
  copyInto(made, call.given);
  return made;
}

function all(call: Call, wanted: bool): Value {
  const items = itemsOf(call.args[0]);
  for (let n = 0; n < items.length; n++) if (items[n].isTrue == wanted) return bool_(wanted);
  return bool_(!wanted);
}

function defineTypes(): void {
  define('int', 0, 2, toInt);
  define('long', 0, 2, toInt);
  define('str', 0, 1, (call) => text(call.args.length == 0 ? '' : textOf(call.args[0])));
  define('repr', 1, 1, (call) => text(literalOf(call.args[0])));
  define('bool', 0, 1, (call) => bool_(call.args.length > 0 && call.args[0].isTrue));
  define('list', 0, 1, (call) => list(call.args.length == 0 ? new Array<Value>() : itemsOf(call.args[0])));
  define('tuple', 0, 1, (call) =>
    list(call.args.length == 0 ? new Array<Value>() : itemsOf(call.args[0]), TUPLE),
  );
  define('dict', 0, 100, toDict);
  define('hex', 1, 1, (call) => binary('%', text('0x%x'), call.args[0]));
  define('oct', 1, 1, (call) => binary('%', text('0%o'), call.args[0]));
  define('chr', 1, 1, (call) => text(String.fromCharCode(<i32>call.args[0].int)));
  define('ord', 1, 1, (call) => {
    const said = call.args[0].text;
    return said.length == 1 ? int(said.charCodeAt(0)) : raise('TypeError', 'ord() expected a character');
  });
}

function defineSequences(): void {
  define('len', 1, 1, (call) => int(lengthOf(call.args[0])));
  define('range', 1, 3, range);
  define('xrange', 1, 3, range);
  define('min', 1, 100, (call) => extreme(call, -1));
  define('max', 1, 100, (call) => extreme(call, 1));
  define('sum', 1, 2, sum);
  define('sorted', 1, 3, (call) => list(sorted(itemsOf(call.args[0]), call, 1)));
  define('reversed', 1, 1, (call) => list(itemsOf(call.args[0]).reverse()));
  define('zip', 0, 100, zip);
  define('enumerate', 1, 1, enumerate);
  define('map', 2, 2, (call) => mapped(call, false));
  define('filter', 2, 2, (call) => mapped(call, true));
  define('any', 1, 1, (call) => all(call, true));
  define('all', 1, 1, (call) => all(call, false));
}

export function defineBuiltins(): void {
  defineTypes();
  defineSequences();
  define('abs', 1, 1, (call) => int(call.args[0].int < 0 ? -call.args[0].int : call.args[0].int));
  define('print', 0, 100, (call) => printed(call.args));
}
