/**
 * What a page of the world's has in front of its own scripts, as it is shown in a frame without rights: what it fetches, and where its links
 * lead, goes to the page around it, and from there into the world. It stands for itself: nothing of this module's is there where it runs.
 */

/** What such a frame says. */
export type FrameMessage =
  | {
      readonly xenoscope: 'fetch';
      readonly id: number;
      readonly url: string;
      readonly method: string;
      readonly body: string;
    }
  | { readonly xenoscope: 'go'; readonly url: string };

/** What it is answered; null: it cannot be had, and why. */
export interface FrameAnswer {
  readonly id: number;
  readonly response: { readonly status: number; readonly type: string; readonly body: Uint8Array } | null;
  readonly problem: string;
}

function shim(): void {
  const waiting = new Map<number, (answer: FrameAnswer) => void>();
  let last = 0;
  addEventListener('message', ({ data, source }: MessageEvent<FrameAnswer>) => {
    if (source !== parent) return;
    waiting.get(data.id)?.(data);
    waiting.delete(data.id);
  });
  const say = (message: FrameMessage): void => {
    parent.postMessage(message, '*');
  };
  window.fetch = (input, init = {}) =>
    new Promise((done, failed) => {
      const id = ++last;
      waiting.set(id, ({ response, problem }) => {
        if (response === null) failed(new TypeError(problem));
        else
          done(
            new Response(new Uint8Array(response.body), {
              status: response.status,
              headers: { 'content-type': response.type },
            }),
          );
      });
      const url = input instanceof Request ? input.url : input.toString();
      const body = typeof init.body === 'string' ? init.body : '';
      say({ xenoscope: 'fetch', id, url, method: init.method ?? 'GET', body });
    });
  addEventListener('click', (event) => {
    const link = event.target instanceof Element ? event.target.closest('a[href]') : null;
    if (link === null) return;
    event.preventDefault();
    say({ xenoscope: 'go', url: link.getAttribute('href')! });
  });
}

/** Scripts and styles that are in the page itself, and no way to anything of the real network. */
const POLICY =
  "default-src 'none'; script-src 'unsafe-inline'; style-src 'unsafe-inline'; img-src data: blob:; font-src data:";

/** A page of the world's with that in front. */
export function withShim(html: string): string {
  const policy = `<meta http-equiv="Content-Security-Policy" content="${POLICY}">`;
  const script = `${policy}<script>(${shim.toString()})()</script>`;
  return /<head[^>]*>/i.test(html)
    ? html.replace(/<head[^>]*>/i, (head) => head + script)
    : html.replace(/^(\s*<!doctype[^>]*>)?/i, (type) => type + script);
}
