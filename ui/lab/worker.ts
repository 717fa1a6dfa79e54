/** The lab in a Web Worker: a `Session` whose messages are the worker's. */
import coreUrl from '../../core/build/core.wasm?url';
import dom0RamdiskUrl from '../../guests/build/dom0.cpio?url';
import kernelUrl from '../../guests/build/mote.elf?url';
import ramdiskUrl from '../../guests/build/mote.cpio?url';
import { imagesOf } from './own-images.ts';
import type { Command, Update } from './protocol.ts';
import { Session } from './session/session.ts';
import { startWebThread } from './world/web-threads.ts';

const scope = self as unknown as {
  postMessage(message: Update, transfer: Transferable[]): void;
  onmessage: ((event: MessageEvent<Command>) => void) | null;
};

function post(update: Update): void {
  scope.postMessage(update, update.type === 'saved' ? [update.file.buffer] : []);
}

/** Those of Mote, which snapshots that are saved here are of. */
const ownImages = imagesOf(
  [kernelUrl, dom0RamdiskUrl, ramdiskUrl].map(
    (url) => async () => new Uint8Array(await (await fetch(url)).arrayBuffer()),
  ),
);

/** Commands that arrive before the core is compiled wait for it, in order. */
const session = fetch(coreUrl)
  .then((response) => response.arrayBuffer())
  .then((bytes) => WebAssembly.compile(bytes))
  .then((core) => new Session(core, post, ownImages, startWebThread));

scope.onmessage = ({ data }) => {
  session
    .then((ready) => ready.command(data))
    .catch((error: unknown) => {
      post({
        type: 'error',
        command: null,
        message: `the processor did not load: ${String(error)}`,
      });
    });
};
