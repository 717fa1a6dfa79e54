/** A disk's bytes behind a URL, fetched a range at a time (RFC 9110, section 14). */
import type { DiskSource } from './host-devices.ts';

export class UrlSource implements DiskSource {
  readonly size: number;
  private readonly url: string;

  private constructor(url: string, size: number) {
    this.url = url;
    this.size = size;
  }

  /** Asks how long it is. Rejects with an Error that says why, where it is not there, or not in ranges. */
  static async open(url: string): Promise<UrlSource> {
    const response = await fetch(url, { method: 'HEAD' });
    if (!response.ok) throw new Error(`the server answers ${String(response.status)}`);
    const size = Number(response.headers.get('content-length'));
    if (!Number.isSafeInteger(size) || size <= 0) throw new Error('the server does not tell its length');
    return new UrlSource(url, size);
  }

  slice(start: number, end: number): { arrayBuffer(): Promise<ArrayBuffer> } {
    const range = `bytes=${String(start)}-${String(end - 1)}`;
    return {
      arrayBuffer: async () => {
        const response = await fetch(this.url, { headers: { range } });
        const bytes = response.ok ? await response.arrayBuffer() : new ArrayBuffer(0);
        if (response.status === 206 && bytes.byteLength === end - start) return bytes;
        // A server that knows no ranges sends all of it.
        if (response.status === 200 && bytes.byteLength === this.size) return bytes.slice(start, end);
        throw new Error(`${this.url}: ${range}: the server answers ${String(response.status)}`);
      },
    };
  }
}
