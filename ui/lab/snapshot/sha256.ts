/** What images are known by: SHA-256, in hexadecimal. */

/** Of images, which nobody writes to: they are asked for again and again. */
const digests = new WeakMap<Uint8Array, Promise<string>>();

export function sha256(image: Uint8Array): Promise<string> {
  let digest = digests.get(image);
  if (digest === undefined) {
    digest = digestOf(image);
    digests.set(image, digest);
  }
  return digest;
}

async function digestOf(image: Uint8Array): Promise<string> {
  const digest = new Uint8Array(await crypto.subtle.digest('SHA-256', image as Uint8Array<ArrayBuffer>));
  return [...digest].map((byte) => byte.toString(16).padStart(2, '0')).join('');
}
