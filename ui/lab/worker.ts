/** The lab in a Web Worker: a `Session` whose messages are the worker's. */
import coreUrl from '../../core/build/core.wasm?url';
import type { Command, Update } from './protocol.ts';
import { Session } from './session.ts';

const scope = self as unknown as {
  postMessage(message: Update): void;
  onmessage: ((event: MessageEvent<Command>) => void) | null;
};

/** Commands that arrive before the core is compiled wait for it, in order. */
const session = fetch(coreUrl)
  .then((response) => response.arrayBuffer())
  .then((bytes) => WebAssembly.compile(bytes))
  .then(
    (core) =>
      new Session(core, (update) => {
        scope.postMessage(update);
      }),
  );

scope.onmessage = ({ data }) => {
  session
    .then((ready) => ready.command(data))
    .catch((error: unknown) => {
      scope.postMessage({
        type: 'error',
        command: null,
        message: `the processor did not load: ${String(error)}`,
      });
    });
};
