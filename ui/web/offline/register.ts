/** Has the browser keep the page, so that it opens without a network. */
import { effect } from '@preact/signals';
import type { LabClient } from '../lab-client.ts';

/** Begins when there is a host: whoever waits for that needs the network first. */
export function keepPage(client: LabClient): void {
  if (!('serviceWorker' in navigator)) return;
  let isDone = false;
  effect(() => {
    if (isDone || !client.state.value.booted) return;
    isDone = true;
    navigator.serviceWorker
      .register(new URL('service-worker.js', document.baseURI))
      // A browser that keeps nothing (a private window, a full disk) has the page all the same.
      .catch((error: unknown) => {
        console.info(`The page needs the network the next time: ${String(error)}`);
      });
  });
}
