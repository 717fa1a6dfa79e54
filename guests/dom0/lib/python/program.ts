/**
 * A configuration as a program: a part of Python, as xm executed its files. What is left out (classes, lambda, numbers with a
 * point, modules but some of os, re, string and sys) is refused by name.
 */
import { defineBuiltins } from './builtins';
import { read } from './evaluate';
import { defineMethods } from './methods';
import { defineModules } from './modules';
import { parse } from './parser';
import * as raising from './raising';
import { run } from './run';
import { Source } from './source';
import { defineTextMethods } from './text-methods';
import { Scope, textOf, Value } from './values';
import { defineVariables, xmVariables } from './variables';

defineBuiltins();
defineMethods();
defineTextMethods();
defineModules();
defineVariables();

/** Names and what they are worth when a file has been executed. */
export class Program {
  readonly scope: Scope = new Scope(null);
  /** PATH:LINE:COLUMN: what was wrong, with the line; empty: nothing. */
  problem: string = '';

  /** Gives a name, before it is run. */
  set(name: string, value: Value): void {
    this.scope.names.set(name, value);
  }

  /** False: `problem`. */
  run(path: string, text: string): bool {
    // Names that another file has read are not this one's.
    read.clear();
    const source = new Source(path, text);
    const block = parse(source);
    this.scope.names.set('xm_vars', xmVariables(this.scope));
    if (!source.isWrong) run(block, this.scope);
    const raised = raising.raised;
    if (raised != null) {
      const said = textOf(raised);
      // What a file ends itself with a text is its message, as it stands.
      source.fail(
        raising.raisedAt,
        raised.text == 'SystemExit' ? said : raised.text + (said == '' ? '' : ': ' + said),
      );
    }
    raising.forget();
    this.problem = source.problem;
    return this.problem == '';
  }

  /** Whether the file has read a name itself. */
  hasRead(name: string): bool {
    return read.has(name);
  }
}
