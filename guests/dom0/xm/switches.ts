/**
 * The switches of xm's commands, as getopt takes them: anywhere among the arguments, several letters in one, values attached or
 * behind; `--` ends them. A long name may be cut short, and may have one dash, as the manuals print it (`xm list -long`).
 */
import { complain } from 'programs/lib/io';

class Switch {
  letter: string = '';
  name: string = '';
  takesValue: bool = false;
  isSet: bool = false;
  value: string = '';

  /** `c/console`, with `=` behind it where it takes a value; `-/path=`: there is no letter. */
  constructor(text: string) {
    this.letter = text.charAt(0);
    this.takesValue = text.endsWith('=');
    this.name = text.substring(2, text.length - (this.takesValue ? 1 : 0));
  }
}

let switches: Switch[] = [];
/** How the command that runs is used. */
let usage: string = '';

/** Says how the command is used. Gives 2, its exit status then. */
export function misused(): i32 {
  complain('usage: xm ' + usage);
  return 2;
}

/** Whether a switch was given. */
export function isSet(name: string): bool {
  return find(name).isSet;
}
/** The value of a switch; empty: it was not given. */
export function valueOf(name: string): string {
  return find(name).value;
}

function find(name: string): Switch {
  for (let n = 0; n < switches.length; n++) if (switches[n].name == name) return switches[n];
  assert(false, name);
  return switches[0];
}

/** Takes a command's switches away from its arguments. Null: there is one that it does not know, and that has been said. */
export function takeSwitches(args: string[], known: string, use: string): string[] | null {
  usage = use;
  switches = [];
  const texts = known.split(' ');
  for (let n = 0; n < texts.length; n++) if (texts[n] != '') switches.push(new Switch(texts[n]));
  const rest: string[] = [];
  for (let n = 0; n < args.length; n++) {
    const text = args[n];
    if (text == '--') return rest.concat(args.slice(n + 1));
    if (!isSwitch(text)) rest.push(text);
    else {
      const next = n + 1 < args.length ? args[n + 1] : '';
      const long = longName(text);
      const taken = long != '' ? takeLong(long, next) : takeLetters(text.substring(1), next);
      if (taken < 0 || n + taken >= args.length) {
        if (taken < 0) complain('there is no option ' + text);
        misused();
        return null;
      }
      n += taken;
    }
  }
  return rest;
}

/** A lone dash is an argument, and so is a negative number. */
function isSwitch(text: string): bool {
  if (text.length < 2 || text.charAt(0) != '-') return false;
  const code = text.charCodeAt(1);
  return code < 48 || code > 57;
}

/** `name` or `name=value` of a long switch; empty: it is letters. */
function longName(text: string): string {
  if (text.startsWith('--')) return text.substring(2);
  const name = text.substring(1).split('=')[0];
  for (let n = 0; n < switches.length; n++) if (switches[n].name == name) return text.substring(1);
  return '';
}

/** Takes a long switch: how many of the following arguments it takes; -1: there is none. */
function takeLong(text: string, next: string): i32 {
  const equals = text.indexOf('=');
  const name = equals < 0 ? text : text.substring(0, equals);
  let found: Switch | null = null;
  for (let n = 0; n < switches.length; n++) {
    const each = switches[n];
    if (each.name == name) {
      found = each;
      break;
    }
    if (!each.name.startsWith(name)) continue;
    // Cut so short that it may be either.
    if (found != null) return -1;
    found = each;
  }
  if (found == null || (equals >= 0 && !found.takesValue)) return -1;
  found.isSet = true;
  if (!found.takesValue) return 0;
  found.value = equals >= 0 ? text.substring(equals + 1) : next;
  return equals >= 0 ? 0 : 1;
}

function takeLetters(letters: string, next: string): i32 {
  for (let at = 0; at < letters.length; at++) {
    let found: Switch | null = null;
    for (let n = 0; n < switches.length; n++)
      if (switches[n].letter == letters.charAt(at)) found = switches[n];
    if (found == null) return -1;
    found.isSet = true;
    if (!found.takesValue) continue;
    const rest = letters.substring(at + 1);
    found.value = rest != '' ? rest : next;
    return rest != '' ? 0 : 1;
  }
  return 0;
}
