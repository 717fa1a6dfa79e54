/** Images that are here, found by their hash. */
import { sha256 } from './snapshot/sha256.ts';
import type { Sources } from './snapshot/description.ts';

const BLANK_BYTES = 2 ** 20;

/** A disk with nothing on it, which needs no file anywhere. */
export function blankDisk(): Uint8Array {
  return new Uint8Array(BLANK_BYTES);
}

type Load = () => Promise<Uint8Array>;

/** Looks for an image among those that `loads` bring, which are brought once, when one is wanted, and a blank disk. */
export function imagesOf(loads: readonly Load[]): Sources['image'] {
  const images = [...loads, () => Promise.resolve(blankDisk())].map((load) => {
    let hashed: Promise<{ readonly bytes: Uint8Array; readonly hash: string }> | undefined;
    return () =>
      (hashed ??= load().then(
        async (bytes) => ({ bytes, hash: await sha256(bytes) }),
        (error: unknown) => {
          hashed = undefined;
          throw error;
        },
      ));
  });
  return async ({ sha256: wanted }) => {
    for (const image of images) {
      const { bytes, hash } = await image();
      if (hash === wanted) return bytes;
    }
    return undefined;
  };
}

/** Looks for an image among these. */
export function imagesAmong(images: readonly Uint8Array[]): Sources['image'] {
  return imagesOf(images.map((bytes) => () => Promise.resolve(bytes)));
}
