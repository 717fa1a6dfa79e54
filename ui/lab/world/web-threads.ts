/** Threads of a browser for the hosts of a world. */
import { CODEC } from './codec.ts';
import type { HostThread } from './far-host.ts';
import type { HostReply } from './host-messages.ts';
import startWorker from './web-host.ts?worker';

/** Threads share memory: where the page's server does not keep other sites out (ui/web/isolation.ts), there is none to share. */
export const startWebThread: (() => HostThread) | undefined =
  typeof SharedArrayBuffer === 'undefined'
    ? undefined
    : () => {
        const worker = startWorker();
        return {
          codec: CODEC,
          post: (command) => {
            worker.postMessage(command);
          },
          listen: (hear, fail) => {
            worker.onmessage = ({ data }: MessageEvent<HostReply>) => {
              hear(data);
            };
            worker.onerror = ({ message }) => {
              fail(new Error(message));
            };
          },
          end: () => {
            worker.terminate();
          },
        };
      };
