/** What expressions are worth. */
import { call, isDefined } from './calling';
import { ofModule } from './modules';
import { binary, holds, itemOf, itemsOf, setItem, slice, unary } from './operators';
import * as raising from './raising';
import { raise } from './raising';
import * as syntax from './syntax';
import { Node } from './syntax';
import {
  bool_,
  builtin,
  dict,
  EXCEPTION_TYPE,
  int,
  list,
  MODULE,
  none,
  Scope,
  text,
  TUPLE,
  Value,
} from './values';

/** Names of the file that it has read itself: what nobody reads, and is no setting, is a mistake. */
export const read: Set<string> = new Set<string>();

/** While something has been raised, nothing more is done: what is given then is for nobody. */
export function evaluate(node: Node, scope: Scope): Value {
  if (raising.raised != null) return none;
  const kind = node.kind;
  raising.at(node.place);
  if (kind == syntax.INTEGER) return int(node.int);
  if (kind == syntax.TEXT_OF) return text(node.text);
  if (kind == syntax.NAMED) return named(node.text, scope);
  if (kind == syntax.NOTHING) return none;
  if (kind <= syntax.COMPREHENSION) return collection(node, scope);
  if (kind == syntax.CALL) return called(node, scope);
  if (kind >= syntax.COMPARISON) return condition(node, scope);
  const first = evaluate(node.children[0], scope);
  if (kind == syntax.SLICE) return sliced(node, first, scope);
  const second = node.children.length > 1 ? evaluate(node.children[1], scope) : none;
  if (raising.raised != null) return none;
  raising.at(node.place);
  if (kind == syntax.ITEM) return itemOf(first, second);
  if (kind == syntax.ATTRIBUTE) return attribute(first, node.text);
  return kind == syntax.UNARY ? unary(node.text, first) : binary(node.text, first, second);
}

function named(name: string, scope: Scope): Value {
  const found = scope.find(name);
  if (found != null) {
    read.add(name);
    return found;
  }
  if (name == 'None') return none;
  if (name == 'True' || name == 'False') return bool_(name == 'True');
  if (raising.isExceptionType(name)) {
    const type = new Value(EXCEPTION_TYPE);
    type.text = name;
    return type;
  }
  if (isDefined(name)) return builtin(name);
  return raise('NameError', "name '" + name + "' is not defined");
}

function collection(node: Node, scope: Scope): Value {
  const items: Value[] = [];
  if (node.kind == syntax.COMPREHENSION) {
    gather(node, 1, scope, items);
    return list(items);
  }
  for (let n = 0; n < node.children.length; n++) items.push(evaluate(node.children[n], scope));
  if (node.kind == syntax.TUPLE_OF) return list(items, TUPLE);
  if (node.kind == syntax.LIST_OF) return list(items);
  const made = dict();
  for (let n = 0; n < items.length; n += 2) made.setKey(items[n], items[n + 1]);
  return made;
}

/** What a comprehension makes from one of its clauses on. */
function gather(node: Node, at: i32, scope: Scope, made: Value[]): void {
  if (at == node.children.length) {
    made.push(evaluate(node.children[0], scope));
    return;
  }
  const clause = node.children[at];
  if (clause.kind == syntax.WHERE) {
    if (evaluate(clause.children[0], scope).isTrue) gather(node, at + 1, scope, made);
    return;
  }
  const all = itemsOf(evaluate(clause.children[1], scope));
  for (let n = 0; n < all.length && raising.raised == null; n++) {
    assign(clause.children[0], all[n], scope);
    gather(node, at + 1, scope, made);
  }
}

function called(node: Node, scope: Scope): Value {
  const what = evaluate(node.children[0], scope);
  const args: Value[] = [];
  // The string module's functions are given the text itself.
  const self = what.self;
  const isOfModule = self != null && self.kind == MODULE;
  const given = dict();
  for (let n = 1; n < node.children.length; n++) {
    const child = node.children[n];
    if (child.kind == syntax.GIVEN) given.setKey(text(child.text), evaluate(child.children[0], scope));
    else args.push(evaluate(child, scope));
  }
  raising.at(node.place);
  if (!isOfModule || args.length == 0) return call(what, args, given);
  return call(builtin(what.text, args[0]), args.slice(1), given);
}

function condition(node: Node, scope: Scope): Value {
  const kind = node.kind;
  const children = node.children;
  if (kind == syntax.COMPARISON) return comparison(node, scope);
  if (kind == syntax.NOT) return bool_(!evaluate(children[0], scope).isTrue);
  if (kind == syntax.CHOICE) return evaluate(children[evaluate(children[0], scope).isTrue ? 1 : 2], scope);
  // Of what is joined by `and` or `or`, the one that decides.
  let value = none;
  for (let n = 0; n < children.length; n++) {
    value = evaluate(children[n], scope);
    if (value.isTrue == (kind == syntax.OR)) break;
  }
  return value;
}

function comparison(node: Node, scope: Scope): Value {
  let one = evaluate(node.children[0], scope);
  for (let n = 0; n < node.names.length; n++) {
    const other = evaluate(node.children[n + 1], scope);
    if (raising.raised != null || !holds(node.names[n], one, other)) return bool_(false);
    one = other;
  }
  return bool_(true);
}

function sliced(node: Node, all: Value, scope: Scope): Value {
  const from = evaluate(node.children[1], scope);
  const to = evaluate(node.children[2], scope);
  return raising.raised != null ? none : slice(all, from, to);
}

function attribute(value: Value, name: string): Value {
  if (value.kind == MODULE) {
    const found = ofModule(value, name);
    return found == null ? raise('AttributeError', "'" + value.text + "' has no '" + name + "' here") : found;
  }
  const full = value.typeName + '.' + name;
  if (isDefined(full)) return builtin(full, value);
  return raise('AttributeError', "'" + value.typeName + "' object has no attribute '" + name + "'");
}

/** Sets what stands on the left of an assignment, or is gone through with by a loop. */
export function assign(target: Node, value: Value, scope: Scope): void {
  if (raising.raised != null) return;
  if (target.kind == syntax.NAMED) scopeOf(target.text, scope).names.set(target.text, value);
  else if (target.kind == syntax.ITEM) {
    const all = evaluate(target.children[0], scope);
    const which = evaluate(target.children[1], scope);
    raising.at(target.place);
    if (raising.raised == null) setItem(all, which, value);
  } else {
    raising.at(target.place);
    const all = itemsOf(value);
    const count = target.children.length;
    if (raising.raised == null && all.length != count)
      raise(
        'ValueError',
        'there are ' + all.length.toString() + ' values for ' + count.toString() + ' names',
      );
    for (let n = 0; n < count && raising.raised == null; n++) assign(target.children[n], all[n], scope);
  }
}

/** Where a name is set. */
export function scopeOf(name: string, scope: Scope): Scope {
  return scope.globals.includes(name) ? scope.file : scope;
}
