/** Runs statements. */
import { Call, exception, runFunctionsBy } from './calling';
import { assign, evaluate, scopeOf } from './evaluate';
import { moduleNamed, ofModule } from './modules';
import { binary, dropItem, itemsOf } from './operators';
import { printed } from './printing';
import * as raising from './raising';
import { raise } from './raising';
import * as syntax from './syntax';
import { Node } from './syntax';
import { EXCEPTION, EXCEPTION_TYPE, FUNCTION, LIST, none, Scope, textOf, TUPLE, Value } from './values';

/** How a statement ends. */
const ON: i32 = 0;
const BREAKS: i32 = 1;
const CONTINUES: i32 = 2;
const RETURNS: i32 = 3;

/** Functions in each other, at most: each takes some of the stack. */
const DEEPEST: i32 = 50;

let returned: Value = none;
let depth: i32 = 0;

/** Runs a block: it goes on behind it, or leaves what is around it. */
export function run(block: Node, scope: Scope): i32 {
  for (let n = 0; n < block.children.length; n++) {
    const end = statement(block.children[n], scope);
    if (raising.raised != null || end != ON) return end;
  }
  return ON;
}

function statement(node: Node, scope: Scope): i32 {
  raising.at(node.place);
  switch (node.kind) {
    case syntax.IF:
      return run(node.children[evaluate(node.children[0], scope).isTrue ? 1 : 2], scope);
    case syntax.WHILE:
    case syntax.FOR:
      return loop(node, scope);
    case syntax.TRY:
      return attempt(node, scope);
    case syntax.RETURN:
      returned = node.children.length > 0 ? evaluate(node.children[0], scope) : none;
      return RETURNS;
    case syntax.BREAK:
      return BREAKS;
    case syntax.CONTINUE:
      return CONTINUES;
    default:
      simple(node, scope);
      return ON;
  }
}

function simple(node: Node, scope: Scope): void {
  const children = node.children;
  switch (node.kind) {
    case syntax.ALONE:
      evaluate(children[0], scope);
      break;
    case syntax.ASSIGNMENT: {
      const value = evaluate(children[children.length - 1], scope);
      for (let n = 0; n < children.length - 1; n++) {
        assign(children[n], value, scope);
        note(children[n], scope);
      }
      break;
    }
    case syntax.CHANGE:
      change(node, scope);
      break;
    case syntax.DEF:
      define(node, scope);
      break;
    case syntax.IMPORT:
      importModules(node, scope);
      break;
    case syntax.FROM:
      importFrom(node, scope);
      break;
    case syntax.GLOBAL:
      scope.globals = scope.globals.concat(node.names);
      break;
    case syntax.RAISE:
      raiseFrom(node, scope);
      break;
    case syntax.ASSERT:
      if (!evaluate(children[0], scope).isTrue)
        raise('AssertionError', children.length > 1 ? textOf(evaluate(children[1], scope)) : '');
      break;
    case syntax.DEL:
      for (let n = 0; n < children.length; n++) drop(children[n], scope);
      break;
    case syntax.PRINT: {
      const values: Value[] = [];
      for (let n = 0; n < children.length; n++) values.push(evaluate(children[n], scope));
      if (raising.raised == null) printed(values);
      break;
    }
  }
}

/** Where a name was assigned to is told with what is wrong with it. */
function note(target: Node, scope: Scope): void {
  if (target.kind == syntax.NAMED) scopeOf(target.text, scope).lines.set(target.text, target.place.line);
}

function loop(node: Node, scope: Scope): i32 {
  const isFor = node.kind == syntax.FOR;
  const all = isFor ? itemsOf(evaluate(node.children[1], scope)) : new Array<Value>();
  for (let n = 0; raising.raised == null; n++) {
    if (isFor ? n == all.length : !evaluate(node.children[0], scope).isTrue) break;
    if (isFor) assign(node.children[0], all[n], scope);
    const end = run(node.children[isFor ? 2 : 1], scope);
    if (end == BREAKS) break;
    if (end == RETURNS) return end;
  }
  return ON;
}

function change(node: Node, scope: Scope): void {
  const target = node.children[0];
  const before = evaluate(target, scope);
  const by = evaluate(node.children[1], scope);
  raising.at(node.place);
  if (raising.raised != null) return;
  // A list is added to, for all who have it.
  if (before.kind == LIST && node.text == '+') {
    const more = itemsOf(by);
    for (let n = 0; n < more.length; n++) before.items.push(more[n]);
  } else assign(target, binary(node.text, before, by), scope);
}

function drop(node: Node, scope: Scope): void {
  if (node.kind == syntax.NAMED) {
    if (!scopeOf(node.text, scope).names.delete(node.text))
      raise('NameError', "name '" + node.text + "' is not defined");
  } else if (node.kind == syntax.ITEM) {
    const all = evaluate(node.children[0], scope);
    const which = evaluate(node.children[1], scope);
    if (raising.raised == null) dropItem(all, which);
  } else raise('SyntaxError', 'this cannot be deleted');
}

function define(node: Node, scope: Scope): void {
  const made = new Value(FUNCTION);
  made.text = node.text;
  made.node = node;
  made.scope = scope;
  // What parameters are where they are not given is found now, and kept.
  const usual: Value[] = [];
  for (let n = 0; n < node.names.length; n++) usual.push(evaluate(node.children[n], scope));
  made.items = usual;
  scopeOf(node.text, scope).names.set(node.text, made);
}

/** Runs a function of the file's. */
function runFunction(call: Call): Value {
  const what = call.self;
  const node = what.node!;
  const scope = new Scope(what.scope);
  const names = node.names;
  if (call.args.length > names.length) return miscounted(what, call.args.length);
  for (let n = 0; n < names.length; n++) {
    const given = call.find(n, names[n]);
    if (given == null && node.children[n].kind == syntax.NOTHING) return miscounted(what, call.args.length);
    scope.names.set(names[n], given == null ? what.items[n] : given);
  }
  for (let n = 0; n < call.given.keys.length; n++)
    if (!names.includes(call.given.keys[n].text))
      return raise('TypeError', what.text + "() has no parameter '" + call.given.keys[n].text + "'");
  if (depth == DEEPEST) return raise('RuntimeError', 'functions call each other too deep');
  depth++;
  returned = none;
  run(node.children[names.length], scope);
  depth--;
  const value = returned;
  returned = none;
  return value;
}

function miscounted(what: Value, count: i32): Value {
  const names = what.node!.names;
  const wanted = names.length == 0 ? 'no arguments' : names.length.toString() + ' (' + names.join(', ') + ')';
  return raise('TypeError', what.text + '() takes ' + wanted + ', not ' + count.toString());
}

function importModules(node: Node, scope: Scope): void {
  for (let n = 0; n < node.names.length; n += 2) {
    const module = moduleNamed(node.names[n]);
    if (module == null) return unknownModule(node.names[n]);
    // `import os.path` gives the name os.
    const name = node.names[n + 1];
    const top = name == node.names[n] ? name.split('.')[0] : name;
    scopeOf(top, scope).names.set(top, top == name ? module : moduleNamed(top)!);
  }
}

function importFrom(node: Node, scope: Scope): void {
  const module = moduleNamed(node.text);
  if (module == null) return unknownModule(node.text);
  for (let n = 0; n < node.names.length; n += 2) {
    const found = ofModule(module, node.names[n]);
    if (found == null) {
      raise('ImportError', 'cannot import name ' + node.names[n]);
      return;
    }
    scopeOf(node.names[n + 1], scope).names.set(node.names[n + 1], found);
  }
}

function unknownModule(name: string): void {
  raise('ImportError', 'there is no module ' + name + ' here: os, re, string, sys are');
}

function raiseFrom(node: Node, scope: Scope): void {
  if (node.children.length == 0) {
    raise('RuntimeError', 'there is no exception to be raised again');
    return;
  }
  const what = evaluate(node.children[0], scope);
  const args: Value[] = [];
  if (node.children.length > 1) args.push(evaluate(node.children[1], scope));
  raising.at(node.place);
  if (what.kind == EXCEPTION_TYPE) raising.raiseValue(exception(what.text, args));
  else if (what.kind == EXCEPTION) raising.raiseValue(what);
  else raise('TypeError', 'exceptions are raised, not ' + what.typeName);
}

function attempt(node: Node, scope: Scope): i32 {
  const children = node.children;
  const last = children.length - 1;
  let end = run(children[0], scope);
  const problem = raising.raised;
  if (problem == null && end == ON) end = run(children[last - 1], scope);
  for (let n = 1; problem != null && n < last - 1; n++)
    if (catches(children[n].children[0], problem, scope)) {
      if (children[n].text != '') scopeOf(children[n].text, scope).names.set(children[n].text, problem);
      end = run(children[n].children[1], scope);
      break;
    }
  return atLast(children[last], end, scope);
}

/** What is done however it ended, which is kept, unless that ends it otherwise. */
function atLast(block: Node, end: i32, scope: Scope): i32 {
  const problem = raising.raised;
  const place = raising.raisedAt;
  const value = returned;
  raising.forget();
  const other = run(block, scope);
  if (raising.raised != null || other != ON) return other;
  returned = value;
  if (problem != null) {
    raising.at(place);
    raising.raiseValue(problem);
  }
  return end;
}

/** Whether a handler is for an exception: then that is caught. */
function catches(type: Node, problem: Value, scope: Scope): bool {
  const place = raising.raisedAt;
  raising.forget();
  if (type.kind == syntax.NOTHING) return true;
  const wanted = evaluate(type, scope);
  const all = wanted.kind == TUPLE ? wanted.items : [wanted];
  for (let n = 0; n < all.length; n++) if (raising.isKindOf(problem.text, all[n].text)) return true;
  raising.at(place);
  raising.raiseValue(problem);
  return false;
}

runFunctionsBy(runFunction);
