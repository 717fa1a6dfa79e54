/** Expressions ("Expressions" in the language reference of Python), from what binds least on. */
import { KEYWORDS, Reader } from './reader';
import { Place } from './source';
import * as syntax from './syntax';
import { Node } from './syntax';
import { NAME, NUMBER, TEXT } from './tokens';

/** Signs of two operands, from those that bind least on. */
const LEVELS: string[][] = [['|'], ['^'], ['&'], ['<<', '>>'], ['+', '-'], ['*', '/', '//', '%']];
const COMPARISONS: string[] = ['==', '!=', '<>', '<', '>', '<=', '>=', 'in', 'is', 'not'];

/** One or more with commas between: several are a tuple. */
export function expressions(reader: Reader): Node {
  const place = reader.place;
  const first = expression(reader);
  if (!reader.token.is(',')) return first;
  const tuple = new Node(syntax.TUPLE_OF, place).with(first);
  while (reader.takes(',') && begins(reader)) tuple.with(expression(reader));
  return tuple;
}

/** Whether an expression may begin here. */
function begins(reader: Reader): bool {
  const kind = reader.token.kind;
  const text = reader.token.text;
  if (kind == NUMBER || kind == TEXT) return true;
  if (kind == NAME) return text == 'not' || !KEYWORDS.includes(text);
  return text != '' && '([{-+~'.includes(text);
}

export function expression(reader: Reader): Node {
  const place = reader.place;
  if (!reader.enters()) return new Node(syntax.NOTHING, place);
  const value = either(reader);
  let node = value;
  if (reader.takes('if')) {
    node = new Node(syntax.CHOICE, place).with(either(reader)).with(value);
    reader.wants('else');
    node.with(expression(reader));
  }
  reader.leaves();
  return node;
}

function either(reader: Reader): Node {
  const place = reader.place;
  const first = both(reader);
  if (!reader.token.is('or')) return first;
  const node = new Node(syntax.OR, place).with(first);
  while (reader.takes('or')) node.with(both(reader));
  return node;
}

function both(reader: Reader): Node {
  const place = reader.place;
  const first = negation(reader);
  if (!reader.token.is('and')) return first;
  const node = new Node(syntax.AND, place).with(first);
  while (reader.takes('and')) node.with(negation(reader));
  return node;
}

function negation(reader: Reader): Node {
  const place = reader.place;
  if (!reader.takes('not')) return comparison(reader);
  if (!reader.enters()) return new Node(syntax.NOTHING, place);
  const node = new Node(syntax.NOT, place).with(negation(reader));
  reader.leaves();
  return node;
}

function comparison(reader: Reader): Node {
  const place = reader.place;
  const first = operation(reader, 0);
  const node = new Node(syntax.COMPARISON, place).with(first);
  while (COMPARISONS.includes(reader.token.text) && reader.token.kind != TEXT) {
    let sign = reader.next().text;
    if (sign == 'not') {
      reader.wants('in');
      sign = 'not in';
    } else if (sign == 'is' && reader.takes('not')) sign = 'is not';
    node.names.push(sign);
    node.with(operation(reader, 0));
  }
  return node.names.length == 0 ? first : node;
}

function operation(reader: Reader, level: i32): Node {
  if (level == LEVELS.length) return signed(reader);
  let node = operation(reader, level + 1);
  while (reader.token.kind != TEXT && LEVELS[level].includes(reader.token.text)) {
    const sign = reader.next();
    node = new Node(syntax.BINARY, sign.place, sign.text).with(node).with(operation(reader, level + 1));
  }
  return node;
}

function signed(reader: Reader): Node {
  const place = reader.place;
  const token = reader.token;
  if (!token.is('-') && !token.is('+') && !token.is('~')) return power(reader);
  reader.next();
  if (!reader.enters()) return new Node(syntax.NOTHING, place);
  const node = new Node(syntax.UNARY, place, token.text).with(signed(reader));
  reader.leaves();
  return node;
}

function power(reader: Reader): Node {
  const base = primary(reader);
  const place = reader.place;
  return reader.takes('**') ? new Node(syntax.BINARY, place, '**').with(base).with(signed(reader)) : base;
}

/** Something, and what is called, looked up or picked of it. */
export function primary(reader: Reader): Node {
  let node = atom(reader);
  while (true) {
    const place = reader.place;
    if (reader.takes('.')) node = new Node(syntax.ATTRIBUTE, place, reader.wantsName()).with(node);
    else if (reader.takes('(')) node = call(reader, node, place);
    else if (reader.takes('[')) node = item(reader, node, place);
    else return node;
  }
}

function call(reader: Reader, what: Node, place: Place): Node {
  const node = new Node(syntax.CALL, place).with(what);
  while (!reader.source.isWrong && !reader.token.is(')')) {
    if (reader.isName() && reader.following.is('=')) {
      const name = reader.next();
      reader.next();
      node.with(new Node(syntax.GIVEN, name.place, name.text).with(expression(reader)));
    } else {
      const begin = reader.place;
      const value = expression(reader);
      node.with(reader.token.is('for') ? comprehension(reader, value, begin) : value);
    }
    if (!reader.takes(',')) break;
  }
  reader.wants(')');
  return node;
}

function item(reader: Reader, what: Node, place: Place): Node {
  const first = bound(reader);
  if (reader.takes(']')) return new Node(syntax.ITEM, place).with(what).with(first);
  reader.wants(':');
  const node = new Node(syntax.SLICE, place).with(what).with(first).with(bound(reader));
  reader.wants(']');
  return node;
}

/** Of a slice; NOTHING where there is none. */
function bound(reader: Reader): Node {
  if (reader.token.is(':') || reader.token.is(']')) return new Node(syntax.NOTHING, reader.place);
  return expressions(reader);
}

function atom(reader: Reader): Node {
  const token = reader.token;
  const place = reader.place;
  if (token.kind == TEXT) return texts(reader);
  if (token.kind == NUMBER) return integer(reader);
  if (reader.isName()) return new Node(syntax.NAMED, place, reader.next().text);
  if (reader.takes('(')) return tuple(reader, place);
  if (reader.takes('[')) return list(reader, place);
  if (reader.takes('{')) return dict(reader, place);
  if (token.is('lambda') || token.is('yield'))
    reader.fail(token.text + ' is not known here: write a function');
  else reader.unexpected('a value is expected here, not ');
  return new Node(syntax.NOTHING, place);
}

/** Texts one behind the other are one. */
function texts(reader: Reader): Node {
  const place = reader.place;
  let text = '';
  while (reader.token.kind == TEXT) text += reader.next().text;
  return new Node(syntax.TEXT_OF, place, text);
}

/** Decimal, 0x, 0o, 0b, and octal as Python 2 has it; with L behind it, too. */
function integer(reader: Reader): Node {
  const place = reader.place;
  const text = reader.next().text;
  const node = new Node(syntax.INTEGER, place);
  let digits = text.toLowerCase();
  if (digits.endsWith('l')) digits = digits.substring(0, digits.length - 1);
  let radix = 10;
  const prefix = digits.substring(0, 2);
  if (prefix == '0x') radix = 16;
  else if (prefix == '0o') radix = 8;
  else if (prefix == '0b') radix = 2;
  if (radix != 10) digits = digits.substring(2);
  else if (digits.length > 1 && digits.charAt(0) == '0') radix = 8;
  for (let n = 0; n < digits.length; n++) {
    const digit = '0123456789abcdef'.indexOf(digits.charAt(n));
    if (digit < 0 || digit >= radix || node.int > (i64.MAX_VALUE - digit) / radix) {
      reader.source.fail(place, text + ' is no number');
      break;
    }
    node.int = node.int * radix + digit;
  }
  if (digits == '') reader.source.fail(place, text + ' is no number');
  return node;
}

function tuple(reader: Reader, place: Place): Node {
  const empty = new Node(syntax.TUPLE_OF, place);
  if (reader.takes(')')) return empty;
  const inside = expressions(reader);
  const node = reader.token.is('for') ? comprehension(reader, inside, place) : inside;
  reader.wants(')');
  return node;
}

function list(reader: Reader, place: Place): Node {
  const node = new Node(syntax.LIST_OF, place);
  while (!reader.source.isWrong && !reader.token.is(']')) {
    const value = expression(reader);
    if (reader.token.is('for') && node.children.length == 0) {
      const made = comprehension(reader, value, place);
      reader.wants(']');
      return made;
    }
    node.with(value);
    if (!reader.takes(',')) break;
  }
  reader.wants(']');
  return node;
}

function dict(reader: Reader, place: Place): Node {
  const node = new Node(syntax.DICT_OF, place);
  while (!reader.source.isWrong && !reader.token.is('}')) {
    node.with(expression(reader));
    reader.wants(':');
    node.with(expression(reader));
    if (!reader.takes(',')) break;
  }
  reader.wants('}');
  return node;
}

/** What stands behind the value that is made for each. */
function comprehension(reader: Reader, value: Node, place: Place): Node {
  const node = new Node(syntax.COMPREHENSION, place).with(value);
  while (true) {
    const here = reader.place;
    if (reader.takes('for')) {
      const each = new Node(syntax.EACH, here).with(targets(reader));
      reader.wants('in');
      node.with(each.with(either(reader)));
    } else if (reader.takes('if')) node.with(new Node(syntax.WHERE, here).with(either(reader)));
    else return node;
  }
}

/** What is set by an assignment or a loop: one or several. */
export function targets(reader: Reader): Node {
  const place = reader.place;
  const first = primary(reader);
  if (!reader.token.is(',')) return first;
  const tuple = new Node(syntax.TUPLE_OF, place).with(first);
  while (reader.takes(',') && !reader.token.is('in')) tuple.with(primary(reader));
  return tuple;
}

/** Whether something can be set. */
export function canBeSet(node: Node): bool {
  if (node.kind == syntax.TUPLE_OF || node.kind == syntax.LIST_OF) {
    for (let n = 0; n < node.children.length; n++) if (!canBeSet(node.children[n])) return false;
    return true;
  }
  return node.kind == syntax.NAMED || node.kind == syntax.ITEM;
}
