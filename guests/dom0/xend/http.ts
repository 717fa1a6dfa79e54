/**
 * xend's HTTP interface, which speaks S-expressions: GET /xend/domain lists the domains, /xend/domain/NAME tells all of one, /xend/node
 * of the host, /xend/node/log and /xend/node/dmesg what is in them; POST to /xend/domain/NAME with `op=pause` and the like does what
 * xm does. Another server of its own takes XML-RPC. Both are off unless the settings say otherwise: whoever reaches them may do all.
 */
import { SO_REUSEADDR, SOCK_STREAM, SOL_SOCKET } from 'mote/abi';
import { isXendSet, xendSetting } from 'dom0/lib/xend-config';
import { close, read, writeAll } from 'programs/lib/calls';
import { describe } from 'programs/lib/errno';
import { accept, address, bind, listen, setOption, socket } from 'programs/lib/sockets';
import { number } from 'programs/lib/text';
import { answerXmlRpc } from './xml-rpc';
import { answerRequest, contentType, status } from './requests';
import { info, refuse } from './log';
import { ownFiles, startWorker } from './workers';

const BACKLOG: i32 = 8;
const MOST_BYTES: i32 = 65536;
const CHUNK: i32 = 4096;

/** A server: whether it is wanted, where it listens, and what it speaks. */
class Server {
  listener: i32 = -1;

  constructor(
    private name: string,
    private wanted: string,
    private portSetting: string,
    private port: string,
    private addressSetting: string,
    public isXmlRpc: bool,
  ) {}

  start(): void {
    if (!isXendSet(this.wanted)) return;
    const port = <u32>number(xendSetting(this.portSetting, this.port));
    const at = xendSetting(this.addressSetting, 'localhost');
    const listener = socket(SOCK_STREAM);
    setOption(listener, SOL_SOCKET, SO_REUSEADDR, 1);
    let failed = bind(listener, at == '' ? 0 : address(at == 'localhost' ? '127.0.0.1' : at), port);
    if (failed >= 0) failed = listen(listener, BACKLOG);
    if (failed < 0) {
      refuse(this.name + ': port ' + port.toString() + ': ' + describe(failed));
      close(listener);
      return;
    }
    info(this.name + ': listening on port ' + port.toString());
    ownFiles.push(listener);
    this.listener = listener;
  }
}

export const servers: Server[] = [
  new Server('http', 'xend-http-server', 'xend-port', '8000', 'xend-address', false),
  new Server(
    'xml-rpc',
    'xend-tcp-xmlrpc-server',
    'xend-tcp-xmlrpc-server-port',
    '8006',
    'xend-tcp-xmlrpc-server-address',
    true,
  ),
];

export function startServers(): void {
  for (let n = 0; n < servers.length; n++) servers[n].start();
}

let connection: i32 = -1;
let isXmlRpc: bool = false;

/** Somebody has connected: a process of its own answers. */
export function serveConnection(server: Server): void {
  connection = accept(server.listener);
  if (connection < 0) return;
  isXmlRpc = server.isXmlRpc;
  startWorker('', serve);
  close(connection);
}

/** A request, as far as it is of interest. */
let method: string = '';
let target: string = '';
let body: string = '';

function serve(path: string): void {
  if (!readRequest()) return send('400 Bad Request', 'text/plain', 'Bad Request\n');
  if (isXmlRpc) {
    if (method != 'POST') return send('405 Method Not Allowed', 'text/plain', 'POST is what is understood\n');
    return send('200 OK', 'text/xml', answerXmlRpc(body));
  }
  const text = answerRequest(method, target, body);
  send(status, contentType, text);
}

/** Reads a head, and a body of the length that it says. */
function readRequest(): bool {
  const buffer = new ArrayBuffer(CHUNK);
  let text = '';
  let wanted = -1;
  while (text.length < MOST_BYTES && (wanted < 0 || text.length < wanted)) {
    const got = read(connection, buffer, CHUNK);
    if (got <= 0) break;
    // A character a byte.
    for (let n = 0; n < got; n++) text += String.fromCharCode(load<u8>(changetype<usize>(buffer) + n));
    const end = text.indexOf('\r\n\r\n');
    if (wanted < 0 && end >= 0) wanted = end + 4 + lengthIn(text.substring(0, end));
  }
  const words = text.split('\r\n')[0].split(' ');
  if (wanted < 0 || text.length < wanted || words.length < 2) return false;
  method = words[0];
  target = words[1];
  body = text.substring(text.indexOf('\r\n\r\n') + 4, wanted);
  return true;
}

function lengthIn(head: string): i32 {
  const lines = head.split('\r\n');
  for (let n = 1; n < lines.length; n++)
    if (lines[n].toLowerCase().startsWith('content-length:'))
      return <i32>max<i64>(number(lines[n].substring(15).trim()), 0);
  return 0;
}

function send(status: string, type: string, text: string): void {
  const bytes = String.UTF8.encode(text);
  const head =
    'HTTP/1.0 ' +
    status +
    '\r\nContent-Type: ' +
    type +
    '\r\nContent-Length: ' +
    bytes.byteLength.toString() +
    '\r\nConnection: close\r\n\r\n';
  const before = String.UTF8.encode(head);
  if (writeAll(connection, before, before.byteLength) >= 0) writeAll(connection, bytes, bytes.byteLength);
  close(connection);
}
