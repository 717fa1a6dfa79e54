/** cp [-r] FROM TO, cp [-r] FROM... DIRECTORY: copies files, and directories with -r. */
import { O_CREAT, O_RDONLY, O_TRUNC, O_WRONLY } from 'mote/abi';
import { close, mkdir, open, read, readDirectory, readFailure, Stat, writeAll } from 'programs/lib/calls';
import { complain, complainOf } from 'programs/lib/io';
import { takeOptions } from 'programs/lib/options';
import { baseName } from 'programs/lib/path';

const BYTES = 16384;
const buffer = new ArrayBuffer(BYTES);
const status = new Stat();
let recursive: bool = false;

export function main(args: string[]): i32 {
  const options = takeOptions(args, 'r', 'cp [-r] FROM... TO');
  if (options == null) return 2;
  recursive = options != '';
  if (args.length < 3) {
    complain('usage: cp [-r] FROM... TO');
    return 2;
  }
  const to = args[args.length - 1];
  const into = status.of(to) == 0 && status.isDirectory;
  if (args.length > 3 && !into) return complainOf(to, -20);
  let result = 0;
  for (let n = 1; n < args.length - 1; n++) result |= copy(args[n], into ? to + '/' + baseName(args[n]) : to);
  return result;
}

function copy(from: string, to: string): i32 {
  const found = status.of(from);
  if (found < 0) return complainOf(from, found);
  return status.isDirectory ? copyDirectory(from, to) : copyFile(from, to);
}

function copyDirectory(from: string, to: string): i32 {
  if (!recursive) {
    complain(from + ' is a directory: -r copies it');
    return 1;
  }
  const made = mkdir(to);
  if (made < 0 && made != -17) return complainOf(to, made);
  const names = readDirectory(from);
  if (names == null) return complainOf(from, readFailure);
  let result = 0;
  for (let n = 0; n < names.length; n++) result |= copy(from + '/' + names[n], to + '/' + names[n]);
  return result;
}

function copyFile(from: string, to: string): i32 {
  const source = open(from, O_RDONLY);
  if (source < 0) return complainOf(from, source);
  const target = open(to, O_WRONLY | O_CREAT | O_TRUNC);
  let failed = target;
  if (target >= 0) {
    let got = 0;
    while ((got = read(source, buffer, BYTES)) > 0) {
      got = writeAll(target, buffer, got);
      if (got < 0) break;
    }
    failed = got;
    close(target);
  }
  close(source);
  return failed < 0 ? complainOf(to, failed) : 0;
}
