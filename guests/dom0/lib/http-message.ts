/** Requests of HTTP/1.0 as a server reads them, and its answers: a connection each. */
import { close, read, writeAll } from 'programs/lib/calls';
import { number } from 'programs/lib/text';

const MOST_BYTES: i32 = 65536;
const CHUNK: i32 = 4096;

/** A request, as far as it is of interest; a character of the body is a byte. */
export class Request {
  constructor(
    public method: string,
    public target: string,
    public body: string,
    /** Lines of the head behind the first. */
    private head: string[] = [],
  ) {}

  /** What a field of the head says; empty: it is not there. */
  field(name: string): string {
    return fieldIn(this.head, name);
  }

  /** What stands before the question mark, part by part. */
  get parts(): string[] {
    return this.target
      .split('?')[0]
      .split('/')
      .filter((part) => part != '')
      .map<string>((part) => decoded(part));
  }
}

/** Reads a head, and a body of the length that it says; null: what came is no request. */
export function readRequest(connection: i32): Request | null {
  const buffer = new ArrayBuffer(CHUNK);
  let text = '';
  let wanted = -1;
  while (text.length < MOST_BYTES && (wanted < 0 || text.length < wanted)) {
    const got = read(connection, buffer, CHUNK);
    if (got <= 0) break;
    for (let n = 0; n < got; n++) text += String.fromCharCode(load<u8>(changetype<usize>(buffer) + n));
    const end = text.indexOf('\r\n\r\n');
    if (wanted < 0 && end >= 0) wanted = end + 4 + lengthIn(text.substring(0, end));
  }
  const words = text.split('\r\n')[0].split(' ');
  if (wanted < 0 || text.length < wanted || words.length < 2) return null;
  const end = text.indexOf('\r\n\r\n');
  const head = text.substring(0, end).split('\r\n');
  return new Request(words[0], words[1], text.substring(end + 4, wanted), head);
}

function lengthIn(head: string): i32 {
  return <i32>max<i64>(number(fieldIn(head.split('\r\n'), 'content-length')), 0);
}

function fieldIn(head: string[], name: string): string {
  for (let n = 1; n < head.length; n++)
    if (head[n].toLowerCase().startsWith(name + ':')) return head[n].substring(name.length + 1).trim();
  return '';
}

/** Answers, and closes the connection. `more`: lines of the head, each with its end. */
export function sendResponse(
  connection: i32,
  status: string,
  type: string,
  text: string,
  more: string = '',
): void {
  const bytes = String.UTF8.encode(text);
  const head =
    'HTTP/1.0 ' +
    status +
    '\r\nContent-Type: ' +
    type +
    '\r\nContent-Length: ' +
    bytes.byteLength.toString() +
    '\r\n' +
    more +
    'Connection: close\r\n\r\n';
  const before = String.UTF8.encode(head);
  if (writeAll(connection, before, before.byteLength) >= 0) writeAll(connection, bytes, bytes.byteLength);
  close(connection);
}

/** Of a form, or of a path: + is a blank, %XX a byte. */
export function decoded(text: string): string {
  let plain = '';
  for (let n = 0; n < text.length; n++) {
    const c = text.charAt(n);
    if (c == '%' && n + 2 < text.length) {
      plain += String.fromCharCode(I32.parseInt(text.substr(n + 1, 2), 16));
      n += 2;
    } else plain += c == '+' ? ' ' : c;
  }
  return plain;
}

/** The fields of a form, or of what stands behind a question mark. */
export function fieldsOf(text: string): Map<string, string> {
  const fields = new Map<string, string>();
  const pairs = text.split('&');
  for (let n = 0; n < pairs.length; n++) {
    const at = pairs[n].indexOf('=');
    if (at > 0) fields.set(decoded(pairs[n].substring(0, at)), decoded(pairs[n].substring(at + 1)));
  }
  return fields;
}
