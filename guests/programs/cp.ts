/** cp [-aprdPRx] FROM... TO: copies files; -r, -R, -a: directories, and devices as devices, too; -a, -d, -P: links as links; -x: what lies on one file system. */
import { O_CREAT, O_RDONLY, O_TRUNC, O_WRONLY, S_IFBLK, S_IFCHR, S_IFLNK } from 'mote/abi';
import {
  close,
  mkdir,
  mknod,
  open,
  read,
  readDirectory,
  readFailure,
  readLink,
  Stat,
  symlink,
  unlink,
  writeAll,
} from 'programs/lib/calls';
import { complain, complainOf } from 'programs/lib/io';
import { takeOptions } from 'programs/lib/options';
import { baseName } from 'programs/lib/path';

const USAGE = 'cp [-aprdPRx] FROM... TO';
const BYTES = 16384;
const buffer = new ArrayBuffer(BYTES);
const status = new Stat();
let recursive: bool = false;
let keepsLinks: bool = false;
/** The file system that is not left; -1: any is entered. */
let within: i64 = -1;
let staysWithin: bool = false;

export function main(args: string[]): i32 {
  // Times and rights are not told apart here: there is one user.
  const options = takeOptions(args, 'aprdPRx', USAGE);
  if (options == null) return 2;
  recursive = options.includes('r') || options.includes('R') || options.includes('a');
  keepsLinks = options.includes('a') || options.includes('d') || options.includes('P');
  staysWithin = options.includes('x');
  if (args.length < 3) {
    complain('usage: ' + USAGE);
    return 2;
  }
  const to = args[args.length - 1];
  const into = status.of(to) == 0 && status.isDirectory;
  if (args.length > 3 && !into) return complainOf(to, -20);
  let result = 0;
  for (let n = 1; n < args.length - 1; n++) {
    within = -1;
    result |= copy(args[n], into ? to + '/' + baseName(args[n]) : to);
  }
  return result;
}

function copy(from: string, to: string): i32 {
  const found = keepsLinks ? status.ofLink(from) : status.of(from);
  if (found < 0) return complainOf(from, found);
  if (status.type == S_IFLNK) return copyLink(from, to);
  // What a device has to say may have no end.
  if (recursive && (status.type == S_IFBLK || status.type == S_IFCHR)) return copyDevice(to);
  if (!status.isDirectory) return copyFile(from, to);
  if (staysWithin && within >= 0 && within != <i64>status.fileSystem) {
    // What is mounted there stays where it is; the directory that it covers is empty.
    const made = mkdir(to);
    return made < 0 && made != -17 ? complainOf(to, made) : 0;
  }
  within = <i64>status.fileSystem;
  return copyDirectory(from, to);
}

function copyLink(from: string, to: string): i32 {
  const target = readLink(from);
  if (target == '') return complainOf(from, -22);
  unlink(to);
  const failed = symlink(target, to);
  return failed < 0 ? complainOf(to, failed) : 0;
}

/** The node whose status was asked for last. */
function copyDevice(to: string): i32 {
  const made = mknod(to, status.mode, status.device);
  return made < 0 ? complainOf(to, made) : 0;
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
