/** ls [-l] [-a] [-d] [-1] [PATH...]: what is in directories; -d: of themselves; -1: a line each, as where it is no terminal. */
import { S_IFBLK, S_IFCHR, S_IFDIR, S_IFIFO, S_IFLNK, S_IFSOCK } from 'mote/abi';
import { readDirectory, readFailure, Stat } from 'programs/lib/calls';
import { complainOf, print } from 'programs/lib/io';
import { takeOptions } from 'programs/lib/options';
import { isTerminal } from 'programs/lib/terminal';
import { DateText, table } from 'programs/lib/text';

const COLUMNS = 80;

let long: bool = false;
let all: bool = false;
let inColumns: bool = false;
const status = new Stat();

export function main(args: string[]): i32 {
  const options = takeOptions(args, 'lad1', 'ls [-lad1] [PATH...]');
  if (options == null) return 2;
  long = options.includes('l');
  all = options.includes('a');
  inColumns = !options.includes('1') && isTerminal(1);
  const itself = options.includes('d');
  const paths = args.length > 1 ? args.slice(1) : ['.'];
  let result = 0;
  const files: string[] = [];
  for (let n = 0; n < paths.length; n++) {
    const failed = status.ofLink(paths[n]);
    if (failed < 0) result = complainOf(paths[n], failed);
    else if (itself || !status.isDirectory) files.push(paths[n]);
  }
  if (files.length > 0) show('', files);
  for (let n = 0; n < paths.length && !itself; n++) {
    if (status.of(paths[n]) < 0 || !status.isDirectory) continue;
    if (paths.length > 1) print((n > 0 ? '\n' : '') + paths[n] + ':\n');
    const names = readDirectory(paths[n]);
    if (names == null) result = complainOf(paths[n], readFailure);
    else show(paths[n] + '/', names);
  }
  return result;
}

function show(prefix: string, names: string[]): void {
  const shown: string[] = [];
  for (let n = 0; n < names.length; n++)
    if (all || prefix == '' || !names[n].startsWith('.')) shown.push(names[n]);
  if (long) showLong(prefix, shown);
  else showColumns(shown);
}

function showLong(prefix: string, names: string[]): void {
  const rows: string[][] = [];
  for (let n = 0; n < names.length; n++) {
    if (status.ofLink(prefix + names[n]) < 0) continue;
    const isDevice = status.type == S_IFCHR || status.type == S_IFBLK;
    const device = (status.device >> 8).toString() + ', ' + (status.device & 0xff).toString();
    const size = isDevice ? device : status.size.toString();
    const date = new DateText(status.modified).short();
    rows.push([modeText(status.mode), status.links.toString(), size, date, names[n]]);
  }
  print(table(rows, 0b110));
}

function modeText(mode: u32): string {
  const type = mode & 0xf000;
  let text = '-';
  if (type == S_IFDIR) text = 'd';
  else if (type == S_IFLNK) text = 'l';
  else if (type == S_IFCHR) text = 'c';
  else if (type == S_IFBLK) text = 'b';
  else if (type == S_IFIFO) text = 'p';
  else if (type == S_IFSOCK) text = 's';
  const letters = 'rwxrwxrwx';
  for (let bit = 8; bit >= 0; bit--) text += (mode >> bit) & 1 ? letters.charAt(8 - bit) : '-';
  return text;
}

/** As many columns as fit, filled downwards. */
function showColumns(names: string[]): void {
  let widest = 0;
  for (let n = 0; n < names.length; n++) widest = max(widest, names[n].length + 2);
  const columns = inColumns ? max(1, COLUMNS / max(widest, 1)) : 1;
  const lines = (names.length + columns - 1) / columns;
  for (let line = 0; line < lines; line++) {
    let text = '';
    for (let n = line; n < names.length; n += lines)
      text += n + lines < names.length ? names[n].padEnd(widest) : names[n];
    print(text + '\n');
  }
}
