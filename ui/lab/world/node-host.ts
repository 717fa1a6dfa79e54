/** A host of a world in a thread of Node's: a `HostServer` whose messages are the worker's. */
import { parentPort } from 'node:worker_threads';
import { HostServer } from './host-messages.ts';
import type { HostCommand } from './host-messages.ts';
import { CODEC } from './codec.ts';

const port = parentPort;
if (port === null) throw new Error('this is to be run as a thread of a world');
const server = new HostServer((reply) => {
  port.postMessage(reply);
}, CODEC);
port.on('message', (command: HostCommand) => {
  void server.obey(command);
});
