/** Requests of HTTP/1.0 as bytes, and what is answered. */

export interface HttpRequest {
  readonly method: string;
  readonly path: string;
  readonly host: string;
  readonly body: string;
  /** What the server is told of who asks (`Authorization`); empty: nothing. */
  readonly credentials: string;
}

export interface HttpResponse {
  readonly status: number;
  readonly type: string;
  /** Whose name and password it wants (Basic, RFC 7617); null: none. */
  readonly realm: string | null;
  readonly body: Uint8Array<ArrayBuffer>;
}

export function requestBytes({ method, path, host, body, credentials }: HttpRequest): Uint8Array {
  const sent = new TextEncoder().encode(body);
  const length = method === 'GET' ? '' : `Content-Length: ${String(sent.length)}\r\n`;
  const who = credentials === '' ? '' : `Authorization: ${credentials}\r\n`;
  const head = `${method} ${path} HTTP/1.0\r\nHost: ${host}\r\nConnection: close\r\n${who}${length}\r\n`;
  const begin = new TextEncoder().encode(head);
  const bytes = new Uint8Array(begin.length + sent.length);
  bytes.set(begin);
  bytes.set(sent, begin.length);
  return bytes;
}

/** Throws an Error for what is no answer. */
export function readResponse(bytes: Uint8Array): HttpResponse {
  const text = new TextDecoder('latin1').decode(bytes);
  const end = text.indexOf('\r\n\r\n');
  const [first = '', ...lines] = text.slice(0, Math.max(end, 0)).split('\r\n');
  const status = Number(/^HTTP\/1\.[01] (\d{3})/.exec(first)?.[1]);
  if (end < 0 || Number.isNaN(status)) throw new Error('what answers there does not speak HTTP');
  const field = (name: RegExp): string | undefined =>
    lines.find((line) => name.test(line))?.replace(name, '');
  const asked = status === 401 ? field(/^www-authenticate:\s*/i) : undefined;
  return {
    status,
    type: field(/^content-type:\s*/i) ?? 'application/octet-stream',
    realm: asked === undefined ? null : (/^Basic\b.*\brealm="([^"]*)"/i.exec(asked)?.[1] ?? null),
    body: bytes.slice(end + 4),
  };
}

/** What says who somebody is. */
export function basic(name: string, password: string): string {
  const bytes = new TextEncoder().encode(`${name}:${password}`);
  return `Basic ${btoa(String.fromCharCode(...bytes))}`;
}
