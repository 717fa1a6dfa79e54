/**
 * xend's HTTP interface, which speaks S-expressions: GET /xend/domain lists the domains, /xend/domain/NAME tells all of one, /xend/node
 * of the host, /xend/node/log and /xend/node/dmesg what is in them; POST to /xend/domain/NAME with `op=pause` and the like does what
 * xm does. Another server of its own takes XML-RPC. Both are off unless the settings say otherwise: whoever reaches them may do all.
 */
import { SO_REUSEADDR, SOCK_STREAM, SOL_SOCKET } from 'mote/abi';
import { isXendSet, xendSetting } from 'dom0/lib/xend-config';
import { readRequest, sendResponse } from 'dom0/lib/http-message';
import { close } from 'programs/lib/calls';
import { describe } from 'programs/lib/errno';
import { accept, address, bind, listen, setOption, socket } from 'programs/lib/sockets';
import { number } from 'programs/lib/text';
import { answerXmlRpc } from './xml-rpc';
import { answerRequest, contentType, status } from './requests';
import { info, refuse } from './log';
import { ownFiles, startWorker } from './workers';

const BACKLOG: i32 = 8;

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

function serve(path: string): void {
  const request = readRequest(connection);
  if (request == null) return sendResponse(connection, '400 Bad Request', 'text/plain', 'Bad Request\n');
  if (isXmlRpc) {
    if (request.method == 'POST')
      return sendResponse(connection, '200 OK', 'text/xml', answerXmlRpc(request.body));
    return sendResponse(connection, '405 Method Not Allowed', 'text/plain', 'POST is what is understood\n');
  }
  const text = answerRequest(request.method, request.target, request.body);
  sendResponse(connection, status, contentType, text);
}
