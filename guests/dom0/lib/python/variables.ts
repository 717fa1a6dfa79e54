/** `xm_vars`: what a file wants to be given on the command line, `xm create FILE vmid=3`, and how that is checked. */
import { call as callValue, Call, define } from './calling';
import { raise, raised } from './raising';
import { dict, MODULE, none, Scope, text, textOf, Value } from './values';

/** A variable that the file has told of. */
class Variable {
  constructor(
    readonly name: string,
    readonly use: string,
    readonly check: Value,
  ) {}
}

let variables: Variable[] = [];
let scope: Scope = new Scope(null);

/** `xm_vars` of a file that is about to be run. */
export function xmVariables(file: Scope): Value {
  variables = [];
  scope = file;
  const made = new Value(MODULE);
  made.text = 'xm_vars';
  return made;
}

function tell(call: Call): Value {
  const use = call.find(1, 'use');
  const check = call.find(2, 'check');
  variables.push(
    new Variable(textOf(call.args[0]), use == null ? '' : textOf(use), check == null ? none : check),
  );
  return none;
}

/** Every variable has been given, and is what its check makes of it. */
function check(_: Call): Value {
  for (let n = 0; n < variables.length && raised == null; n++) {
    const variable = variables[n];
    const value = scope.find(variable.name);
    if (value == null)
      return raise(
        'ValueError',
        'Variable ' +
          variable.name +
          ' is not set: ' +
          variable.use +
          ' Give it on the command line: ' +
          variable.name +
          '=...',
      );
    if (variable.check === none) continue;
    const checked = callValue(variable.check, [text(variable.name), value], dict());
    if (raised == null) scope.names.set(variable.name, checked);
  }
  return none;
}

export function defineVariables(): void {
  define('xm_vars.var', 1, 3, tell);
  define('xm_vars.check', 0, 0, check);
}
