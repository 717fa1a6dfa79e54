/**
 * losetup [-a] | [-r] [-o BYTES] /dev/loopN|-f FILE | -d /dev/loopN | -f: makes a disk of a file; -f: the first that is free; -d: takes
 * the file away; -a: lists them; -o: the disk begins there in the file; -r: it is only read.
 */
import { LOOP_CLR_FD, LOOP_GET_STATUS64, loop_info64, LOOP_SET_FD, LOOP_SET_STATUS64 } from 'mote/abi';
import { O_RDONLY, O_RDWR } from 'mote/abi';
import { close, control, currentDirectory, open } from 'programs/lib/calls';
import { complain, complainOf, print } from 'programs/lib/io';
import { bad, number } from 'programs/lib/text';

const USAGE = 'usage: losetup [-a] | [-r] [-o BYTES] /dev/loopN|-f FILE | -d /dev/loopN | -f';
const DEVICE = '/dev/loop';
const COUNT = 8;

const info = new ArrayBuffer(<i32>loop_info64.SIZE);
const at = changetype<usize>(info);

let lists = false;
let detaches = false;
let finds = false;
let isReadOnly = false;
let offset: i64 = 0;

export function main(args: string[]): i32 {
  const names = takeArguments(args);
  if (names == null) {
    complain(USAGE);
    return 2;
  }
  if (detaches) return detach(names[0]);
  if (lists || (names.length == 0 && !finds)) return listAll();
  if (names.length == 1 && !finds) return tell(names[0], true);
  const device = finds ? free() : names[0];
  if (device == '') {
    complain('cannot find an unused loop device');
    return 1;
  }
  if (names.length == 0) {
    print(device + '\n');
    return 0;
  }
  return attach(device, names[names.length - 1]);
}

/** What are no options; null: that is not how it is used. */
function takeArguments(args: string[]): string[] | null {
  const names: string[] = [];
  for (let n = 1; n < args.length; n++) {
    const word = args[n];
    if (word == '-a') lists = true;
    else if (word == '-d') detaches = true;
    else if (word == '-f') finds = true;
    else if (word == '-r') isReadOnly = true;
    else if (word == '-o' && n + 1 < args.length) {
      offset = number(args[++n]);
      if (bad || offset < 0) return null;
    } else if (word.startsWith('-')) return null;
    else names.push(word);
  }
  const most = lists ? 0 : detaches || finds ? 1 : 2;
  return names.length > most || (detaches && names.length != 1) ? null : names;
}

/** Asks a device: 0, and `info` is filled; or a negative errno. */
function ask(device: string): i32 {
  const fd = open(device, O_RDONLY);
  if (fd < 0) return fd;
  const result = control(fd, LOOP_GET_STATUS64, at);
  close(fd);
  return result;
}

function free(): string {
  for (let n = 0; n < COUNT; n++) if (ask(DEVICE + n.toString()) == -ENXIO) return DEVICE + n.toString();
  return '';
}

function listAll(): i32 {
  for (let n = 0; n < COUNT; n++) tell(DEVICE + n.toString(), false);
  return 0;
}

function tell(device: string, complains: bool): i32 {
  const failed = ask(device);
  if (failed < 0) return complains ? complainOf(device, failed) : 0;
  const name = String.UTF8.decodeUnsafe(at + loop_info64.lo_file_name, loop_info64.FILE_NAME_BYTES, true);
  const start = load<u64>(at, loop_info64.lo_offset);
  print(device + ': (' + name + ')' + (start == 0 ? '' : ', offset ' + start.toString()) + '\n');
  return 0;
}

function attach(device: string, path: string): i32 {
  const file = open(path, isReadOnly ? O_RDONLY : O_RDWR);
  if (file < 0) return complainOf(path, file);
  const fd = open(device, O_RDWR);
  let failed = fd;
  if (fd >= 0) {
    failed = control(fd, LOOP_SET_FD, file);
    if (failed == 0) failed = name(fd, path);
    close(fd);
  }
  close(file);
  return failed < 0 ? complainOf(device, failed) : 0;
}

/** Tells the device what its file is called, cut to what there is room for, and where it begins. */
function name(fd: i32, path: string): i32 {
  const whole = path.startsWith('/') ? path : currentDirectory() + '/' + path;
  memory.fill(at, 0, loop_info64.SIZE);
  store<u64>(at, offset, loop_info64.lo_offset);
  const text = String.UTF8.encode(whole);
  const bytes = min<i32>(text.byteLength, <i32>loop_info64.FILE_NAME_BYTES - 1);
  memory.copy(at + loop_info64.lo_file_name, changetype<usize>(text), bytes);
  return control(fd, LOOP_SET_STATUS64, at);
}

function detach(device: string): i32 {
  const fd = open(device, O_RDONLY);
  if (fd < 0) return complainOf(device, fd);
  const failed = control(fd, LOOP_CLR_FD, 0);
  close(fd);
  return failed < 0 ? complainOf(device, failed) : 0;
}

const ENXIO = 6;
