/** xenstore-ls [-f] [-p] [PATH]: the store as a tree; -f: full paths; -p: with permissions. */
import { complain, complainOf, print } from 'programs/lib/io';
import { takeOptions } from 'programs/lib/options';
import { failure, listNode, permissionsOf, readNode } from 'programs/lib/store';

const USAGE = 'xenstore-ls [-f] [-p] [PATH]';
let full: bool = false;
let withPermissions: bool = false;

export function main(args: string[]): i32 {
  const options = takeOptions(args, 'fp', USAGE);
  if (options == null) return 2;
  if (args.length > 2) {
    complain('usage: ' + USAGE);
    return 2;
  }
  full = options.includes('f');
  withPermissions = options.includes('p');
  const path = args.length == 2 ? args[1] : '/';
  const names = listNode(path);
  if (failure < 0) return complainOf(path, failure);
  for (let n = 0; n < names.length; n++) show(path, names[n], 0);
  return 0;
}

function show(above: string, name: string, depth: i32): void {
  const path = above == '/' ? '/' + name : above + '/' + name;
  const value = readNode(path);
  if (failure < 0) return;
  let line = (full ? path : ' '.repeat(depth) + name) + ' = "' + printable(value) + '"';
  if (withPermissions) line += '   (' + permissionsOf(path).join(',') + ')';
  print(line + '\n');
  const names = listNode(path);
  for (let n = 0; n < names.length; n++) show(path, names[n], depth + 1);
}

/** What is no printable character as \xHH. */
function printable(value: string): string {
  let text = '';
  for (let n = 0; n < value.length; n++) {
    const code = value.charCodeAt(n);
    if (code >= 32 && code < 127 && code != 92) text += String.fromCharCode(code);
    else text += '\\x' + (<u32>code).toString(16).padStart(2, '0');
  }
  return text;
}
