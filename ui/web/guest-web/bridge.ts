/** Requests of the page's to web servers in the world, by way of the lab. */
import type { LabClient } from '../lab-client.ts';
import { basic, readResponse, requestBytes } from './http.ts';
import type { HttpResponse } from './http.ts';

const USUAL_PORT = 80;
let last = 0;
/** What each server has been told of who asks, by its host and port: as long as the page is open. */
const credentials = new Map<string, string>();

/** Tells a server who asks, from now on. */
export function signIn({ host }: URL, name: string, password: string): void {
  credentials.set(host, basic(name, password));
}

/** Rejects with an Error that says why it cannot be had. */
export function fetchFromWorld(
  client: LabClient,
  url: URL,
  method = 'GET',
  body = '',
): Promise<HttpResponse> {
  const id = ++last;
  const { hostname: address, host, pathname, search } = url;
  const who = credentials.get(host) ?? '';
  const port = url.port === '' ? USUAL_PORT : Number(url.port);
  return new Promise((done, failed) => {
    client.onFetched.set(id, ({ response, problem }) => {
      client.onFetched.delete(id);
      if (response === null) {
        failed(new Error(problem));
        return;
      }
      try {
        done(readResponse(response));
      } catch (error) {
        failed(error as Error);
      }
    });
    const request = requestBytes({ method, path: pathname + search, host, body, credentials: who });
    client.send({ type: 'fetch', id, address, port, request });
  });
}
