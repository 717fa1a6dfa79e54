/** Exceptions of a configuration's program: what has been raised and nobody has caught yet. */
import { Place } from './source';
import { EXCEPTION, text, Value } from './values';

/** Null: nothing has been raised. Whoever calls something looks whether something was. */
export let raised: Value | null = null;
export let raisedAt: Place = new Place(1, 1);
/** Where it is that something may be raised. */
let here: Place = raisedAt;

/** Each with the one that it is a kind of. */
const TYPES: string[][] = [
  ['Exception', ''],
  ['StandardError', 'Exception'],
  ['ArithmeticError', 'StandardError'],
  ['ZeroDivisionError', 'ArithmeticError'],
  ['OverflowError', 'ArithmeticError'],
  ['AssertionError', 'StandardError'],
  ['AttributeError', 'StandardError'],
  ['EnvironmentError', 'StandardError'],
  ['IOError', 'EnvironmentError'],
  ['OSError', 'EnvironmentError'],
  ['ImportError', 'StandardError'],
  ['LookupError', 'StandardError'],
  ['IndexError', 'LookupError'],
  ['KeyError', 'LookupError'],
  ['NameError', 'StandardError'],
  ['RuntimeError', 'StandardError'],
  ['SyntaxError', 'StandardError'],
  ['SystemExit', ''],
  ['TypeError', 'StandardError'],
  ['ValueError', 'StandardError'],
];

export function isExceptionType(name: string): bool {
  for (let n = 0; n < TYPES.length; n++) if (TYPES[n][0] == name) return true;
  return false;
}

/** Whether exceptions of a type are of another one, too. */
export function isKindOf(name: string, other: string): bool {
  for (let type = name; type != '';) {
    if (type == other) return true;
    let above = '';
    for (let n = 0; n < TYPES.length; n++) if (TYPES[n][0] == type) above = TYPES[n][1];
    type = above;
  }
  return false;
}

/** What comes is at a place. */
export function at(place: Place): void {
  if (raised == null) here = place;
}

export function raiseValue(value: Value): void {
  if (raised != null) return;
  raised = value;
  raisedAt = here;
}

/** Raises an exception; what it gives is for nobody. */
export function raise(type: string, message: string): Value {
  const value = new Value(EXCEPTION);
  value.text = type;
  value.items = [text(message)];
  raiseValue(value);
  return value;
}

/** Takes it away: it has been caught. */
export function forget(): void {
  raised = null;
}
