/**
 * tar -c|-x|-t [-zJvpf FILE] [-C DIRECTORY] [NAME...]: an archive (ustar) is made, taken apart or listed; -f -: the standard input or
 * output; -z, -J: it is packed, and zcat unpacks it.
 */
import { O_CREAT, O_RDONLY, O_TRUNC, O_WRONLY, S_IFLNK, S_IFREG } from 'mote/abi';
import {
  chdir,
  close,
  dup2,
  exec,
  exit,
  fork,
  mkdir,
  open,
  pipe,
  read,
  readDirectory,
  readLink,
  Stat,
  symlink,
  unlink,
  wait,
  waitStatus,
  writeAll,
} from 'programs/lib/calls';
import { complain, complainOf, flush, print } from 'programs/lib/io';

const USAGE = 'usage: tar -c|-x|-t [-zJvpf FILE] [-C DIRECTORY] [NAME...]';
const BLOCK: i32 = 512;
/** An archive ends with two empty blocks, and is of whole records. */
const RECORD_BLOCKS: u64 = 20;
const NAME_BYTES: i32 = 100;
const PREFIX_BYTES: i32 = 155;
// Where fields are in a header.
const MODE: i32 = 100;
const SIZE: i32 = 124;
const TIME: i32 = 136;
const CHECKSUM: i32 = 148;
const TYPE: i32 = 156;
const LINK: i32 = 157;
const MAGIC: i32 = 257;
const PREFIX: i32 = 345;
const IS_FILE: u8 = 48;
const IS_LINK: u8 = 50;
const IS_DIRECTORY: u8 = 53;
const EEXIST: i32 = -17;

const block = new ArrayBuffer(BLOCK);
let fd: i32 = -1;
let written: u64 = 0;
let isVerbose: bool = false;
let status: i32 = 0;

export function main(args: string[]): i32 {
  let what = '';
  let file = '-';
  let directory = '';
  const names: string[] = [];
  for (let n = 1; n < args.length; n++) {
    // The first word may come without its dash.
    const isOptions = args[n].startsWith('-') ? args[n].length > 1 : n == 1;
    const letters = isOptions ? args[n].replace('-', '') : '';
    if (!isOptions) names.push(args[n]);
    for (let at = 0; at < letters.length; at++) {
      const letter = letters.charAt(at);
      if (letter == 'c' || letter == 'x' || letter == 't') what = letter;
      else if (letter == 'v') isVerbose = true;
      else if ((letter == 'f' || letter == 'C') && n + 1 < args.length) {
        if (letter == 'f') file = args[++n];
        else directory = args[++n];
      } else if (letter == 'z' || letter == 'j' || letter == 'J') {
        isPacked = true;
      } else if (letter != 'p') return wrong();
    }
  }
  if (what == '' || (what == 'c' && names.length == 0)) return wrong();
  if (isPacked && (what == 'c' || file == '-')) {
    complain(what == 'c' ? 'archives are not packed here' : 'what is packed is to be a file');
    return 2;
  }
  if (isPacked) fd = unpacked(file);
  else if (file == '-') fd = what == 'c' ? 1 : 0;
  else fd = open(file, what == 'c' ? O_WRONLY | O_CREAT | O_TRUNC : O_RDONLY);
  if (fd < 0) return complainOf(file, fd);
  const entered = directory == '' ? 0 : chdir(directory);
  if (entered < 0) return complainOf(directory, entered);
  if (what == 'c') create(names);
  else takeApart(what == 'x', names);
  return isPacked ? finish() : status;
}

let isPacked: bool = false;
let unpacker: i32 = 0;

/** What another program unpacks, as it comes: a descriptor, or a negative errno. */
function unpacked(file: string): i32 {
  const ends = new StaticArray<i32>(2);
  const failed = pipe(ends);
  if (failed < 0) return failed;
  unpacker = fork();
  if (unpacker == 0) {
    dup2(ends[1], 1);
    close(ends[0]);
    close(ends[1]);
    complainOf('zcat', exec('/bin/zcat', ['zcat', file], ['PATH=/bin']));
    flush();
    exit(1);
  }
  close(ends[1]);
  return unpacker < 0 ? unpacker : ends[0];
}

/** Behind the end of an archive more may come. */
function finish(): i32 {
  while (read(fd, block, BLOCK) > 0) {}
  close(fd);
  wait(unpacker);
  return waitStatus() == 0 ? status : 2;
}

function wrong(): i32 {
  complain(USAGE);
  return 2;
}

function fail(what: string, result: i64): void {
  complainOf(what, result);
  status = 2;
}

// Making one.

function create(names: string[]): void {
  for (let n = 0; n < names.length; n++) add(names[n]);
  memory.fill(changetype<usize>(block), 0, BLOCK);
  const end = written + 2;
  while (written < end || written % RECORD_BLOCKS != 0) putBlock();
}

function putBlock(): void {
  written++;
  if (writeAll(fd, block, BLOCK) < 0) status = 2;
}

function add(path: string): void {
  const found = new Stat();
  const failed = found.ofLink(path);
  if (failed < 0) return fail(path, failed);
  const isDirectory = found.isDirectory;
  const type = isDirectory ? IS_DIRECTORY : found.type == S_IFLNK ? IS_LINK : IS_FILE;
  if (type == IS_FILE && found.type != S_IFREG) {
    complain(path + ': it is no file, and stays out');
    return;
  }
  if (isVerbose) print(path + (isDirectory ? '/' : '') + '\n');
  // What is in an archive lies below where that is taken apart.
  let name = path;
  while (name.startsWith('/')) name = name.substring(1);
  if (
    name != '' &&
    !putHeader(name + (isDirectory ? '/' : ''), type, found, type == IS_LINK ? readLink(path) : '')
  )
    return;
  if (type == IS_FILE) putContent(path, found.size);
  const names = isDirectory ? readDirectory(path) : null;
  for (let n = 0; names != null && n < names.length; n++)
    if (names[n] != '.' && names[n] != '..') add(path + (path.endsWith('/') ? '' : '/') + names[n]);
}

function put(at: i32, text: string, bytes: i32): void {
  String.UTF8.encodeUnsafe(changetype<usize>(text), min(text.length, bytes), changetype<usize>(block) + at);
}
/** A number in octal digits, with a NUL behind it. */
function putNumber(at: i32, value: u64, digits: i32): void {
  put(at, value.toString(8).padStart(digits, '0'), digits);
}

function putHeader(name: string, type: u8, found: Stat, target: string): bool {
  memory.fill(changetype<usize>(block), 0, BLOCK);
  let cut = 0;
  if (name.length > NAME_BYTES) {
    cut = name.indexOf('/', name.length - NAME_BYTES - 1);
    if (cut <= 0 || cut > PREFIX_BYTES) {
      complain(name + ': its name is too long');
      status = 2;
      return false;
    }
    put(PREFIX, name.substring(0, cut), PREFIX_BYTES);
  }
  put(0, cut > 0 ? name.substring(cut + 1) : name, NAME_BYTES);
  putNumber(MODE, found.mode & 0o7777, 7);
  putNumber(MODE + 8, 0, 7);
  putNumber(MODE + 16, 0, 7);
  putNumber(SIZE, type == IS_FILE ? found.size : 0, 11);
  putNumber(TIME, found.modified, 11);
  store<u8>(changetype<usize>(block) + TYPE, type);
  put(LINK, target, NAME_BYTES);
  put(MAGIC, 'ustar', 5);
  put(MAGIC + 6, '00', 2);
  putNumber(CHECKSUM, sum(), 6);
  store<u8>(changetype<usize>(block) + CHECKSUM + 7, 32);
  putBlock();
  return true;
}

/** Of a header's bytes, those of the sum itself being blanks. */
function sum(): u64 {
  let total: u64 = 0;
  for (let n = 0; n < BLOCK; n++)
    total += n >= CHECKSUM && n < CHECKSUM + 8 ? 32 : load<u8>(changetype<usize>(block) + n);
  return total;
}

function putContent(path: string, size: u64): void {
  const source = open(path, O_RDONLY);
  if (source < 0) fail(path, source);
  for (let left = <i64>size; left > 0; left -= BLOCK) {
    memory.fill(changetype<usize>(block), 0, BLOCK);
    // A file that has become shorter meanwhile is filled up.
    if (source >= 0) read(source, block, <i32>min<i64>(left, BLOCK));
    putBlock();
  }
  if (source >= 0) close(source);
}

// Taking one apart.

function getBlock(): bool {
  let got = 0;
  const piece = new ArrayBuffer(BLOCK);
  while (got < BLOCK) {
    const part = read(fd, piece, BLOCK - got);
    if (part <= 0) return false;
    memory.copy(changetype<usize>(block) + got, changetype<usize>(piece), part);
    got += part;
  }
  return true;
}

function textAt(at: i32, bytes: i32): string {
  let length = 0;
  while (length < bytes && load<u8>(changetype<usize>(block) + at + length) != 0) length++;
  return String.UTF8.decodeUnsafe(changetype<usize>(block) + at, length);
}
function numberAt(at: i32, bytes: i32): u64 {
  const text = textAt(at, bytes).trim();
  return text == '' ? 0 : <u64>I64.parseInt(text, 8);
}

function takeApart(extracts: bool, names: string[]): void {
  while (getBlock()) {
    if (load<u8>(changetype<usize>(block)) == 0) return;
    if (numberAt(CHECKSUM, 8) != sum()) {
      complain('this does not look like a tar archive');
      status = 2;
      return;
    }
    const prefix = textAt(PREFIX, PREFIX_BYTES);
    const name = (prefix == '' ? '' : prefix + '/') + textAt(0, NAME_BYTES);
    const type = load<u8>(changetype<usize>(block) + TYPE);
    const size = type == IS_FILE || type == 0 ? numberAt(SIZE, 12) : 0;
    const target = textAt(LINK, NAME_BYTES);
    const isWanted = isChosen(name, names);
    if (isWanted && (!extracts || isVerbose)) print(name + '\n');
    if (!extracts || !isWanted) skip(size);
    else if (name.startsWith('/') || ('/' + name + '/').includes('/../')) {
      complain(name + ': it leads elsewhere, and stays out');
      status = 2;
      skip(size);
    } else extract(name, type, size, target);
  }
}

function isChosen(name: string, names: string[]): bool {
  for (let n = 0; n < names.length; n++) if (name == names[n] || name.startsWith(names[n] + '/')) return true;
  return names.length == 0;
}

function skip(size: u64): void {
  for (let left = <i64>size; left > 0; left -= BLOCK) if (!getBlock()) return;
}

function extract(name: string, type: u8, size: u64, target: string): void {
  for (let at = name.indexOf('/', 1); at > 0; at = name.indexOf('/', at + 1)) mkdir(name.substring(0, at));
  if (type == IS_DIRECTORY) {
    const directory = name.endsWith('/') ? name.substring(0, name.length - 1) : name;
    const made = directory == '.' ? 0 : mkdir(directory);
    if (made < 0 && made != EEXIST) fail(name, made);
    return;
  }
  if (type == IS_LINK) {
    unlink(name);
    const made = symlink(target, name);
    if (made < 0) fail(name, made);
    return;
  }
  const to = open(name, O_WRONLY | O_CREAT | O_TRUNC);
  if (to < 0) fail(name, to);
  for (let left = <i64>size; left > 0; left -= BLOCK) {
    if (!getBlock()) {
      complain(name + ': the archive ends in the middle of it');
      status = 2;
      break;
    }
    if (to >= 0 && writeAll(to, block, <i32>min<i64>(left, BLOCK)) < 0) status = 2;
  }
  if (to >= 0) close(to);
}
