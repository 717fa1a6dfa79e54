/** What can be called: ours, in a table by their names, and the file's own functions. */
import { raise, raised } from './raising';
import { BUILTIN, EXCEPTION, EXCEPTION_TYPE, FUNCTION, none, Value } from './values';

/** What is called, its arguments, and those that were given by name (a dictionary). */
export class Call {
  constructor(
    /** What it is of; None: of nothing. */
    readonly self: Value,
    readonly args: Value[],
    readonly given: Value,
  ) {}

  /** An argument, by its place or its name; null: it was not given. */
  find(place: i32, name: string): Value | null {
    if (place < this.args.length) return this.args[place];
    for (let n = 0; n < this.given.keys.length; n++)
      if (this.given.keys[n].text == name) return this.given.items[n];
    return null;
  }
}

type Work = (call: Call) => Value;

class Builtin {
  constructor(
    readonly least: i32,
    readonly most: i32,
    readonly work: Work,
  ) {}
}

const builtins: Map<string, Builtin> = new Map<string, Builtin>();

/** Something of ours takes from so many to so many arguments; `TYPE.NAME` is of a value of that type. */
export function define(name: string, least: i32, most: i32, work: Work): void {
  builtins.set(name, new Builtin(least, most, work));
}

export function isDefined(name: string): bool {
  return builtins.has(name);
}

function refuse(_: Call): Value {
  return raise('RuntimeError', 'nothing runs here');
}
/** Runs a function of the file's (`self`). */
let runs: Work = refuse;

export function runFunctionsBy(work: Work): void {
  runs = work;
}

export function call(what: Value, args: Value[], given: Value): Value {
  if (raised != null) return none;
  if (what.kind == FUNCTION) return runs(new Call(what, args, given));
  if (what.kind == EXCEPTION_TYPE) return exception(what.text, args);
  if (what.kind != BUILTIN) return raise('TypeError', "'" + what.typeName + "' object is not callable");
  const builtin = builtins.get(what.text);
  const count = args.length + given.keys.length;
  const name = what.text.substring(what.text.lastIndexOf('.') + 1);
  if (count < builtin.least || count > builtin.most)
    return raise(
      'TypeError',
      name + '() takes ' + counts(builtin.least, builtin.most) + ', not ' + count.toString(),
    );
  const self = what.self;
  return builtin.work(new Call(self == null ? none : self, args, given));
}

function counts(least: i32, most: i32): string {
  if (least == most) return least == 1 ? '1 argument' : least.toString() + ' arguments';
  return most > 99
    ? 'at least ' + least.toString()
    : least.toString() + ' to ' + most.toString() + ' arguments';
}

export function exception(type: string, args: Value[]): Value {
  const made = new Value(EXCEPTION);
  made.text = type;
  made.items = args;
  return made;
}
