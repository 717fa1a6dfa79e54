/** Requests of HTTP/1.0 as bytes, and what is answered. */

export interface HttpRequest {
  readonly method: string;
  readonly path: string;
  readonly host: string;
  readonly body: string;
}

export interface HttpResponse {
  readonly status: number;
  readonly type: string;
  readonly body: Uint8Array<ArrayBuffer>;
}

export function requestBytes({ method, path, host, body }: HttpRequest): Uint8Array {
  const sent = new TextEncoder().encode(body);
  const length = method === 'GET' ? '' : `Content-Length: ${String(sent.length)}\r\n`;
  const head = `${method} ${path} HTTP/1.0\r\nHost: ${host}\r\nConnection: close\r\n${length}\r\n`;
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
  const type = lines
    .map((line) => /^content-type:\s*(.*)$/i.exec(line)?.[1])
    .find((each) => each !== undefined);
  return { status, type: type ?? 'application/octet-stream', body: bytes.slice(end + 4) };
}
