/**
 * What the page is to be served with so that its workers may share memory, as the hosts of a world in threads of their own do: nothing
 * of other sites is in it that these have not offered. Where a server says nothing of it, the service worker does, from the second
 * visit on; before that, or where there is neither, one thread carries a world.
 */
export const ISOLATED: Readonly<Record<string, string>> = {
  'Cross-Origin-Opener-Policy': 'same-origin',
  'Cross-Origin-Embedder-Policy': 'require-corp',
};
