/** httpd [-p PORT] [DIRECTORY]: serves files by HTTP, a process for each connection. */
import { O_RDONLY, SIG_IGN, SIGPIPE, SOCK_STREAM, SYS_sendfile, WNOHANG } from 'mote/abi';
import {
  chdir,
  close,
  exit,
  fork,
  open,
  read,
  readDirectory,
  setSignal,
  Stat,
  wait,
  writeAll,
} from 'programs/lib/calls';
import { complain, complainOf } from 'programs/lib/io';
import { syscall4 } from 'programs/lib/intrinsics';
import { accept, bind, listen, socket } from 'programs/lib/sockets';
import { bad, number } from 'programs/lib/text';
import { stay } from 'programs/lib/stay';

const USAGE = 'usage: httpd [-p PORT] [DIRECTORY]';
const BACKLOG = 16;
const MAX_REQUEST = 4096;
const CHUNK = 65536;

export function main(args: string[]): i32 {
  let port: i64 = 80;
  let directory = '.';
  for (let n = 1; n < args.length; n++) {
    if (args[n] == '-p' && n + 1 < args.length) port = number(args[++n]);
    else if (args[n].startsWith('-')) wrong = true;
    else directory = args[n];
  }
  if (bad || wrong || port < 1 || port > 65535) {
    complain(USAGE);
    return 2;
  }
  const entered = chdir(directory);
  if (entered < 0) return complainOf(directory, entered);
  const fd = socket(SOCK_STREAM);
  let failed = fd < 0 ? fd : bind(fd, 0, <u32>port);
  if (failed >= 0) failed = listen(fd, BACKLOG);
  if (failed < 0) return complainOf('port ' + port.toString(), failed);
  setSignal(SIGPIPE, SIG_IGN);
  serve(fd);
  return 0;
}

let wrong: bool = false;

function serve(listener: i32): void {
  stay();
  while (true) {
    const connection = accept(listener);
    while (wait(-1, WNOHANG) > 0) {}
    if (connection < 0) continue;
    const child = fork();
    if (child == 0) {
      close(listener);
      answer(connection);
      exit(0);
    }
    if (child < 0) complainOf('fork', child);
    close(connection);
  }
}

/** Reads until the empty line; the first line of what came, '' where nothing sensible did. */
function readRequest(fd: i32): string {
  const buffer = new ArrayBuffer(MAX_REQUEST);
  let text = '';
  while (text.length < MAX_REQUEST && !text.includes('\r\n\r\n') && !text.includes('\n\n')) {
    const got = read(fd, buffer, MAX_REQUEST);
    if (got <= 0) break;
    text += String.UTF8.decodeUnsafe(changetype<usize>(buffer), got);
  }
  return text.split('\n')[0].trim();
}

function answer(fd: i32): void {
  const words = readRequest(fd).split(' ');
  if (words.length < 2) return refuse(fd, '400 Bad Request');
  const head = words[0] == 'HEAD';
  if (!head && words[0] != 'GET') return refuse(fd, '405 Method Not Allowed');
  let path = words[1].split('?')[0];
  // Only what lies below the directory.
  if (!path.startsWith('/') || path.includes('/..')) return refuse(fd, '403 Forbidden');
  path = '.' + path;
  const stat = new Stat();
  if (stat.of(path) < 0) return refuse(fd, '404 Not Found');
  if (stat.isDirectory) {
    if (!path.endsWith('/')) path += '/';
    if (stat.of(path + 'index.html') < 0) return sendText(fd, '200 OK', 'text/html', list(path), head);
    path += 'index.html';
  }
  sendFile(fd, path, stat.size, head);
}

function refuse(fd: i32, status: string): void {
  sendText(fd, status, 'text/plain', status + '\n', false);
}

function sendHead(fd: i32, status: string, type: string, size: u64): i32 {
  const head =
    'HTTP/1.0 ' +
    status +
    '\r\nServer: Mote\r\nContent-Type: ' +
    type +
    '\r\nContent-Length: ' +
    size.toString();
  const bytes = String.UTF8.encode(head + '\r\nConnection: close\r\n\r\n');
  return writeAll(fd, bytes, bytes.byteLength);
}

function sendText(fd: i32, status: string, type: string, text: string, head: bool): void {
  const bytes = String.UTF8.encode(text);
  if (sendHead(fd, status, type, bytes.byteLength) >= 0 && !head) writeAll(fd, bytes, bytes.byteLength);
}

function sendFile(fd: i32, path: string, size: u64, head: bool): void {
  const file = open(path, O_RDONLY);
  if (file < 0) return refuse(fd, '403 Forbidden');
  const type = path.endsWith('.html')
    ? 'text/html'
    : path.endsWith('.txt')
      ? 'text/plain'
      : 'application/octet-stream';
  if (sendHead(fd, '200 OK', type, size) < 0 || head) return;
  while (syscall4(SYS_sendfile, fd, file, 0, CHUNK) > 0) {}
}

function list(path: string): string {
  const names = readDirectory(path);
  let text = '<!doctype html><title>' + path.substring(1) + '</title><ul>\n';
  if (names != null)
    for (let n = 0; n < names.length; n++)
      text += '<li><a href="' + names[n] + '">' + names[n] + '</a></li>\n';
  return text + '</ul>\n';
}
