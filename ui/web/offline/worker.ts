/**
 * The page without a network: a service worker that keeps all that a build is made of. What has its content's hash in its name is
 * had from there; the rest (the page itself first of all) from the server, where there is one, so that nothing is older than it.
 *
 * The files of the build before stay: a page of that may be open, and has not asked for all of them yet.
 */
import { paths, version } from 'page:files';
import { ISOLATED } from '../isolation.ts';

/** What the libraries of the DOM do not have. */
interface Waiting extends Event {
  waitUntil(work: Promise<unknown>): void;
}
interface Asked extends Event {
  readonly request: Request;
  respondWith(answer: Promise<Response>): void;
}
interface Scope {
  readonly registration: { readonly scope: string };
  readonly clients: { claim(): Promise<void> };
  skipWaiting(): Promise<void>;
  addEventListener(type: 'install' | 'activate', heard: (event: Waiting) => void): void;
  addEventListener(type: 'fetch', heard: (event: Asked) => void): void;
}
const scope = self as unknown as Scope;

const PREFIX = `xenoscope ${scope.registration.scope} `;
const NAME = PREFIX + version;
const ASSETS = 'assets/';
/** A server may say that an answer depends on who asks; these do not. */
const MATCH: CacheQueryOptions = { ignoreSearch: true, ignoreVary: true };
const KEPT_BUILDS = 2;

const urlOf = (path: string): string => new URL(path, scope.registration.scope).href;

async function install(): Promise<void> {
  const cache = await caches.open(NAME);
  for (const path of paths) {
    const url = urlOf(path);
    const isAsset = path.startsWith(ASSETS);
    const known = isAsset ? await caches.match(url, MATCH) : undefined;
    if (known !== undefined) await cache.put(url, known);
    else await cache.add(new Request(url, { cache: isAsset ? 'default' : 'reload' }));
  }
  await scope.skipWaiting();
}

async function activate(): Promise<void> {
  const builds = (await caches.keys()).filter((name) => name.startsWith(PREFIX) && name !== NAME);
  await Promise.all(builds.slice(0, -(KEPT_BUILDS - 1)).map((name) => caches.delete(name)));
  await scope.clients.claim();
}

async function answer(request: Request, path: string): Promise<Response> {
  const cache = await caches.open(NAME);
  if (path.startsWith(ASSETS)) return (await caches.match(request, MATCH)) ?? fetch(request);
  try {
    return await fetch(request);
  } catch (error) {
    const known = await cache.match(urlOf(path === '' ? 'index.html' : path), MATCH);
    if (known === undefined) throw error;
    return known;
  }
}

/** The same, as a server gives it that lets the page's workers share memory. */
function isolated(answer: Response): Response {
  // Of another site, or nothing new: that cannot be said again.
  if (answer.type === 'opaque' || answer.status === 0 || answer.status === 304) return answer;
  const headers = new Headers(answer.headers);
  for (const [name, value] of Object.entries(ISOLATED)) headers.set(name, value);
  const { status, statusText } = answer;
  return new Response(answer.body, { status, statusText, headers });
}

scope.addEventListener('install', (event) => {
  event.waitUntil(install());
});
scope.addEventListener('activate', (event) => {
  event.waitUntil(activate());
});
scope.addEventListener('fetch', (event) => {
  const { request } = event;
  const [url] = request.url.split(/[?#]/);
  const { scope: root } = scope.registration;
  if (request.method !== 'GET' || !url!.startsWith(root)) return;
  const path = url!.slice(root.length);
  if (path === '' || paths.includes(path) || path.startsWith(ASSETS))
    event.respondWith(answer(request, path).then(isolated));
});
