/** A host of a world in a Web Worker: a `HostServer` whose messages are the worker's. */
import { CODEC } from './codec.ts';
import { HostServer } from './host-messages.ts';
import type { HostCommand, HostReply } from './host-messages.ts';

const scope = self as unknown as {
  postMessage(reply: HostReply): void;
  onmessage: ((event: MessageEvent<HostCommand>) => void) | null;
};
const server = new HostServer((reply) => {
  scope.postMessage(reply);
}, CODEC);
scope.onmessage = ({ data }) => {
  void server.obey(data);
};
