/** wget [-q] [-O FILE] [--header=FIELD] [--post-data=TEXT | --post-file=FILE] URL: gets a file by HTTP; -O -: to the standard output. */
import { O_CREAT, O_TRUNC, O_WRONLY, SOCK_STREAM } from 'mote/abi';
import { open, read, Stat, writeAll } from 'programs/lib/calls';
import { complain, complainOf, readFile } from 'programs/lib/io';
import { address, addressText, badAddress, connect, socket } from 'programs/lib/sockets';
import { bad, number } from 'programs/lib/text';

const USAGE =
  'usage: wget [-q] [-O FILE] [--header=FIELD] [--post-data=TEXT | --post-file=FILE] http://HOST[:PORT]/PATH';
const POST_DATA = '--post-data=';
const POST_FILE = '--post-file=';
const HEADER = '--header=';
const SCHEME = 'http://';
const BYTES = 16384;

let quiet: bool = false;
let output = '';
let url = '';
/** What is sent; null: nothing is. */
let posted: string | null = null;
/** Fields of the head, each with its end. */
let fields = '';

function takeArguments(args: string[]): bool {
  for (let n = 1; n < args.length; n++) {
    if (args[n] == '-q') quiet = true;
    else if (args[n] == '-O' && n + 1 < args.length) output = args[++n];
    else if (args[n].startsWith(HEADER)) fields += args[n].substring(HEADER.length) + '\r\n';
    else if (args[n].startsWith(POST_DATA)) posted = args[n].substring(POST_DATA.length);
    else if (args[n].startsWith(POST_FILE)) {
      if (!takeFile(args[n].substring(POST_FILE.length))) return false;
    } else if (args[n].startsWith('-') || url != '') return false;
    else url = args[n];
  }
  return url != '';
}

/** Takes what a file has, to the byte: its last line need not end. */
function takeFile(path: string): bool {
  const stat = new Stat();
  if (stat.of(path) < 0) return false;
  const text = readFile(path);
  if (text == null) return false;
  posted = text.substring(0, <i32>min<u64>(stat.size, text.length));
  return true;
}

export function main(args: string[]): i32 {
  if (!takeArguments(args)) {
    complain(USAGE);
    return 2;
  }
  const rest = url.startsWith(SCHEME) ? url.substring(SCHEME.length) : url;
  const slash = rest.indexOf('/');
  const place = slash < 0 ? rest : rest.substring(0, slash);
  const path = slash < 0 ? '/' : rest.substring(slash);
  const parts = place.split(':');
  const port = parts.length > 1 ? number(parts[1]) : 80;
  const host = address(parts[0]);
  if (badAddress || parts.length > 2 || (parts.length > 1 && bad) || port < 1 || port > 65535) {
    complain(place + ': there is no such host');
    return 4;
  }
  const fd = socket(SOCK_STREAM);
  if (fd < 0) return complainOf('socket', fd);
  const failed = connect(fd, host, <u32>port);
  if (failed < 0) {
    complainOf('connecting to ' + addressText(host) + ' port ' + port.toString(), failed);
    return 4;
  }
  const body = posted;
  const bytes = String.UTF8.encode(body == null ? '' : body).byteLength;
  const form =
    'Content-Type: application/x-www-form-urlencoded\r\nContent-Length: ' + bytes.toString() + '\r\n';
  const request = String.UTF8.encode(
    (body == null ? 'GET ' : 'POST ') +
      path +
      ' HTTP/1.0\r\nHost: ' +
      place +
      '\r\nUser-Agent: wget\r\n' +
      fields +
      (body == null ? '\r\n' : form + '\r\n' + body),
  );
  writeAll(fd, request, request.byteLength);
  if (output == '') output = path.endsWith('/') ? 'index.html' : path.substring(path.lastIndexOf('/') + 1);
  return take(fd);
}

const buffer = new ArrayBuffer(BYTES);
let start = 0;
let end = 0;

/** The next line of the head; what is behind it stays in the buffer. */
function headLine(fd: i32): string {
  let line = '';
  while (true) {
    if (start == end) {
      start = 0;
      end = read(fd, buffer, BYTES);
      if (end <= 0) return line;
    }
    const code = load<u8>(changetype<usize>(buffer) + start++);
    if (code == 10) return line;
    if (code != 13) line += String.fromCharCode(code);
  }
}

function take(fd: i32): i32 {
  const status = headLine(fd).split(' ');
  if (status.length < 2 || !status[0].startsWith('HTTP/')) {
    complain('what answers does not speak HTTP');
    return 4;
  }
  let size: i64 = -1;
  for (let line = headLine(fd); line != ''; line = headLine(fd))
    if (line.toLowerCase().startsWith('content-length:')) size = number(line.substring(15).trim());
  if (status[1] != '200') {
    complain('server returned error: ' + status.slice(1).join(' '));
    return 8;
  }
  const to = output == '-' ? 1 : open(output, O_WRONLY | O_CREAT | O_TRUNC);
  if (to < 0) return complainOf(output, to);
  return save(fd, to, size);
}

function save(fd: i32, to: i32, size: i64): i32 {
  // What came with the head.
  let count = max(end - start, 0);
  memory.copy(changetype<usize>(buffer), changetype<usize>(buffer) + start, count);
  if (count == 0) count = read(fd, buffer, BYTES);
  let got: i64 = 0;
  for (; count > 0; count = read(fd, buffer, BYTES)) {
    const failed = writeAll(to, buffer, count);
    if (failed < 0) return complainOf(output, failed);
    got += count;
  }
  if (count < 0) return complainOf('after ' + got.toString() + ' bytes', count);
  if (size >= 0 && got != size) {
    complain('the connection ended after ' + got.toString() + ' of ' + size.toString() + ' bytes');
    return 4;
  }
  if (!quiet && output != '-') complain(output + ': ' + got.toString() + ' bytes');
  return 0;
}
