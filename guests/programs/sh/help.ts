/** `help` and `man`: the shell's own commands, and the manual that was made of the programs' sources (toolchain/manual.ts). */
import { complain, print, readFile } from 'programs/lib/io';

const MANUAL = '/usr/share/manual';
/** A screen's width: names stand in columns below it. */
const COLUMNS = 78;

const EDITING =
  'Keys: arrows, Home and End move; up and down go through what was typed before,\n' +
  'Ctrl-R searches it; Tab completes; Ctrl-C gives up, Ctrl-D ends. A & behind a\n' +
  'command leaves it in the background.\n';

function manual(): string[] {
  const text = readFile(MANUAL);
  return text == null ? [] : text.trimEnd().split('\n');
}

function nameOf(line: string): string {
  const word = line.split(' ')[0];
  // The command `:` has no other name.
  return word.startsWith(':') ? word : word.split(':')[0];
}

/** All names. `builtins`: a line each, as in the manual. */
export function tellAll(builtins: string[]): i32 {
  print('The shell itself:\n' + inColumns(builtins.map<string>((line) => nameOf(line))));
  print('Programs:\n' + inColumns(manual().map<string>((line) => nameOf(line))));
  print('help NAME tells of one of them.\n' + EDITING);
  return 0;
}

function inColumns(names: string[]): string {
  let widest = 0;
  for (let n = 0; n < names.length; n++) widest = max(widest, names[n].length + 2);
  const perLine = COLUMNS / max(widest, 1);
  let text = '';
  for (let n = 0; n < names.length; n++) {
    const isLast = n % perLine == perLine - 1 || n == names.length - 1;
    text += (n % perLine == 0 ? '  ' : '') + (isLast ? names[n] + '\n' : names[n].padEnd(widest));
  }
  return text;
}

/** What is said of these; 1: one of them is not known. */
export function tellOf(names: string[], builtins: string[]): i32 {
  const lines = builtins.concat(manual());
  let status = 0;
  for (let n = 0; n < names.length; n++) {
    let known = false;
    for (let m = 0; m < lines.length; m++) {
      if (nameOf(lines[m]) != names[n]) continue;
      print(lines[m] + '\n');
      known = true;
      break;
    }
    if (known) continue;
    complain('there is no help for ' + names[n] + '; help alone lists what there is');
    status = 1;
  }
  return status;
}
