/** What is asked of xensv by HTTP: the page, what is told of the host, and what is to be done. */
import { SOCK_STREAM, utsname } from 'mote/abi';
import { readRequest, Request, sendResponse } from 'dom0/lib/http-message';
import { close, read, systemName, writeAll } from 'programs/lib/calls';
import { describe } from 'programs/lib/errno';
import { readFile } from 'programs/lib/io';
import { address, badAddress, connect, socket } from 'programs/lib/sockets';
import { bytesOf } from './bytes';
import { consoleText, typeOn } from './console';
import { act, create, makeAgain, removeSnapshot } from './deeds';
import * as json from './json';
import { mayUse } from './password';
import { addHost, hosts, hostTold, logText, snapshots, templates } from './told';

const PAGE: string = '/usr/share/xensv/index.html';
const PORT: u32 = 8080;
const CHUNK: i32 = 16384;
const JSON: string = 'application/json';

export function answer(connection: i32): void {
  const request = readRequest(connection);
  if (request == null) return refuse(connection, '400 Bad Request', 'that is no request');
  if (!mayUse(request.field('authorization'))) return ask(connection, request);
  const parts = request.parts;
  if (parts.length == 0) return page(connection);
  if (parts[0] != 'api' || parts.length < 2) return refuse(connection, '404 Not Found', request.target);
  if (parts[1] == 'at' && parts.length > 3) return passOn(connection, parts[2], request);
  if (request.method == 'POST') return done(connection, posted(parts, request.body));
  const told = got(parts);
  if (told == '') return refuse(connection, '404 Not Found', request.target);
  sendResponse(connection, '200 OK', JSON, told + '\n');
}

/** Who he is: a browser asks for a name and a password. Of who comes by way of another host, that one's password is wrong here. */
function ask(connection: i32, request: Request): void {
  const name = systemName(utsname.nodename);
  if (request.field('via') != '')
    return refuse(
      connection,
      '403 Forbidden',
      name + ': its xensv has other passwords (/etc/xen/xensv-password)',
    );
  const body = json.object(['problem', json.text(name + ': xensv asks for a name and a password')]) + '\n';
  const challenge = 'WWW-Authenticate: Basic realm="xensv of ' + name + '"\r\n';
  sendResponse(connection, '401 Unauthorized', JSON, body, challenge);
}

function page(connection: i32): void {
  const text = readFile(PAGE);
  if (text == null) return refuse(connection, '404 Not Found', PAGE);
  sendResponse(connection, '200 OK', 'text/html; charset=utf-8', text);
}

function refuse(connection: i32, status: string, why: string): void {
  sendResponse(connection, status, JSON, json.object(['problem', json.text(why)]) + '\n');
}

/** `problem`: empty where it was done. */
function done(connection: i32, problem: string): void {
  if (problem == '') sendResponse(connection, '200 OK', JSON, '{}\n');
  else refuse(connection, '409 Conflict', problem);
}

/** Empty: there is no such thing. */
function got(parts: string[]): string {
  const what = parts[1];
  if (what == 'host') return hostTold();
  if (what == 'hosts') return hosts();
  if (what == 'templates') return templates();
  if (what == 'snapshots') return snapshots();
  if (what == 'log' && parts.length == 3) return logText(parts[2]);
  return what == 'console' && parts.length == 3 ? consoleText(parts[2]) : '';
}

/** Empty: it was done; or what is wrong. */
function posted(parts: string[], body: string): string {
  const what = parts[1];
  if (what == 'create') return create(body);
  if (what == 'hosts') return addHost(body);
  if (what == 'console' && parts.length == 3) return typeOn(parts[2], body);
  if (what == 'domain' && parts.length == 4) return act(parts[2], parts[3], body);
  if (what == 'snapshot' && parts.length == 4)
    return parts[3] == 'delete' ? removeSnapshot(parts[2]) : makeAgain(parts[2]);
  return 'there is no ' + parts.join('/');
}

/** Another host's xensv is asked, and answers. */
function passOn(connection: i32, host: string, request: Request): void {
  const target = request.target;
  const body = request.body;
  const place = address(host);
  if (badAddress) return refuse(connection, '404 Not Found', host + ': that is no address');
  const other = socket(SOCK_STREAM);
  const failed = connect(other, place, PORT);
  if (failed < 0)
    return refuse(
      connection,
      '502 Bad Gateway',
      host + ': ' + describe(failed) + ': is xensv started there?',
    );
  const path = '/api' + target.substring(target.indexOf(host) + host.length);
  const bytes = bytesOf(
    request.method +
      ' ' +
      path +
      ' HTTP/1.0\r\nVia: 1.0 xensv\r\nAuthorization: ' +
      request.field('authorization') +
      '\r\nContent-Length: ' +
      body.length.toString() +
      '\r\n\r\n' +
      body,
  );
  const buffer = new ArrayBuffer(CHUNK);
  if (writeAll(other, bytes, bytes.byteLength) >= 0)
    for (let count = read(other, buffer, CHUNK); count > 0; count = read(other, buffer, CHUNK))
      if (writeAll(connection, buffer, count) < 0) break;
  close(other);
  close(connection);
}
