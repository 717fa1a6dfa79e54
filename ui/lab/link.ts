/**
 * A recording as the end of a link: its version, and the file without blanks, deflated (RFC 1951), in base64url (RFC 4648).
 * It is small where what came was typed: nothing of images is in it but their hashes.
 */

/** Goes up when what is behind it means something else; what a recording is has a version of its own. */
const VERSION = '1';
/** Neither what is typed nor what is shown makes more of it than this, in bytes. */
const MOST_BYTES = 4 * 2 ** 20;

/** What is no link, in a sentence without its end. */
export class LinkError extends Error {
  override readonly name = 'LinkError';
}

/** `file`: of a recording without snapshots. */
export async function linkOf(file: Uint8Array): Promise<string> {
  const compact = JSON.stringify(JSON.parse(new TextDecoder().decode(file)));
  const deflated = new Blob([compact]).stream().pipeThrough(new CompressionStream('deflate-raw'));
  return `${VERSION}.${base64url(new Uint8Array(await new Response(deflated).arrayBuffer()))}`;
}

/** The recording's file. Rejects with a LinkError for what `linkOf` has not made; what the file has, is its reader's affair. */
export async function fileOfLink(text: string): Promise<Uint8Array> {
  const [version, code, ...rest] = text.split('.');
  if (code === undefined || rest.length > 0 || !/^\d+$/.test(version!))
    throw new LinkError('it is no link of Xenoscope');
  if (version !== VERSION)
    throw new LinkError(`it is of version ${version!}, and this Xenoscope reads version ${VERSION}`);
  try {
    return await inflated(bytesOf(code));
  } catch (error) {
    if (error instanceof LinkError) throw error;
    throw new LinkError('it is damaged or cut short', { cause: error });
  }
}

async function inflated(bytes: Uint8Array<ArrayBuffer>): Promise<Uint8Array> {
  const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream('deflate-raw'));
  const parts: Uint8Array<ArrayBuffer>[] = [];
  let length = 0;
  const reader = stream.getReader();
  for (let next = await reader.read(); !next.done; next = await reader.read()) {
    length += next.value.length;
    if (length > MOST_BYTES) {
      await reader.cancel();
      throw new LinkError('it has more in it than a link can');
    }
    parts.push(next.value);
  }
  return new Uint8Array(await new Blob(parts).arrayBuffer());
}

function base64url(bytes: Uint8Array): string {
  const letters = Array.from(bytes, (byte) => String.fromCharCode(byte)).join('');
  return btoa(letters).replaceAll('+', '-').replaceAll('/', '_').replaceAll('=', '');
}

function bytesOf(code: string): Uint8Array<ArrayBuffer> {
  const letters = atob(code.replaceAll('-', '+').replaceAll('_', '/'));
  return Uint8Array.from(letters, (letter) => letter.charCodeAt(0));
}
