/** What lists, tuples and dictionaries can do. */
import { call as callValue, Call, define } from './calling';
import { itemsOf } from './operators';
import { raise, raised } from './raising';
import { areEqual, bool_, compare, dict, DICT, int, list, literalOf, none, TUPLE, Value } from './values';

function indexOf(all: Value, wanted: Value): i32 {
  for (let n = 0; n < all.items.length; n++) if (areEqual(all.items[n], wanted)) return n;
  return -1;
}

function countOf(all: Value, wanted: Value): Value {
  let times = 0;
  for (let n = 0; n < all.items.length; n++) if (areEqual(all.items[n], wanted)) times++;
  return int(times);
}

function index(call: Call): Value {
  const at = indexOf(call.self, call.args[0]);
  return at < 0 ? raise('ValueError', literalOf(call.args[0]) + ' is not in list') : int(at);
}

/** Sorted as `key` and `reverse` say; equal ones stay in their order. */
export function sorted(items: Value[], call: Call, from: i32): Value[] {
  const key = call.find(from, 'key');
  const reverse = call.find(from + 1, 'reverse');
  const keys: Value[] = [];
  for (let n = 0; n < items.length; n++)
    keys.push(key == null || key === none ? items[n] : callValue(key, [items[n]], dict()));
  const isDown = reverse != null && reverse.isTrue;
  const made: Value[] = [];
  const places: Value[] = [];
  for (let n = 0; n < items.length && raised == null; n++) {
    let at = made.length;
    while (at > 0 && (isDown ? compare(places[at - 1], keys[n]) < 0 : compare(places[at - 1], keys[n]) > 0))
      at--;
    made.push(items[n]);
    places.push(keys[n]);
    for (let each = made.length - 1; each > at; each--) {
      made[each] = made[each - 1];
      places[each] = places[each - 1];
    }
    made[at] = items[n];
    places[at] = keys[n];
  }
  return made;
}

function pop(call: Call): Value {
  const items = call.self.items;
  const which = call.args.length > 0 ? call.args[0].int : -1;
  const at = which < 0 ? which + items.length : which;
  if (at < 0 || at >= items.length) return raise('IndexError', 'pop index out of range');
  return items.splice(<i32>at, 1)[0];
}

function remove(call: Call): Value {
  const at = indexOf(call.self, call.args[0]);
  if (at < 0) return raise('ValueError', 'list.remove(x): x not in list');
  call.self.items.splice(at, 1);
  return none;
}

function insert(call: Call): Value {
  const items = call.self.items;
  const which = call.args[0].int;
  const at = <i32>min(max(which < 0 ? which + items.length : which, 0), items.length);
  const rest = items.splice(at);
  items.push(call.args[1]);
  for (let n = 0; n < rest.length; n++) items.push(rest[n]);
  return none;
}

function defineSequenceMethods(): void {
  define('list.append', 1, 1, (call) => {
    call.self.items.push(call.args[0]);
    return none;
  });
  define('list.extend', 1, 1, (call) => {
    const more = itemsOf(call.args[0]);
    for (let n = 0; n < more.length; n++) call.self.items.push(more[n]);
    return none;
  });
  define('list.insert', 2, 2, insert);
  define('list.remove', 1, 1, remove);
  define('list.pop', 0, 1, pop);
  define('list.sort', 0, 2, (call) => {
    call.self.items = sorted(call.self.items, call, 0);
    return none;
  });
  define('list.reverse', 0, 0, (call) => {
    call.self.items.reverse();
    return none;
  });
  define('list.index', 1, 1, index);
  define('tuple.index', 1, 1, index);
  define('list.count', 1, 1, (call) => countOf(call.self, call.args[0]));
  define('tuple.count', 1, 1, (call) => countOf(call.self, call.args[0]));
}

/** A dictionary's value, or what is given for none. */
function valueOf(call: Call): Value | null {
  const at = call.self.indexOfKey(call.args[0]);
  if (at >= 0) return call.self.items[at];
  return call.args.length > 1 ? call.args[1] : null;
}

function popKey(call: Call): Value {
  const value = valueOf(call);
  if (value == null) return raise('KeyError', literalOf(call.args[0]));
  const at = call.self.indexOfKey(call.args[0]);
  if (at >= 0) {
    call.self.keys.splice(at, 1);
    call.self.items.splice(at, 1);
  }
  return value;
}

function pairs(self: Value): Value {
  const made: Value[] = [];
  for (let n = 0; n < self.keys.length; n++) made.push(list([self.keys[n], self.items[n]], TUPLE));
  return list(made);
}

export function copyInto(self: Value, other: Value): Value {
  if (other.kind != DICT) return raise('TypeError', 'a dict is expected, not ' + other.typeName);
  for (let n = 0; n < other.keys.length; n++) self.setKey(other.keys[n], other.items[n]);
  return none;
}

function defineDictMethods(): void {
  define('dict.get', 1, 2, (call) => {
    const value = valueOf(call);
    return value == null ? none : value;
  });
  define('dict.setdefault', 1, 2, (call) => {
    const value = valueOf(call);
    const set = value == null ? none : value;
    call.self.setKey(call.args[0], set);
    return set;
  });
  define('dict.pop', 1, 2, popKey);
  define('dict.keys', 0, 0, (call) => list(call.self.keys.slice(0)));
  define('dict.values', 0, 0, (call) => list(call.self.items.slice(0)));
  define('dict.items', 0, 0, (call) => pairs(call.self));
  define('dict.has_key', 1, 1, (call) => bool_(call.self.indexOfKey(call.args[0]) >= 0));
  define('dict.update', 1, 1, (call) => copyInto(call.self, call.args[0]));
  define('dict.copy', 0, 0, (call) => {
    const made = dict();
    copyInto(made, call.self);
    return made;
  });
}

export function defineMethods(): void {
  defineSequenceMethods();
  defineDictMethods();
}
